"""Exam: a file of questions that an operator imports, changes and publishes (E-01 to E-08)."""

from collections.abc import Sequence

import msgspec

from domain.exam_document import InvalidExam, compact, content_hash, parse_exam, read_exam
from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value

# --- events: each carries the whole document, so that bundles rebuild from the log alone ---------


class ExamImported(Event, frozen=True, kw_only=True):
    """An exam came in for the first time; `version` is its `metadata.version`."""

    exam_id: str
    version: str | None = None
    content_hash: str
    document: msgspec.Raw


class ExamFileChanged(Event, frozen=True, kw_only=True):
    """The exam's file has other content, or is back after it was missing."""

    version: str | None = None
    content_hash: str
    document: msgspec.Raw


class ExamFileMissing(Event, frozen=True):
    """The exam's file is gone, or `problem` says why it cannot be used (E-02)."""

    problem: str | None = None


class ExamPublished(Event, frozen=True):
    """Learners may see and start the exam."""


class ExamUnpublished(Event, frozen=True):
    """Learners may no longer see or start the exam; running attempts go on (E-53)."""


ExamEvent = ExamImported | ExamFileChanged | ExamFileMissing | ExamPublished | ExamUnpublished


# --- commands -----------------------------------------------------------------------------------


class ImportExam(Command, frozen=True):
    """Take in what a file holds now."""

    exam_id: str
    document: bytes


class ReportExamMissing(Command, frozen=True):
    """Say that the file is gone or cannot be used."""

    problem: str | None = None


class PublishExam(Command, frozen=True):
    """Open the exam to learners."""


class UnpublishExam(Command, frozen=True):
    """Close the exam to learners."""


ExamCommand = ImportExam | ReportExamMissing | PublishExam | UnpublishExam


# --- state --------------------------------------------------------------------------------------


class Exam(Value, frozen=True):
    """An exam as it stands; `present` means that its file is there and valid."""

    exam_id: str = ""
    document: bytes = b""
    content_hash: str = ""
    version: str | None = None
    question_ids: tuple[str, ...] = ()
    present: bool = False
    published: bool = False
    problem: str | None = None


# --- refusals -----------------------------------------------------------------------------------


class ExamNotFound(Refused):
    """There is no such exam, or its file is missing (E-04, E-06)."""

    code, kind = "EXAM_NOT_FOUND", RefusalKind.UNKNOWN


class ExamNotPublished(Refused):
    """The exam is there but not open (E-05, E-07)."""

    code, kind = "EXAM_NOT_PUBLISHED", RefusalKind.UNPUBLISHED


class ExamInvalid(Refused):
    """The document breaks the exam format."""


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Exam, command: ExamCommand) -> Sequence[ExamEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case ImportExam():
            return _import(state, command)
        case ReportExamMissing(problem=problem):
            if not state.exam_id or (not state.present and state.problem == problem):
                return []
            return [ExamFileMissing(problem=problem)]
        case PublishExam():
            _known(state)
            return [] if state.published else [ExamPublished()]
        case UnpublishExam():
            _known(state)
            return [ExamUnpublished()] if state.published else []


def _import(state: Exam, command: ImportExam) -> Sequence[ExamEvent]:
    try:
        exam = read_exam(command.document)
    except InvalidExam as error:
        raise ExamInvalid(f"exam {command.exam_id!r}: {error}") from None
    if exam.exam_id != command.exam_id:
        raise ExamInvalid(
            f"the file is called {command.exam_id!r} but its examId is {exam.exam_id!r}"
        )
    document = compact(command.document)
    digest = content_hash(document)
    if not state.exam_id:
        return [
            ExamImported(
                exam_id=exam.exam_id,
                version=exam.metadata.version,
                content_hash=digest,
                document=msgspec.Raw(document),
            )
        ]
    if state.present and state.content_hash == digest:
        return []
    return [
        ExamFileChanged(
            version=exam.metadata.version, content_hash=digest, document=msgspec.Raw(document)
        )
    ]


def _known(state: Exam) -> None:
    if not state.exam_id:
        raise ExamNotFound("no such exam")


def open_exam(state: Exam) -> Exam:
    """The exam, if learners may start it. Raises ExamNotFound, ExamNotPublished."""
    if not state.present:  # existence before publication (E-06)
        raise ExamNotFound("no such exam")
    if not state.published:
        raise ExamNotPublished(f"exam {state.exam_id!r} is not published")
    return state


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Exam, event: ExamEvent) -> Exam:
    """The state after one more event."""
    match event:
        case ExamImported():
            return _holding(Exam(exam_id=event.exam_id), event)
        case ExamFileChanged():
            return _holding(state, event)
        case ExamFileMissing():
            return msgspec.structs.replace(state, present=False, problem=event.problem)
        case ExamPublished():
            return msgspec.structs.replace(state, published=True)
        case ExamUnpublished():
            return msgspec.structs.replace(state, published=False)


def _holding(state: Exam, event: ExamImported | ExamFileChanged) -> Exam:
    document = bytes(event.document)
    return msgspec.structs.replace(
        state,
        document=document,
        content_hash=event.content_hash,
        version=event.version,
        question_ids=parse_exam(document).question_ids,
        present=True,
        problem=None,
    )


exam: Decider[Exam] = Decider("exam", Exam(), decide, evolve)
