"""Attempt: given a history, when a command, then these events."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.attempt import (
    Answer,
    AnswersCounted,
    AnswersSaved,
    Attempt,
    AttemptFinished,
    AttemptIdTaken,
    AttemptKind,
    AttemptNotActive,
    AttemptNotFound,
    AttemptStarted,
    AttemptSubmitted,
    Learner,
    Phase,
    Subject,
    UnknownQuestion,
)
from domain.exam_attempt import (
    SaveAnswers,
    SlotPolicy,
    StartAttempt,
    SubmitAttempt,
    attempt,
    attempt_body,
)
from domain.exam_bundle import attempt_json, bundle
from domain.kernel import ERASED
from tests.domain.given import Scenario, given

T0 = "2026-01-05T09:00:00.000Z"
T1 = "2026-01-05T09:00:10.000Z"
T2 = "2026-01-05T09:00:20.000Z"
DOCUMENT = b'{"examId":"e1"}'

STARTED = AttemptStarted(
    attempt_id="ann-e1-1",
    kind=AttemptKind.EXAM,
    learner=Learner("exam", "ann"),
    subject=Subject("exam", "e1", "hash", "3"),
    item_ids=("q1", "q2", "q3"),
    total_items=3,
    started_at=T0,
)


def save(*answers: tuple[str, Any], now: str = T1) -> SaveAnswers:
    return SaveAnswers(changes=tuple(Answer(q, r) for q, r in answers), now=now)


def running(*saves: SaveAnswers) -> Scenario:
    scenario = given(attempt, STARTED)
    for command in saves:
        scenario = scenario.when(command).happens()
    return scenario


def test_E09_start_yields_an_attempt_in_progress_without_answers():
    command = StartAttempt(
        attempt_id="ann-e1-1",
        kind=AttemptKind.EXAM,
        learner=Learner("exam", "ann"),
        subject=Subject("exam", "e1", "hash", "3"),
        item_ids=("q1", "q2", "q3"),
        now=T0,
        slot=SlotPolicy(),
    )
    after = given(attempt).when(command).then(STARTED)
    body = msgspec.to_builtins(attempt_body(after.state))
    assert body == {
        "attemptId": "ann-e1-1",
        "userId": "ann",
        "examId": "e1",
        "status": "in_progress",
        "startedAt": T0,
        "updatedAt": T0,
        "answers": [],
        "examVersion": "3",
    }
    after.when(command).refused(AttemptIdTaken)


def test_E19_saving_some_answers_leaves_the_others():
    after = running(save(("q1", "A"), ("q2", "B")), save(("q2", "C"), now=T2))
    assert {q: a.response for q, a in after.state.answers.items()} == {"q1": "A", "q2": "C"}


def test_E20_the_last_answer_in_one_body_wins():
    after = running(save(("q1", "A"), ("q1", "B")))
    assert after.state.answers["q1"].response == "B"
    assert after.state.answered_count == 1


def test_E21_updated_at_grows_when_the_clock_stands_or_steps_back():
    after = running(save(("q1", "A"), now=T0), save(("q1", "B"), now="2020-01-01T00:00:00.000Z"))
    assert after.state.updated_at == "2026-01-05T09:00:00.002Z"


def test_decision12_a_save_that_changes_nothing_is_silent():
    command = save(("q1", {"a": [1, 2]}), ("q2", None))
    after = running(command)
    after.when(command).nothing()
    after.when(save(now=T2)).nothing()


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (1, 1.0), (0, False), ([True], [1]), ("", None)]
)
def test_a_repeated_answer_is_compared_with_its_json_type(one, other):
    after = running(save(("q1", one)))
    [event] = after.when(save(("q1", other), now=T2)).events()
    assert isinstance(event, AnswersSaved)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_E23_an_empty_response_does_not_count(empty):
    assert running(save(("q1", empty))).state.answered_count == 0
    assert running(save(("q1", "A")), save(("q1", empty), now=T2)).state.answered_count == 0


@pytest.mark.parametrize("response", [False, 0, 0.0, "0", [None], {"a": None}])
def test_E23_false_and_zero_count(response):
    assert running(save(("q1", response))).state.answered_count == 1


def test_E25_an_unknown_question_refuses_the_whole_save():
    refusal = running().when(save(("q1", "A"), ("nope", "B"))).refused(UnknownQuestion)
    assert refusal.details == {"path": "answers[1].questionId", "questionId": "nope"}


def test_E28_nothing_is_saved_after_submit():
    after = running(save(("q1", "A"))).when(SubmitAttempt(document=DOCUMENT, now=T1)).happens()
    refusal = after.when(save(("q1", "A"), now=T2)).refused(AttemptNotActive)
    assert refusal.details == {"attemptId": "ann-e1-1", "kept": False}
    late = after.when(save(("q1", "B"), now=T2)).happens()
    assert attempt_body(late.state) == attempt_body(after.state)


def test_E30_submit_passes_submitted_then_finished_with_ordered_times():
    after = running(save(("q1", "A"))).when(SubmitAttempt(document=DOCUMENT, now=T2)).happens()
    _, _, submitted, finished = after.events
    assert isinstance(submitted, AttemptSubmitted)
    assert isinstance(finished, AttemptFinished)
    assert T1 < submitted.submitted_at < finished.finished_at
    assert after.state.phase is Phase.FINISHED
    assert attempt_body(after.state).submitted_at == submitted.submitted_at


def test_E31_E32_the_bundle_is_exam_and_final_attempt_and_its_hash_is_in_the_log():
    after = running(save(("q1", "A"))).when(SubmitAttempt(document=DOCUMENT, now=T2)).happens()
    written = bundle(DOCUMENT, attempt_json(attempt_body(after.state)))
    assert json.loads(written)["exam"] == json.loads(DOCUMENT)
    assert json.loads(written)["attempt"]["status"] == "finished"
    assert after.events[-1].bundle_sha256 == hashlib.sha256(written).hexdigest()  # type: ignore[attr-defined]
    assert after.state.output_path == "output/e1_ann-e1-1.json"


def test_E37_a_repeated_submit_is_silent():
    submit = SubmitAttempt(document=DOCUMENT, now=T1)
    running().when(submit).happens().when(submit).nothing()


def test_E38_submit_with_last_answers_saves_them_first():
    submit = SubmitAttempt(document=DOCUMENT, now=T1, changes=(Answer("q3", "last"),))
    after = running().when(submit).happens()
    assert after.state.answers["q3"].response == "last"
    assert [type(event).__name__ for event in after.events[1:]] == [
        "AnswersSaved",
        "AttemptSubmitted",
        "AttemptFinished",
    ]


def test_commands_on_an_attempt_that_never_was():
    given(attempt).when(save(("q1", "A"))).refused(AttemptNotFound)
    given(attempt).when(SubmitAttempt(document=DOCUMENT, now=T1)).refused(AttemptNotFound)


def test_an_erased_answer_folds_and_can_be_answered_again():
    erased = AnswersSaved(changes=(Answer("q1", ERASED),), answered_count=1, updated_at=T1)
    after = given(attempt, STARTED, erased)
    assert after.state.answers["q1"].response is ERASED
    [event] = after.when(save(("q1", "A"), now=T2)).events()
    assert isinstance(event, AnswersSaved)
    assert event.answered_count == 1


def test_views_read_the_count_without_the_answers():
    [event] = running().when(save(("q1", "A"))).events()
    slim = msgspec.json.decode(msgspec.json.encode(event), type=AnswersCounted)
    assert (slim.answered_count, slim.updated_at) == (1, T1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@drawn(st.lists(st.lists(st.tuples(st.sampled_from(["q1", "q2", "q3"]), json_values), max_size=4)))
def test_E22_the_count_is_the_number_of_answered_questions_after_any_saves(saves):
    state: Attempt = running().state
    for answers in saves:
        for event in attempt.decide(state, save(*answers)):
            state = attempt.evolve(state, event)
    counted = sum(a.response not in (None, "", [], {}) for a in state.answers.values())
    assert state.answered_count == counted
