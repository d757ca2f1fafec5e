"""Attempt under a deadline: the log knows it, only extensions move it, nothing late counts."""

from typing import Any

import msgspec
import pytest

from domain.attempt import (
    Answer,
    AnswersBranched,
    AttemptExtended,
    AttemptFinished,
    AttemptKind,
    AttemptNotActive,
    AttemptNotFound,
    AttemptStarted,
    AttemptSubmitted,
    BranchReason,
    Learner,
    NoDeadline,
    Phase,
    Subject,
)
from domain.exam_attempt import (
    AccommodateAttempt,
    AllowExtension,
    ExpireAttempt,
    ExtendAttempt,
    SaveAnswers,
    SlotPolicy,
    StartAttempt,
    SubmitAttempt,
    VoidAttempt,
    attempt,
    attempt_body,
)
from domain.instants import plus
from domain.kernel import ERASED
from domain.time_limit import Allowance, EndedBy, ExamExtension, ExtensionScope, TimeLimit
from tests.domain.given import Scenario, given
from tests.domain.test_attempt import DOCUMENT, STARTED, T0

LIMIT = TimeLimit(seconds=600, expires_at=plus(T0, 600), closes_at=plus(T0, 610))
TIMED = msgspec.structs.replace(STARTED, limit=LIMIT)
IN_TIME, IN_GRACE, CLOSES, LATE = (plus(T0, at) for at in (599, 605, 610, 611))


def save(response: Any, now: str, arrived: str | None = None) -> SaveAnswers:
    return SaveAnswers(changes=(Answer("q1", response),), now=now, arrived=arrived)


def submit(now: str, *changes: Answer, arrived: str | None = None) -> SubmitAttempt:
    return SubmitAttempt(document=DOCUMENT, now=now, changes=changes, arrived=arrived)


def expire(now: str) -> ExpireAttempt:
    return ExpireAttempt(document=DOCUMENT, now=now)


def extend(minutes: int = 5, now: str = IN_TIME, extension_id: str = "x") -> ExtendAttempt:
    return ExtendAttempt(extension_id=extension_id, minutes=minutes, reason="alarm", now=now)


def for_all(minutes: int, at: str, *, later: bool = False) -> AllowExtension:
    return AllowExtension(
        extension=ExamExtension(
            extension_id="e", minutes=minutes, later_starts=later, at=at, reason="alarm"
        )
    )


def timed() -> Scenario:
    return given(attempt, TIMED)


def test_the_start_stores_the_time_that_was_given():
    start = StartAttempt(
        attempt_id="ann-e1-1",
        kind=AttemptKind.EXAM,
        learner=Learner("exam", "ann"),
        subject=Subject("exam", "e1", "hash", "3"),
        item_ids=("q1", "q2", "q3"),
        now=T0,
        slot=SlotPolicy(),
        limit=LIMIT,
    )
    assert given(attempt).when(start).then(TIMED).state.limit == LIMIT


def test_an_old_start_without_a_deadline_reads_as_one_without():
    stored = msgspec.json.encode(STARTED)
    assert b"limit" not in stored
    old = msgspec.json.decode(stored, type=AttemptStarted)
    given(attempt, old).when(save("A", now=plus(T0, 10**6))).happens()
    given(attempt, old).when(expire(plus(T0, 10**6))).nothing()


@pytest.mark.parametrize("now", [IN_TIME, IN_GRACE, CLOSES])
def test_a_save_within_the_time_or_its_grace_counts(now: str):
    assert timed().when(save("A", now)).happens().state.answers["q1"].response == "A"


def test_a_save_that_arrived_in_time_counts_although_it_is_processed_later():
    assert timed().when(save("A", now=LATE, arrived=CLOSES)).happens().state.answered_count == 1


def test_a_late_save_is_kept_aside_and_never_dropped():
    after = timed().when(save("A", IN_TIME)).happens().when(save("B", LATE)).happens()
    branch = after.events[-1]
    assert isinstance(branch, AnswersBranched)
    assert (branch.reason, branch.changes) == (BranchReason.LATE, (Answer("q1", "B"),))
    assert after.state.answers["q1"].response == "A"
    assert after.when(save("B", LATE)).refused(AttemptNotActive).details["kept"]


def test_expiry_hands_in_what_was_saved_the_same_bytes_however_late_it_is_noticed():
    saved = timed().when(save("A", IN_TIME)).happens()
    soon, much_later = (saved.when(expire(now)).happens() for now in (LATE, plus(T0, 10**6)))
    assert soon.events == much_later.events
    submitted, finished = soon.events[-2:]
    assert isinstance(submitted, AttemptSubmitted)
    assert isinstance(finished, AttemptFinished)
    assert (submitted.ended_by, submitted.submitted_at) == (EndedBy.DEADLINE, LIMIT.expires_at)
    assert soon.state.phase is Phase.FINISHED
    assert soon.state.ended_by is EndedBy.DEADLINE
    assert attempt_body(soon.state).status == "finished"
    soon.when(expire(LATE)).nothing()


def test_expiry_after_a_save_in_the_grace_keeps_the_times_growing():
    after = timed().when(save("A", IN_GRACE)).happens().when(expire(LATE)).happens()
    assert after.state.submitted_at == plus(T0, 605).replace(".000Z", ".001Z")


@pytest.mark.parametrize("now", [T0, IN_TIME, IN_GRACE, CLOSES])
def test_nothing_expires_before_its_time_and_its_grace_have_passed(now: str):
    timed().when(expire(now)).nothing()


def test_a_late_submit_ends_as_the_deadline_would_have_and_keeps_its_answers_aside():
    by_sweeper = timed().when(save("A", IN_TIME)).happens().when(expire(LATE)).happens()
    late = timed().when(save("A", IN_TIME)).happens().when(submit(LATE)).happens()
    assert late.events == by_sweeper.events
    with_text = timed().when(submit(LATE, Answer("q2", "text"))).happens()
    assert [type(event) for event in with_text.events[1:]] == [
        AnswersBranched,
        AttemptSubmitted,
        AttemptFinished,
    ]
    assert "q2" not in with_text.state.answers


def test_a_submit_in_time_is_the_learners_own():
    event = timed().when(submit(IN_GRACE)).events()[0]
    assert isinstance(event, AttemptSubmitted)
    assert event.ended_by is EndedBy.LEARNER
    assert b"endedBy" not in msgspec.json.encode(event)


def test_a_submit_that_arrived_in_time_is_taken_whole_although_it_is_processed_later():
    command = submit(LATE, Answer("q2", "text"), arrived=CLOSES)
    after = timed().when(command).happens()
    assert after.state.answers["q2"].response == "text"
    assert after.state.ended_by is EndedBy.LEARNER


def test_an_extension_moves_the_deadline_and_a_repeated_one_does_not():
    moved = AttemptExtended(
        extension_id="x",
        scope=ExtensionScope.ATTEMPT,
        seconds=300,
        expires_at=plus(T0, 900),
        closes_at=plus(T0, 910),
        reason="alarm",
    )
    after = timed().when(extend()).then(moved)
    after.when(extend()).nothing()
    after.when(expire(LATE)).nothing()
    after.when(save("A", LATE)).happens()
    after.when(extend(extension_id="y")).happens().when(expire(plus(T0, 1200))).nothing()


def test_an_attempt_can_be_extended_in_its_grace_but_not_after_it():
    timed().when(extend(now=IN_GRACE)).happens()
    timed().when(extend(now=LATE)).refused(AttemptNotActive)
    timed().when(submit(IN_TIME)).happens().when(extend()).refused(AttemptNotActive)
    given(attempt, STARTED).when(extend()).refused(NoDeadline)
    given(attempt).when(extend()).refused(AttemptNotFound)


def test_an_extension_of_the_exam_reaches_who_was_at_it_even_if_told_too_late():
    after = timed().when(for_all(10, at=IN_TIME)).happens()
    assert after.state.limit.expires_at == plus(T0, 1200)
    after.when(for_all(10, at=IN_TIME)).nothing()
    timed().when(for_all(10, at=LATE)).nothing()
    timed().when(for_all(10, at=plus(T0, -1))).nothing()
    timed().when(for_all(10, at=plus(T0, -1), later=True)).happens()
    timed().when(submit(IN_TIME)).happens().when(for_all(10, at=IN_TIME)).nothing()
    given(attempt, STARTED).when(for_all(10, at=IN_TIME)).nothing()


def accommodate(factor: str, now: str = IN_TIME) -> AccommodateAttempt:
    return AccommodateAttempt(allowance=Allowance(factor=factor), reason="r", now=now)


def test_an_accommodation_reaches_a_running_attempt_and_never_takes_time_away():
    after = timed().when(accommodate("1.5")).happens()
    assert after.state.limit.expires_at == plus(T0, 900)
    after.when(accommodate("1.5")).nothing()
    after.when(accommodate("1.25")).nothing()
    again = after.when(accommodate("2")).happens()
    assert again.state.limit.expires_at == plus(T0, 1200)
    timed().when(accommodate("1.5", now=LATE)).nothing()
    given(attempt, STARTED).when(accommodate("2")).nothing()


def test_a_void_attempt_does_not_expire():
    after = timed().when(VoidAttempt(reason="r", now=IN_TIME)).happens()
    after.when(expire(LATE)).nothing()
    after.when(accommodate("2")).nothing()


def test_an_erased_reason_folds():
    [event] = timed().when(extend()).events()
    erased = msgspec.structs.replace(event, reason=ERASED)
    assert given(attempt, TIMED, erased).state.limit.expires_at == plus(T0, 900)
