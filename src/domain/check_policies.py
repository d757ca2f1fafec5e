"""Policies of checking: attempt, check, review and evidence change together or not at all.

Attempt → check → verdict → attempt → evidence, at most three steps from the command that began it.
"""

from collections.abc import Sequence
from typing import Any, Final

from domain.answer_check import (
    AbandonCheck,
    AnswerCheck,
    CheckCompleted,
    CheckedBy,
    CheckGaveUp,
    CheckOverridden,
    CheckRequeued,
    CheckRetried,
    CompleteCheck,
    ManualReviewRequested,
    OverrideCheck,
    ReopenCheck,
    RequestCheck,
    RequestManualReview,
    RetryCheck,
    answer_check,
)
from domain.attempt import (
    Attempt,
    AttemptChecked,
    AttemptCheckStarted,
    AttemptKind,
    AttemptSubmitted,
    AttemptVoided,
)
from domain.evidence import AnnulEvidence, RecordEvidence, Signal, evidence, signal_of
from domain.follow_up import FollowUp
from domain.frozen_rule import method_for
from domain.kernel import Command, Event
from domain.keys import derived_id
from domain.manual_review import (
    CancelReview,
    CompleteReview,
    ManualReview,
    OpenReview,
    ReturnReview,
    ReviewCancelled,
    ReviewCompleted,
    ReviewReturned,
    WithdrawReview,
    manual_review,
)
from domain.problem_attempt import (
    CheckAttempt,
    NoteResult,
    ResetCheck,
    ResumeCheck,
    SubmitProblemAttempt,
    problem_attempt,
)

_LEADING: Final = frozenset(
    {
        AttemptSubmitted,
        AttemptCheckStarted,
        AttemptChecked,
        AttemptVoided,
        CheckCompleted,
        CheckGaveUp,
        CheckRetried,
        CheckRequeued,
        ManualReviewRequested,
        CheckOverridden,
        ReviewCompleted,
        ReviewReturned,
        ReviewCancelled,
    }
)


def check_follow_ups(command: Command, state: Any, event: Event) -> Sequence[FollowUp]:
    """What follows from `event`, which `command` caused and which led to `state`."""
    if type(event) not in _LEADING:
        return []
    match state:
        case Attempt(kind=AttemptKind.PROBLEM):
            return _of_attempt(command, state, event)
        case AnswerCheck():
            return _of_check(command, state, event)
        case ManualReview():
            return _of_review(command, state, event)
        case _:
            return []


def _of_attempt(command: Command, state: Attempt, event: Event) -> Sequence[FollowUp]:
    match event, command:
        case AttemptSubmitted(), SubmitProblemAttempt(basis=basis):
            attempted = RecordEvidence(
                evidence_id=derived_id(state.attempt_id, Signal.ATTEMPTED),
                attempt_id=state.attempt_id,
                problem_id=state.problem.problem_id,
                signal=Signal.ATTEMPTED,
                basis=basis,
            )
            return [FollowUp(evidence.stream(state.learner.id), attempted)]
        case AttemptCheckStarted(), CheckAttempt():
            return [FollowUp(answer_check.stream(command.check_id), _request(command, state))]
        case AttemptChecked(), NoteResult():
            return [FollowUp(evidence.stream(state.learner.id), _result(command, state, event))]
        case AttemptVoided(), _:
            return _annulled(state)
        case _:
            return []


def _request(command: CheckAttempt, state: Attempt) -> RequestCheck:
    return RequestCheck(
        check_id=command.check_id,
        attempt_id=state.attempt_id,
        learner=state.learner,
        problem_id=state.problem.problem_id,
        subject_key=command.subject_key,
        method=method_for(command.rule, command.mode),
        rule=command.rule,
        hints=state.problem.hints,
        judgement=command.judgement,
        duration_ms=command.duration_ms,
        queue_id=command.queue_id,
        basis=command.basis,
        now=command.now,
    )


def _result(command: NoteResult, state: Attempt, event: AttemptChecked) -> RecordEvidence:
    """The one result evidence of a result (B-99), in the place of the result before."""
    number = state.problem.results
    return RecordEvidence(
        evidence_id=_result_id(state, number),
        attempt_id=state.attempt_id,
        problem_id=state.problem.problem_id,
        signal=signal_of(
            is_correct=event.is_correct,
            score=event.score,
            max_score=event.max_score,
            hinted=bool(state.problem.hints),
        ),
        basis=command.basis,
        score=event.score,
        supersedes=_result_id(state, number - 1) if number > 1 else None,
    )


def _annulled(state: Attempt) -> Sequence[FollowUp]:
    found: list[FollowUp] = []
    if state.problem.results:
        annul = AnnulEvidence(evidence_id=_result_id(state, state.problem.results))
        found.append(FollowUp(evidence.stream(state.learner.id), annul))
    if state.problem.check_id is not None:
        abandon = AbandonCheck(reason="the attempt is void")
        found.append(FollowUp(answer_check.stream(state.problem.check_id), abandon))
    return found


def _result_id(state: Attempt, number: int) -> str:
    return derived_id(state.attempt_id, "result", str(number))


def _of_check(command: Command, state: AnswerCheck, event: Event) -> Sequence[FollowUp]:
    attempt_stream = problem_attempt.stream(state.attempt_id)
    match event, command:
        case CheckCompleted(), RequestCheck() | CompleteCheck() | RetryCheck():
            return [FollowUp(attempt_stream, _noted(command, state))]
        case CheckOverridden(), OverrideCheck():
            noted = FollowUp(attempt_stream, _noted(command, state))
            return [noted, *_withdrawn(state, "the check was overridden")]
        case CheckGaveUp(), _:
            reset = ResetCheck(check_id=state.check_id, reason=state.error or "")
            return [FollowUp(attempt_stream, reset), *_withdrawn(state, state.error or "")]
        case CheckRetried() | CheckRequeued(), _:
            return [FollowUp(attempt_stream, ResumeCheck(check_id=state.check_id))]
        case ManualReviewRequested(), ReopenCheck():
            resume = FollowUp(attempt_stream, ResumeCheck(check_id=state.check_id))
            return [resume, _needs_review(command, state)]
        case ManualReviewRequested(), (
            RequestCheck() | CompleteCheck() | RetryCheck() | RequestManualReview()
        ):
            return [_opened(state, event), _needs_review(command, state)]
        case _:
            return []


def _noted(
    command: RequestCheck | CompleteCheck | RetryCheck | OverrideCheck, state: AnswerCheck
) -> NoteResult:
    return NoteResult(
        check_id=state.check_id,
        is_correct=state.is_correct,
        score=state.score,
        max_score=state.max_score,
        overridden=isinstance(command, OverrideCheck),
        basis=command.basis,
        now=command.now,
    )


def _withdrawn(state: AnswerCheck, reason: str) -> Sequence[FollowUp]:
    """The review that has lost its purpose, if there is one that waits."""
    if state.review_id is None:
        return []
    return [FollowUp(manual_review.stream(state.review_id), WithdrawReview(reason=reason))]


def _opened(state: AnswerCheck, event: ManualReviewRequested) -> FollowUp:
    review = OpenReview(
        review_id=event.review_id,
        check_id=state.check_id,
        attempt_id=state.attempt_id,
        subject_key=state.subject_key,
        reason=event.reason,
    )
    return FollowUp(manual_review.stream(event.review_id), review)


def _needs_review(
    command: RequestCheck | CompleteCheck | RetryCheck | RequestManualReview | ReopenCheck,
    state: AnswerCheck,
) -> FollowUp:
    waits = RecordEvidence(
        evidence_id=derived_id(state.check_id, Signal.NEEDS_REVIEW, str(state.waits)),
        attempt_id=state.attempt_id,
        problem_id=state.problem_id,
        signal=Signal.NEEDS_REVIEW,
        basis=command.basis,
    )
    return FollowUp(evidence.stream(state.learner.id), waits)


def _of_review(command: Command, state: ManualReview, event: Event) -> Sequence[FollowUp]:
    check_stream = answer_check.stream(state.check_id)
    match event, command:
        case ReviewCompleted(result=marks), CompleteReview():
            complete = CompleteCheck(
                finding=marks,
                by=CheckedBy.MANUAL,
                review_id=state.review_id,
                basis=command.basis,
                now=command.now,
            )
            return [FollowUp(check_stream, complete)]
        case ReviewReturned(reason=reason), ReturnReview():
            reopen = ReopenCheck(review_id=state.review_id, reason=reason, basis=command.basis)
            return [FollowUp(check_stream, reopen)]
        case ReviewCancelled(), CancelReview():
            return [FollowUp(check_stream, AbandonCheck(reason="its review was cancelled"))]
        case _:
            return []
