"""What is told of how an answer was judged: a few words to learners, everything to checkers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from adapters.check_log import Overriding
from adapters.explanations import Audience, explain
from adapters.http.bank.answer_check_bodies import check_dto, shown
from adapters.messages import Language
from domain.answer_check import AnswerCheck, CheckedBy, CheckStatus, Previous, judgement_of
from domain.answers.rule import Method
from domain.answers.verdict import Arithmetic, Judgement, Trace
from domain.documents import Document
from domain.instants import Instant
from domain.kernel import Erased, Value


class RuleVersionDto(Value, frozen=True, kw_only=True):
    """The rule that judged, as it was when the check was asked for."""

    id: str | None = None
    version: int | None = None
    method: Method
    max_score: Decimal | None = None
    penalties: Mapping[str, Decimal] = {}
    rubric: Document | UnsetType = UNSET


class JudgedDto(Value, frozen=True, kw_only=True):
    """A machine's whole account. Without the permission `keys`, `facts` are left out of `trace`."""

    text: str
    trace: Trace
    arithmetic: Arithmetic | None = None
    checker: str


class OverriddenDto(Value, frozen=True, kw_only=True):
    """One override: by whom, why, and what was there before."""

    at: Instant
    by: str
    is_correct: bool | None = None
    score: Decimal
    feedback: Document | UnsetType = UNSET
    reason: str | None = None
    previous: Previous


class CheckAccountDto(Value, frozen=True, kw_only=True):
    """What checkers see besides: rule, machine's account or proposal, marks, overrides."""

    rule: RuleVersionDto
    judged: JudgedDto | None = None
    proposal: JudgedDto | None = None
    raw_score: Decimal | None = None
    rubric_scores: Mapping[str, Decimal] = {}
    error: str | None = None
    review_id: str | None = None
    overrides: tuple[OverriddenDto, ...] = ()


class CheckExplanationDto(Value, frozen=True, kw_only=True):
    """How the answer was read and why it is worth what it is; `text` is what a machine says."""

    answer_check_id: str
    attempt_id: str
    status: CheckStatus
    by: CheckedBy | None = None
    text: str | None = None
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    feedback: Document | UnsetType = UNSET
    account: CheckAccountDto | None = None


def explanation(
    check: AnswerCheck, language: Language, account: CheckAccountDto | None = None
) -> CheckExplanationDto:
    """What its learner is told; `account` is for checkers."""
    told = check_dto(check)
    decided = check.status in {CheckStatus.CHECKED, CheckStatus.OVERRIDDEN}
    found = judgement_of(check.judgement) if check.status is CheckStatus.CHECKED else None
    overridden = check.status is CheckStatus.OVERRIDDEN
    return CheckExplanationDto(
        answer_check_id=told.id,
        attempt_id=told.attempt_id,
        status=told.status,
        by=CheckedBy.MANUAL if overridden else check.by if decided else None,
        text=None if found is None else explain(found, Audience.LEARNER, language),
        is_correct=told.is_correct,
        score=told.score,
        max_score=told.max_score,
        feedback=told.feedback,
        account=account,
    )


def account(
    check: AnswerCheck,
    given: Any,
    overrides: Sequence[Overriding],
    language: Language,
    *,
    keys: bool,
) -> CheckAccountDto:
    """What a checker is told; `given` is the answer as it was sent, `keys` the permission."""
    return CheckAccountDto(
        rule=RuleVersionDto(
            id=check.checking_rule_id,
            version=check.rule_version,
            method=check.method,
            max_score=check.max_score,
            penalties=check.penalties,
            rubric=shown(check.rubric) if keys else UNSET,
        ),
        judged=_judged(check.judgement, given, language, keys=keys),
        proposal=_judged(check.proposal, given, language, keys=keys),
        raw_score=check.raw_score,
        rubric_scores=check.rubric_scores if keys else {},
        error=check.error,
        review_id=check.review_id,
        overrides=tuple(map(_overridden, overrides)),
    )


def _judged(kept: Document, given: Any, language: Language, *, keys: bool) -> JudgedDto | None:
    found = judgement_of(kept)
    if found is None:
        return None
    trace = _with_raw(found.trace, given)
    whole = msgspec.structs.replace(found, trace=trace if keys else _without_facts(trace))
    return JudgedDto(
        text=_text(whole, language),
        trace=whole.trace,
        arithmetic=whole.arithmetic,
        checker=whole.checker,
    )


def _text(found: Judgement, language: Language) -> str:
    return explain(found, Audience.AUDITOR, language)


def _with_raw(trace: Trace, given: Any) -> Trace:
    """The trace with the answer as it was sent, which checks are kept without (B-101)."""
    below = given.get("parts") if isinstance(given, dict) else None
    answers = below if isinstance(below, list) and len(below) == len(trace.parts) else []
    parts = tuple(map(_with_raw, trace.parts, answers)) if answers else trace.parts
    return msgspec.structs.replace(trace, raw=given, parts=parts)


def _without_facts(trace: Trace) -> Trace:
    parts = tuple(map(_without_facts, trace.parts))
    return msgspec.structs.replace(trace, facts={}, parts=parts)


def _overridden(one: Overriding) -> OverriddenDto:
    event = one.event
    return OverriddenDto(
        at=one.at,
        by=one.actor.subject,
        is_correct=event.is_correct,
        score=event.score,
        feedback=shown(event.feedback),
        reason=None if isinstance(event.reason, Erased) else event.reason,
        previous=event.previous,
    )
