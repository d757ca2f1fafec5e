"""What the audit log tells of checks, reviews and evidence: an allow-list by event.

Answers, feedback, reasons, rubrics and a machine's account are not on it.
"""

from collections.abc import Mapping
from typing import Any, Final

from domain.answer_check import (
    CheckCompleted,
    CheckGaveUp,
    CheckOverridden,
    CheckRequested,
    CheckRequeued,
    CheckRetried,
    CheckStatus,
    ManualReviewRequested,
)
from domain.attempt import (
    AttemptCancelled,
    AttemptChecked,
    AttemptCheckReset,
    AttemptCheckStarted,
    FileUploaded,
    HintTaken,
)
from domain.evidence import EvidenceRecorded, EvidenceSuperseded
from domain.kernel import Event
from domain.manual_review import (
    ReviewAssigned,
    ReviewCancelled,
    ReviewCompleted,
    ReviewOpened,
    ReviewReleased,
    ReviewReturned,
    ReviewStatus,
)
from projections.told import Tell, Told


def _now(status: str, **more: Any) -> Told:
    return Told(after={"status": status, **more})


def _overridden(event: CheckOverridden) -> Told:
    before = {"status": event.previous.status, "score": event.previous.score}
    return Told(before, {"status": CheckStatus.OVERRIDDEN, "score": event.score})


TOLD_CHECKING: Final[Mapping[type[Event], Tell]] = {
    HintTaken: lambda event: Told(after={"hintKey": event.hint_key}),
    FileUploaded: lambda event: Told(
        after={"fileId": event.file_id, "mediaType": event.media_type, "size": event.size}
    ),
    AttemptCheckStarted: lambda event: _now("checking", answerCheckId=event.answer_check_id),
    AttemptChecked: lambda event: _now(
        "checked", answerCheckId=event.answer_check_id, score=event.score
    ),
    AttemptCheckReset: lambda event: Told(before={"answerCheckId": event.answer_check_id}),
    AttemptCancelled: lambda _: _now("cancelled"),
    CheckRequested: lambda event: _now(
        CheckStatus.PENDING, attemptId=event.attempt_id, method=event.method
    ),
    CheckCompleted: lambda event: _now(CheckStatus.CHECKED, score=event.score, by=event.by),
    CheckGaveUp: lambda _: _now(CheckStatus.FAILED),
    CheckRetried: lambda _: _now(CheckStatus.PENDING),
    CheckRequeued: lambda _: _now(CheckStatus.PENDING),
    ManualReviewRequested: lambda event: _now(
        CheckStatus.NEEDS_MANUAL_REVIEW, reviewId=event.review_id
    ),
    CheckOverridden: _overridden,
    ReviewOpened: lambda event: _now(ReviewStatus.OPEN, answerCheckId=event.check_id),
    ReviewAssigned: lambda event: _now(ReviewStatus.ASSIGNED, assigneeId=event.assignee),
    ReviewReleased: lambda _: _now(ReviewStatus.OPEN),
    ReviewCompleted: lambda event: _now(ReviewStatus.CHECKED, score=event.result.score),
    ReviewReturned: lambda _: _now(ReviewStatus.RETURNED),
    ReviewCancelled: lambda _: _now(ReviewStatus.CANCELLED),
    EvidenceRecorded: lambda event: Told(
        after={"evidenceId": event.evidence_id, "signal": event.signal}
    ),
    EvidenceSuperseded: lambda event: Told(before={"evidenceId": event.evidence_id}),
}
