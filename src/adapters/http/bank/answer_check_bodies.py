"""Bodies of the check rows: what is sent of results, and what is told of a check (B-95 to B-97)."""

from decimal import Decimal
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Strict
from adapters.http.problems import invalid
from domain.answer_check import AnswerCheck, CheckStatus, Marks
from domain.answers.rule import MAX_PLACES, Method
from domain.documents import NOTHING, Document, absent, record_or_nothing
from domain.kernel import Value
from projections.answer_checks import AnswerCheckRow

_RESULTS: Final = frozenset({CheckStatus.CHECKED, CheckStatus.OVERRIDDEN})

Reason = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
Points = Annotated[
    float, Meta(description=f"From 0 to the most there is, at most {MAX_PLACES} decimal places")
]
Criterion = Annotated[str, Meta(min_length=1, max_length=200)]


class OverrideAnswerCheckRequest(Strict, frozen=True, kw_only=True):
    """Another result and why (B-97); `isCorrect` follows from the score if it is left out."""

    is_correct: bool | None = None
    score: Points
    feedback: Document | UnsetType = UNSET
    reason: Reason


class MarksRequest(Strict, frozen=True, kw_only=True):
    """What another service makes of an answer; `isCorrect` follows from the score by itself."""

    is_correct: bool | None = None
    score: Points
    feedback: Document | UnsetType = UNSET

    def marks(self) -> Marks:
        """The same in the domain's words. Raises Problem, BadDocument."""
        return Marks(
            is_correct=self.is_correct,
            score=points(self.score, "score"),
            feedback=feedback_of(self.feedback),
        )


class ReviewMarksRequest(MarksRequest, frozen=True, kw_only=True):
    """What a person makes of an answer; `rubricScores` are points by the rubric's criteria."""

    rubric_scores: Annotated[dict[Criterion, Points], Meta(max_length=100)] | UnsetType = UNSET

    def marks(self) -> Marks:
        """The same in the domain's words. Raises Problem, BadDocument."""
        given = {} if self.rubric_scores is UNSET else self.rubric_scores
        return Marks(
            is_correct=self.is_correct,
            score=points(self.score, "score"),
            feedback=feedback_of(self.feedback),
            rubric_scores={
                name: points(score, f"rubricScores.{name}") for name, score in given.items()
            },
        )


class ReviewWishRequest(Strict, frozen=True):
    """What the person who decides should know."""

    comment: Reason | None = None


class AnswerCheckDto(Value, frozen=True, kw_only=True):
    """A check; what has no result yet has no score and no feedback."""

    id: str
    attempt_id: str
    status: CheckStatus
    method: Method
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    feedback: Document | UnsetType = UNSET


def check_dto(check: AnswerCheck) -> AnswerCheckDto:
    """What is told of a check to whoever may see it."""
    told = AnswerCheckDto(
        id=check.check_id,
        attempt_id=check.attempt_id,
        status=check.status,
        method=check.method,
        max_score=check.max_score,
    )
    if check.status not in _RESULTS:
        return told
    return AnswerCheckDto(
        id=told.id,
        attempt_id=told.attempt_id,
        status=told.status,
        method=told.method,
        is_correct=check.is_correct,
        score=check.score,
        max_score=told.max_score,
        feedback=shown(check.feedback),
    )


def listed_check(row: AnswerCheckRow) -> AnswerCheckDto:
    """The same from the view."""
    return AnswerCheckDto(
        id=row.check_id,
        attempt_id=row.attempt_id,
        status=row.status,
        method=row.method,
        is_correct=row.is_correct,
        score=row.score,
        max_score=row.max_score,
        feedback=shown(row.feedback),
    )


def shown(kept: Document) -> Document | UnsetType:
    """A document as a field of an answer: left out if there is none."""
    return UNSET if absent(kept) else kept


def feedback_of(given: Document | UnsetType) -> Document:
    """The feedback in a body. Raises BadDocument."""
    return NOTHING if given is UNSET else record_or_nothing(given, "feedback")


def points(given: float, path: str) -> Decimal:
    """A score as the decimal that was written. Raises Problem for more places than there are."""
    text = format(Decimal(repr(given)), "f")
    score = Decimal(text.rstrip("0").rstrip(".") if "." in text else text) + 0  # never -0
    if -int(score.as_tuple().exponent) > MAX_PLACES:
        raise invalid(f"{path}: has more than {MAX_PLACES} decimal places", path=path)
    return score


OVERRIDE: Final = [
    Example(value={"score": 1, "reason": "the drawing shows another way to read it"}),
    Example(
        value={
            "isCorrect": True,
            "score": 1,
            "feedback": {"text": "You are right."},
            "reason": "the key was wrong",
        }
    ),
]
RESULT: Final = [Example(value={"isCorrect": True, "score": 1, "feedback": {"text": "Well done"}})]
MARKS: Final = [
    Example(value={"score": 1, "feedback": {"text": "A clear proof."}}),
    Example(value={"score": 0.5, "isCorrect": False, "rubricScores": {}}),
]
WISH: Final = [Example(value={"comment": "the second step is unusual"}), Example(value={})]
