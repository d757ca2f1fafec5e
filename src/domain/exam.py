"""Exam: a file of questions that an operator imports, changes and publishes (E-01 to E-08)."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from domain.exam_document import InvalidExam, compact, content_hash, parse_exam, read_exam
from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.time_limit import ExamExtension, StartWindow

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


class ExamWindowSet(Event, frozen=True):
    """The exam may be started between `opens_at` and `closes_at` and lasts to `ends_at` at most.

    An absent bound does not bind. Running attempts keep the deadline they have.
    """

    opens_at: Instant | None = None
    closes_at: Instant | None = None
    ends_at: Instant | None = None


class ExamTimeExtended(Event, frozen=True, kw_only=True):
    """Everybody who is at the exam has more time, with `later_starts` also who starts later."""

    extension_id: str
    minutes: int
    later_starts: bool = False
    extended_at: Instant
    reason: Personal[str | Erased]


class ResultsReleased(Event, frozen=True):
    """Learners may see their results."""


ExamEvent = (
    ExamImported
    | ExamFileChanged
    | ExamFileMissing
    | ExamPublished
    | ExamUnpublished
    | ExamWindowSet
    | ExamTimeExtended
    | ResultsReleased
)


# --- commands -----------------------------------------------------------------------------------


class ImportExam(Command, frozen=True):
    """Take in what a file holds now; unless `replace`, only where no exam is."""

    exam_id: str
    document: bytes
    replace: bool = True


class ReportExamMissing(Command, frozen=True):
    """Say that the file is gone or cannot be used."""

    problem: str | None = None


class PublishExam(Command, frozen=True):
    """Open the exam to learners; `fit` asks that its file be there and valid.

    Without it the flag may come before the file, as in a manifest (E-06).
    """

    fit: bool = False


class UnpublishExam(Command, frozen=True):
    """Close the exam to learners."""


class SetExamWindow(Command, frozen=True):
    """Say when the exam may be started, in place of what was said before."""

    window: StartWindow


class ExtendExam(Command, frozen=True):
    """Give everybody at the exam more time; the attempts are told one by one (AllowExtension)."""

    extension: ExamExtension


class ReleaseResults(Command, frozen=True):
    """Let learners see their results."""


ExamCommand = (
    ImportExam
    | ReportExamMissing
    | PublishExam
    | UnpublishExam
    | SetExamWindow
    | ExtendExam
    | ReleaseResults
)


# --- state --------------------------------------------------------------------------------------


class Exam(Value, frozen=True):
    """An exam as it stands; `present` means that its file is there and valid.

    `released` says that learners may see their results.
    """

    exam_id: str = ""
    document: bytes = b""
    content_hash: str = ""
    version: str | None = None
    question_ids: tuple[str, ...] = ()
    duration_minutes: int = 0
    window: StartWindow = StartWindow()
    extensions: tuple[ExamExtension, ...] = ()
    released: bool = False
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


class ExamWindowClosed(Refused):
    """The exam may not be started now; whoever has started goes on."""

    code, kind = "EXAM_WINDOW_CLOSED", RefusalKind.CONFLICT


class ResultsNotReleased(Refused):
    """Staff have not let learners see their results yet."""

    code, kind = "RESULTS_NOT_RELEASED", RefusalKind.CONFLICT


class BadWindow(Refused):
    """A window that closes before it opens, or ends before it may be started."""


class ExamInvalid(Refused):
    """The document breaks the exam format; `details.problems` lists where and how."""


class ExamUnfit(Refused):
    """The exam's file is there but cannot be used, so nobody can take it (A17)."""

    code, kind = "EXAM_INVALID", RefusalKind.UNFIT


class ExamExists(Refused):
    """There is an exam with this id, and nobody said to replace it (A16)."""

    code, kind = "EXAM_EXISTS", RefusalKind.CONFLICT


class ExamInUse(Refused):
    """Somebody is taking the exam right now (A16)."""

    code, kind = "EXAM_IN_USE", RefusalKind.CONFLICT


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
        case PublishExam(fit=fit):
            _known(state)
            if fit and not state.present:
                raise unfit(state)
            return [] if state.published else [ExamPublished()]
        case UnpublishExam():
            _known(state)
            return [ExamUnpublished()] if state.published else []
        case SetExamWindow(window=window):
            return _set_window(state, window)
        case ExtendExam(extension=extension):
            return _extend(state, extension)
        case ReleaseResults():
            _known(state)
            return [] if state.released else [ResultsReleased()]


def _import(state: Exam, command: ImportExam) -> Sequence[ExamEvent]:
    try:
        exam = read_exam(command.document)
    except InvalidExam as error:
        raise invalid_exam(f"exam {command.exam_id!r}", error) from None
    if exam.exam_id != command.exam_id:
        raise ExamInvalid(
            f"the file is called {command.exam_id!r} but its examId is {exam.exam_id!r}"
        )
    if not command.replace and state.present:
        raise ExamExists(f"there is an exam {exam.exam_id!r} already", examId=exam.exam_id)
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


def _set_window(state: Exam, window: StartWindow) -> Sequence[ExamWindowSet]:
    _known(state)
    bounds = {
        "opensAt": window.opens_at,
        "closesAt": window.closes_at,
        "endsAt": window.ends_at,
    }
    given = [(name, at) for name, at in bounds.items() if at is not None]
    for (before, one), (after, other) in pairwise(given):
        if other <= one:
            raise BadWindow(f"{after}: not after {before}", path=after)
    if window == state.window:
        return []
    return [
        ExamWindowSet(opens_at=window.opens_at, closes_at=window.closes_at, ends_at=window.ends_at)
    ]


def _extend(state: Exam, extension: ExamExtension) -> Sequence[ExamTimeExtended]:
    _known(state)
    if any(one.extension_id == extension.extension_id for one in state.extensions):
        return []
    return [
        ExamTimeExtended(
            extension_id=extension.extension_id,
            minutes=extension.minutes,
            later_starts=extension.later_starts,
            extended_at=extension.at,
            reason=extension.reason,
        )
    ]


def _known(state: Exam) -> None:
    if not state.exam_id:
        raise ExamNotFound("no such exam")


def invalid_exam(what: str, error: InvalidExam) -> ExamInvalid:
    """The refusal of a document, with the path of everything that is wrong with it."""
    flaws = [{"path": flaw.path, "message": flaw.message} for flaw in error.flaws]
    return ExamInvalid(f"{what}: {error}", problems=flaws)


def unfit(state: Exam) -> Refused:
    """Why an exam that is not present cannot be opened: it is gone, or it is broken."""
    if state.problem is None:
        return ExamNotFound("no such exam")
    return ExamUnfit(f"exam {state.exam_id!r}: {state.problem}", problems=[state.problem])


def open_exam(state: Exam) -> Exam:
    """The exam, if learners may start it. Raises ExamNotFound, ExamNotPublished."""
    if not state.present:  # existence before publication (E-06)
        raise ExamNotFound("no such exam")
    if not state.published:
        raise ExamNotPublished(f"exam {state.exam_id!r} is not published")
    return state


def released_results(state: Exam) -> None:
    """Raise ResultsNotReleased unless learners may see their results."""
    if not state.released:
        raise ResultsNotReleased("the results are not released yet", examId=state.exam_id)


def may_start(state: Exam, now: Instant) -> None:
    """Raise ExamWindowClosed outside the exam's start window."""
    window = state.window
    if not window.holds(now):
        bounds = {"opensAt": window.opens_at, "closesAt": window.closes_at}
        raise ExamWindowClosed(
            f"exam {state.exam_id!r} cannot be started now",
            **{name: at for name, at in bounds.items() if at is not None},
        )


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
        case ExamWindowSet(opens_at=opens_at, closes_at=closes_at, ends_at=ends_at):
            window = StartWindow(opens_at=opens_at, closes_at=closes_at, ends_at=ends_at)
            return msgspec.structs.replace(state, window=window)
        case ExamTimeExtended():
            extension = ExamExtension(
                extension_id=event.extension_id,
                minutes=event.minutes,
                later_starts=event.later_starts,
                at=event.extended_at,
                reason=event.reason,
            )
            return msgspec.structs.replace(state, extensions=(*state.extensions, extension))
        case ResultsReleased():
            return msgspec.structs.replace(state, released=True)


def _holding(state: Exam, event: ExamImported | ExamFileChanged) -> Exam:
    document = bytes(event.document)
    parsed = parse_exam(document)
    return msgspec.structs.replace(
        state,
        document=document,
        content_hash=event.content_hash,
        version=event.version,
        question_ids=parsed.question_ids,
        duration_minutes=parsed.duration_minutes,
        present=True,
        problem=None,
    )


exam: Decider[Exam] = Decider("exam", Exam(), decide, evolve)
