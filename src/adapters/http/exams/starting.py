"""Start or resume: a new attempt, or the one to go on with (E-09 to E-18)."""

from functools import partial
from typing import Final, NamedTuple

from adapters.http.exams.attempt_headers import attempt_reply
from adapters.http.once import Once
from adapters.http.parts import Parts
from adapters.http.replies import Reply
from adapters.ledger import Call, Outcome, Step
from adapters.settings import Deadline
from domain.attempt import Attempt, AttemptIdTaken, AttemptKind, Learner, Phase, Subject
from domain.exam import Exam, may_start
from domain.exam_attempt import SlotPolicy, StartAttempt, attempt
from domain.exam_slot import AttemptActive, exam_slot, slot_key
from domain.instants import Instant
from domain.time_limit import TimeLimit

_TRIES: Final = 10
_STAMP: Final = str.maketrans("", "", "-:.")


class Sitting(NamedTuple):
    """An attempt, whether it has just begun, and the reply that shows it."""

    state: Attempt
    new: bool
    reply: Reply


async def start_or_resume(
    parts: Parts, way: Once, learner: Learner, exam: Exam, policy: SlotPolicy
) -> Sitting:
    """A new attempt, or the active one. Raises AttemptExists, AttemptActive if neither works."""
    call = way.call
    if not exam.window.holds(call.now):
        resumed = None if policy.new else await _resume(parts, call, learner, exam.exam_id)
        if resumed is None:
            may_start(exam, call.now)
        else:
            return resumed
    limit = await _limit(parts, call, learner, exam)
    for _ in range(_TRIES):
        try:
            return await _start(way, learner, exam, policy=policy, limit=limit)
        except AttemptActive as refusal:
            last = refusal
            resumed = await _resume(parts, call, learner, exam.exam_id)
            if resumed is not None:
                return resumed
    raise last


async def _limit(parts: Parts, call: Call, learner: Learner, exam: Exam) -> TimeLimit | None:
    """The time of an attempt that starts now, where the server watches it (ADR 7)."""
    settings = parts.settings
    if settings.deadline is Deadline.OFF:
        return None
    grace = settings.deadline_grace_seconds
    return await parts.deadlines.limit(call.now, exam, learner.id, grace)


async def _start(
    way: Once, learner: Learner, exam: Exam, *, policy: SlotPolicy, limit: TimeLimit | None
) -> Sitting:
    """A new attempt under an id that nobody has. Raises AttemptActive, AttemptExists."""
    number, now = 0, way.call.now
    while True:
        attempt_id = _mint(learner.id, exam.exam_id, now, number)
        stream = attempt.stream(attempt_id)
        command = StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=learner,
            subject=Subject(
                type="exam", id=exam.exam_id, content_hash=exam.content_hash, version=exam.version
            ),
            item_ids=exam.question_ids,
            now=now,
            slot=policy,
            limit=limit,
        )
        answer = partial(_created, stream, now)
        try:
            outcome, reply = await way.execute(Step(stream, command), answer=answer)
        except AttemptIdTaken:
            number += 1
        else:
            return Sitting(outcome.states[stream], new=True, reply=reply)


def _created(stream: str, now: Instant, outcome: Outcome) -> Reply:
    return attempt_reply(outcome.states[stream], outcome.versions[stream], now, 201)


def _mint(user_id: str, exam_id: str, now: Instant, number: int) -> str:
    """`<userId>-<examId>-<timestamp>`, with a counter when that is taken (K21)."""
    stamp = now.translate(_STAMP)
    return f"{user_id}-{exam_id}-{stamp}" + (f"-{number}" if number else "")


async def _resume(parts: Parts, call: Call, learner: Learner, exam_id: str) -> Sitting | None:
    """The active attempt saved last (E-11, E-12), unless all have been finished meanwhile."""
    slot, _ = await parts.ledger.read(exam_slot, slot_key(exam_id, learner.id))
    read, settled = parts.ledger.read, parts.deadlines.settled
    active = [await settled(*await read(attempt, attempt_id)) for attempt_id in slot.active]
    started = [one for one in active if one[0].phase is Phase.STARTED]
    if not started:
        return None
    state, version = max(started, key=lambda one: (one[0].updated_at, one[0].attempt_id))
    return Sitting(state, new=False, reply=attempt_reply(state, version, call.now))
