"""Ways to get the commands of attempts at problems, checks, reviews and evidence accepted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.ledger import Step
from domain.answer_check import (
    AbandonCheck,
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
    StartCheck,
    answer_check,
)
from domain.answers.by_hand import Upload
from domain.answers.rule import Method
from domain.answers.schema import Proof
from domain.evidence import AnnulEvidence, RecordEvidence
from domain.kernel import Command
from domain.keys import derived_id
from domain.manual_review import (
    AssignReview,
    CancelReview,
    ClaimReview,
    CompleteReview,
    OpenReview,
    ReleaseReview,
    ReturnReview,
    WithdrawReview,
    manual_review,
)
from domain.problem_attempt import (
    CancelAttempt,
    CheckAttempt,
    NoteResult,
    ResetCheck,
    ResumeCheck,
    StartProblemAttempt,
    SubmitProblemAttempt,
    TakeHint,
    UploadFile,
    VoidProblemAttempt,
    problem_attempt,
)
from tests.domain.check_world import SCHEMA, answer_of, check, frozen, judged, start
from tests.domain.problem_world import NOW, raw

SECRET: Final = "SECRET-5d1c"
REVIEW: Final = derived_id("pc1", "review", "1")


def _attempt(command: Command) -> Step:
    return Step(problem_attempt.stream("pa1"), command)


def _check(command: Command) -> Step:
    return Step(answer_check.stream("pc1"), command)


def _review(command: Command) -> Step:
    return Step(manual_review.stream(REVIEW), command)


def _asked(method: Method, **parts: Any) -> Step:
    rule = frozen(method, rubric=raw({"say": SECRET}))
    return _attempt(check("pc1", rule=rule, **parts))


_MARKS = Marks(score=Decimal(3), feedback=raw({"text": SECRET}))
_STARTED = [_attempt(start("pa1"))]
_HANDED_IN = [
    *_STARTED,
    _attempt(SubmitProblemAttempt(answer=answer_of("a"), schema=SCHEMA, now=NOW)),
]
_PENDING = [*_HANDED_IN, _asked(Method.EXTERNAL)]
_JUDGED = [*_HANDED_IN, _asked(Method.AUTO, judgement=judged("a"))]
_FAILED = [*_PENDING, _check(FailCheck(error=SECRET))]
_WAITING = [*_HANDED_IN, _asked(Method.MANUAL)]
_CLAIMED = [*_WAITING, _review(ClaimReview(by="kim"))]
_FOUND = [*_CLAIMED, _review(CompleteReview(by="kim", marks=_MARKS, now=NOW))]
_RETURNED = [*_FOUND, _review(ReturnReview(reason=SECRET))]
_CANCELLED = [*_WAITING, _review(CancelReview(reason=SECRET))]
_OVERRIDE = OverrideCheck(score=Decimal(4), feedback=raw({"text": SECRET}), reason=SECRET, now=NOW)
_OVERRIDDEN = [*_WAITING, _check(_OVERRIDE)]
_VOID = [*_JUDGED, _attempt(VoidProblemAttempt(reason="a leak", now=NOW))]

_UPLOAD = UploadFile(
    upload=Upload(file_id="f1", name=SECRET, media_type="application/pdf", size=3),
    sha256="0" * 64,
    schema=Proof(rubric_required=True),
    now=NOW,
)

CHECKING_WAYS: Final[Mapping[type[Command], Sequence[Step]]] = {
    StartProblemAttempt: _STARTED,
    TakeHint: [*_STARTED, _attempt(TakeHint(hint_key="h1", now=NOW))],
    UploadFile: [*_STARTED, _attempt(_UPLOAD)],
    SubmitProblemAttempt: _HANDED_IN,
    CheckAttempt: _PENDING,
    CancelAttempt: [*_STARTED, _attempt(CancelAttempt(reason=SECRET, now=NOW))],
    VoidProblemAttempt: _VOID,
    ResumeCheck: [*_FAILED, _check(RetryCheck(now=NOW))],
    NoteResult: _JUDGED,
    ResetCheck: _FAILED,
    RequestCheck: _PENDING,
    StartCheck: [*_PENDING, _check(StartCheck(worker_id="w1", try_no=1, now=NOW))],
    CompleteCheck: [
        *_PENDING,
        _check(CompleteCheck(finding=_MARKS, by=CheckedBy.EXTERNAL, now=NOW)),
    ],
    FailCheck: _FAILED,
    AbandonCheck: _CANCELLED,
    RetryCheck: [*_FAILED, _check(RetryCheck(now=NOW))],
    RequeueCheck: [*_FAILED, _check(RequeueCheck(queue_id="q2"))],
    RequestManualReview: [*_PENDING, _check(RequestManualReview(comment=SECRET))],
    ReopenCheck: _RETURNED,
    OverrideCheck: _OVERRIDDEN,
    OpenReview: _WAITING,
    ClaimReview: _CLAIMED,
    AssignReview: [*_WAITING, _review(AssignReview(assignee="kim", by="boss"))],
    ReleaseReview: [*_CLAIMED, _review(ReleaseReview(by="kim"))],
    CompleteReview: _FOUND,
    ReturnReview: _RETURNED,
    CancelReview: _CANCELLED,
    WithdrawReview: _OVERRIDDEN,
    RecordEvidence: _HANDED_IN,
    AnnulEvidence: _VOID,
}
