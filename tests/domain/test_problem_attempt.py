"""Attempts at problems: start, hints, one answer, and what must not be mixed with exams (K01)."""

from decimal import Decimal

import pytest

from domain.answers.rule import Method
from domain.answers.unfit import Unfit
from domain.attempt import (
    AttemptCancelled,
    AttemptCheckStarted,
    AttemptIdTaken,
    AttemptNotActive,
    AttemptNotFound,
    AttemptSubmitted,
    AttemptVoided,
    HintTaken,
    Phase,
)
from domain.documents import BadDocument
from domain.evidence import Signal
from domain.exam_attempt import SaveAnswers, VoidAttempt, attempt
from domain.frozen_rule import ModeNotAllowed
from domain.instants import later
from domain.problem_attempt import (
    AttemptNotSubmittable,
    AttemptNotSubmitted,
    CancelAttempt,
    CheckAttempt,
    NoteResult,
    ResetCheck,
    ResumeCheck,
    SubmitProblemAttempt,
    TakeHint,
    VersionNotAttemptable,
    VoidProblemAttempt,
    problem_attempt,
)
from domain.problem_version import VersionStatus
from domain.transitions import InvalidTransition
from tests.domain.check_world import (
    SCHEMA,
    CheckWorld,
    check,
    frozen,
    hand_in,
    judged,
    start,
    submit,
    submitted,
)
from tests.domain.given import given
from tests.domain.problem_world import NOW, raw
from tests.domain.test_attempt import STARTED as EXAM_STARTED

STARTED = given(problem_attempt).when(start()).happens()
HINT = TakeHint(hint_key="h1", now=NOW)
VOID = VoidProblemAttempt(reason="a leak", now=NOW)
RESULT = NoteResult(check_id="c1", is_correct=True, score=Decimal(4), max_score=Decimal(4), now=NOW)


def test_B88_an_attempt_knows_its_learner_its_version_and_where_it_is_used():
    state = given(problem_attempt).when(start(usage_id="u1", domain="lms")).happens().state
    assert (state.phase, state.learner.id, state.subject.id) == (Phase.STARTED, "ann", "v1")
    assert (state.problem.problem_id, state.problem.usage_id) == ("p1", "u1")
    assert state.problem.domain == "lms"
    STARTED.when(start()).refused(AttemptIdTaken)


@pytest.mark.parametrize(
    "status", [VersionStatus.DRAFT, VersionStatus.REVIEW, VersionStatus.RETIRED]
)
def test_B89_a_version_that_is_not_published_is_answered_only_if_that_is_allowed(status):
    given(problem_attempt).when(start(version_status=status)).refused(VersionNotAttemptable)
    given(problem_attempt).when(start(version_status=status, allowed=True)).happens()


def test_K01_commands_of_one_kind_do_not_know_attempts_of_the_other():
    exam = given(attempt, EXAM_STARTED)
    for command in (HINT, submit("a"), check(), CancelAttempt(now=NOW), VOID):
        given(problem_attempt, *exam.events).when(command).refused(AttemptNotFound)
        given(problem_attempt).when(command).refused(AttemptNotFound)
    for other in (SaveAnswers(changes=(), now=NOW), VoidAttempt(reason="x", now=NOW)):
        given(attempt, *STARTED.events).when(other).refused(AttemptNotFound)


def test_K14_a_learner_may_have_any_number_of_attempts_at_one_version():
    world = CheckWorld()
    for number in range(3):
        hand_in(world, f"a{number}", "a")
    assert [world.attempt(f"a{number}").phase for number in range(3)] == [Phase.SUBMITTED] * 3
    assert not [stream for stream in world.logs if stream.startswith("exam_slot")]


def test_C58_a_hint_counts_once_and_only_before_the_answer_is_handed_in():
    taken = HintTaken(hint_key="h1", taken_at=later(NOW, NOW))
    with_hint = STARTED.when(HINT).then(taken)
    with_hint.when(HINT).nothing()
    handed_in = with_hint.when(submit("a")).happens()
    handed_in.when(HINT).nothing()
    handed_in.when(TakeHint(hint_key="h2", now=NOW)).refused(AttemptNotActive)


def test_B92_an_answer_that_does_not_fit_the_schema_changes_nothing():
    for document, refusal in [
        ({"choices": ["e"]}, Unfit),
        ({"choice": "a"}, Unfit),
        (["a"], BadDocument),
    ]:
        command = SubmitProblemAttempt(answer=raw(document), schema=SCHEMA, now=NOW)
        STARTED.when(command).refused(refusal)


def test_B94_an_answer_is_handed_in_once_and_kept_as_it_was_sent():
    handed_in = STARTED.when(submit("b", "a")).then(
        AttemptSubmitted(submitted_at=later(NOW, NOW), answer=raw({"choices": ["b", "a"]}))
    )
    assert handed_in.state.phase is Phase.SUBMITTED
    handed_in.when(submit("b", "a")).refused(AttemptNotSubmittable)
    handed_in.when(CancelAttempt(now=NOW)).refused(InvalidTransition)


def test_an_attempt_is_cancelled_only_before_it_is_handed_in_and_void_at_any_time():
    cancelled = STARTED.when(CancelAttempt(reason="ill", now=NOW)).then(
        AttemptCancelled(reason="ill", cancelled_at=later(NOW, NOW))
    )
    cancelled.when(submit("a")).refused(AttemptNotSubmittable)
    cancelled.when(VOID).refused(InvalidTransition)
    void = STARTED.when(VOID).then(AttemptVoided(reason="a leak", voided_at=later(NOW, NOW)))
    refusal = void.when(VOID).refused(InvalidTransition)
    assert refusal.details == {"from": "void", "command": "void", "allowed": []}


def test_C55_an_answer_is_judged_after_it_was_handed_in_and_anew_only_by_those_who_may():
    STARTED.when(check()).refused(AttemptNotSubmitted)
    checking = STARTED.when(submit("a")).happens().when(check()).then(AttemptCheckStarted("c1"))
    checking.when(check()).nothing()
    checking.when(check("c2", again=True)).refused(AttemptNotSubmitted)
    checked = checking.when(RESULT).happens()
    assert checked.state.phase is Phase.CHECKED
    checked.when(check("c2")).refused(AttemptNotSubmitted)
    checked.when(check("c2", again=True)).then(AttemptCheckStarted("c2"))


def test_C55_a_mode_that_the_rule_does_not_allow_is_refused():
    handed_in = STARTED.when(submit("a")).happens()
    command = CheckAttempt(check_id="c1", rule=frozen(Method.MANUAL), mode=Method.AUTO, now=NOW)
    assert handed_in.when(command).refused(ModeNotAllowed).details["allowed"] == ["manual"]


def test_a_check_that_came_to_nothing_leaves_the_attempt_as_it_was_before():
    handed_in = STARTED.when(submit("a")).happens()
    failed = handed_in.when(check()).happens().when(ResetCheck("c1", "down")).happens()
    assert failed.state.phase is Phase.SUBMITTED
    failed.when(ResetCheck("c1", "down")).nothing()
    again = failed.when(ResumeCheck("c1")).happens()
    again.when(ResumeCheck("c1")).refused(AttemptNotSubmitted)
    checked = again.when(RESULT).happens()
    anew = checked.when(check("c2", again=True)).happens()
    anew.when(RESULT).refused(AttemptNotSubmitted)
    stands = anew.when(ResetCheck("c2", "down")).happens().state
    assert (stands.phase, stands.problem.check_id) == (Phase.CHECKED, "c1")


def test_B99_handing_in_leaves_one_piece_of_evidence():
    assert submitted("a").said() == [Signal.ATTEMPTED]


def test_voiding_takes_back_what_the_attempt_said_of_its_learner():
    world = submitted("a", "b")
    world.on_attempt(check(judgement=judged("a", "b")))
    assert world.said() == [Signal.ATTEMPTED, Signal.SOLVED]
    world.on_attempt(VOID)
    assert world.said() == [Signal.ATTEMPTED]
