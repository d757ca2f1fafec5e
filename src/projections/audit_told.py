"""What the audit log tells of events: an allow-list by event, for whatever is not here is secret.

Each entry makes the values before and after; a value that the event does not tell is left out.
Answers, names, keys and documents never belong here, nor do learners' accommodations' reasons.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from domain.accommodation import AccommodationSet
from domain.attempt import (
    AttemptExtended,
    AttemptFinished,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoided,
)
from domain.exam import (
    ExamFileChanged,
    ExamFileMissing,
    ExamImported,
    ExamPublished,
    ExamTimeExtended,
    ExamUnpublished,
    ExamWindowSet,
    ResultsReleased,
)
from domain.exam_user import UserRegistered
from domain.installation_settings import SettingChanged
from domain.kernel import Event
from domain.problem import (
    ProblemArchived,
    ProblemCreated,
    ProblemEdited,
    ProblemPublished,
    ProblemRestored,
    ProblemRetired,
    ProblemReturnedToDraft,
    ProblemStatus,
    ProblemSubmittedForReview,
    VariantKeyTaken,
    VersionNumberTaken,
    VersionStatusNoted,
)
from domain.problem_variant import (
    ProblemVariantCreated,
    ProblemVariantGenerated,
    VariantEquivalenceMarked,
    VariantEquivalenceUnmarked,
)
from domain.problem_version import (
    CheckingRuleAdded,
    CheckingRuleRevised,
    ProblemVersionDrafted,
    ProblemVersionPublished,
    ProblemVersionRetired,
    ProblemVersionReturnedToDraft,
    ProblemVersionSubmittedForReview,
    SolutionAdded,
    SolutionEdited,
    SolutionRemoved,
    VersionStatus,
)
from domain.time_limit import ExtensionScope
from projections.audit_told_checking import TOLD_CHECKING
from projections.audit_told_content import TOLD_CONTENT
from projections.told import Tell, Told, status

_OPEN, _CLOSED = {"published": True}, {"published": False}


def _document(event: ExamImported | ExamFileChanged) -> Told:
    version = {} if event.version is None else {"version": event.version}
    return Told(after={"present": True, "contentHash": event.content_hash, **version})


def _window(event: ExamWindowSet) -> Told:
    bounds = {"opensAt": event.opens_at, "closesAt": event.closes_at, "endsAt": event.ends_at}
    return Told(after=bounds)


def _exam_extended(event: ExamTimeExtended) -> Told:
    later = {"laterStarts": event.later_starts}
    return Told(after={"minutes": event.minutes, "reason": event.reason, **later})


def _extended(event: AttemptExtended) -> Told:
    after = {"seconds": event.seconds, "scope": event.scope, "expiresAt": event.expires_at}
    if event.scope is not ExtensionScope.STUDENT:  # whose reason is the accommodation's
        after["reason"] = event.reason
    return Told(after=after)


def _edited(event: ProblemEdited) -> Told:
    fields = {"code": event.code, "defaultDifficulty": event.default_difficulty}
    return Told(after={name: value for name, value in fields.items() if value is not UNSET})


def _retired(event: ProblemRetired) -> Told:
    replacement = {} if event.replacement is None else {"replacement": event.replacement}
    return Told(after={"status": ProblemStatus.RETIRED, **replacement})


def _rule(event: CheckingRuleAdded | CheckingRuleRevised) -> Told:
    return Told(
        after={"ruleId": event.rule_id, "method": event.method, "ruleVersion": event.version}
    )


def _solution(event: SolutionAdded | SolutionEdited) -> Told:
    return Told(after={"solutionId": event.solution_id, "kind": event.kind})


def _variant(event: ProblemVariantCreated | ProblemVariantGenerated) -> Told:
    return Told(after={"problemId": event.problem_id, "versionId": event.version_id})


TOLD: Final[Mapping[type[Event], Tell]] = {
    AttemptStarted: lambda event: Told(
        after={"status": "in_progress", event.subject.type: event.subject.id}
    ),
    AttemptSubmitted: lambda event: Told(
        {"status": "in_progress"}, {"status": "submitted", "endedBy": event.ended_by}
    ),
    AttemptFinished: lambda _: Told(after={"status": "finished"}),
    AttemptVoided: lambda event: Told(after={"status": "void", "reason": event.reason}),
    AttemptExtended: _extended,
    ExamImported: _document,
    ExamFileChanged: _document,
    ExamFileMissing: lambda _: Told(after={"present": False}),
    ExamPublished: lambda _: Told(_CLOSED, _OPEN),
    ExamUnpublished: lambda _: Told(_OPEN, _CLOSED),
    ExamWindowSet: _window,
    ExamTimeExtended: _exam_extended,
    ResultsReleased: lambda _: Told({"released": False}, {"released": True}),
    AccommodationSet: lambda event: Told(after={"factor": event.factor, "minutes": event.minutes}),
    UserRegistered: lambda event: Told(after={"roles": event.roles}),
    SettingChanged: lambda event: Told({event.key: event.from_}, {event.key: event.to}),
    ProblemCreated: lambda event: Told(
        after={"status": ProblemStatus.DRAFT, "code": event.code, "subjectKey": event.subject_key}
    ),
    ProblemEdited: _edited,
    ProblemSubmittedForReview: status(ProblemStatus.DRAFT, ProblemStatus.REVIEW),
    ProblemReturnedToDraft: status(ProblemStatus.REVIEW, ProblemStatus.DRAFT),
    ProblemPublished: status(None, ProblemStatus.PUBLISHED),
    ProblemRetired: _retired,
    ProblemArchived: status(None, ProblemStatus.ARCHIVED),
    ProblemRestored: status(ProblemStatus.ARCHIVED, None),
    VersionNumberTaken: lambda event: Told(
        after={"version": event.n, "versionId": event.version_id}
    ),
    VersionStatusNoted: lambda event: Told(
        after={"version": event.n, "versionStatus": event.status}
    ),
    VariantKeyTaken: lambda event: Told(after={"variantId": event.variant_id}),
    ProblemVersionDrafted: lambda event: Told(
        after={
            "status": VersionStatus.DRAFT,
            "problemId": event.problem_id,
            "version": event.version,
        }
    ),
    ProblemVersionSubmittedForReview: status(VersionStatus.DRAFT, VersionStatus.REVIEW),
    ProblemVersionReturnedToDraft: status(VersionStatus.REVIEW, VersionStatus.DRAFT),
    ProblemVersionPublished: status(VersionStatus.REVIEW, VersionStatus.PUBLISHED),
    ProblemVersionRetired: status(VersionStatus.PUBLISHED, VersionStatus.RETIRED),
    CheckingRuleAdded: _rule,
    CheckingRuleRevised: _rule,
    SolutionAdded: _solution,
    SolutionEdited: _solution,
    SolutionRemoved: lambda event: Told(before={"solutionId": event.solution_id}),
    ProblemVariantCreated: _variant,
    ProblemVariantGenerated: _variant,
    VariantEquivalenceMarked: lambda event: Told(after={"equivalentTo": event.other}),
    VariantEquivalenceUnmarked: lambda event: Told(before={"equivalentTo": event.other}),
    **TOLD_CONTENT,
    **TOLD_CHECKING,
}
