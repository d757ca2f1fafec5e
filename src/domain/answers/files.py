"""Files in answers: which a schema takes at all, and whether an answer names such ones (B-35)."""

from collections.abc import Iterator, Mapping

from domain.answers.answer import Answer, CompositeParts, FilesAnswer, WrittenAnswer
from domain.answers.by_hand import Upload, check_upload, is_allowed, is_too_large
from domain.answers.schema import (
    AnswerSchema,
    CompositeAnswer,
    FileUpload,
    ManualReviewRequired,
    Proof,
)
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit
from domain.kernel import RefusalKind, Refused


class FileEmpty(Refused):
    """There is nothing in the file."""

    code = "VALIDATION_ERROR"


class FileTypeNotAllowed(Refused):
    """The schema takes no files, or none whose content is of this type (B-35)."""

    code, kind = "FILE_TYPE_NOT_ALLOWED", RefusalKind.UNFIT


class FileTooLarge(Refused):
    """The file is larger than the schema's `maxSizeMb` (B-35)."""

    code, kind = "PAYLOAD_TOO_LARGE", RefusalKind.TOO_LARGE


def refuse_file(schema: AnswerSchema, upload: Upload) -> None:
    """Refuse a file that fits no part of the schema; words for a person may come as any type.

    Raises FileEmpty, FileTypeNotAllowed, FileTooLarge.
    """
    if upload.size == 0:
        raise FileEmpty("file: is empty", path="file")
    fits = [
        part
        for part in _taking_files(schema)
        if not isinstance(part, FileUpload) or is_allowed(part, upload)
    ]
    if not fits:
        raise FileTypeNotAllowed(
            f"file: {upload.media_type} is not taken", path="file", mediaType=upload.media_type
        )
    if all(isinstance(part, FileUpload) and is_too_large(part, upload) for part in fits):
        raise FileTooLarge("file: is larger than maxSizeMb", path="file", size=upload.size)


def check_files(
    schema: AnswerSchema, answer: Answer, uploads: Mapping[str, Upload], path: str = "$"
) -> None:
    """Refuse an answer that names other files than the `uploads`, or such that do not fit.

    `answer` is one to this schema. Raises Unfit (ANSWER_SCHEMA_MISMATCH) with the path.
    """
    match schema, answer:
        case CompositeAnswer(parts=schemas), CompositeParts(parts=parts):
            for index, (part_schema, part) in enumerate(zip(schemas, parts, strict=True)):
                check_files(part_schema, part, uploads, f"{path}.parts[{index}]")
        case _, FilesAnswer(file_ids=file_ids) | WrittenAnswer(file_ids=file_ids):
            for index, file_id in enumerate(file_ids):
                place = f"{path}.fileIds[{index}]"
                upload = uploads.get(file_id)
                if upload is None:
                    message = f"the attempt has no file {file_id[:100]!r}"
                    raise Unfit(SCHEMA_MISMATCH, place, "unknown_file", message)
                if isinstance(schema, FileUpload):
                    check_upload(schema, upload, place)
        case _:  # an answer without files
            return


def _taking_files(schema: AnswerSchema) -> Iterator[FileUpload | Proof | ManualReviewRequired]:
    match schema:
        case FileUpload() | Proof() | ManualReviewRequired():
            yield schema
        case CompositeAnswer(parts=parts):
            for part in parts:
                yield from _taking_files(part)
        case _:  # takes no files
            return
