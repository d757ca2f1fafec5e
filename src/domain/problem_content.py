"""Problem content: what a version says, asks, accepts and counts, and its one hash."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from domain.answers.schema import AnswerSchema, CompositeAnswer, ManualReviewRequired, Proof
from domain.answers.verdict import Verdict
from domain.canonical_json import content_hash
from domain.documents import (
    EMPTY,
    NOTHING,
    BadDocument,
    Document,
    absent,
    parsed,
    record,
    record_or_nothing,
)
from domain.kernel import Value

REFUSED: Final = "refused"
OUTCOMES: Final = (*(verdict.value for verdict in Verdict), REFUSED)
"""What an author's test may expect: a verdict, or that the answer has not the schema's shape."""


class StatementFormat(StrEnum):
    """How a statement or a solution is written (B-16)."""

    RICH_TEXT = "rich_text"
    MARKDOWN = "markdown"
    STRUCTURED = "structured"


class AssetType(StrEnum):
    """What kind of thing a statement shows (B-16)."""

    IMAGE = "image"
    PDF = "pdf"
    VIDEO = "video"
    INTERACTIVE = "interactive"
    SOURCE_FILE = "source_file"
    DIAGRAM = "diagram"


class Asset(Value, frozen=True):
    """A thing that a statement shows; no metadata are not an empty object."""

    type: AssetType
    url: str
    metadata: Document = NOTHING


class Statement(Value, frozen=True):
    """What is asked; `body` is an object whose form its `format` names."""

    format: StatementFormat
    body: Document
    assets: tuple[Asset, ...] | None = None


class SolutionVisibility(StrEnum):
    """When a solution may be seen."""

    SHOW = "show"
    SHOW_AFTER_ATTEMPT = "show_after_attempt"
    SHOW_AFTER_DATE = "show_after_date"
    HIDE = "hide"
    TEACHER_ONLY = "teacher_only"


class SolutionKind(StrEnum):
    """A whole solution, or a hint that a learner may take (decision 14)."""

    SOLUTION = "solution"
    HINT = "hint"


class Solution(Value, frozen=True, kw_only=True):
    """A solution, or a hint, which alone has a `hint_key`: scoring rules name its price by it."""

    solution_id: str
    kind: SolutionKind = SolutionKind.SOLUTION
    hint_key: str | None = None
    format: StatementFormat
    body: Document
    visibility: SolutionVisibility


class WrittenRule(Value, frozen=True):
    """Who judges answers, how and for how much, as its author wrote it; read by domain/answers.

    `version` counts how often it was revised, from 1.
    """

    rule_id: str
    method: str
    rule: Document
    scoring_rule: Document
    rubric: Document = NOTHING
    version: int = 1


class AuthorTest(Value, frozen=True):
    """An answer and the outcomes that will do: verdicts, or `refused` for a wrong shape."""

    answer: Document
    expect: tuple[str, ...]
    note: str | None = None


class VersionContent(Value, frozen=True):
    """Everything that a version holds; statement and schema may be missing until it is drafted."""

    statement: Statement | None = None
    answer_schema: Document = NOTHING
    metadata: Document = EMPTY
    visibility: Document = EMPTY
    key: Document = NOTHING
    rules: tuple[WrittenRule, ...] = ()
    solutions: tuple[Solution, ...] = ()
    tests: tuple[AuthorTest, ...] = ()


def kept_statement(given: Statement) -> Statement:
    """The statement as it is kept. Raises BadDocument."""
    assets = None
    if given.assets is not None:
        assets = tuple(
            msgspec.structs.replace(
                asset,
                metadata=record_or_nothing(asset.metadata, f"statement.assets[{at}].metadata"),
            )
            for at, asset in enumerate(given.assets)
        )
    return msgspec.structs.replace(given, body=record(given.body, "statement.body"), assets=assets)


def kept_rule(given: WrittenRule) -> WrittenRule:
    """The rule as it is kept. Raises BadDocument."""
    return msgspec.structs.replace(
        given,
        rule=record(given.rule, "rule"),
        scoring_rule=record(given.scoring_rule, "scoringRule"),
        rubric=record_or_nothing(given.rubric, "rubric"),
    )


def kept_tests(given: tuple[AuthorTest, ...]) -> tuple[AuthorTest, ...]:
    """The tests as they are kept. Raises BadDocument."""
    kept = []
    for at, test in enumerate(given):
        if not test.expect or not set(test.expect) <= set(OUTCOMES):
            raise BadDocument(
                f"tests[{at}].expect: some of {', '.join(OUTCOMES)}", path=f"tests[{at}].expect"
            )
        answer = record(test.answer, f"tests[{at}].answer")
        kept.append(msgspec.structs.replace(test, answer=answer))
    return tuple(kept)


def hash_of(content: VersionContent) -> str:
    """SHA-256 of what learners meet and are judged by, in canonical JSON (RFC 8785).

    Ids and numbers are not part of it, nor are the author's tests: the same content has the same
    hash on every installation.
    """
    return content_hash(as_document(content))


def as_document(content: VersionContent) -> dict[str, Any]:
    """What learners meet and are judged by, as JSON; what is missing is null."""
    return {
        "statement": _statement(content.statement),
        "answerSchema": parsed(content.answer_schema),
        "metadata": parsed(content.metadata),
        "visibility": parsed(content.visibility),
        "answerKey": parsed(content.key),
        "checkingRules": [_rule(rule) for rule in content.rules],
        "solutions": [_solution(solution) for solution in content.solutions],
    }


def statement_hash(statement: Statement) -> str:
    """SHA-256 of what is asked, in canonical JSON."""
    return content_hash(_statement(statement))


def trial_hash(content: VersionContent) -> str:
    """SHA-256 of the content together with the author's tests: what a run of them was about."""
    tests = [[parsed(test.answer), list(test.expect)] for test in content.tests]
    return content_hash([hash_of(content), tests])


def needs_rubric(schema: AnswerSchema) -> bool:
    """Whether a person judges it, or a part of it, by a rubric (B-21)."""
    match schema:
        case Proof() | ManualReviewRequired():
            return True
        case CompositeAnswer(parts=parts):
            return any(needs_rubric(part) for part in parts)
        case _:
            return False


def copied(content: VersionContent, ids: tuple[str, ...]) -> VersionContent:
    """The content for another version: `ids` are for its rules, then its solutions."""
    fresh = iter(ids)
    replace = msgspec.structs.replace
    return replace(
        content,
        rules=tuple(replace(rule, rule_id=next(fresh), version=1) for rule in content.rules),
        solutions=tuple(replace(one, solution_id=next(fresh)) for one in content.solutions),
    )


def _statement(statement: Statement | None) -> Any:
    if statement is None:
        return None
    said: dict[str, Any] = {"format": statement.format, "body": parsed(statement.body)}
    if statement.assets is not None:
        said["assets"] = [_asset(asset) for asset in statement.assets]
    return said


def _asset(asset: Asset) -> dict[str, Any]:
    said: dict[str, Any] = {"type": asset.type, "url": asset.url}
    if not absent(asset.metadata):
        said["metadata"] = parsed(asset.metadata)
    return said


def _rule(rule: WrittenRule) -> dict[str, Any]:
    said = {
        "method": rule.method,
        "rule": parsed(rule.rule),
        "scoringRule": parsed(rule.scoring_rule),
    }
    return said if absent(rule.rubric) else said | {"rubric": parsed(rule.rubric)}


def _solution(solution: Solution) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kind": solution.kind,
        "format": solution.format,
        "body": parsed(solution.body),
        "visibility": solution.visibility,
    }
    return said if solution.hint_key is None else said | {"hintKey": solution.hint_key}
