"""ExamAttempt: the commands of attempts at exams (K01).

Many answers, saved while writing, submitted and finished in one step. Events, state and fold are
every attempt's: domain/attempt.py.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from domain.attempt import (
    CATEGORY,
    Answer,
    AnswersSaved,
    Attempt,
    AttemptEvent,
    AttemptFinished,
    AttemptIdTaken,
    AttemptKind,
    AttemptNotFound,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoid,
    AttemptVoided,
    BranchReason,
    Learner,
    Phase,
    Subject,
    UnknownQuestion,
    active,
    evolve,
    not_active,
)
from domain.attempt_branches import branch, is_kept, stale
from domain.attempt_deadline import accommodate, allow, extend, is_over
from domain.exam_bundle import AttemptBody, SavedAnswer, attempt_json, bundle_sha256, output_path
from domain.instants import Instant, later
from domain.kernel import Command, Decider, Erased, Personal, Value
from domain.saved_answers import answered, conflicts, same, unsaved
from domain.time_limit import Allowance, EndedBy, ExamExtension, TimeLimit

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


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Attempt, command: AttemptCommand) -> Sequence[AttemptEvent]:
    """What a command makes happen, or a refusal."""
    if state.kind is not AttemptKind.EXAM:
        raise AttemptNotFound("no such attempt at an exam")
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
            return extend(state, command.extension_id, command.minutes, command.reason, command.now)
        case AllowExtension(extension=extension):
            return allow(state, extension)
        case AccommodateAttempt():
            return accommodate(state, command.allowance, command.reason, command.now)


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
        return branch(
            state, unsaved(state.answers, state.items, command.changes), BranchReason.LATE
        )
    if is_over(state, command.arrived or command.now):
        late = branch(
            state, unsaved(state.answers, state.items, command.changes), BranchReason.LATE
        )
        return [*late, *_expired(state, command.document)]
    saved = _save(active(state), SaveAnswers(changes=command.changes, now=command.now))
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


def _expired(state: Attempt, document: bytes) -> Sequence[AttemptSubmitted | AttemptFinished]:
    """The end by deadline: the same bytes whoever notices it, and however late."""
    if state.limit is None:
        return []
    at = later(state.updated_at, state.limit.expires_at)
    submitted = AttemptSubmitted(submitted_at=at, ended_by=EndedBy.DEADLINE)
    return _finish(state, submitted, document, at)


def _save_or_branch(state: Attempt, command: SaveAnswers) -> Sequence[AttemptEvent]:
    over = state.limit is not None and is_over(state, command.arrived or command.now)
    if over or state.phase is not Phase.STARTED:
        if state.phase is Phase.ABSENT:
            raise AttemptNotFound("no such attempt")
        changes = unsaved(state.answers, state.items, command.changes)
        late = branch(state, changes, BranchReason.LATE, command.base_revision, command.client_id)
        if not late:
            raise not_active(state, kept=is_kept(state, changes, BranchReason.LATE))
        return late
    saved = _save(state, command)
    base = command.base_revision
    if base is None or base >= state.revision or not saved:
        return saved
    changes = saved[0].changes
    if not conflicts(state.answers, state.changed, changes, base, command.client_id):
        return saved
    kept_aside = branch(state, changes, BranchReason.STALE, base, command.client_id)
    if not kept_aside:
        kept = is_kept(state, changes, BranchReason.STALE)
        raise stale(state, changes, base, command.client_id, kept=kept)
    return kept_aside


# --- as the Exams facade shows it ----------------------------------------------------------------

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


attempt: Decider[Attempt] = Decider(CATEGORY, Attempt(), decide, evolve)
