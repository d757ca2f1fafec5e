"""Checks: four modes, failing and trying again, hints, overrides, and what follows from them."""

from decimal import Decimal

import pytest

from domain.answer_check import (
    AbandonCheck,
    CheckCompleted,
    CheckedBy,
    CheckIdTaken,
    CheckNotFound,
    CheckNotOverridable,
    CheckOverridden,
    CheckRequeued,
    CheckStarted,
    CheckStatus,
    CompleteCheck,
    FailCheck,
    Marks,
    OverrideCheck,
    Previous,
    ReopenCheck,
    RequestCheck,
    RequestManualReview,
    RequeueCheck,
    RetryCheck,
    StartCheck,
    answer_check,
    judgement_of,
)
from domain.answers.rule import Method
from domain.answers.verdict import Reason, Verdict
from domain.attempt import AttemptCheckStarted, Phase
from domain.documents import Document, parsed
from domain.evidence import Signal
from domain.manual_review import ReviewStatus
from domain.problem_attempt import VoidProblemAttempt
from domain.rubric import ScoreOutOfRange
from domain.transitions import InvalidTransition
from tests.domain.check_world import (
    ANN,
    MOST,
    RUBRIC,
    CheckWorld,
    check,
    frozen,
    judged,
    submitted,
    undecided,
)
from tests.domain.given import given
from tests.domain.problem_world import NOW, raw

REQUEST = RequestCheck(
    check_id="c1",
    attempt_id="a1",
    learner=ANN,
    problem_id="p1",
    method=Method.AUTO,
    rule=frozen(),
    now=NOW,
)
EXTERNAL = check(method=Method.EXTERNAL)


def marks(score: str, **parts: object) -> CompleteCheck:
    found = Marks(score=Decimal(score), **parts)  # type: ignore[arg-type] # parts vary by test
    return CompleteCheck(finding=found, by=CheckedBy.EXTERNAL, now=NOW)


def override(score: str = "3", **parts: object) -> OverrideCheck:
    wanted = {"reason": "a fair doubt", "now": NOW, **parts}
    return OverrideCheck(score=Decimal(score), **wanted)  # type: ignore[arg-type] # as above


def checked(*choices: str) -> CheckWorld:
    world = submitted(*choices)
    world.on_attempt(check(judgement=judged(*choices)))
    return world


# --- auto ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "score", "is_correct", "signal"),
    [
        (("a", "b"), "4", True, Signal.SOLVED),
        (("a",), "2", False, Signal.PARTIALLY_SOLVED),
        (("c", "d"), "0", False, Signal.FAILED),
    ],
)
def test_B99_a_verdict_reaches_check_attempt_and_evidence_at_once(
    choices, score, is_correct, signal
):
    world = checked(*choices)
    state, outcome = world.check(), world.attempt().problem.outcome
    assert (state.status, state.score, state.is_correct) == (
        CheckStatus.CHECKED,
        Decimal(score),
        is_correct,
    )
    assert outcome is not None
    assert (world.attempt().phase, outcome.score, outcome.is_correct) == (
        Phase.CHECKED,
        Decimal(score),
        is_correct,
    )
    assert world.said() == [Signal.ATTEMPTED, signal]
    assert world.in_force()[-1].score == Decimal(score)


def test_B39_hints_cost_what_the_frozen_rule_says_and_never_more_than_everything():
    for hints, score, signal in [
        (["h1"], "3.5", Signal.SOLVED_WITH_HINT),
        (["h1", "h2"], "0.5", Signal.SOLVED_WITH_HINT),
        (["free"], "4", Signal.SOLVED_WITH_HINT),
    ]:
        world = submitted("a", "b", hints=hints)
        world.on_attempt(check(judgement=judged("a", "b", hints=hints)))
        assert world.check().score == Decimal(score)
        assert world.check().raw_score == MOST
        assert world.said()[-1] is signal


def test_B101_a_check_keeps_the_account_of_its_verdict_but_not_the_answer_as_it_was_sent():
    world = checked("a", "c")
    kept = judgement_of(world.check().judgement)
    assert kept is not None
    assert (kept.verdict, kept.checker) == (Verdict.INCORRECT, "markbook-1")
    assert kept.trace.raw is None
    assert parsed(world.check().feedback)["verdict"] == "incorrect"
    assert judgement_of(Document(b'{"$":"erased"}')) is None


@pytest.mark.parametrize("method", [Method.AUTO, Method.HYBRID, Method.MANUAL])
def test_B36_what_no_machine_decides_waits_for_a_person(method):
    world = submitted("a")
    world.on_attempt(check(method=method, judgement=undecided()))
    state = world.check()
    assert (state.status, state.score, world.attempt().phase) == (
        CheckStatus.NEEDS_MANUAL_REVIEW,
        None,
        Phase.CHECKING,
    )
    assert (world.review().status, world.review().check_id) == (ReviewStatus.OPEN, "c1")
    assert world.said() == [Signal.ATTEMPTED, Signal.NEEDS_REVIEW]


def test_C55_in_hybrid_the_machine_proposes_and_a_person_confirms():
    world = submitted("a", "b")
    world.on_attempt(check(method=Method.HYBRID, judgement=judged("a", "b")))
    proposal = judgement_of(world.check().proposal)
    assert world.check().status is CheckStatus.NEEDS_MANUAL_REVIEW
    assert proposal is not None
    assert (proposal.verdict, proposal.reason) == (Verdict.CORRECT, Reason.ALL_RIGHT)


def test_a_finding_above_what_the_rule_gives_is_refused_whole():
    world = submitted("a", "b")
    less = frozen(scoring=type(frozen().scoring)(max_score=Decimal(1)))
    with pytest.raises(ScoreOutOfRange):
        world.on_attempt(check(rule=less, judgement=judged("a", "b")))
    assert world.attempt().phase is Phase.SUBMITTED


# --- external -----------------------------------------------------------------------------------


def test_C514_an_external_check_is_pending_until_its_service_reports():
    world = submitted("a", hints=["h1"])
    assert AttemptCheckStarted("c1") in world.on_attempt(EXTERNAL)
    assert world.check().status is CheckStatus.PENDING
    with pytest.raises(ScoreOutOfRange):
        world.on_check(marks("4.5"))
    world.on_check(marks("4", feedback=raw({"text": "well done"})))
    state = world.check()
    assert (state.by, state.raw_score, state.score) == (
        CheckedBy.EXTERNAL,
        Decimal(4),
        Decimal("3.5"),
    )
    assert world.said()[-1] is Signal.SOLVED_WITH_HINT
    with pytest.raises(InvalidTransition):
        world.on_check(marks("4"))


def test_C514_no_service_reports_on_a_check_that_is_not_its_own():
    world = submitted("a")
    world.on_attempt(check())
    with pytest.raises(InvalidTransition):
        world.on_check(marks("4"))
    world.on_check(CompleteCheck(finding=judged("a"), by=CheckedBy.AUTO, now=NOW))
    assert world.check().status is CheckStatus.CHECKED


# --- failing ------------------------------------------------------------------------------------


def test_C512_a_check_fails_when_nobody_tries_any_more_and_may_be_tried_again():
    world = submitted("a", "b")
    world.on_attempt(EXTERNAL)
    assert world.on_check(StartCheck("w1", try_no=1, now=NOW)) == [CheckStarted("w1", 1, NOW)]
    world.on_check(FailCheck(error="down", try_no=1, will_retry=True))
    assert world.check().status is CheckStatus.PENDING
    world.on_check(FailCheck(error="down", try_no=2))
    assert (world.check().status, world.attempt().phase) == (CheckStatus.FAILED, Phase.SUBMITTED)
    world.on_check(RetryCheck(now=NOW))
    assert (world.check().status, world.attempt().phase) == (CheckStatus.PENDING, Phase.CHECKING)
    world.on_check(marks("1"))
    assert world.attempt().phase is Phase.CHECKED


def test_C512_trying_again_may_bring_the_verdict_at_once():
    world = submitted("a", "b")
    world.on_attempt(check())
    world.on_check(FailCheck(error="down"))
    world.on_check(RetryCheck(judgement=judged("a", "b"), now=NOW))
    assert world.said() == [Signal.ATTEMPTED, Signal.SOLVED]


def test_a_failed_check_may_wait_in_the_queue_again():
    world = submitted("a")
    world.on_attempt(EXTERNAL)
    world.on_check(FailCheck(error="down"))
    assert world.on_check(RequeueCheck(queue_id="q2"))[0] == CheckRequeued("q2")
    assert world.check().queue_id == "q2"


def test_C513_a_pending_check_may_be_given_to_a_person():
    world = submitted("a")
    world.on_attempt(EXTERNAL)
    world.on_check(RequestManualReview(comment="it takes too long"))
    assert world.review().status is ReviewStatus.OPEN
    with pytest.raises(InvalidTransition):
        world.on_check(RequestManualReview())


def test_a_void_attempt_has_no_check_that_waits():
    for method in (Method.EXTERNAL, Method.MANUAL):
        world = submitted("a")
        world.on_attempt(check(method=method))
        world.on_attempt(VoidProblemAttempt(reason="a leak", now=NOW))
        assert (world.check().status, world.attempt().phase) == (CheckStatus.FAILED, Phase.VOID)
        assert world.review().status in {ReviewStatus.ABSENT, ReviewStatus.CANCELLED}
        with pytest.raises(CheckNotOverridable):
            world.on_check(override())
        assert world.on_check(AbandonCheck(reason="again")) == []


# --- override -----------------------------------------------------------------------------------


def test_B97_an_override_keeps_what_it_replaced_and_attempt_and_evidence_follow():
    world = checked("c")
    happened = world.on_check(override("4", feedback=raw({"text": "c is fine too"})))
    assert happened[0] == CheckOverridden(
        is_correct=True,
        score=Decimal(4),
        feedback=raw({"text": "c is fine too"}),
        reason="a fair doubt",
        previous=Previous(is_correct=False, score=Decimal(0), status=CheckStatus.CHECKED),
    )
    assert world.said() == [Signal.ATTEMPTED, Signal.SOLVED]
    world.on_check(override("1"))
    outcome = world.attempt().problem.outcome
    assert outcome is not None
    assert (outcome.score, outcome.is_correct) == (Decimal(1), False)
    assert world.said() == [Signal.ATTEMPTED, Signal.PARTIALLY_SOLVED]
    assert [past.score for past in world.check().past] == [Decimal(0), Decimal(4)]


def test_B97_the_same_override_again_changes_nothing():
    world = checked("c")
    world.on_check(override("4"))
    assert world.on_check(override("4")) == []


@pytest.mark.parametrize("score", ["-0.1", "4.1", "NaN", "Infinity"])
def test_B97_an_override_stays_between_nothing_and_everything(score):
    with pytest.raises(ScoreOutOfRange):
        checked("c").on_check(override(score))


def test_B97_what_is_pending_cannot_be_overridden_and_what_waits_for_a_person_can():
    world = submitted("a")
    world.on_attempt(EXTERNAL)
    with pytest.raises(CheckNotOverridable):
        world.on_check(override())
    world.on_check(RequestManualReview())
    world.on_check(override())
    assert (world.check().status, world.review().status) == (
        CheckStatus.OVERRIDDEN,
        ReviewStatus.CANCELLED,
    )
    assert world.said() == [Signal.ATTEMPTED, Signal.NEEDS_REVIEW, Signal.PARTIALLY_SOLVED]


def test_a_failed_check_may_be_overridden_and_counts_then():
    world = submitted("a")
    world.on_attempt(EXTERNAL)
    world.on_check(FailCheck(error="down"))
    world.on_check(override("4"))
    assert world.attempt().phase is Phase.CHECKED


def test_a_check_that_another_has_replaced_is_not_overridden():
    world = checked("c")
    world.on_attempt(check("c2", judgement=judged("a", "b"), again=True))
    assert world.said() == [Signal.ATTEMPTED, Signal.SOLVED]
    with pytest.raises(CheckNotOverridable):
        world.on_check(override("1"))
    world.on_check(override("1"), "c2")


# --- the rule is frozen -------------------------------------------------------------------------


def test_a_check_keeps_the_rule_the_rubric_and_the_price_of_the_hints_that_were_taken():
    command = RequestCheck(
        check_id="c1",
        attempt_id="a1",
        learner=ANN,
        problem_id="p1",
        subject_key="algebra",
        method=Method.MANUAL,
        rule=frozen(Method.MANUAL, rubric=RUBRIC),
        hints=("h2", "free"),
        now=NOW,
    )
    state = given(answer_check).when(command).happens().state
    assert (state.checking_rule_id, state.rule_version, state.max_score) == ("r1", 2, MOST)
    assert (state.rubric, state.penalties) == (RUBRIC, {"h2": Decimal(3)})


def test_a_check_has_one_beginning_and_without_it_there_is_none():
    requested = given(answer_check).when(REQUEST).happens()
    requested.when(REQUEST).refused(CheckIdTaken)
    for command in (marks("1"), override(), RetryCheck(now=NOW), FailCheck(error="x")):
        given(answer_check).when(command).refused(CheckNotFound)


def test_only_the_review_that_judged_reopens_a_check():
    finished = given(answer_check).when(REQUEST).happens()
    done = CompleteCheck(finding=judged("a"), by=CheckedBy.AUTO, now=NOW)
    judged_already = finished.when(done).happens()
    assert isinstance(judged_already.events[-1], CheckCompleted)
    judged_already.when(ReopenCheck(review_id="r9", reason="x")).refused(InvalidTransition)
