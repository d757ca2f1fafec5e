"""Files of attempts: send, list, fetch (§2.F; B-35)."""

import asyncio
from hashlib import sha256
from typing import Any, Final

import msgspec
from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from adapters import uploaded_files
from adapters.http.access import one_of
from adapters.http.bank.attempt_access import NO_ATTEMPT, read_attempt
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.file_upload import SentFile, UploadOperation, sent_file
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.requests import BankRequest
from adapters.http.once import Once, carried_out
from adapters.http.replies import Attachment, Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.answers.by_hand import Upload
from domain.attempt import FileUploaded
from domain.instants import Instant
from domain.kernel import Erased, RefusalKind, Refused, Value
from domain.problem_attempt import UploadFile, problem_attempt, refuse_upload
from domain.problem_paper import schema_of
from domain.problem_version import known as known_version
from domain.problem_version import problem_version

_KEY: Final = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"


class FileNotFound(Refused):
    """The attempt has no such file."""

    code, kind = "FILE_NOT_FOUND", RefusalKind.UNKNOWN


class AttemptFileDto(Value, frozen=True, kw_only=True):
    """A file of an attempt; `mediaType` is what its content was found to be."""

    id: str
    name: str | None = None
    media_type: str
    size: int
    sha256: str
    uploaded_at: Instant


class AttemptFilesController(Controller):
    """Files that answers may name."""

    path = "/attempts/{attempt_id:str}/files"
    tags = ("Attempts",)

    @post(
        "/",
        operation_id="UploadAttemptFile",
        summary="Send a file that the answer may name",
        operation_class=UploadOperation,
        opt={"access": one_of(Role.LEARNER, Role.ADMIN), "owned": True},
        responses=replies(
            Data[AttemptFileDto],
            *(status for status in WRITE if status != 415),
            status=201,
            description="The file, kept; the answer names it by its id",
            s404=NO_ATTEMPT,
            s409="ATTEMPT_NOT_ACTIVE: the answer was handed in, or the attempt has ended. "
            "TOO_MANY_FILES: the attempt has as many as one may have",
            s413="The file is larger than the schema's `maxSizeMb`",
            s415="UNSUPPORTED_MEDIA_TYPE: the body is not `multipart/form-data`",
            s422="FILE_TYPE_NOT_ALLOWED: the schema takes no files, or none of this content. "
            f"{_KEY}",
        ),
    )
    async def upload(self, request: BankRequest, attempt_id: FromPath[str]) -> Reply:
        """The bytes are on disk before the log names them, so that no answer names a lost file."""
        state, _ = await read_attempt(request, attempt_id)
        sent = await sent_file(request)
        call, file_id = request.call(), new_id()
        stream = problem_attempt.stream(state.attempt_id)
        step_of = request.revision

        async def work(way: Once) -> Reply:
            version, _ = await request.parts.ledger.read(problem_version, state.subject.id)
            schema = schema_of(known_version(version).content.answer_schema)
            found = await asyncio.to_thread(uploaded_files.looked_at, sent.content)
            upload = Upload(
                file_id=file_id,
                name=sent.name,
                size=len(sent.content),
                media_type=found.media_type,
            )
            refuse_upload(state, schema, upload)
            folder = request.parts.files.folder
            await asyncio.to_thread(uploaded_files.keep, folder, found.sha256, sent.content)
            command = UploadFile(upload=upload, sha256=found.sha256, schema=schema, now=call.now)

            def answer(outcome: Outcome) -> Reply:
                file = _file(outcome.states[stream].problem.files, file_id)
                return data_reply(_dto(file), 201, revision=outcome.versions[stream])

            _, reply = await way.execute(Step(stream, command, step_of), answer=answer)
            return reply

        return await carried_out(request, call, work, content=_meant(sent))

    @get(
        "/",
        operation_id="ListAttemptFiles",
        summary="List the files of an attempt in the order they came",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER, Role.ADMIN), "owned": True},
        responses=replies(
            Data[list[AttemptFileDto]], *READ, description="The files", s404=NO_ATTEMPT
        ),
    )
    async def listed(self, request: BankRequest, attempt_id: FromPath[str]) -> Reply:
        """For its owner and for checkers."""
        state, revision = await read_attempt(request, attempt_id, Role.CHECKER)
        return data_reply([_dto(file) for file in state.problem.files], revision=revision)

    @get(
        "/{file_id:str}",
        operation_id="DownloadAttemptFile",
        summary="Fetch a file as it was sent",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER, Role.ADMIN), "owned": True},
        responses={
            **replies(
                Data[AttemptFileDto],
                *READ,
                description="The bytes, as an attachment",
                s404=f"{NO_ATTEMPT}. FILE_NOT_FOUND: it has no such file",
            ),
            200: ResponseSpec(
                bytes,
                description="The bytes, as an attachment",
                media_type="application/octet-stream",
                generate_examples=False,
            ),
        },
    )
    async def download(
        self, request: BankRequest, attempt_id: FromPath[str], file_id: FromPath[str]
    ) -> Reply:
        """As an attachment without a type: no browser ever shows it as part of a page."""
        state, _ = await read_attempt(request, attempt_id, Role.CHECKER)
        file = _file(state.problem.files, known_id(file_id, FileNotFound))
        folder = request.parts.files.folder
        content = await asyncio.to_thread(uploaded_files.kept, folder, file.sha256)
        return Attachment(content, b"application/octet-stream", _name(file) or file.file_id)


def _file(files: tuple[FileUploaded, ...], file_id: str) -> FileUploaded:
    for file in files:
        if file.file_id == file_id:
            return file
    raise FileNotFound("the attempt has no such file")


def _name(file: FileUploaded) -> str | None:
    return None if isinstance(file.name, Erased) else file.name


def _dto(file: FileUploaded) -> AttemptFileDto:
    return AttemptFileDto(
        id=file.file_id,
        name=_name(file),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        uploaded_at=file.uploaded_at,
    )


def _meant(sent: SentFile) -> bytes:
    """What a form says, whatever boundary it was sent with: the same twice is one request."""
    meant: Any = [sent.name, sha256(sent.content).hexdigest()]
    return msgspec.json.encode(meant)
