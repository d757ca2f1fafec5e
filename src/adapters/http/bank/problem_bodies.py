"""Bodies of the problem rows: what is sent, within bounds, and what is told of a problem."""

from collections.abc import Sequence
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from domain.installation_settings import Slug
from domain.kernel import Value
from domain.problem import Problem, ProblemStatus, SourceDomain, SourceRef

Code = Annotated[
    str,
    Meta(min_length=1, max_length=100, pattern=r"^[^\s\x00-\x1f\x7f]+( [^\s\x00-\x1f\x7f]+)*$"),
]
Difficulty = Annotated[str, Meta(min_length=1, max_length=100)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Comment = Annotated[str, Meta(min_length=1, max_length=2000)]
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Strict(Value, frozen=True, forbid_unknown_fields=True):
    """A body: unknown fields, and those that the server owns, are refused (B-09, B-10)."""


class SourceRefBody(Strict, frozen=True):
    """What a problem was made from, in the words of the domain it comes from (B-03)."""

    domain: SourceDomain
    type: Word
    id: Word

    def ref(self) -> SourceRef:
        """The same in the domain's words."""
        return SourceRef(domain=self.domain, type=self.type, id=self.id)


class CreateProblemRequest(Strict, frozen=True, kw_only=True):
    """A problem to begin; without a `code` it gets one (B-11, B-12)."""

    code: Code | None = None
    subject_key: Slug
    default_difficulty: Difficulty | None = None
    source_ref: SourceRefBody | None = None


class EditProblemRequest(Strict, frozen=True):
    """What changes; null takes a difficulty or a source away."""

    code: Code | UnsetType = UNSET
    default_difficulty: Difficulty | UnsetType | None = UNSET
    source_ref: SourceRefBody | UnsetType | None = UNSET


class CommentRequest(Strict, frozen=True):
    """A word to the reviewers."""

    comment: Comment | None = None


class ReturnRequest(Strict, frozen=True):
    """What has to change."""

    comment: Comment


class RetireProblemRequest(Strict, frozen=True):
    """Why it is not to be used any more, and which problem to use in its place."""

    reason: Comment
    replacement_problem_id: Id | None = None


class ReasonRequest(Strict, frozen=True):
    """Why, if there is anything to say."""

    reason: Comment | None = None


class ProblemDto(Value, frozen=True, kw_only=True):
    """A problem as everybody who works with content sees it."""

    id: str
    code: str
    subject_key: str
    status: ProblemStatus
    default_difficulty: str | None = None
    source_ref: SourceRef | None = None


def problem_dto(state: Problem) -> ProblemDto:
    """What is told of a problem."""
    return ProblemDto(
        id=state.problem_id,
        code=state.code,
        subject_key=state.subject_key,
        status=state.status,
        default_difficulty=state.default_difficulty,
        source_ref=state.source_ref,
    )


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


CREATE: Final = _examples(
    {"subjectKey": "mathematics"},
    {
        "subjectKey": "mathematics",
        "defaultDifficulty": "easy",
        "sourceRef": {"domain": "lms", "type": "task", "id": "17"},
    },
)
EDIT: Final = _examples(
    {"defaultDifficulty": "hard"}, {"defaultDifficulty": None, "sourceRef": None}
)
COMMENT: Final = _examples({"comment": "please look at the second part"}, {})
RETURN: Final = _examples({"comment": "the second part has two answers"})
RETIRE: Final = _examples({"reason": "the drawing is wrong"})
REASON: Final = _examples({"reason": "not this year"}, {})
