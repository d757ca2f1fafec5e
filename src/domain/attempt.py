"""Attempt: one sitting of a learner at something that can be answered (K01).

Its events and its state, of every kind. `kind` fixes which commands exist: those of an exam are in
domain/exam_attempt.py, those of a problem in domain/problem_attempt.py; one fold serves both.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from domain.documents import NOTHING, Document
from domain.instants import Instant
from domain.kernel import Erased, Event, Personal, RefusalKind, Refused, Value
from domain.saved_answers import LastChange, fingerprint
from domain.time_limit import EndedBy, ExtensionScope, TimeLimit


class AttemptKind(StrEnum):
    """What is attempted."""

    EXAM = "exam"
    PROBLEM = "problem"


class Phase(StrEnum):
    """Where an attempt stands, in the core's words (CONTRACT §4, status map)."""

    ABSENT = "absent"
    STARTED = "started"
    SUBMITTED = "submitted"
    CHECKING = "checking"
    CHECKED = "checked"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    VOID = "void"


class BranchReason(StrEnum):
    """Why a save was kept aside: others had changed the same, or it was not active any more."""

    STALE = "stale"
    LATE = "late"


class Learner(Value, frozen=True):
    """Who answers: an identity scheme (`exam`) and an opaque id inside it."""

    scheme: str
    id: str


class Subject(Value, frozen=True):
    """What is answered, pinned: later changes of it do not reach this attempt (E-51).

    `version` is what its author calls this version, `content_hash` the sha-256 of its document.
    """

    type: str
    id: str
    content_hash: str
    version: str | None = None


class Answer(Value, frozen=True, gc=False):
    """A learner's answer to one item; `response` is any JSON value, `time_sec` seconds spent."""

    item_id: str
    response: Personal[Any | Erased]
    time_sec: int | float | None = None


# --- events: the storage format, see domain/kernel.py -------------------------------------------


class AttemptStarted(Event, frozen=True):
    """A learner began; `item_ids` are all items of an exam that can be answered, in order.

    `limit` is the time it was given, absent where nobody enforces one. The answer to a problem is
    to a version of it, the `subject`, perhaps where another `domain` uses it: services of that
    domain may ask about it.
    """

    attempt_id: str
    kind: AttemptKind
    learner: Learner
    subject: Subject
    item_ids: tuple[str, ...]
    total_items: int
    started_at: Instant
    limit: TimeLimit | None = None
    problem_id: str | None = None
    problem_usage_id: str | None = None
    domain: str | None = None


class AnswersCounted(Event, frozen=True):
    """What views read of `AnswersSaved`: decoding it skips the answers themselves."""

    answered_count: int
    updated_at: Instant


class AnswersSaved(AnswersCounted, frozen=True, kw_only=True):
    """Answers that differ from what was saved before; `answered_count` counts all so far."""

    changes: tuple[Answer, ...]
    client_updated_at: str | None = None
    client_id: str | None = None


class AnswersBranched(Event, frozen=True, kw_only=True):
    """Answers that were not applied but kept for staff, so that no text is dropped (decision 10).

    `base_revision` is what their sender had seen last, `client_id` the tab or device it was.
    """

    base_revision: int | None = None
    client_id: str | None = None
    changes: tuple[Answer, ...]
    reason: BranchReason


class HintTaken(Event, frozen=True):
    """The learner asked for a hint of the problem, which may cost something (B-39)."""

    hint_key: str
    taken_at: Instant


class FileUploaded(Event, frozen=True, kw_only=True):
    """The learner sent a file that their answer may name; its content is kept under its sha-256.

    `media_type` is what the content was found to be, `name` what its sender calls it.
    """

    file_id: str
    name: Personal[str | Erased]
    media_type: str
    size: int
    sha256: str
    uploaded_at: Instant


class AttemptSubmitted(Event, frozen=True):
    """The learner handed in, or the deadline did it for them with what was saved.

    `answer` is the whole answer to a problem as it was sent, kept apart from checks (B-101).
    """

    submitted_at: Instant
    ended_by: EndedBy = EndedBy.LEARNER
    answer: Personal[Document] = NOTHING


class AttemptFinished(Event, frozen=True):
    """Nothing more can change; the bundle at `output_path` has this sha-256."""

    output_path: str
    bundle_sha256: str
    finished_at: Instant


class AttemptCheckStarted(Event, frozen=True):
    """This check is to judge the answer: a first one, another, or one that goes on."""

    answer_check_id: str


class AttemptChecked(Event, frozen=True, kw_only=True):
    """What the check came to counts, in place of everything before."""

    answer_check_id: str
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    checked_at: Instant


class AttemptCheckReset(Event, frozen=True):
    """The check came to nothing: the attempt stands where it stood before it."""

    answer_check_id: str
    reason: str


class AttemptCancelled(Event, frozen=True, kw_only=True):
    """The learner gave up before handing in."""

    reason: Personal[str | Erased | None] = None
    cancelled_at: Instant


class AttemptVoided(Event, frozen=True):
    """Staff took the attempt out of the count; its bundle, if there is one, stays (decision 15)."""

    reason: Personal[str | Erased]
    voided_at: Instant


class AttemptExtended(Event, frozen=True):
    """The deadline moved by so many seconds, to `expires_at` and `closes_at`.

    `extension_id` tells one extension from another and makes a repeated one silent.
    """

    extension_id: str
    scope: ExtensionScope
    seconds: int
    expires_at: Instant
    closes_at: Instant
    reason: Personal[str | Erased]


AttemptEvent = (
    AttemptStarted
    | AnswersSaved
    | AnswersBranched
    | HintTaken
    | FileUploaded
    | AttemptSubmitted
    | AttemptFinished
    | AttemptCheckStarted
    | AttemptChecked
    | AttemptCheckReset
    | AttemptCancelled
    | AttemptVoided
    | AttemptExtended
)


# --- state --------------------------------------------------------------------------------------


class Outcome(Value, frozen=True, kw_only=True):
    """What an attempt's answer is worth: the result of the check that counts."""

    check_id: str
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    at: Instant


class ProblemWork(Value, frozen=True):
    """What only attempts at problems have.

    `check_id` is the check that judges or has judged last, `results` counts the verdicts so far,
    `files` are those that the answer may name, in the order they came.
    """

    problem_id: str = ""
    usage_id: str | None = None
    domain: str | None = None
    hints: tuple[str, ...] = ()
    answer: Document = NOTHING
    check_id: str | None = None
    outcome: Outcome | None = None
    results: int = 0
    files: tuple[FileUploaded, ...] = ()


class Attempt(Value, frozen=True):
    """An attempt as it stands after its events.

    `revision` counts them, `changed` tells of each answer in which revision and by which client it
    was saved last, `branches` are the digests of what was kept aside. `limit` is the time it has
    by now; absent, nobody enforces one.
    """

    phase: Phase = Phase.ABSENT
    attempt_id: str = ""
    kind: AttemptKind = AttemptKind.EXAM
    learner: Learner = Learner(scheme="", id="")
    subject: Subject = Subject(type="", id="", content_hash="")
    items: frozenset[str] = frozenset()
    answers: Mapping[str, Answer] = {}
    answered_count: int = 0
    started_at: Instant = ""
    updated_at: Instant = ""
    submitted_at: Instant | None = None
    output_path: str | None = None
    limit: TimeLimit | None = None
    ended_by: EndedBy = EndedBy.LEARNER
    revision: int = 0
    changed: Mapping[str, LastChange] = {}
    branches: tuple[str, ...] = ()
    problem: ProblemWork = ProblemWork()


# --- refusals -----------------------------------------------------------------------------------


class AttemptNotFound(Refused):
    """There is no such attempt."""

    code, kind = "ATTEMPT_NOT_FOUND", RefusalKind.UNKNOWN


class AttemptIdTaken(Refused):
    """The id made for a new attempt is in use: make another."""

    code, kind = "ATTEMPT_EXISTS", RefusalKind.CONFLICT


class AttemptNotActive(Refused):
    """The attempt has been handed in (E-28)."""

    code, kind = "ATTEMPT_NOT_ACTIVE", RefusalKind.CONFLICT


class AttemptNotFinished(Refused):
    """The attempt has not been handed in, so there is no bundle (A14)."""

    code, kind = "ATTEMPT_NOT_FINISHED", RefusalKind.CONFLICT


class AttemptVoid(Refused):
    """The attempt has been voided already."""

    code, kind = "ATTEMPT_VOID", RefusalKind.CONFLICT


class NoDeadline(Refused):
    """The attempt was started while nobody enforced a deadline: there is none to move."""

    code, kind = "ATTEMPT_HAS_NO_DEADLINE", RefusalKind.CONFLICT


class StaleRevision(Refused):
    """Somebody else has changed the same answers since (decision 10)."""

    code, kind = "STALE_REVISION", RefusalKind.CONFLICT


class UnknownQuestion(Refused):
    """An answer names an item the subject does not have (E-25)."""


def active(state: Attempt) -> Attempt:
    """The attempt while it may be answered. Raises AttemptNotFound, AttemptNotActive."""
    if state.phase is Phase.ABSENT:
        raise AttemptNotFound("no such attempt")
    if state.phase is not Phase.STARTED:
        raise not_active(state)
    return state


def not_active(state: Attempt, *, kept: bool = False) -> AttemptNotActive:
    """Why the attempt cannot be answered any more; `kept` says that what was sent was kept."""
    match state.phase:
        case Phase.VOID:
            why = "is void"
        case Phase.CANCELLED:
            why = "is cancelled"
        case Phase.STARTED:
            why = "is over: its time has passed"
        case _:
            why = "has been submitted"
    return AttemptNotActive(f"the attempt {why}", attemptId=state.attempt_id, kept=kept)


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Attempt, event: AttemptEvent) -> Attempt:
    """The state after one more event; each counts as a revision."""
    after = _evolved(state, event)
    if after.revision > state.revision:
        return after
    return msgspec.structs.replace(after, revision=state.revision + 1)


def _evolved(state: Attempt, event: AttemptEvent) -> Attempt:
    match event:
        case AnswersSaved():
            new = {answer.item_id: answer for answer in event.changes}
            revision = state.revision + 1
            return msgspec.structs.replace(
                state,
                answers={**state.answers, **new},
                answered_count=event.answered_count,
                updated_at=event.updated_at,
                revision=revision,
                changed={**state.changed, **dict.fromkeys(new, (revision, event.client_id))},
            )
        case AttemptStarted():
            return Attempt(
                phase=Phase.STARTED,
                attempt_id=event.attempt_id,
                kind=event.kind,
                learner=event.learner,
                subject=event.subject,
                items=frozenset(event.item_ids),
                started_at=event.started_at,
                updated_at=event.started_at,
                limit=event.limit,
                problem=ProblemWork(
                    problem_id=event.problem_id or "",
                    usage_id=event.problem_usage_id,
                    domain=event.domain,
                ),
            )
        case AttemptSubmitted() if state.kind is AttemptKind.PROBLEM:
            return msgspec.structs.replace(
                state,
                phase=Phase.SUBMITTED,
                submitted_at=event.submitted_at,
                updated_at=event.submitted_at,
                problem=msgspec.structs.replace(state.problem, answer=event.answer),
            )
        case AttemptSubmitted():
            return msgspec.structs.replace(
                state,
                submitted_at=event.submitted_at,
                updated_at=event.submitted_at,
                ended_by=event.ended_by,
            )
        case AttemptFinished():
            return msgspec.structs.replace(
                state,
                phase=Phase.FINISHED,
                output_path=event.output_path,
                updated_at=event.finished_at,
            )
        case AttemptVoided() | AttemptCancelled():
            return _ended(state, event)
        case AttemptExtended():
            return msgspec.structs.replace(state, limit=_moved_by(state.limit, event))
        case AnswersBranched():
            kept = fingerprint(event.reason, event.changes)
            return msgspec.structs.replace(state, branches=(*state.branches, kept))
        case HintTaken(hint_key=hint_key, taken_at=at):
            hints = (*state.problem.hints, hint_key)
            problem = msgspec.structs.replace(state.problem, hints=hints)
            return msgspec.structs.replace(state, problem=problem, updated_at=at)
        case FileUploaded(uploaded_at=at):
            files = (*state.problem.files, event)
            problem = msgspec.structs.replace(state.problem, files=files)
            return msgspec.structs.replace(state, problem=problem, updated_at=at)
        case AttemptCheckStarted(answer_check_id=check_id):
            problem = msgspec.structs.replace(state.problem, check_id=check_id)
            return msgspec.structs.replace(state, phase=Phase.CHECKING, problem=problem)
        case AttemptChecked():
            return _checked(state, event)
        case AttemptCheckReset():
            return _reset(state, event)


def _ended(state: Attempt, event: AttemptVoided | AttemptCancelled) -> Attempt:
    match event:
        case AttemptVoided(voided_at=at):
            return msgspec.structs.replace(state, phase=Phase.VOID, updated_at=at)
        case AttemptCancelled(cancelled_at=at):
            return msgspec.structs.replace(state, phase=Phase.CANCELLED, updated_at=at)


def _checked(state: Attempt, event: AttemptChecked) -> Attempt:
    problem = msgspec.structs.replace(
        state.problem,
        check_id=event.answer_check_id,
        outcome=Outcome(
            check_id=event.answer_check_id,
            is_correct=event.is_correct,
            score=event.score,
            max_score=event.max_score,
            at=event.checked_at,
        ),
        results=state.problem.results + 1,
    )
    return msgspec.structs.replace(
        state, phase=Phase.CHECKED, problem=problem, updated_at=event.checked_at
    )


def _reset(state: Attempt, event: AttemptCheckReset) -> Attempt:
    """Without its running check: handed in, or judged by another check before."""
    before = state.problem.outcome
    if before is None or before.check_id == event.answer_check_id:
        problem = msgspec.structs.replace(state.problem, outcome=None)
        return msgspec.structs.replace(state, phase=Phase.SUBMITTED, problem=problem)
    problem = msgspec.structs.replace(state.problem, check_id=before.check_id)
    return msgspec.structs.replace(state, phase=Phase.CHECKED, problem=problem)


def _moved_by(limit: TimeLimit | None, event: AttemptExtended) -> TimeLimit | None:
    if limit is None:
        return None
    by_student = event.seconds if event.scope is ExtensionScope.STUDENT else 0
    return msgspec.structs.replace(
        limit,
        student_seconds=limit.student_seconds + by_student,
        extension_ids=(*limit.extension_ids, event.extension_id),
        expires_at=event.expires_at,
        closes_at=event.closes_at,
    )


CATEGORY: Final = "attempt"
"""Every attempt's stream, whatever its kind."""
