"""Attempt, decision 10: a save that cannot be applied is kept aside and its sender told."""

from typing import Any

import pytest

from domain.attempt import (
    Answer,
    AnswersBranched,
    AnswersSaved,
    AttemptNotActive,
    AttemptNotFound,
    AttemptVoid,
    AttemptVoided,
    BranchReason,
    Phase,
    StaleRevision,
    UnknownQuestion,
)
from domain.attempt_branches import MOST_BRANCHES, refuse_branch
from domain.exam_attempt import SaveAnswers, SubmitAttempt, VoidAttempt, attempt, attempt_body
from domain.kernel import ERASED
from tests.domain.given import Scenario, given
from tests.domain.test_attempt import DOCUMENT, STARTED, T0, T1, T2


def save(
    *answers: tuple[str, Any], base: int | None = None, tab: str | None = None, time: float = 1
) -> SaveAnswers:
    changes = tuple(Answer(question, response, time) for question, response in answers)
    return SaveAnswers(changes=changes, now=T1, base_revision=base, client_id=tab)


def after(*commands: SaveAnswers) -> Scenario:
    scenario = given(attempt, STARTED)
    for command in commands:
        scenario = scenario.when(command).happens()
    return scenario


BOTH = (save(("q1", "A"), base=1, tab="one"),)


def test_decision10_what_nobody_else_changed_is_merged():
    merged = after(*BOTH).when(save(("q2", "B"), base=1, tab="two")).happens()
    assert isinstance(merged.events[-1], AnswersSaved)
    assert {q: a.response for q, a in merged.state.answers.items()} == {"q1": "A", "q2": "B"}


def test_decision10_the_same_answer_from_two_tabs_is_no_conflict():
    after(*BOTH).when(save(("q1", "A"), base=1, tab="two")).nothing()
    [event] = after(*BOTH).when(save(("q1", "A"), base=1, tab="two", time=9)).events()
    assert isinstance(event, AnswersSaved)


def test_decision10_a_tab_does_not_conflict_with_itself():
    [event] = after(*BOTH).when(save(("q1", "B"), base=1, tab="one")).events()
    assert isinstance(event, AnswersSaved)


def test_decision10_without_a_base_the_last_save_wins():
    [event] = after(*BOTH).when(save(("q1", "B"), tab="two")).events()
    assert isinstance(event, AnswersSaved)


@pytest.mark.parametrize("base", [2, 3, 10**9])
def test_decision10_a_base_that_is_not_older_wins(base):
    [event] = after(*BOTH).when(save(("q1", "B"), base=base, tab="two")).events()
    assert isinstance(event, AnswersSaved)


@pytest.mark.parametrize("tab", ["two", None])
def test_decision10_a_stale_save_of_an_answer_changed_elsewhere_is_branched_whole(tab):
    command = save(("q1", "B"), ("q2", "C"), base=1, tab=tab)
    branched = (
        after(*BOTH)
        .when(command)
        .then(
            AnswersBranched(
                base_revision=1,
                client_id=tab,
                changes=(Answer("q1", "B", 1), Answer("q2", "C", 1)),
                reason=BranchReason.STALE,
            )
        )
    )
    assert attempt_body(branched.state) == attempt_body(after(*BOTH).state)
    with pytest.raises(StaleRevision) as refusal:
        refuse_branch(branched.state, branched.events[-1:])
    assert refusal.value.details == {"revision": 3, "questionIds": ["q1"], "kept": True}
    again = branched.when(command).refused(StaleRevision)
    assert again.details == refusal.value.details


def test_decision10_an_unknown_question_is_refused_before_anything_is_kept():
    after(*BOTH).when(save(("q1", "B"), ("q9", "C"), base=1, tab="two")).refused(UnknownQuestion)


def test_decision10_branches_are_deduplicated_by_content_not_by_time_or_sender():
    branched = after(*BOTH).when(save(("q1", "B"), base=1, tab="two")).happens()
    for same in (
        save(("q1", "B"), base=1, tab="two", time=77),
        save(("q1", "B"), base=1, tab="three"),
    ):
        assert branched.when(same).refused(StaleRevision).details["kept"] is True
    [other] = branched.when(save(("q1", "C"), base=1, tab="two")).events()
    assert isinstance(other, AnswersBranched)


def test_decision10_at_most_a_hundred_branches_are_kept():
    scenario = after(*BOTH)
    for number in range(MOST_BRANCHES):
        scenario = scenario.when(save(("q1", f"B{number}"), base=1, tab="two")).happens()
    refusal = scenario.when(save(("q1", "one more"), base=1, tab="two")).refused(StaleRevision)
    assert refusal.details["kept"] is False
    kept = scenario.when(save(("q1", "B7"), base=1, tab="two")).refused(StaleRevision)
    assert kept.details["kept"] is True


def submitted() -> Scenario:
    return after(*BOTH).when(SubmitAttempt(document=DOCUMENT, now=T2)).happens()


def test_decision10_a_save_after_submit_is_branched_late():
    command = save(("q1", "A"), ("q2", "late"), ("q9", "?"), base=2, tab="two")
    late = (
        submitted()
        .when(command)
        .then(
            AnswersBranched(
                base_revision=2,
                client_id="two",
                changes=(Answer("q2", "late", 1),),
                reason=BranchReason.LATE,
            )
        )
    )
    with pytest.raises(AttemptNotActive) as refusal:
        refuse_branch(late.state, late.events[-1:])
    assert refusal.value.details["kept"] is True
    late.when(command).refused(AttemptNotActive)


def test_decision10_a_late_save_that_says_nothing_new_is_not_kept():
    said = save(("q1", "A"), ("q2", None), ("q3", ""), time=99)
    assert submitted().when(said).refused(AttemptNotActive).details["kept"] is False


def test_decision10_answers_that_come_with_a_repeated_submit_are_kept():
    again = SubmitAttempt(document=DOCUMENT, now=T2, changes=(Answer("q3", "from another tab"),))
    late = submitted().when(again).happens()
    assert isinstance(late.events[-1], AnswersBranched)
    late.when(again).nothing()


def test_decision10_an_erased_branch_still_counts():
    erased = AnswersBranched(changes=(Answer("q1", ERASED),), reason=BranchReason.STALE)
    assert len(given(attempt, STARTED, erased).state.branches) == 1


# --- void (A21, decision 15) --------------------------------------------------------------------

VOID = VoidAttempt(reason="a power cut", now=T0)


def test_decision15_a_running_and_a_finished_attempt_can_be_voided_once():
    for scenario in (after(*BOTH), submitted()):
        void = scenario.when(VOID).happens()
        event = void.events[-1]
        assert isinstance(event, AttemptVoided)
        assert event.voided_at > scenario.state.updated_at
        assert void.state.phase is Phase.VOID
        assert attempt_body(void.state).status == "void"
        assert void.state.output_path == scenario.state.output_path
        void.when(VOID).refused(AttemptVoid)
        void.when(SubmitAttempt(document=DOCUMENT, now=T2)).refused(AttemptNotActive)
    given(attempt).when(VOID).refused(AttemptNotFound)


def test_decision10_a_save_to_a_void_attempt_is_kept():
    void = after(*BOTH).when(VOID).happens()
    assert isinstance(void.when(save(("q2", "text"))).happens().events[-1], AnswersBranched)
