"""Reviews: one assignee, marks that fit the rubric, redone or cancelled as a whole."""

from decimal import Decimal

import pytest

from domain.answer_check import CheckedBy, CheckStatus, Marks, OverrideCheck, RetryCheck
from domain.answers.rule import Method
from domain.attempt import Phase
from domain.evidence import Signal
from domain.kernel import RefusalKind
from domain.manual_review import (
    AssignReview,
    CancelReview,
    ClaimReview,
    CompleteReview,
    NotAssignee,
    OpenReview,
    ReleaseReview,
    ReturnReview,
    ReviewAlreadyClaimed,
    ReviewAssigned,
    ReviewIdTaken,
    ReviewNotFound,
    ReviewStatus,
    WithdrawReview,
    manual_review,
)
from domain.rubric import ScoreOutOfRange, UnknownCriterion
from domain.transitions import InvalidTransition
from tests.domain.check_world import RUBRIC, CheckWorld, check, frozen, judged, submitted
from tests.domain.given import given
from tests.domain.problem_world import NOW, raw

OPEN = given(manual_review).when(
    OpenReview(review_id="m1", check_id="c1", attempt_id="a1", reason="manual")
)
KIM, LEE = ClaimReview(by="kim"), ClaimReview(by="lee")


def done(score: str = "3", by: str = "kim", **parts: object) -> CompleteReview:
    found = Marks(score=Decimal(score), **parts)  # type: ignore[arg-type] # parts vary by test
    return CompleteReview(by=by, marks=found, now=NOW)


def waiting(*hints: str, method: Method = Method.MANUAL) -> CheckWorld:
    """A check that waits for a person, and its review that Kim has taken."""
    world = submitted("a", "b", hints=hints)
    rule = frozen(method, rubric=RUBRIC)
    world.on_attempt(check(rule=rule, subject_key="algebra", judgement=judged("a", "b")))
    world.on_review(KIM)
    return world


def test_B100_a_review_has_one_assignee():
    claimed = OPEN.happens().when(KIM).then(ReviewAssigned(assignee="kim", by="kim"))
    claimed.when(KIM).nothing()
    claimed.when(LEE).refused(ReviewAlreadyClaimed)
    claimed.when(AssignReview(assignee="lee", by="boss")).refused(ReviewAlreadyClaimed)
    given_away = OPEN.happens().when(AssignReview(assignee="lee", by="boss")).happens()
    assert given_away.state.assignee == "lee"


def test_C517_its_assignee_gives_it_back_and_others_only_with_the_right_to():
    claimed = OPEN.happens().when(KIM).happens()
    assert claimed.when(ReleaseReview(by="lee")).refused(NotAssignee).kind is RefusalKind.FORBIDDEN
    for command in (ReleaseReview(by="kim"), ReleaseReview(by="boss", for_others=True)):
        free = claimed.when(command).happens()
        assert (free.state.status, free.state.assignee) == (ReviewStatus.OPEN, None)
        free.when(LEE).happens()


def test_C518_only_the_assignee_completes_it():
    OPEN.happens().when(done()).refused(InvalidTransition)
    claimed = OPEN.happens().when(KIM).happens()
    claimed.when(done(by="lee")).refused(NotAssignee)
    finished = claimed.when(done()).happens()
    finished.when(done()).refused(InvalidTransition)
    finished.when(LEE).refused(InvalidTransition)


def test_a_review_begins_once():
    OPEN.happens().when(OPEN.command).refused(ReviewIdTaken)
    given(manual_review).when(KIM).refused(ReviewNotFound)
    given(manual_review).when(WithdrawReview(reason="overridden")).nothing()


@pytest.mark.parametrize("method", [Method.MANUAL, Method.HYBRID])
def test_C518_what_a_person_finds_finishes_the_check_less_what_hints_cost(method):
    world = waiting("h1", method=method)
    world.on_review(done("4", feedback=raw({"text": "fine"}), rubric_scores={"idea": Decimal(3)}))
    state = world.check()
    assert (state.status, state.by, state.raw_score, state.score) == (
        CheckStatus.CHECKED,
        CheckedBy.MANUAL,
        Decimal(4),
        Decimal("3.5"),
    )
    assert state.rubric_scores == {"idea": Decimal(3)}
    assert world.said() == [Signal.ATTEMPTED, Signal.NEEDS_REVIEW, Signal.SOLVED_WITH_HINT]


@pytest.mark.parametrize(
    ("score", "rubric_scores", "refusal"),
    [
        ("4.01", {}, ScoreOutOfRange),
        ("-1", {}, ScoreOutOfRange),
        ("4", {"idea": "3.5"}, ScoreOutOfRange),
        ("4", {"proof": "-1"}, ScoreOutOfRange),
        ("4", {"style": "1"}, UnknownCriterion),
    ],
)
def test_C518_marks_out_of_range_are_refused_and_the_review_stays_assigned(
    score, rubric_scores, refusal
):
    world = waiting()
    points = {name: Decimal(value) for name, value in rubric_scores.items()}
    with pytest.raises(refusal):
        world.on_review(done(score, rubric_scores=points))
    assert world.review().status is ReviewStatus.ASSIGNED
    assert world.attempt().phase is Phase.CHECKING


def test_C519_a_returned_review_opens_its_check_again_and_the_second_result_counts_alone():
    world = waiting()
    world.on_review(done("4"))
    world.on_review(ReturnReview(reason="too quick"))
    assert (world.check().status, world.attempt().phase) == (
        CheckStatus.NEEDS_MANUAL_REVIEW,
        Phase.CHECKING,
    )
    world.on_review(LEE)
    world.on_review(done("1", by="lee"))
    assert world.said() == [
        Signal.ATTEMPTED,
        Signal.NEEDS_REVIEW,
        Signal.NEEDS_REVIEW,
        Signal.PARTIALLY_SOLVED,
    ]


def test_C519_what_was_overridden_is_not_returned():
    world = waiting()
    world.on_review(done("4"))
    world.on_check(OverrideCheck(score=Decimal(1), reason="a fair doubt", now=NOW))
    with pytest.raises(InvalidTransition):
        world.on_review(ReturnReview(reason="too quick"))
    assert world.review().status is ReviewStatus.CHECKED


def test_C519_a_cancelled_review_leaves_a_failed_check_that_may_be_tried_again():
    world = waiting()
    first = world.review().review_id
    world.on_review(CancelReview(reason="a duplicate"))
    assert (world.check().status, world.attempt().phase) == (CheckStatus.FAILED, Phase.SUBMITTED)
    world.on_check(RetryCheck(now=NOW))
    assert (world.review().status, world.review().subject_key) == (ReviewStatus.OPEN, "algebra")
    assert world.review().review_id != first


def test_C519_a_returned_review_that_is_cancelled_leaves_no_result_that_counts():
    world = waiting()
    world.on_review(done("4"))
    world.on_review(ReturnReview(reason="too quick"))
    world.on_review(CancelReview(reason="nobody has time"))
    assert (world.check().status, world.attempt().phase) == (CheckStatus.FAILED, Phase.SUBMITTED)
    assert world.attempt().problem.outcome is None
    world.on_attempt(check("c2", judgement=judged("c")))
    assert world.said()[-1] is Signal.FAILED
    assert Signal.SOLVED not in world.said()
