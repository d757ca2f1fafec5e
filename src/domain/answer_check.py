"""AnswerCheck: one judging of an answer, by a machine, a person or another service (B-95 to B-97).

The rule is frozen with it. A machine's finding arrives in the command; what a machine cannot or
may not say goes to a person, never to an automatic pass or fail.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

import msgspec

from domain.answers.rule import Method
from domain.answers.verdict import ZERO, Judgement, Trace, Verdict, feedback
from domain.attempt import Learner
from domain.documents import NOTHING, Document
from domain.evidence import PLAIN, Basis
from domain.frozen_rule import FrozenRule
from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.keys import derived_id
from domain.rubric import ScoreOutOfRange, check_rubric_scores
from domain.transitions import InvalidTransition, permit


class CheckStatus(StrEnum):
    """Where a check stands (B-96); ABSENT is said of none that exists."""

    ABSENT = "absent"
    PENDING = "pending"
    NEEDS_MANUAL_REVIEW = "needs_manual_review"
    CHECKED = "checked"
    FAILED = "failed"
    OVERRIDDEN = "overridden"


class CheckedBy(StrEnum):
    """Who came to a result."""

    AUTO = "auto"
    MANUAL = "manual"
    EXTERNAL = "external"
    LLM = "llm"


class Previous(Value, frozen=True, kw_only=True):
    """What an override replaced."""

    is_correct: bool | None = None
    score: Decimal | None = None
    status: CheckStatus


class Marks(Value, frozen=True):
    """What a person or another service makes of an answer; hints cost extra (B-39).

    `rubric_scores` are points by the names of the rubric's criteria.
    """

    is_correct: bool | None = None
    score: Decimal | None = None
    feedback: Personal[Document] = NOTHING
    rubric_scores: Mapping[str, Decimal] = {}


# --- events -------------------------------------------------------------------------------------


class CheckRequested(Event, frozen=True, kw_only=True):
    """An answer is to be judged by this rule as it is now.

    `penalties` is what the hints that were taken cost; `rubric` is what a person goes by.
    """

    check_id: str
    attempt_id: str
    learner: Learner
    problem_id: str
    subject_key: str | None = None
    method: Method
    checking_rule_id: str | None = None
    rule_version: int | None = None
    max_score: Decimal | None = None
    penalties: Mapping[str, Decimal] = {}
    rubric: Document = NOTHING
    queue_id: str | None = None


class CheckStarted(Event, frozen=True):
    """A worker has taken it up for the `try_no`-th time."""

    worker_id: str
    try_no: int
    started_at: Instant


class CheckCompleted(Event, frozen=True, kw_only=True):
    """This is the result: `score` is `raw_score` less what hints cost, between 0 and the most.

    `feedback` is for the learner. `judgement` is a machine's whole account, without the answer as
    it was sent (B-101); `rubric_scores` are a person's points by criterion.
    """

    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    feedback: Personal[Document] = NOTHING
    by: CheckedBy
    raw_score: Decimal | None = None
    rubric_scores: Mapping[str, Decimal] = {}
    judgement: Personal[Document] = NOTHING
    model_id: str | None = None
    duration_ms: int = 0


class CheckFailed(Event, frozen=True):
    """A try came to nothing."""

    error: str
    try_no: int
    will_retry: bool


class CheckGaveUp(Event, frozen=True):
    """Nobody tries any more until somebody asks for it."""


class CheckRetried(Event, frozen=True):
    """It is to be judged after all."""


class CheckRequeued(Event, frozen=True):
    """It waits in the queue again, under another id."""

    queue_id: str


class ManualReviewRequested(Event, frozen=True):
    """A person decides, because of `reason`; `proposal` is what a machine makes of the answer."""

    review_id: str
    reason: Personal[str | Erased]
    proposal: Personal[Document] = NOTHING


class CheckOverridden(Event, frozen=True, kw_only=True):
    """A checker has put this in the place of the result, if there was one."""

    is_correct: bool | None = None
    score: Decimal
    feedback: Personal[Document] = NOTHING
    reason: Personal[str | Erased]
    previous: Previous


CheckEvent = (
    CheckRequested
    | CheckStarted
    | CheckCompleted
    | CheckFailed
    | CheckGaveUp
    | CheckRetried
    | CheckRequeued
    | ManualReviewRequested
    | CheckOverridden
)


# --- commands -----------------------------------------------------------------------------------


class RequestCheck(Command, frozen=True, kw_only=True):
    """Judge an answer, for the policy that follows the attempt; `judgement` is a machine's."""

    founds: ClassVar[bool] = True

    check_id: str
    attempt_id: str
    learner: Learner
    problem_id: str
    subject_key: str | None = None
    method: Method
    rule: FrozenRule
    hints: tuple[str, ...] = ()
    judgement: Judgement | None = None
    duration_ms: int = 0
    queue_id: str | None = None
    basis: Basis = PLAIN
    now: Instant


class StartCheck(Command, frozen=True):
    """Take it up; a worker has leased it."""

    worker_id: str
    try_no: int
    now: Instant


class CompleteCheck(Command, frozen=True, kw_only=True):
    """Say what came of it. `review_id` is the review in which a person did."""

    finding: Judgement | Marks
    by: CheckedBy
    review_id: str | None = None
    model_id: str | None = None
    duration_ms: int = 0
    basis: Basis = PLAIN
    now: Instant


class FailCheck(Command, frozen=True):
    """Say that a try came to nothing, and whether another follows."""

    error: str
    try_no: int = 1
    will_retry: bool = False


class AbandonCheck(Command, frozen=True):
    """Give up what has no result yet, because its attempt is void or its review was cancelled."""

    reason: str


class RetryCheck(Command, frozen=True, kw_only=True):
    """Judge it after all; `judgement` is a machine's."""

    judgement: Judgement | None = None
    duration_ms: int = 0
    basis: Basis = PLAIN
    now: Instant


class RequeueCheck(Command, frozen=True):
    """Let it wait in the queue again."""

    queue_id: str


class RequestManualReview(Command, frozen=True):
    """Let a person decide."""

    comment: str | None = None
    basis: Basis = PLAIN


class ReopenCheck(Command, frozen=True):
    """Let the person decide once more, for the policy that follows a returned review."""

    review_id: str
    reason: Personal[str | Erased]
    basis: Basis = PLAIN


class OverrideCheck(Command, frozen=True, kw_only=True):
    """Put another result in the place of the one there is, or of none (B-97)."""

    score: Decimal
    reason: str
    is_correct: bool | None = None
    feedback: Document = NOTHING
    basis: Basis = PLAIN
    now: Instant


CheckCommand = (
    RequestCheck
    | StartCheck
    | CompleteCheck
    | FailCheck
    | AbandonCheck
    | RetryCheck
    | RequeueCheck
    | RequestManualReview
    | ReopenCheck
    | OverrideCheck
)


# --- state --------------------------------------------------------------------------------------


class AnswerCheck(Value, frozen=True):
    """A check as it stands, secrets of its rubric and its judgement and all.

    `reviews` counts the reviews that were opened, `waits` how often it went to a person. `past`
    are the results that overrides have replaced, oldest first.
    """

    status: CheckStatus = CheckStatus.ABSENT
    check_id: str = ""
    attempt_id: str = ""
    learner: Learner = Learner(scheme="", id="")
    problem_id: str = ""
    subject_key: str | None = None
    method: Method = Method.AUTO
    checking_rule_id: str | None = None
    rule_version: int | None = None
    max_score: Decimal | None = None
    penalties: Mapping[str, Decimal] = {}
    rubric: Document = NOTHING
    queue_id: str | None = None
    tries: int = 0
    failed_try: int = 0
    error: str | None = None
    review_id: str | None = None
    reviews: int = 0
    waits: int = 0
    proposal: Document = NOTHING
    by: CheckedBy | None = None
    is_correct: bool | None = None
    score: Decimal | None = None
    raw_score: Decimal | None = None
    feedback: Document = NOTHING
    rubric_scores: Mapping[str, Decimal] = {}
    judgement: Document = NOTHING
    reason: str | Erased | None = None
    past: tuple[Previous, ...] = ()


# --- refusals -----------------------------------------------------------------------------------


class CheckNotFound(Refused):
    """There is no such check."""

    code, kind = "ANSWER_CHECK_NOT_FOUND", RefusalKind.UNKNOWN


class CheckIdTaken(Refused):
    """The id made for a new check is in use: make another."""

    code, kind = "ANSWER_CHECK_EXISTS", RefusalKind.CONFLICT


class CheckNotOverridable(Refused):
    """There is nothing to override yet, or it would count for nothing."""

    code, kind = "CHECK_NOT_OVERRIDABLE", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------

_MOVES: Final[Mapping[CheckStatus, frozenset[str]]] = {
    CheckStatus.PENDING: frozenset({"start", "complete", "fail", "request-manual-review"}),
    CheckStatus.NEEDS_MANUAL_REVIEW: frozenset({"complete-manual-review", "override"}),
    CheckStatus.CHECKED: frozenset({"override", "return-review"}),
    CheckStatus.FAILED: frozenset({"retry", "override"}),
    CheckStatus.OVERRIDDEN: frozenset({"override"}),
}
_BY_MACHINE: Final = frozenset({Method.AUTO, Method.HYBRID})


def decide(state: AnswerCheck, command: CheckCommand) -> Sequence[CheckEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case RequestCheck():
            return _request(state, command)
        case StartCheck(worker_id=worker_id, try_no=try_no, now=now):
            _permit(state, "start")
            if try_no <= state.tries:
                return []
            return [CheckStarted(worker_id=worker_id, try_no=try_no, started_at=now)]
        case CompleteCheck():
            return _complete(state, command)
        case FailCheck(error=error, try_no=try_no, will_retry=will_retry):
            _permit(state, "fail")
            if will_retry and try_no <= state.failed_try:
                return []
            failed = CheckFailed(error=error, try_no=try_no, will_retry=will_retry)
            return [failed] if will_retry else [failed, CheckGaveUp()]
        case AbandonCheck(reason=reason):
            if state.status not in {CheckStatus.PENDING, CheckStatus.NEEDS_MANUAL_REVIEW}:
                return []
            failed = CheckFailed(error=reason, try_no=max(1, state.tries), will_retry=False)
            return [failed, CheckGaveUp()]
        case RetryCheck(judgement=judgement, duration_ms=duration_ms):
            _permit(state, "retry")
            return [CheckRetried(), *_begun(state, judgement, duration_ms)]
        case RequeueCheck(queue_id=queue_id):
            _permit(state, "retry")
            return [CheckRequeued(queue_id=queue_id)]
        case RequestManualReview(comment=comment):
            _permit(state, "request-manual-review")
            return [_to_a_person(state, comment or "requested")]
        case ReopenCheck(review_id=review_id, reason=reason):
            _permit(state, "return-review")
            if review_id != state.review_id:
                raise _not_now(state, "return-review")
            return [ManualReviewRequested(review_id=review_id, reason=reason)]
        case OverrideCheck():
            return _override(state, command)


def _request(state: AnswerCheck, command: RequestCheck) -> Sequence[CheckEvent]:
    if state.status is not CheckStatus.ABSENT:
        raise CheckIdTaken("there is a check with this id already")
    rule = command.rule
    requested = CheckRequested(
        check_id=command.check_id,
        attempt_id=command.attempt_id,
        learner=command.learner,
        problem_id=command.problem_id,
        subject_key=command.subject_key,
        method=command.method,
        checking_rule_id=rule.rule_id,
        rule_version=rule.rule_version,
        max_score=rule.scoring.max_score,
        penalties=rule.penalties(command.hints),
        rubric=rule.rubric,
        queue_id=command.queue_id,
    )
    pending = evolve(state, requested)
    return [requested, *_begun(pending, command.judgement, command.duration_ms)]


def _begun(
    state: AnswerCheck, judgement: Judgement | None, duration_ms: int
) -> Sequence[CheckEvent]:
    """What happens at once: a machine's finding, or the way to a person; else it is pending."""
    if state.method is Method.MANUAL:
        return [_to_a_person(state, Method.MANUAL)]
    if judgement is None:
        return []
    return _found(state, judgement, duration_ms)


def _complete(state: AnswerCheck, command: CompleteCheck) -> Sequence[CheckEvent]:
    match command.finding:
        case Judgement() as judgement:
            _permit(state, "complete")
            if state.method not in _BY_MACHINE:
                raise _not_now(state, "complete")
            return _found(state, judgement, command.duration_ms)
        case Marks() as marks:
            if command.by is CheckedBy.MANUAL:
                _permit(state, "complete-manual-review")
                fits = command.review_id == state.review_id
            else:
                _permit(state, "complete")
                fits = state.method is Method.EXTERNAL
            if not fits:
                raise _not_now(state, "complete")
            return [_marked(state, marks, command)]


def _found(state: AnswerCheck, judgement: Judgement, duration_ms: int) -> Sequence[CheckEvent]:
    """What a machine found: the result, or a proposal for the person who decides."""
    kept = Document(_encode(_apart(judgement)))
    sums = judgement.arithmetic
    if state.method is Method.HYBRID:
        return [_to_a_person(state, Method.HYBRID, kept)]
    if sums is None:
        return [_to_a_person(state, judgement.reason, kept)]
    _in_range(state, sums.score)
    return [
        CheckCompleted(
            is_correct=judgement.verdict is Verdict.CORRECT,
            score=sums.score,
            max_score=state.max_score,
            feedback=Document(_encode(feedback(judgement.trace))),
            by=CheckedBy.AUTO,
            raw_score=sums.raw_score,
            judgement=kept,
            duration_ms=duration_ms,
        )
    ]


def _marked(state: AnswerCheck, marks: Marks, command: CompleteCheck) -> CheckCompleted:
    """The result of somebody's marks, less what hints cost (B-39)."""
    raw = score = marks.score
    if raw is not None:
        _in_range(state, raw)
        score = max(ZERO, raw - sum(state.penalties.values(), ZERO))
    check_rubric_scores(state.rubric, marks.rubric_scores)
    is_correct = marks.is_correct
    if is_correct is None and raw is not None and state.max_score is not None:
        is_correct = raw == state.max_score
    return CheckCompleted(
        is_correct=is_correct,
        score=score,
        max_score=state.max_score,
        feedback=marks.feedback,
        by=command.by,
        raw_score=raw,
        rubric_scores=marks.rubric_scores,
        model_id=command.model_id,
        duration_ms=command.duration_ms,
    )


def _override(state: AnswerCheck, command: OverrideCheck) -> Sequence[CheckEvent]:
    if state.status is CheckStatus.PENDING:
        raise CheckNotOverridable("the check is pending: there is nothing to override yet")
    _permit(state, "override")
    _in_range(state, command.score)
    full = None if state.max_score is None else command.score == state.max_score
    overridden = CheckOverridden(
        is_correct=full if command.is_correct is None else command.is_correct,
        score=command.score,
        feedback=command.feedback,
        reason=command.reason,
        previous=_standing(state),
    )
    now = evolve(state, overridden)
    return [] if msgspec.structs.replace(now, past=state.past) == state else [overridden]


def _to_a_person(
    state: AnswerCheck, reason: str, proposal: Document = NOTHING
) -> ManualReviewRequested:
    review_id = derived_id(state.check_id, "review", str(state.reviews + 1))
    return ManualReviewRequested(review_id=review_id, reason=str(reason), proposal=proposal)


def _in_range(state: AnswerCheck, score: Decimal) -> None:
    if (
        not score.is_finite()
        or score < 0
        or (state.max_score is not None and score > state.max_score)
    ):
        raise ScoreOutOfRange(
            f"score: lies between 0 and {state.max_score}", path="score", maxScore=state.max_score
        )


def _permit(state: AnswerCheck, command: str) -> None:
    if state.status is CheckStatus.ABSENT:
        raise CheckNotFound("no such check")
    permit(_MOVES, state.status, command)


def _not_now(state: AnswerCheck, command: str) -> InvalidTransition:
    return InvalidTransition(
        f"{command} is not possible with the check as it is",
        **{"from": state.status, "command": command, "allowed": sorted(_MOVES[state.status])},
    )


_encode: Final = msgspec.json.Encoder().encode
_judgement: Final = msgspec.json.Decoder(Judgement).decode


def _apart(judgement: Judgement) -> Judgement:
    """The judgement without the answer as it was sent: the attempt alone has that (B-101)."""
    return msgspec.structs.replace(judgement, trace=_without_raw(judgement.trace))


def _without_raw(trace: Trace) -> Trace:
    parts = tuple(map(_without_raw, trace.parts))
    return msgspec.structs.replace(trace, raw=None, parts=parts)


def judgement_of(kept: Document) -> Judgement | None:
    """A machine's account as it was kept; None if there is none, or if it was erased."""
    value: Any = msgspec.json.decode(kept)
    return _judgement(kept) if isinstance(value, dict) and "verdict" in value else None


def _standing(state: AnswerCheck) -> Previous:
    return Previous(is_correct=state.is_correct, score=state.score, status=state.status)


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: AnswerCheck, event: CheckEvent) -> AnswerCheck:
    """The state after one more event."""
    replace = msgspec.structs.replace
    match event:
        case CheckRequested():
            return AnswerCheck(
                status=CheckStatus.PENDING,
                check_id=event.check_id,
                attempt_id=event.attempt_id,
                learner=event.learner,
                problem_id=event.problem_id,
                subject_key=event.subject_key,
                method=event.method,
                checking_rule_id=event.checking_rule_id,
                rule_version=event.rule_version,
                max_score=event.max_score,
                penalties=event.penalties,
                rubric=event.rubric,
                queue_id=event.queue_id,
            )
        case CheckStarted(try_no=try_no):
            return replace(state, tries=try_no)
        case CheckCompleted():
            return replace(
                state,
                status=CheckStatus.CHECKED,
                by=event.by,
                is_correct=event.is_correct,
                score=event.score,
                raw_score=event.raw_score,
                feedback=event.feedback,
                rubric_scores=event.rubric_scores,
                judgement=event.judgement,
            )
        case CheckFailed(error=error, try_no=try_no):
            return replace(state, error=error, tries=max(state.tries, try_no), failed_try=try_no)
        case CheckGaveUp():
            return replace(state, status=CheckStatus.FAILED)
        case CheckRetried():
            return replace(state, status=CheckStatus.PENDING, error=None, tries=0, failed_try=0)
        case CheckRequeued(queue_id=queue_id):
            return replace(
                state,
                status=CheckStatus.PENDING,
                error=None,
                tries=0,
                failed_try=0,
                queue_id=queue_id,
            )
        case ManualReviewRequested(review_id=review_id, proposal=proposal):
            more = int(review_id != state.review_id)
            return replace(
                state,
                status=CheckStatus.NEEDS_MANUAL_REVIEW,
                review_id=review_id,
                reviews=state.reviews + more,
                waits=state.waits + 1,
                proposal=proposal if more else state.proposal,
            )
        case CheckOverridden():
            return replace(
                state,
                status=CheckStatus.OVERRIDDEN,
                is_correct=event.is_correct,
                score=event.score,
                feedback=event.feedback,
                reason=event.reason,
                past=(*state.past, event.previous),
            )


answer_check: Decider[AnswerCheck] = Decider("check", AnswerCheck(), decide, evolve)
