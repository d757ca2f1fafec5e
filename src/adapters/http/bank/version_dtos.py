"""What is told of versions, their rules, keys, solutions and tests: allow-lists for each reader."""

from msgspec import UNSET, UnsetType

from domain.documents import Document, absent
from domain.kernel import Value
from domain.problem_content import (
    AssetType,
    AuthorTest,
    Solution,
    SolutionKind,
    SolutionVisibility,
    Statement,
    StatementFormat,
    WrittenRule,
)
from domain.problem_version import ProblemVersion, VersionStatus
from projections.problem_versions import VersionEntry


class AssetDto(Value, frozen=True, kw_only=True):
    """A thing that a statement shows."""

    type: AssetType
    url: str
    metadata: Document | UnsetType = UNSET


class ProblemStatementDto(Value, frozen=True, kw_only=True):
    """What is asked."""

    format: StatementFormat
    body: Document
    assets: list[AssetDto] | None = None


class ProblemVersionDto(Value, frozen=True, kw_only=True):
    """A version without key, rules and solutions."""

    id: str
    problem_id: str
    version: int
    status: VersionStatus
    statement: ProblemStatementDto
    answer_schema: Document
    metadata: Document
    visibility: Document


class CheckingRuleDto(Value, frozen=True, kw_only=True):
    """A checking rule; `rule` and `rubric` only for callers who may see keys."""

    id: str
    problem_version_id: str
    method: str
    rule: Document | UnsetType = UNSET
    scoring_rule: Document
    rubric: Document | UnsetType = UNSET
    version: int


class AnswerKeyDto(Value, frozen=True, kw_only=True):
    """A version's key; absent until there is one."""

    version_id: str
    key: Document | UnsetType = UNSET


class SolutionDto(Value, frozen=True, kw_only=True):
    """A solution or a hint; `body` only for callers who may see keys, or who have just sent it."""

    id: str
    problem_version_id: str
    kind: SolutionKind
    hint_key: str | None = None
    format: StatementFormat
    body: Document | UnsetType = UNSET
    visibility: SolutionVisibility


class AuthorTestDto(Value, frozen=True, kw_only=True):
    """An answer, and the outcomes that will do."""

    answer: Document
    expect: list[str]
    note: str | None = None


class AuthorTestsDto(Value, frozen=True, kw_only=True):
    """All tests of a version."""

    version_id: str
    tests: list[AuthorTestDto]


def version_dto(state: ProblemVersion) -> ProblemVersionDto:
    """What is told of a version to everybody who works with content."""
    content = state.content
    assert content.statement is not None  # noqa: S101 -- a drafted version has one
    return ProblemVersionDto(
        id=state.version_id,
        problem_id=state.problem_id,
        version=state.version,
        status=state.status,
        statement=statement_dto(content.statement),
        answer_schema=content.answer_schema,
        metadata=content.metadata,
        visibility=content.visibility,
    )


def listed_dto(row: VersionEntry) -> ProblemVersionDto:
    """The same of a row of a list."""
    return ProblemVersionDto(
        id=row.version_id,
        problem_id=row.problem_id,
        version=row.version,
        status=row.status,
        statement=statement_dto(row.statement),
        answer_schema=row.answer_schema,
        metadata=row.metadata,
        visibility=row.visibility,
    )


def rule_dto(version_id: str, rule: WrittenRule, *, keys: bool) -> CheckingRuleDto:
    """What is told of a rule to a caller with or without the permission `keys`."""
    return CheckingRuleDto(
        id=rule.rule_id,
        problem_version_id=version_id,
        method=rule.method,
        rule=rule.rule if keys else UNSET,
        scoring_rule=rule.scoring_rule,
        rubric=_unless_absent(rule.rubric) if keys else UNSET,
        version=rule.version,
    )


def key_dto(state: ProblemVersion) -> AnswerKeyDto:
    """A version's key, for callers who may see it."""
    return AnswerKeyDto(version_id=state.version_id, key=_unless_absent(state.content.key))


def solution_dto(version_id: str, solution: Solution, *, body: bool) -> SolutionDto:
    """What is told of a solution, with its body or without."""
    return SolutionDto(
        id=solution.solution_id,
        problem_version_id=version_id,
        kind=solution.kind,
        hint_key=solution.hint_key,
        format=solution.format,
        body=solution.body if body else UNSET,
        visibility=solution.visibility,
    )


def tests_dto(state: ProblemVersion) -> AuthorTestsDto:
    """A version's tests, for callers who may see its key."""
    return AuthorTestsDto(
        version_id=state.version_id, tests=[_test(t) for t in state.content.tests]
    )


def _unless_absent(kept: Document) -> Document | UnsetType:
    return UNSET if absent(kept) else kept


def statement_dto(statement: Statement) -> ProblemStatementDto:
    """What is asked, as its author wrote it."""
    assets = None
    if statement.assets is not None:
        assets = [
            AssetDto(type=one.type, url=one.url, metadata=_unless_absent(one.metadata))
            for one in statement.assets
        ]
    return ProblemStatementDto(format=statement.format, body=statement.body, assets=assets)


def _test(test: AuthorTest) -> AuthorTestDto:
    return AuthorTestDto(answer=test.answer, expect=list(test.expect), note=test.note)
