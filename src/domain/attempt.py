"""Attempt: one sitting of a learner at something that can be answered (K01).

`kind` fixes which commands exist. This file knows the `exam` kind: many answers, saved while
writing, submitted and finished in one step.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from domain.exam_bundle import AttemptBody, SavedAnswer, attempt_json, bundle_sha256, output_path
from domain.instants import Instant, later
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value


class AttemptKind(StrEnum):
    """What is attempted."""

    EXAM = "exam"


class Phase(StrEnum):
    """Where an attempt stands, in the core's words (CONTRACT §4, status map)."""

    ABSENT = "absent"
    STARTED = "started"
    FINISHED = "finished"


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
    """A learner began; `item_ids` are all items that can be answered, in order."""

    attempt_id: str
    kind: AttemptKind
    learner: Learner
    subject: Subject
    item_ids: tuple[str, ...]
    total_items: int
    started_at: Instant


class AnswersCounted(Event, frozen=True):
    """What views read of `AnswersSaved`: decoding it skips the answers themselves."""

    answered_count: int
    updated_at: Instant


class AnswersSaved(AnswersCounted, frozen=True, kw_only=True):
    """Answers that differ from what was saved before; `answered_count` counts all so far."""

    changes: tuple[Answer, ...]
    client_updated_at: str | None = None


class AttemptSubmitted(Event, frozen=True):
    """The learner handed in."""

    submitted_at: Instant


class AttemptFinished(Event, frozen=True):
    """Nothing more can change; the bundle at `output_path` has this sha-256."""

    output_path: str
    bundle_sha256: str
    finished_at: Instant


AttemptEvent = AttemptStarted | AnswersSaved | AttemptSubmitted | AttemptFinished


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


class SaveAnswers(Command, frozen=True):
    """Save some answers; the last one wins where an item is named twice (E-19, E-20)."""

    changes: tuple[Answer, ...]
    now: Instant
    client_updated_at: str | None = None


class SubmitAttempt(Command, frozen=True):
    """Hand in, with the last answers if there are any; `document` is the pinned exam's JSON."""

    document: bytes
    now: Instant
    changes: tuple[Answer, ...] = ()


AttemptCommand = StartAttempt | SaveAnswers | SubmitAttempt


# --- state --------------------------------------------------------------------------------------


class Attempt(Value, frozen=True):
    """An attempt as it stands after its events."""

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


class UnknownQuestion(Refused):
    """An answer names an item the subject does not have (E-25)."""


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Attempt, command: AttemptCommand) -> Sequence[AttemptEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case SaveAnswers():
            return _save(_active(state), command)
        case StartAttempt():
            return _start(state, command)
        case SubmitAttempt():
            return _submit(state, command)


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
        )
    ]


def _save(state: Attempt, command: SaveAnswers) -> Sequence[AttemptEvent]:
    latest = {answer.item_id: answer for answer in command.changes}
    if not latest.keys() <= state.items:
        raise _unknown_question(state, command.changes)
    known, count = state.answers, state.answered_count
    changed: list[Answer] = []
    for item_id, answer in latest.items():
        before = known.get(item_id)
        if before is not None:
            if _same(before, answer):
                continue
            count -= 1 if before.response else _answered(before.response)
        count += 1 if answer.response else _answered(answer.response)
        changed.append(answer)
    if not changed:
        return []
    return [
        AnswersSaved(
            changes=tuple(changed),
            answered_count=count,
            updated_at=later(state.updated_at, command.now),
            client_updated_at=command.client_updated_at,
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
        return []
    saved = _save(_active(state), SaveAnswers(changes=command.changes, now=command.now))
    for event in saved:
        state = evolve(state, event)
    submitted = AttemptSubmitted(submitted_at=later(state.updated_at, command.now))
    state = evolve(state, submitted)
    finished = AttemptFinished(
        output_path=output_path(state.subject.id, state.attempt_id),
        bundle_sha256="",
        finished_at=later(submitted.submitted_at, command.now),
    )
    digest = bundle_sha256(command.document, attempt_json(attempt_body(evolve(state, finished))))
    return [*saved, submitted, msgspec.structs.replace(finished, bundle_sha256=digest)]


def _active(state: Attempt) -> Attempt:
    if state.phase is Phase.ABSENT:
        raise AttemptNotFound("no such attempt")
    if state.phase is not Phase.STARTED:
        raise AttemptNotActive("the attempt has been submitted", attemptId=state.attempt_id)
    return state


def _same(before: Answer, now: Answer) -> bool:
    """Whether two answers are the same JSON; `True` is not `1`, `1` is not `1.0`."""
    one, other = before.response, now.response
    kind = one.__class__
    if kind is not other.__class__ or before.time_sec != now.time_sec:
        return False
    if kind is list or kind is dict:
        return msgspec.json.encode(one) == msgspec.json.encode(other)
    return bool(one == other)


def _answered(response: object) -> bool:
    """Whether a response counts as an answer: `null`, `""`, `[]`, `{}` do not (E-23)."""
    return response is not None and response not in ("", [], {})


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Attempt, event: AttemptEvent) -> Attempt:
    """The state after one more event."""
    match event:
        case AnswersSaved():
            return msgspec.structs.replace(
                state,
                answers={**state.answers, **{answer.item_id: answer for answer in event.changes}},
                answered_count=event.answered_count,
                updated_at=event.updated_at,
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
            )
        case AttemptSubmitted():
            return msgspec.structs.replace(
                state, submitted_at=event.submitted_at, updated_at=event.submitted_at
            )
        case AttemptFinished():
            return msgspec.structs.replace(
                state,
                phase=Phase.FINISHED,
                output_path=event.output_path,
                updated_at=event.finished_at,
            )


def attempt_body(state: Attempt) -> AttemptBody:
    """The attempt as the Exams API and the bundle show it (CONTRACT §2.A)."""
    return AttemptBody(
        attempt_id=state.attempt_id,
        user_id=state.learner.id,
        exam_id=state.subject.id,
        status="finished" if state.phase is Phase.FINISHED else "in_progress",
        started_at=state.started_at,
        updated_at=state.updated_at,
        submitted_at=state.submitted_at,
        answers=[
            SavedAnswer(answer.item_id, answer.response, answer.time_sec)
            for answer in state.answers.values()
        ],
        exam_version=state.subject.version,
    )


attempt: Decider[Attempt] = Decider("attempt", Attempt(), decide, evolve)
