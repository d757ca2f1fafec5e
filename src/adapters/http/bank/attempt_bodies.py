"""Bodies of the attempt rows: what is sent, within bounds, and what is told of an attempt."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Comment, Id, Strict
from domain.answers.rule import Method
from domain.attempt import Attempt
from domain.documents import Document
from domain.instants import Instant
from domain.kernel import Value
from domain.problem_content import Solution, StatementFormat
from projections.problem_attempts import ProblemAttemptRow

UserId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$")]


class AttemptStatus(StrEnum):
    """Where an attempt stands (B-94)."""

    STARTED = "started"
    SUBMITTED = "submitted"
    CHECKING = "checking"
    CHECKED = "checked"
    CANCELLED = "cancelled"
    VOID = "void"


class StartAttemptRequest(Strict, frozen=True, kw_only=True):
    """Who answers which version, perhaps where another domain uses it (B-88)."""

    problem_usage_id: Id | None = None
    problem_version_id: Id
    user_id: UserId


class SubmitAttemptRequest(Strict, frozen=True):
    """The answer, an object in the shape that the version's schema asks for (B-92)."""

    answer: Document


class CheckAttemptRequest(Strict, frozen=True):
    """By which rule of the version and how; by default by its first rule, as that says (B-95)."""

    checking_rule_id: Id | None = None
    mode: Method | None = None


class CancelAttemptRequest(Strict, frozen=True):
    """Why, if there is anything to say."""

    reason: Comment | None = None


class VoidAttemptRequest(Strict, frozen=True):
    """Why the attempt is not to count."""

    reason: Annotated[Comment, Meta(pattern=r"\S")]


class ProblemAttemptDto(Value, frozen=True, kw_only=True):
    """An attempt; `answer` only where the call asks for it (`include=answer`)."""

    id: str
    problem_usage_id: str | None = None
    problem_version_id: str
    user_id: str
    status: AttemptStatus
    started_at: Instant
    submitted_at: Instant | None = None
    checked_at: Instant | None = None
    answer: Document | UnsetType = UNSET


class HintDto(Value, frozen=True, kw_only=True):
    """A hint that was taken."""

    hint_key: str
    format: StatementFormat
    body: Document


def attempt_dto(state: Attempt, *, answer: bool = False) -> ProblemAttemptDto:
    """What is told of an attempt."""
    work = state.problem
    return ProblemAttemptDto(
        id=state.attempt_id,
        problem_usage_id=work.usage_id,
        problem_version_id=state.subject.id,
        user_id=state.learner.id,
        status=AttemptStatus(state.phase.value),
        started_at=state.started_at,
        submitted_at=state.submitted_at,
        checked_at=None if work.outcome is None else work.outcome.at,
        answer=work.answer if answer and state.submitted_at is not None else UNSET,
    )


def listed_dto(row: ProblemAttemptRow) -> ProblemAttemptDto:
    """The same from the list."""
    return ProblemAttemptDto(
        id=row.attempt_id,
        problem_usage_id=row.usage_id,
        problem_version_id=row.version_id,
        user_id=row.user_id,
        status=AttemptStatus(row.status.value),
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        checked_at=row.checked_at,
    )


def hint_dto(hint: Solution) -> HintDto:
    """What a learner gets who takes a hint."""
    return HintDto(hint_key=hint.hint_key or "", format=hint.format, body=hint.body)


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


START: Final = _examples(
    {"problemVersionId": "0b0c7d5e-6f1a-4b7e-9d2c-3a4b5c6d7e8f", "userId": "ann"}
)
SUBMIT: Final = _examples({"answer": {"value": "3,14"}}, {"answer": {"choices": ["a", "c"]}})
CHECK: Final = _examples({}, {"mode": "auto"})
CANCEL: Final = _examples({"reason": "out of time"}, {})
VOID: Final = _examples({"reason": "the class had seen the key"})
