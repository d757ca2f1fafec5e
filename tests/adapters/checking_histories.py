"""Histories of attempts at problems, checks, reviews and evidence for tests of views."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from domain.answer_check import (
    CheckedBy,
    CompleteCheck,
    FailCheck,
    Marks,
    OverrideCheck,
    ReopenCheck,
    RequestCheck,
    RequestManualReview,
    RequeueCheck,
    RetryCheck,
)
from domain.answers.rule import Method
from domain.attempt import Learner
from domain.evidence import AnnulEvidence, Basis, RecordEvidence, Signal
from domain.kernel import Command
from domain.manual_review import (
    AssignReview,
    CancelReview,
    ClaimReview,
    CompleteReview,
    OpenReview,
    ReleaseReview,
    ReturnReview,
)
from domain.problem_attempt import (
    CancelAttempt,
    NoteResult,
    ResetCheck,
    SubmitProblemAttempt,
    TakeHint,
    VoidProblemAttempt,
)
from tests.domain.check_world import SCHEMA, answer_of, check, frozen, start
from tests.domain.problem_world import raw

AT = "2026-01-02T03:04:05.678Z"
ATTEMPTS = st.sampled_from(["a1", "a2", "a3", "a4"])
LEARNERS = st.sampled_from(["ann", "eve-", "Ян"])
IDS = st.sampled_from(["x1", "x2"])
POINTS = st.sampled_from(["0", "0.5", "4"]).map(Decimal)
MARKS = st.builds(
    Marks,
    score=POINTS,
    feedback=st.just(raw({"text": "ну да"})),
    rubric_scores=st.just({"idea": Decimal("1.5")}),
)


def _for(keys: st.SearchStrategy[str], made: Callable[..., Command], *parts: Any) -> Any:
    """Commands `made` of a key and some parts, with the key of their aggregate."""
    return keys.flatmap(lambda key: st.tuples(st.just(key), st.builds(made, st.just(key), *parts)))


def _noted(_key: str, check_id: str, score: Decimal) -> Command:
    return NoteResult(check_id=check_id, is_correct=None, score=score, max_score=Decimal(4), now=AT)


def _requested(key: str, method: Method) -> Command:
    return RequestCheck(
        check_id=key,
        attempt_id="a1",
        learner=Learner("bank", "ann"),
        problem_id="p1",
        method=method,
        rule=frozen(method),
        now=AT,
    )


def _completed(_key: str, marks: Marks) -> Command:
    return CompleteCheck(finding=marks, by=CheckedBy.EXTERNAL, now=AT)


def _recorded(_key: str, evidence_id: str, signal: Signal, supersedes: str | None) -> Command:
    return RecordEvidence(
        evidence_id=evidence_id,
        attempt_id="a1",
        problem_id="p1",
        signal=signal,
        basis=Basis(taxonomy=raw({"primary": "algebra"}), topic="algebra", threshold=2),
        supersedes=supersedes,
    )


CHECKING_COMMANDS_FOR_KEYS: st.SearchStrategy[tuple[str, Command]] = st.one_of(
    _for(ATTEMPTS, lambda key: start(key, usage_id="u1")),
    _for(ATTEMPTS, lambda _key: TakeHint(hint_key="h1", now=AT)),
    _for(
        ATTEMPTS,
        lambda _key: SubmitProblemAttempt(answer=answer_of("a"), schema=SCHEMA, now=AT),
    ),
    _for(ATTEMPTS, lambda _key, check_id: check(check_id, again=True), IDS),
    _for(ATTEMPTS, _noted, IDS, POINTS),
    _for(ATTEMPTS, lambda _key, check_id: ResetCheck(check_id, "down"), IDS),
    _for(ATTEMPTS, lambda _key: CancelAttempt(now=AT)),
    _for(ATTEMPTS, lambda _key: VoidProblemAttempt("a leak", AT)),
    _for(IDS, _requested, st.sampled_from(Method)),
    _for(IDS, _completed, MARKS),
    _for(IDS, lambda _key, again: FailCheck(error="down", will_retry=again), st.booleans()),
    _for(IDS, lambda _key: RetryCheck(now=AT)),
    _for(IDS, lambda _key: RequeueCheck("q2")),
    _for(IDS, lambda _key: RequestManualReview()),
    _for(IDS, lambda _key: ReopenCheck(review_id="m1", reason="x")),
    _for(IDS, lambda _key, score: OverrideCheck(score=score, reason="x", now=AT), POINTS),
    _for(
        IDS,
        lambda key: OpenReview(review_id=key, check_id="c1", attempt_id="a1", reason="manual"),
    ),
    _for(IDS, lambda _key, by: ClaimReview(by=by), IDS),
    _for(IDS, lambda _key, to: AssignReview(assignee=to, by="boss"), IDS),
    _for(IDS, lambda _key, by: ReleaseReview(by=by), IDS),
    _for(IDS, lambda _key, by, marks: CompleteReview(by=by, marks=marks, now=AT), IDS, MARKS),
    _for(IDS, lambda _key: ReturnReview(reason="too quick")),
    _for(IDS, lambda _key: CancelReview(reason="a duplicate")),
    _for(LEARNERS, _recorded, IDS, st.sampled_from(Signal), st.none() | IDS),
    _for(LEARNERS, lambda _key, evidence_id: AnnulEvidence(evidence_id=evidence_id), IDS),
)
