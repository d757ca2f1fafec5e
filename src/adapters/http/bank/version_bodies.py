"""Bodies of the version rows: content, rules, keys, solutions, tests, and what is told of them."""

from collections.abc import Sequence
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Comment, Id, Strict, Word
from domain.documents import EMPTY, NOTHING, Document
from domain.problem_content import (
    Asset,
    AssetType,
    AuthorTest,
    Solution,
    SolutionKind,
    SolutionVisibility,
    Statement,
    StatementFormat,
    VersionContent,
    WrittenRule,
)

Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Method = Annotated[
    str, Meta(min_length=1, max_length=20, description="auto, manual, hybrid or external")
]
MAX_TESTS: Final = 50


class AssetBody(Strict, frozen=True, kw_only=True):
    """A thing that a statement shows (B-16)."""

    type: AssetType
    url: Url
    metadata: Document | UnsetType = UNSET


class StatementBody(Strict, frozen=True, kw_only=True):
    """What is asked; `body` is an object, for markdown `{text}` (B-16)."""

    format: StatementFormat
    body: Document
    assets: Annotated[tuple[AssetBody, ...], Meta(max_length=200)] | UnsetType = UNSET

    def statement(self) -> Statement:
        """The same in the domain's words."""
        assets = None
        if self.assets is not UNSET:
            assets = tuple(
                Asset(type=one.type, url=one.url, metadata=or_nothing(one.metadata))
                for one in self.assets
            )
        return Statement(format=self.format, body=self.body, assets=assets)


class CreateProblemVersionRequest(Strict, frozen=True):
    """A version to begin; statement and schema are needed (B-14, B-15)."""

    statement: StatementBody | None = None
    answer_schema: Document | UnsetType = UNSET
    metadata: Document | UnsetType = UNSET
    visibility: Document | UnsetType = UNSET

    def content(self) -> VersionContent:
        """The same in the domain's words."""
        return VersionContent(
            statement=None if self.statement is None else self.statement.statement(),
            answer_schema=or_nothing(self.answer_schema),
            metadata=EMPTY if self.metadata is UNSET else self.metadata,
            visibility=EMPTY if self.visibility is UNSET else self.visibility,
        )


class EditProblemVersionRequest(Strict, frozen=True):
    """What changes in a draft; each part is replaced as a whole."""

    statement: StatementBody | UnsetType = UNSET
    answer_schema: Document | UnsetType = UNSET
    metadata: Document | UnsetType = UNSET
    visibility: Document | UnsetType = UNSET


class PublishRequest(Strict, frozen=True):
    """Whether the versions that were published before are retired."""

    retire_previous: bool = False


class RetireRequest(Strict, frozen=True):
    """Why it is not to be used any more."""

    reason: Comment


class CheckingRuleRequest(Strict, frozen=True, kw_only=True):
    """A way to judge answers (B-38)."""

    method: Method
    rule: Document | UnsetType = UNSET
    scoring_rule: Document
    rubric: Document | UnsetType = UNSET

    def written(self, rule_id: str) -> WrittenRule:
        """The same in the domain's words."""
        return WrittenRule(
            rule_id=rule_id,
            method=self.method,
            rule=EMPTY if self.rule is UNSET else self.rule,
            scoring_rule=self.scoring_rule,
            rubric=or_nothing(self.rubric),
        )


class ReviseCheckingRuleRequest(Strict, frozen=True):
    """What changes in a rule; null takes a rubric away."""

    method: Method | UnsetType = UNSET
    rule: Document | UnsetType = UNSET
    scoring_rule: Document | UnsetType = UNSET
    rubric: Document | UnsetType = UNSET


class AnswerKeyRequest(Strict, frozen=True):
    """What is right, in the form that the schema asks for (CONTRACT 2.D)."""

    key: Document


class SolutionRequest(Strict, frozen=True, kw_only=True):
    """A solution, or a hint with its key (decision 14)."""

    kind: SolutionKind = SolutionKind.SOLUTION
    hint_key: Word | None = None
    format: StatementFormat
    body: Document
    visibility: SolutionVisibility

    def solution(self, solution_id: str) -> Solution:
        """The same in the domain's words."""
        return Solution(
            solution_id=solution_id,
            kind=self.kind,
            hint_key=self.hint_key,
            format=self.format,
            body=self.body,
            visibility=self.visibility,
        )


class EditSolutionRequest(Strict, frozen=True):
    """What changes in a solution or hint."""

    hint_key: Word | UnsetType = UNSET
    format: StatementFormat | UnsetType = UNSET
    body: Document | UnsetType = UNSET
    visibility: SolutionVisibility | UnsetType = UNSET


class AuthorTestBody(Strict, frozen=True, kw_only=True):
    """An answer, and the outcomes that will do: verdicts, or `refused` for a wrong shape."""

    answer: Document
    expect: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=10)]
    note: Comment | None = None


class AuthorTestsRequest(Strict, frozen=True):
    """All tests of a version, in place of those before."""

    tests: Annotated[tuple[AuthorTestBody, ...], Meta(max_length=MAX_TESTS)]

    def author_tests(self) -> tuple[AuthorTest, ...]:
        """The same in the domain's words."""
        return tuple(
            AuthorTest(answer=one.answer, expect=one.expect, note=one.note) for one in self.tests
        )


class CheckPreviewRequest(Strict, frozen=True):
    """An answer to judge, by the first rule or by the named one."""

    answer: Document
    checking_rule_id: Id | None = None


def or_nothing(given: Document | UnsetType) -> Document:
    """A document, or the one that says nothing."""
    return NOTHING if given is UNSET else given


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_SUM: Final = {"format": "markdown", "body": {"text": "What is $2 + 2$?"}}
_NUMBER: Final = {"type": "numeric_with_tolerance"}
DRAFT: Final = _examples(
    {"statement": _SUM, "answerSchema": _NUMBER},
    {
        "statement": {
            **_SUM,
            "assets": [{"type": "image", "url": "https://example.org/sum.png"}],
        },
        "answerSchema": {
            "type": "single_choice",
            "options": [{"key": "a", "label": "4"}, {"key": "b", "label": "5"}],
        },
        "metadata": {"author": "Ada"},
        "visibility": {"learners": True},
    },
)
EDIT: Final = _examples({"statement": _SUM}, {"metadata": {"author": "Grace"}})
PUBLISH: Final = _examples({"retirePrevious": True}, {})
RETIRE: Final = _examples({"reason": "the drawing is wrong"})
RULE: Final = _examples(
    {"method": "auto", "rule": {}, "scoringRule": {"maxScore": 2, "partialCredit": True}},
    {
        "method": "hybrid",
        "scoringRule": {"maxScore": 5, "hintPenalty": {"first": 0.5}},
        "rubric": {"criteria": [{"name": "The idea", "points": 3}]},
    },
)
REVISE: Final = _examples({"scoringRule": {"maxScore": 3}}, {"rubric": None})
SOLUTION: Final = _examples(
    {"format": "markdown", "body": {"text": "Count on your fingers."}, "visibility": "hide"},
    {
        "kind": "hint",
        "hintKey": "second",
        "format": "markdown",
        "body": {"text": "It is more than three."},
        "visibility": "show",
    },
)
EDIT_SOLUTION: Final = _examples({"visibility": "show_after_attempt"})
KEY: Final = _examples({"key": {"values": ["Ada Lovelace"]}})
TESTS: Final = _examples(
    {
        "tests": [
            {"answer": {"value": "ada lovelace"}, "expect": ["incorrect"], "note": "case counts"},
            {"answer": {"value": "Ada Lovelace"}, "expect": ["correct"]},
            {"answer": {"text": "Ada"}, "expect": ["refused"]},
        ]
    }
)
PREVIEW: Final = _examples({"answer": {"value": "Ada Lovelace"}})
