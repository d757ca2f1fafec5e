"""ProblemAttempt: the commands of attempts at problems (K01): one answer to one version.

Start, perhaps hints, then submit; checking is a call of its own (K04). Events, state and fold are
every attempt's: domain/attempt.py. There may be any number of attempts (K14).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from domain.answer_check import CheckNotOverridable
from domain.answers.answer import read_answer
from domain.answers.by_hand import Upload
from domain.answers.files import check_files, refuse_file
from domain.answers.judging import refuse_unreadable
from domain.answers.rule import Method
from domain.answers.schema import AnswerSchema
from domain.answers.verdict import Judgement
from domain.attempt import (
    CATEGORY,
    Attempt,
    AttemptCancelled,
    AttemptChecked,
    AttemptCheckReset,
    AttemptCheckStarted,
    AttemptEvent,
    AttemptIdTaken,
    AttemptKind,
    AttemptNotFound,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoided,
    FileUploaded,
    HintTaken,
    Learner,
    Phase,
    Subject,
    evolve,
    not_active,
)
from domain.documents import Document, parsed, record
from domain.evidence import PLAIN, Basis
from domain.frozen_rule import FrozenRule, method_for
from domain.instants import Instant, later
from domain.kernel import Command, Decider, RefusalKind, Refused
from domain.problem_version import VersionStatus
from domain.transitions import permit

# --- commands; the last three are for policies --------------------------------------------------


class StartProblemAttempt(Command, frozen=True, kw_only=True):
    """Begin a new attempt under a newly made id.

    `version_status` is how the version stands; one that is not published needs `allowed` (B-89).
    """

    founds: ClassVar[bool] = True

    attempt_id: str
    learner: Learner
    subject: Subject
    problem_id: str
    usage_id: str | None = None
    domain: str | None = None
    version_status: VersionStatus
    allowed: bool = False
    now: Instant


class TakeHint(Command, frozen=True):
    """Show the learner a hint of the version, at its price."""

    hint_key: str
    now: Instant


class UploadFile(Command, frozen=True, kw_only=True):
    """Keep a file that the answer may name; the `schema` says of which types and sizes."""

    upload: Upload
    sha256: str
    schema: AnswerSchema
    now: Instant


class SubmitProblemAttempt(Command, frozen=True, kw_only=True):
    """Hand in the answer, which must have the form that the version's schema asks for (B-92)."""

    answer: Document
    schema: AnswerSchema
    basis: Basis = PLAIN
    now: Instant


class CheckAttempt(Command, frozen=True, kw_only=True):
    """Have the answer judged by a rule; `judgement` is a machine's, where the mode asks for one.

    `again` lets one who may judge an answer anew that has a result.
    """

    check_id: str
    rule: FrozenRule
    mode: Method | None = None
    subject_key: str | None = None
    judgement: Judgement | None = None
    duration_ms: int = 0
    queue_id: str | None = None
    again: bool = False
    basis: Basis = PLAIN
    now: Instant


class CancelAttempt(Command, frozen=True, kw_only=True):
    """Give up before handing in."""

    reason: str | None = None
    now: Instant


class VoidProblemAttempt(Command, frozen=True):
    """Take the attempt out of the count, with all that follows from it."""

    reason: str
    now: Instant


class ResumeCheck(Command, frozen=True):
    """Let a check judge the answer that goes on after all."""

    check_id: str


class NoteResult(Command, frozen=True, kw_only=True):
    """Let the result of a check count; `overridden` says that a checker put it there."""

    check_id: str
    is_correct: bool | None
    score: Decimal | None
    max_score: Decimal | None
    overridden: bool = False
    basis: Basis = PLAIN
    now: Instant


class ResetCheck(Command, frozen=True):
    """Stand as before a check that came to nothing."""

    check_id: str
    reason: str


ProblemAttemptCommand = (
    StartProblemAttempt
    | TakeHint
    | UploadFile
    | SubmitProblemAttempt
    | CheckAttempt
    | CancelAttempt
    | VoidProblemAttempt
    | ResumeCheck
    | NoteResult
    | ResetCheck
)


# --- refusals -----------------------------------------------------------------------------------


class VersionNotAttemptable(Refused):
    """The version is not published, nor is it allowed to be answered all the same (B-89)."""

    code, kind = "VERSION_NOT_ATTEMPTABLE", RefusalKind.CONFLICT


class AttemptNotSubmittable(Refused):
    """The attempt has been handed in, or has ended (B-94)."""

    code, kind = "ATTEMPT_NOT_SUBMITTABLE", RefusalKind.CONFLICT


class AttemptNotSubmitted(Refused):
    """There is no answer that waits to be judged."""

    code, kind = "ATTEMPT_NOT_SUBMITTED", RefusalKind.CONFLICT


class TooManyFiles(Refused):
    """The attempt has as many files as one may have."""

    code, kind = "TOO_MANY_FILES", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------

MAX_FILES: Final = 100
"""How many files one attempt may have."""

_MOVES: Final[Mapping[Phase, frozenset[str]]] = {
    Phase.STARTED: frozenset({"submit", "cancel", "void"}),
    Phase.SUBMITTED: frozenset({"check", "void"}),
    Phase.CHECKING: frozenset({"void"}),
    Phase.CHECKED: frozenset({"check", "void"}),
}


def decide(state: Attempt, command: ProblemAttemptCommand) -> Sequence[AttemptEvent]:
    """What a command makes happen, or a refusal."""
    if isinstance(command, StartProblemAttempt):
        return _start(state, command)
    if state.phase is Phase.ABSENT or state.kind is not AttemptKind.PROBLEM:
        raise AttemptNotFound("no such attempt at a problem")
    match command:
        case TakeHint():
            return _take_hint(state, command)
        case UploadFile():
            return _upload(state, command)
        case SubmitProblemAttempt():
            return _submit(state, command)
        case CheckAttempt():
            return _check(state, command)
        case CancelAttempt(reason=reason, now=now):
            permit(_MOVES, state.phase, "cancel")
            return [AttemptCancelled(reason=reason, cancelled_at=later(state.updated_at, now))]
        case VoidProblemAttempt(reason=reason, now=now):
            permit(_MOVES, state.phase, "void")
            return [AttemptVoided(reason=reason, voided_at=later(state.updated_at, now))]
        case ResumeCheck(check_id=check_id):
            if state.phase not in {Phase.SUBMITTED, Phase.CHECKED}:
                raise _not_submitted(state)
            return [AttemptCheckStarted(answer_check_id=check_id)]
        case NoteResult():
            return _note(state, command)
        case ResetCheck(check_id=check_id, reason=reason):
            if state.phase is not Phase.CHECKING or check_id != state.problem.check_id:
                return []
            return [AttemptCheckReset(answer_check_id=check_id, reason=reason)]


def _start(state: Attempt, command: StartProblemAttempt) -> Sequence[AttemptEvent]:
    if state.phase is not Phase.ABSENT:
        raise AttemptIdTaken("there is an attempt with this id already")
    if command.version_status is not VersionStatus.PUBLISHED and not command.allowed:
        raise VersionNotAttemptable(f"the version is {command.version_status}, not published")
    return [
        AttemptStarted(
            attempt_id=command.attempt_id,
            kind=AttemptKind.PROBLEM,
            learner=command.learner,
            subject=command.subject,
            item_ids=(),
            total_items=0,
            started_at=command.now,
            problem_id=command.problem_id,
            problem_usage_id=command.usage_id,
            domain=command.domain,
        )
    ]


def _take_hint(state: Attempt, command: TakeHint) -> Sequence[AttemptEvent]:
    if command.hint_key in state.problem.hints:
        return []
    if state.phase is not Phase.STARTED:
        raise not_active(state)
    return [HintTaken(hint_key=command.hint_key, taken_at=later(state.updated_at, command.now))]


def refuse_upload(state: Attempt, schema: AnswerSchema, upload: Upload) -> None:
    """Refuse a file that no answer to this attempt may name.

    Raises AttemptNotActive, TooManyFiles, FileEmpty, FileTypeNotAllowed, FileTooLarge.
    """
    if state.phase is not Phase.STARTED:
        raise not_active(state)
    if len(state.problem.files) >= MAX_FILES:
        raise TooManyFiles(f"the attempt has {MAX_FILES} files already")
    refuse_file(schema, upload)


def _upload(state: Attempt, command: UploadFile) -> Sequence[AttemptEvent]:
    upload = command.upload
    if any(file.file_id == upload.file_id for file in state.problem.files):
        return []
    refuse_upload(state, command.schema, upload)
    return [
        FileUploaded(
            file_id=upload.file_id,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            sha256=command.sha256,
            uploaded_at=later(state.updated_at, command.now),
        )
    ]


def _submit(state: Attempt, command: SubmitProblemAttempt) -> Sequence[AttemptEvent]:
    if state.phase is not Phase.STARTED:
        raise AttemptNotSubmittable(f"the attempt is {state.phase}", attemptId=state.attempt_id)
    answer = record(command.answer, "answer")
    given = read_answer(command.schema, parsed(answer))
    refuse_unreadable(command.schema, given)
    check_files(
        command.schema, given, {file.file_id: _upload_of(file) for file in state.problem.files}
    )
    at = later(state.updated_at, command.now)
    return [AttemptSubmitted(submitted_at=at, answer=answer)]


def _upload_of(file: FileUploaded) -> Upload:
    name = file.name if isinstance(file.name, str) else ""
    return Upload(file_id=file.file_id, name=name, size=file.size, media_type=file.media_type)


def _check(state: Attempt, command: CheckAttempt) -> Sequence[AttemptEvent]:
    if command.check_id == state.problem.check_id:
        return []
    refuse_to_check(state, again=command.again)
    method_for(command.rule, command.mode)
    return [AttemptCheckStarted(answer_check_id=command.check_id)]


def refuse_to_check(state: Attempt, *, again: bool) -> None:
    """Refuse unless an answer waits to be judged, or may be judged `again`.

    Raises AttemptNotSubmitted.
    """
    ready = {Phase.SUBMITTED, Phase.CHECKED} if again else {Phase.SUBMITTED}
    if state.phase not in ready:
        raise _not_submitted(state)


def _note(state: Attempt, command: NoteResult) -> Sequence[AttemptEvent]:
    phases = {Phase.CHECKING}
    if command.overridden:
        phases |= {Phase.SUBMITTED, Phase.CHECKED}
    if state.phase not in phases or command.check_id != state.problem.check_id:
        if command.overridden:
            raise CheckNotOverridable(f"another check counts, or the attempt is {state.phase}")
        raise _not_submitted(state)
    return [
        AttemptChecked(
            answer_check_id=command.check_id,
            is_correct=command.is_correct,
            score=command.score,
            max_score=command.max_score,
            checked_at=later(state.updated_at, command.now),
        )
    ]


def _not_submitted(state: Attempt) -> AttemptNotSubmitted:
    return AttemptNotSubmitted(
        f"the attempt is {state.phase}: no answer waits to be judged", attemptId=state.attempt_id
    )


problem_attempt: Decider[Attempt] = Decider(CATEGORY, Attempt(), decide, evolve)
"""For the commands of this kind; every attempt has one initial state and one fold."""
