"""Attempt: one sitting of a learner at something that can be answered (K01).

`kind` fixes which commands exist. This file knows the `exam` kind: many answers, saved while
writing, submitted and finished in one step.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final

import msgspec

from domain.exam_bundle import AttemptBody, SavedAnswer, attempt_json, bundle_sha256, output_path
from domain.instants import Instant, later
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.saved_answers import LastChange, answered, conflicts, fingerprint, same, unsaved
from domain.time_limit import (
    MINUTE,
    Allowance,
    EndedBy,
    ExamExtension,
    ExtensionScope,
    TimeLimit,
    moved,
)

MOST_BRANCHES: Final = 100
"""How many saves an attempt keeps aside; beyond that their senders hear that they were not."""


class AttemptKind(StrEnum):
    """What is attempted."""

    EXAM = "exam"


class Phase(StrEnum):
    """Where an attempt stands, in the core's words (CONTRACT §4, status map)."""

    ABSENT = "absent"
    STARTED = "started"
    FINISHED = "finished"
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
    """A learner began; `item_ids` are all items that can be answered, in order.

    `limit` is the time it was given, absent where nobody enforces one.
    """

    attempt_id: str
    kind: AttemptKind
    learner: Learner
    subject: Subject
    item_ids: tuple[str, ...]
    total_items: int
    started_at: Instant
    limit: TimeLimit | None = None


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


class AttemptSubmitted(Event, frozen=True):
    """The learner handed in, or the deadline did it for them with what was saved."""

    submitted_at: Instant
    ended_by: EndedBy = EndedBy.LEARNER


class AttemptFinished(Event, frozen=True):
    """Nothing more can change; the bundle at `output_path` has this sha-256."""

    output_path: str
    bundle_sha256: str
    finished_at: Instant


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
    | AttemptSubmitted
    | AttemptFinished
    | AttemptVoided
    | AttemptExtended
)


# --- commands -----------------------------------------------------------------------------------


class SlotPolicy(Value, frozen=True):
    """How many attempts a learner may have at one exam, for the policy that claims a slot.

    `new` asks for another attempt although one is active, `limit` bounds the active ones,
    `retake` allows a new one after a finished one (E-14, E-15, E-16).
    """

    new: bool = False
    limit: int = 1
    retake: bool = False


class StartAttempt(Command, frozen=True):
    """Begin a new attempt under a newly made id."""

    founds: ClassVar[bool] = True

    attempt_id: str
    kind: AttemptKind
    learner: Learner
    subject: Subject
    item_ids: tuple[str, ...]
    now: Instant
    slot: SlotPolicy
    limit: TimeLimit | None = None


class SaveAnswers(Command, frozen=True):
    """Save some answers; the last one wins where an item is named twice (E-19, E-20).

    `base_revision` is the revision its sender has seen; without it the last save wins. `arrived`
    is when its last byte came in: that decides whether it was in time, not `now`.
    """

    changes: tuple[Answer, ...]
    now: Instant
    arrived: Instant | None = None
    client_updated_at: str | None = None
    base_revision: int | None = None
    client_id: str | None = None


class SubmitAttempt(Command, frozen=True):
    """Hand in, with the last answers if there are any; `document` is the pinned exam's JSON."""

    document: bytes
    now: Instant
    changes: tuple[Answer, ...] = ()
    arrived: Instant | None = None


class ExpireAttempt(Command, frozen=True):
    """Hand in what was saved if the deadline has passed; `document` as in SubmitAttempt."""

    document: bytes
    now: Instant


class ExtendAttempt(Command, frozen=True):
    """Give this one attempt more time."""

    extension_id: str
    minutes: int
    reason: str
    now: Instant


class AllowExtension(Command, frozen=True):
    """Give the attempt the time that all at its exam were given; nothing if it has ended."""

    extension: ExamExtension


class AccommodateAttempt(Command, frozen=True):
    """Give the attempt what its learner's accommodation adds now; nothing if it has ended.

    It never takes time away: an accommodation that was lowered counts for later attempts.
    """

    allowance: Allowance
    reason: Personal[str | Erased]
    now: Instant


class VoidAttempt(Command, frozen=True):
    """Take the attempt out of the count, so that its learner may start again."""

    reason: str
    now: Instant


AttemptCommand = (
    StartAttempt
    | SaveAnswers
    | SubmitAttempt
    | VoidAttempt
    | ExpireAttempt
    | ExtendAttempt
    | AllowExtension
    | AccommodateAttempt
)


# --- state --------------------------------------------------------------------------------------


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


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Attempt, command: AttemptCommand) -> Sequence[AttemptEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case SaveAnswers():
            return _save_or_branch(state, command)
        case StartAttempt():
            return _start(state, command)
        case SubmitAttempt():
            return _submit(state, command)
        case VoidAttempt():
            return _void(state, command)
        case ExpireAttempt(document=document, now=now):
            return _expired(state, document) if is_over(state, now) else []
        case ExtendAttempt():
            return _extend(state, command)
        case AllowExtension(extension=extension):
            return _allow(state, extension)
        case AccommodateAttempt():
            return _accommodate(state, command)


def _start(state: Attempt, command: StartAttempt) -> Sequence[AttemptEvent]:
    if state.phase is not Phase.ABSENT:
        raise AttemptIdTaken(f"attempt {command.attempt_id!r} exists")
    return [
        AttemptStarted(
            attempt_id=command.attempt_id,
            kind=command.kind,
            learner=command.learner,
            subject=command.subject,
            item_ids=command.item_ids,
            total_items=len(command.item_ids),
            started_at=command.now,
            limit=command.limit,
        )
    ]


def _save(state: Attempt, command: SaveAnswers) -> list[AnswersSaved]:
    latest = {answer.item_id: answer for answer in command.changes}
    if not latest.keys() <= state.items:
        raise _unknown_question(state, command.changes)
    known, count = state.answers, state.answered_count
    changed: list[Answer] = []
    for item_id, answer in latest.items():
        before = known.get(item_id)
        if before is not None:
            if before.response == answer.response and same(before, answer):
                continue
            count -= 1 if before.response else answered(before.response)
        count += 1 if answer.response else answered(answer.response)
        changed.append(answer)
    if not changed:
        return []
    return [
        AnswersSaved(
            changes=tuple(changed),
            answered_count=count,
            updated_at=later(state.updated_at, command.now),
            client_updated_at=command.client_updated_at,
            client_id=command.client_id,
        )
    ]


def _unknown_question(state: Attempt, changes: Sequence[Answer]) -> UnknownQuestion:
    index = next(i for i, answer in enumerate(changes) if answer.item_id not in state.items)
    return UnknownQuestion(
        f"answers[{index}].questionId: exam {state.subject.id!r} has no such question",
        path=f"answers[{index}].questionId",
        questionId=changes[index].item_id,
    )


def _submit(state: Attempt, command: SubmitAttempt) -> Sequence[AttemptEvent]:
    if state.phase is Phase.FINISHED:
        return _branch(
            state, unsaved(state.answers, state.items, command.changes), BranchReason.LATE
        )
    if is_over(state, command.arrived or command.now):
        late = _branch(
            state, unsaved(state.answers, state.items, command.changes), BranchReason.LATE
        )
        return [*late, *_expired(state, command.document)]
    saved = _save(_active(state), SaveAnswers(changes=command.changes, now=command.now))
    for event in saved:
        state = evolve(state, event)
    submitted = AttemptSubmitted(submitted_at=later(state.updated_at, command.now))
    return [*saved, *_finish(state, submitted, command.document, command.now)]


def _finish(
    state: Attempt, submitted: AttemptSubmitted, document: bytes, now: Instant
) -> Sequence[AttemptSubmitted | AttemptFinished]:
    state = evolve(state, submitted)
    finished = AttemptFinished(
        output_path=output_path(state.subject.id, state.attempt_id),
        bundle_sha256="",
        finished_at=later(submitted.submitted_at, now),
    )
    digest = bundle_sha256(document, attempt_json(attempt_body(evolve(state, finished))))
    return [submitted, msgspec.structs.replace(finished, bundle_sha256=digest)]


def _void(state: Attempt, command: VoidAttempt) -> Sequence[AttemptEvent]:
    if state.phase is Phase.ABSENT:
        raise AttemptNotFound("no such attempt")
    if state.phase is Phase.VOID:
        raise AttemptVoid("the attempt is void already", attemptId=state.attempt_id)
    return [
        AttemptVoided(reason=command.reason, voided_at=later(state.updated_at, command.now)),
    ]


# --- the deadline (ADR 7) ------------------------------------------------------------------------


def is_over(state: Attempt, at: Instant) -> bool:
    """Whether a running attempt's time, its grace included, has passed."""
    limit = state.limit
    return limit is not None and at > limit.closes_at and state.phase is Phase.STARTED


def _expired(state: Attempt, document: bytes) -> Sequence[AttemptSubmitted | AttemptFinished]:
    """The end by deadline: the same bytes whoever notices it, and however late."""
    if state.limit is None:
        return []
    at = later(state.updated_at, state.limit.expires_at)
    submitted = AttemptSubmitted(submitted_at=at, ended_by=EndedBy.DEADLINE)
    return _finish(state, submitted, document, at)


def _extend(state: Attempt, command: ExtendAttempt) -> Sequence[AttemptExtended]:
    limit = _active(state).limit
    if limit is None:
        raise NoDeadline("no deadline is enforced on this attempt", attemptId=state.attempt_id)
    if command.extension_id in limit.extension_ids:
        return []
    if is_over(state, command.now):
        raise _not_active(state)
    return [
        _extended(
            limit,
            command.extension_id,
            ExtensionScope.ATTEMPT,
            command.minutes * MINUTE,
            command.reason,
        )
    ]


def _allow(state: Attempt, extension: ExamExtension) -> Sequence[AttemptExtended]:
    limit = state.limit
    if limit is None or state.phase is not Phase.STARTED:
        return []
    if extension.extension_id in limit.extension_ids or is_over(state, extension.at):
        return []
    if not extension.later_starts and extension.at < state.started_at:
        return []
    return [
        _extended(
            limit,
            extension.extension_id,
            ExtensionScope.EXAM,
            extension.minutes * MINUTE,
            extension.reason,
        )
    ]


def _accommodate(state: Attempt, command: AccommodateAttempt) -> Sequence[AttemptExtended]:
    limit = state.limit
    if limit is None or state.phase is not Phase.STARTED or is_over(state, command.now):
        return []
    seconds = command.allowance.seconds(limit.seconds) - limit.student_seconds
    if seconds <= 0:
        return []
    extension_id = f"student-{limit.student_seconds + seconds}"
    return [_extended(limit, extension_id, ExtensionScope.STUDENT, seconds, command.reason)]


def _extended(
    limit: TimeLimit,
    extension_id: str,
    scope: ExtensionScope,
    seconds: int,
    reason: str | Erased,
) -> AttemptExtended:
    later_limit = moved(limit, seconds)
    return AttemptExtended(
        extension_id=extension_id,
        scope=scope,
        seconds=seconds,
        expires_at=later_limit.expires_at,
        closes_at=later_limit.closes_at,
        reason=reason,
    )


def _active(state: Attempt) -> Attempt:
    if state.phase is Phase.ABSENT:
        raise AttemptNotFound("no such attempt")
    if state.phase is not Phase.STARTED:
        raise _not_active(state)
    return state


def _not_active(state: Attempt, *, kept: bool = False) -> AttemptNotActive:
    match state.phase:
        case Phase.VOID:
            why = "is void"
        case Phase.STARTED:
            why = "is over: its time has passed"
        case _:
            why = "has been submitted"
    return AttemptNotActive(f"the attempt {why}", attemptId=state.attempt_id, kept=kept)


# --- what cannot be applied is kept aside (decision 10) ------------------------------------------


def _save_or_branch(state: Attempt, command: SaveAnswers) -> Sequence[AttemptEvent]:
    over = state.limit is not None and is_over(state, command.arrived or command.now)
    if over or state.phase is not Phase.STARTED:
        if state.phase is Phase.ABSENT:
            raise AttemptNotFound("no such attempt")
        changes = unsaved(state.answers, state.items, command.changes)
        late = _branch(state, changes, BranchReason.LATE, command.base_revision, command.client_id)
        if not late:
            raise _not_active(state, kept=_is_kept(state, changes, BranchReason.LATE))
        return late
    saved = _save(state, command)
    base = command.base_revision
    if base is None or base >= state.revision or not saved:
        return saved
    changes = saved[0].changes
    if not conflicts(state.answers, state.changed, changes, base, command.client_id):
        return saved
    stale = _branch(state, changes, BranchReason.STALE, base, command.client_id)
    if not stale:
        kept = _is_kept(state, changes, BranchReason.STALE)
        raise _stale(state, changes, base, command.client_id, kept=kept)
    return stale


def refuse_branch(state: Attempt, events: Iterable[Event]) -> None:
    """Raise what the sender of a save hears that led to `state` by a branch among `events`."""
    for event in events:
        if isinstance(event, AnswersBranched):
            if event.reason is BranchReason.LATE:
                raise _not_active(state, kept=True)
            raise _stale(state, event.changes, event.base_revision or 0, event.client_id, kept=True)


def _branch(
    state: Attempt,
    changes: tuple[Answer, ...],
    reason: BranchReason,
    base_revision: int | None = None,
    client_id: str | None = None,
) -> list[AnswersBranched]:
    """The branch that keeps these answers: none if one has them, or if there are too many."""
    full = len(state.branches) >= MOST_BRANCHES
    if not changes or full or _is_kept(state, changes, reason):
        return []
    return [
        AnswersBranched(
            base_revision=base_revision, client_id=client_id, changes=changes, reason=reason
        )
    ]


def _is_kept(state: Attempt, changes: Iterable[Answer], reason: BranchReason) -> bool:
    return bool(state.branches) and fingerprint(reason, changes) in state.branches


def _stale(
    state: Attempt, changes: Iterable[Answer], base: int, client_id: str | None, *, kept: bool
) -> StaleRevision:
    return StaleRevision(
        "these answers have been changed elsewhere since",
        revision=state.revision,
        questionIds=conflicts(state.answers, state.changed, changes, base, client_id),
        kept=kept,
    )


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Attempt, event: AttemptEvent) -> Attempt:
    """The state after one more event."""
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
        case AttemptVoided():
            return msgspec.structs.replace(state, phase=Phase.VOID, updated_at=event.voided_at)
        case AttemptExtended():
            return msgspec.structs.replace(state, limit=_moved_by(state.limit, event))
        case AnswersBranched():
            kept = fingerprint(event.reason, event.changes)
            return msgspec.structs.replace(state, branches=(*state.branches, kept))


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


def _counted(state: Attempt, event: AttemptEvent) -> Attempt:
    """The state after one more event; each counts as a revision."""
    after = evolve(state, event)
    if after.revision > state.revision:
        return after
    return msgspec.structs.replace(after, revision=state.revision + 1)


_STATUS: Final = {
    Phase.STARTED: "in_progress",
    Phase.FINISHED: "finished",
    Phase.VOID: "void",
}


def attempt_body(state: Attempt) -> AttemptBody:
    """The attempt as the Exams API and the bundle show it (CONTRACT §2.A)."""
    return AttemptBody(
        attempt_id=state.attempt_id,
        user_id=state.learner.id,
        exam_id=state.subject.id,
        status=_STATUS[state.phase],
        started_at=state.started_at,
        updated_at=state.updated_at,
        submitted_at=state.submitted_at,
        answers=[
            SavedAnswer(answer.item_id, answer.response, answer.time_sec)
            for answer in state.answers.values()
        ],
        exam_version=state.subject.version,
    )


attempt: Decider[Attempt] = Decider("attempt", Attempt(), decide, _counted)
