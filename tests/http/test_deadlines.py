"""Deadlines by the server's clock: what counts, who closes, who extends (ADR 7)."""

import pytest

from adapters.deadline_sweeper import DeadlineSweeper
from adapters.ledger import Step
from adapters.settings import Deadline
from domain.attempt import AttemptKind, Learner, Subject
from domain.exam import ExtendExam, exam
from domain.exam_attempt import SlotPolicy, StartAttempt, attempt
from domain.instants import plus
from domain.time_limit import ExamExtension, TimeLimit
from tests.http.conftest import World, operator
from tests.http.timed import GRACE, SETTLE, T0, TimedWorld, header, json_of, save, started

TEN = 600
CLOSES = TEN + GRACE


@pytest.fixture
async def timed(world: World) -> TimedWorld:
    return await TimedWorld(world).prepared()


async def test_every_answer_tells_the_servers_time_and_the_deadline(timed: TimedWorld):
    ann = await timed.student("ann")
    start = await ann("POST", "/api/exams/quiz/attempt", {})
    attempt_id = json_of(start)["attemptId"]
    timed.clock.at = 5
    resumed = await ann("POST", "/api/exams/quiz/attempt", {})
    saved = await save(ann, attempt_id, "A")
    read = await ann("GET", f"/api/attempts/{attempt_id}")
    submitted = await ann("POST", f"/api/attempts/{attempt_id}/submit")
    for answer, at in [(start, 0), (resumed, 5), (saved, 5), (read, 5), (submitted, 5)]:
        assert header(answer, "x-server-time") == plus(T0, at)
        assert header(answer, "x-expires-at") == plus(T0, TEN)


async def test_with_deadline_off_there_is_a_time_but_no_deadline(world: World):
    timed = await TimedWorld(world, deadline=Deadline.OFF).prepared()
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    timed.clock.at = 10**6
    saved = await save(ann, attempt_id, "A")
    assert saved.status == 200
    assert header(saved, "x-server-time") == plus(T0, 10**6)
    assert header(saved, "x-expires-at") is None
    staff = await timed.staff()
    extended = await staff(
        "POST", f"/api/admin/attempts/{attempt_id}/extend", {"minutes": 1, "reason": "r"}
    )
    assert extended.code == (409, "ATTEMPT_HAS_NO_DEADLINE")


async def test_a_save_counts_until_the_grace_has_passed_and_is_kept_aside_then(timed: TimedWorld):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    timed.clock.at = CLOSES
    assert (await save(ann, attempt_id, "in the grace")).status == 200
    timed.clock.at = CLOSES + 1
    late = await save(ann, attempt_id, "too late")
    assert late.code == (409, "ATTEMPT_NOT_ACTIVE")
    state, _ = await timed.parts.ledger.read(attempt, attempt_id)
    assert state.answers["q1"].response == "in the grace"
    staff = await timed.staff()
    history = json_of(await staff("GET", f"/api/admin/attempts/{attempt_id}/history"))
    assert history["entries"][-1]["event"] == "answers_branched"
    assert history["entries"][-1]["changes"][0]["after"] == "too late"


async def test_a_save_that_arrived_in_time_counts_although_its_turn_came_later(timed: TimedWorld):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    timed.clock.at, timed.arrived = CLOSES + SETTLE, CLOSES
    assert (await save(ann, attempt_id, "A")).status == 200
    timed.arrived = CLOSES + 1
    assert (await save(ann, attempt_id, "B")).code == (409, "ATTEMPT_NOT_ACTIVE")


async def test_a_reader_meets_an_expired_attempt_as_if_the_sweeper_had_been_there(
    timed: TimedWorld,
):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    await save(ann, attempt_id, "A")
    timed.clock.at = CLOSES + SETTLE
    assert json_of(await ann("GET", f"/api/attempts/{attempt_id}"))["status"] == "in_progress"
    timed.clock.at += 1
    body = json_of(await ann("GET", f"/api/attempts/{attempt_id}"))
    assert body["status"] == "finished"
    assert body["submittedAt"] == plus(T0, TEN)
    assert [one["response"] for one in body["answers"]] == ["A"]
    assert json_of(await ann("GET", "/api/progress/me"))["finished"] == ["quiz"]


async def test_the_sweeper_and_a_late_submit_end_an_attempt_with_the_same_body(timed: TimedWorld):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    await save(ann, attempt_id, "A")
    timed.clock.at = CLOSES + SETTLE + 1
    await timed.parts.deadlines.close_due()
    swept = json_of(await ann("GET", f"/api/attempts/{attempt_id}"))
    submitted = json_of(await ann("POST", f"/api/attempts/{attempt_id}/submit"))
    assert submitted["attempt"] == swept
    bob = await timed.student("bob")
    other_id = await started(bob)
    timed.clock.at += CLOSES + 1
    late = await bob(
        "POST",
        f"/api/attempts/{other_id}/submit",
        {"answers": [{"questionId": "q1", "response": "late"}]},
    )
    assert json_of(late)["attempt"]["answers"] == []
    again = json_of(await bob("POST", f"/api/attempts/{other_id}/submit"))
    assert again == json_of(late)


async def test_an_expired_attempt_is_not_resumed(timed: TimedWorld):
    ann = await timed.student("ann")
    await started(ann)
    timed.clock.at = CLOSES + SETTLE + 1
    again = await ann("POST", "/api/exams/quiz/attempt", {})
    assert again.code == (409, "ATTEMPT_EXISTS")


async def test_staff_give_one_attempt_more_time_and_the_history_says_who_and_why(
    timed: TimedWorld,
):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await started(ann)
    url = f"/api/admin/attempts/{attempt_id}/extend"
    timed.clock.at = 60
    extended = await staff("POST", url, {"minutes": 5, "reason": "her screen went dark"})
    assert json_of(extended) == {
        "attemptId": attempt_id,
        "userId": "ann",
        "examId": "quiz",
        "expiresAt": plus(T0, TEN + 300),
        "closesAt": plus(T0, CLOSES + 300),
    }
    timed.clock.at = CLOSES + 300
    saved = await save(ann, attempt_id, "A")
    assert (saved.status, header(saved, "x-expires-at")) == (200, plus(T0, TEN + 300))
    history = json_of(await staff("GET", f"/api/admin/attempts/{attempt_id}/history"))
    [entry] = [one for one in history["entries"] if one["event"] == "extended"]
    assert entry["actor"]["subject"] == "grace"
    assert entry["details"]["reason"] == "her screen went dark"
    assert entry["details"]["seconds"] == 300
    timed.clock.at += 1
    assert (await staff("POST", url, {"minutes": 5, "reason": "r"})).code == (
        409,
        "ATTEMPT_NOT_ACTIVE",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"minutes": 5},
        {"minutes": 0, "reason": "r"},
        {"minutes": 1441, "reason": "r"},
        {"minutes": 1.5, "reason": "r"},
        {"minutes": 5, "reason": ""},
    ],
)
async def test_an_extension_needs_minutes_and_a_reason(timed: TimedWorld, body: dict[str, object]):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await started(ann)
    answer = await staff("POST", f"/api/admin/attempts/{attempt_id}/extend", body)
    assert answer.code == (400, "INVALID_PAYLOAD")


async def test_a_cohort_gets_more_time_those_who_start_later_only_if_that_is_meant(
    timed: TimedWorld,
):
    ann, bob, staff = [await timed.student(name) for name in ("ann", "bob")] + [await timed.staff()]
    first = await started(ann)
    other_exam = await started(ann, "algebra")
    url = "/api/admin/exams/quiz/extend"
    timed.clock.at = 1
    extended = json_of(await staff("POST", url, {"minutes": 5, "reason": "alarm"}))
    assert (extended["attempts"], extended["extension"]["laterStarts"]) == (1, False)
    timed.clock.at = 2
    second = await bob("POST", "/api/exams/quiz/attempt", {})
    assert header(second, "x-expires-at") == plus(T0, 2 + TEN)
    timed.clock.at = 3
    body = {"minutes": 7, "reason": "too long", "laterStarts": True}
    assert json_of(await staff("POST", url, body))["attempts"] == 2
    timed.clock.at = 4
    third = await (await timed.student("eve"))("POST", "/api/exams/quiz/attempt", {})
    assert header(third, "x-expires-at") == plus(T0, 4 + TEN + 420)
    read = await ann("GET", f"/api/attempts/{first}")
    assert header(read, "x-expires-at") == plus(T0, TEN + 720)
    untouched = await ann("GET", f"/api/attempts/{other_exam}")
    assert header(untouched, "x-expires-at") == plus(T0, 3600)
    window = json_of(await staff("GET", "/api/admin/exams/quiz/window"))
    assert [one["minutes"] for one in window["extensions"]] == [5, 7]


async def test_an_extension_that_a_crash_kept_from_an_attempt_still_reaches_it(timed: TimedWorld):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    granted = ExamExtension(extension_id="x", minutes=5, at=plus(T0, 30), reason="alarm")
    step = Step(exam.stream("quiz"), ExtendExam(extension=granted))
    await timed.parts.ledger.execute(operator(), step)
    timed.clock.at = CLOSES + SETTLE + 1
    await timed.parts.deadlines.close_due()
    read = await ann("GET", f"/api/attempts/{attempt_id}")
    assert json_of(read)["status"] == "in_progress"
    assert header(read, "x-expires-at") == plus(T0, TEN + 300)


@pytest.mark.parametrize("late", ["save", "submit"])
async def test_nothing_is_refused_as_late_that_an_untold_extension_allows(
    timed: TimedWorld, late: str
):
    ann = await timed.student("ann")
    attempt_id = await started(ann)
    granted = ExamExtension(extension_id="x", minutes=5, at=plus(T0, 30), reason="alarm")
    step = Step(exam.stream("quiz"), ExtendExam(extension=granted))
    await timed.parts.ledger.execute(operator(), step)
    timed.clock.at = CLOSES + 1
    answers = {"answers": [{"questionId": "q1", "response": "A"}]}
    if late == "save":
        body = json_of(await ann("PUT", f"/api/attempts/{attempt_id}", answers))
    else:
        body = json_of(await ann("POST", f"/api/attempts/{attempt_id}/submit", answers))["attempt"]
    assert [one["response"] for one in body["answers"]] == ["A"]


async def test_an_accommodation_counts_at_the_start_and_for_running_attempts(timed: TimedWorld):
    ann, staff = await timed.student("ann"), await timed.staff()
    url = "/api/admin/users/ann/accommodation"
    assert json_of(await staff("GET", url)) == {"userId": "ann", "factor": 1, "minutes": 0}
    attempt_id = await started(ann)
    body = {"factor": 1.25, "minutes": 2, "reason": "application 17"}
    granted = json_of(await staff("PUT", url, body))
    assert granted == {"userId": "ann", **body, "attempts": 1}
    read = await ann("GET", f"/api/attempts/{attempt_id}")
    assert header(read, "x-expires-at") == plus(T0, TEN + 150 + 120)
    later = await ann("POST", "/api/exams/algebra/attempt", {})
    assert header(later, "x-expires-at") == plus(T0, 3600 + 900 + 120)
    assert json_of(await staff("PUT", url, {"reason": "over"}))["attempts"] == 0
    still = await ann("GET", f"/api/attempts/{attempt_id}")
    assert header(still, "x-expires-at") == plus(T0, TEN + 150 + 120)
    bob = await (await timed.student("bob"))("POST", "/api/exams/quiz/attempt", {})
    assert header(bob, "x-expires-at") == plus(T0, TEN)


@pytest.mark.parametrize("factor", [0.5, 11, "NaN", "1.00001"])
async def test_what_is_no_accommodation_is_refused(timed: TimedWorld, factor: object):
    staff = await timed.staff()
    url = "/api/admin/users/ann/accommodation"
    answer = await staff("PUT", url, {"factor": factor, "reason": "r"})
    assert answer.code == (400, "INVALID_PAYLOAD")
    strange = await staff("PUT", "/api/admin/users/a%20b/accommodation", {"reason": "r"})
    assert strange.code == (404, "USER_NOT_FOUND")


async def test_outside_its_window_an_exam_is_not_started_but_gone_on_with(timed: TimedWorld):
    ann, bob, staff = [await timed.student(name) for name in ("ann", "bob")] + [await timed.staff()]
    window = {"opensAt": plus(T0, 60), "closesAt": plus(T0, 120), "endsAt": plus(T0, 600)}
    set_ = json_of(await staff("PUT", "/api/admin/exams/quiz/window", window))
    assert set_ == {"examId": "quiz", "window": window, "extensions": []}
    early = await ann("POST", "/api/exams/quiz/attempt", {})
    assert early.code == (409, "EXAM_WINDOW_CLOSED")
    assert b'"details":{"opensAt":"2036-01-05T09:01:00.000Z"' in early.body
    timed.clock.at = 100
    attempt_id = await started(ann)
    timed.clock.at = 120
    resumed = await ann("POST", "/api/exams/quiz/attempt", {})
    assert (resumed.status, json_of(resumed)["attemptId"]) == (200, attempt_id)
    assert header(resumed, "x-expires-at") == plus(T0, 600)
    assert (await bob("POST", "/api/exams/quiz/attempt", {})).code == (409, "EXAM_WINDOW_CLOSED")
    new = await ann("POST", "/api/exams/quiz/attempt", {"mode": "new"})
    assert new.code == (409, "EXAM_WINDOW_CLOSED")
    assert json_of(await staff("PUT", "/api/admin/exams/quiz/window", {}))["window"] == {}
    await started(bob)


@pytest.mark.parametrize(
    "window",
    [
        {"opensAt": "tomorrow"},
        {"opensAt": "2036-01-05T09:00:00"},
        {"opensAt": 5},
        {"opensAt": "2036-01-05T10:00:00Z", "closesAt": "2036-01-05T09:00:00Z"},
    ],
)
async def test_a_bad_window_is_refused(timed: TimedWorld, window: dict[str, object]):
    staff = await timed.staff()
    answer = await staff("PUT", "/api/admin/exams/quiz/window", window)
    assert answer.code == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/admin/exams/none/extend", {"minutes": 1, "reason": "r"}),
        ("PUT", "/api/admin/exams/none/window", {}),
        ("GET", "/api/admin/exams/none/window", None),
        ("POST", "/api/admin/exams/a%00b/extend", {"minutes": 1, "reason": "r"}),
    ],
)
async def test_an_exam_that_is_not_there_has_no_time(timed: TimedWorld, method, path, body):
    staff = await timed.staff()
    assert (await staff(method, path, body)).code == (404, "EXAM_NOT_FOUND")


# --- the sweeper --------------------------------------------------------------------------------


async def test_the_sweeper_sleeps_until_the_next_deadline_and_closes_without_a_client(
    timed: TimedWorld,
):
    ann, bob = await timed.student("ann"), await timed.student("bob")
    sweeper = DeadlineSweeper(timed.parts.deadlines, timed.world.store, timed.clock)
    await sweeper.start()
    first = await started(ann)
    second = await started(bob, "algebra")
    timed.clock.at = CLOSES + SETTLE - 3
    assert 3.0 <= await sweeper._sweep() <= 3.2
    timed.clock.at = CLOSES + SETTLE + 1
    await sweeper._sweep()
    rows = {key: (await timed.parts.ledger.read(attempt, key))[0] for key in (first, second)}
    assert [str(row.phase) for row in rows.values()] == ["finished", "started"]
    await sweeper.stop()


async def test_an_attempt_that_cannot_be_closed_stops_no_other(timed: TimedWorld):
    ann = await timed.student("ann")
    broken = StartAttempt(
        attempt_id="bob-quiz-1",
        kind=AttemptKind.EXAM,
        learner=Learner(scheme="exam", id="bob"),
        subject=Subject(type="exam", id="quiz", content_hash="no such document"),
        item_ids=("q1",),
        now=T0,
        slot=SlotPolicy(),
        limit=TimeLimit(seconds=1, expires_at=plus(T0, 1), closes_at=plus(T0, 1)),
    )
    step = Step(attempt.stream("bob-quiz-1"), broken)
    await timed.parts.ledger.execute(operator(), step)
    attempt_id = await started(ann)
    timed.clock.at = CLOSES + SETTLE + 1
    await timed.parts.deadlines.close_due()
    state, _ = await timed.parts.ledger.read(attempt, attempt_id)
    assert str(state.phase) == "finished"
    assert "deadline of bob-quiz-1" in timed.parts.files.problems.all()


async def test_more_attempts_than_one_page_are_all_closed(timed: TimedWorld):
    ids = [f"u{number}-quiz-1" for number in range(70)]
    subject = (await timed.parts.exams.exam("quiz")).content_hash
    for attempt_id in ids:
        command = StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=Learner(scheme="exam", id=attempt_id[:-7]),
            subject=Subject(type="exam", id="quiz", content_hash=subject),
            item_ids=("q1",),
            now=T0,
            slot=SlotPolicy(),
            limit=TimeLimit(seconds=1, expires_at=plus(T0, 1), closes_at=plus(T0, 1)),
        )
        await timed.parts.ledger.execute(operator(), Step(attempt.stream(attempt_id), command))
    timed.clock.at = 60
    await timed.parts.deadlines.close_due()
    assert await timed.parts.deadlines.next_closing() is None


async def test_of_two_sweepers_one_closes_and_the_other_takes_over(timed: TimedWorld):
    one, other = [
        DeadlineSweeper(timed.parts.deadlines, timed.world.store, timed.clock) for _ in range(2)
    ]
    await one._in_thread(one._leases.migrate)
    first = await started(await timed.student("ann"))
    timed.clock.at = CLOSES + SETTLE + 1
    await one._sweep()
    second = await started(await timed.student("bob"))
    timed.clock.at *= 2
    await other._sweep()
    assert [
        str((await timed.parts.ledger.read(attempt, key))[0].phase) for key in (first, second)
    ] == [
        "finished",
        "started",
    ]
    await one.stop()
    await other._sweep()
    assert str((await timed.parts.ledger.read(attempt, second))[0].phase) == "finished"
    await other.stop()
