"""Problem import: items of JSON become problems, the same items again nothing new.

The ids of what an item becomes follow from its `sourceRef` (or its code), and that of its version
from its content too. So a repeated or broken-off import finds what is there, and changed content
becomes a new version of the same problem.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID, uuid4, uuid5

import msgspec
from msgspec import Meta

from adapters.ledger import Call, Ledger, Step
from domain.documents import EMPTY, NOTHING, Document, record, record_or_nothing
from domain.installation_settings import INSTALLATION, SubjectStatus, installation_settings
from domain.instants import Instant
from domain.kernel import Refused
from domain.problem import (
    CreateProblem,
    Problem,
    ProblemStatus,
    PublishProblem,
    SourceDomain,
    SourceRef,
    SubmitProblemForReview,
    TakeVersionNumber,
    code_key,
    problem,
)
from domain.problem_content import (
    Asset,
    AssetType,
    Solution,
    SolutionKind,
    SolutionVisibility,
    Statement,
    StatementFormat,
    VersionContent,
    WrittenRule,
    hash_of,
    kept_rule,
    kept_statement,
)
from domain.problem_version import (
    ProblemVersion,
    PublishVersion,
    SubmitVersionForReview,
    VersionStatus,
    problem_version,
)

_NAMESPACE: Final = UUID("6b2d7f0e-6a0c-5b6e-9a55-0d1c5a1b7e11")
_AT_ONCE: Final = 64  # so that the log commits many at a time
_LARGEST_ITEM: Final = 1024 * 1024
_PLACE: Final = " - at `$."

Text = Annotated[str, Meta(min_length=1, max_length=200)]


class _Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A part of an item, strict: what is not known is wrong."""


class ItemAsset(_Item, frozen=True, kw_only=True):
    """A thing that a statement shows."""

    type: AssetType
    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    metadata: Document = NOTHING


class ItemStatement(_Item, frozen=True, kw_only=True):
    """What is asked."""

    format: StatementFormat
    body: Document
    assets: Annotated[tuple[ItemAsset, ...], Meta(max_length=100)] | None = None


class ItemSource(_Item, frozen=True, kw_only=True):
    """What the problem is made from."""

    domain: SourceDomain
    type: Text
    id: Text


class ItemVersion(_Item, frozen=True, kw_only=True):
    """What a version says."""

    statement: ItemStatement
    answer_schema: Document
    metadata: Document = EMPTY
    visibility: Document = EMPTY


class ItemRule(_Item, frozen=True, kw_only=True):
    """How answers are judged."""

    method: str
    rule: Document = EMPTY
    scoring_rule: Document
    rubric: Document = NOTHING


class ItemSolution(_Item, frozen=True, kw_only=True):
    """A solution or a hint."""

    kind: SolutionKind = SolutionKind.SOLUTION
    hint_key: Text | None = None
    format: StatementFormat
    body: Document
    visibility: SolutionVisibility = SolutionVisibility.HIDE


class ProblemItem(_Item, frozen=True, kw_only=True):
    """One problem to import (CONTRACT §2.D)."""

    code: Text | None = None
    subject_key: Text
    default_difficulty: Text | None = None
    source_ref: ItemSource | None = None
    version: ItemVersion
    answer_key: Document = NOTHING
    checking_rule: ItemRule | None = None
    solutions: Annotated[tuple[ItemSolution, ...], Meta(max_length=100)] = ()
    publish: bool = False


class RowOutcome(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UPDATED = "updated"  # it has another version now, or it is published now
    UNCHANGED = "unchanged"
    FAILED = "failed"


class RowError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an item was not imported, and where it is wrong."""

    code: str
    message: str
    path: str | None = None


class RowReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What became of the item in a row, which counts from 1."""

    row: int
    outcome: RowOutcome
    problem_id: str | None = None
    version_id: str | None = None
    error: RowError | None = None


class _Failure(Exception):
    def __init__(self, code: str, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.error = RowError(code, message, path)


class _Aim(NamedTuple):
    """What an item is to become, and the ids of it."""

    item: ProblemItem
    problem_id: str
    version_id: str
    content: VersionContent


class ProblemImport:
    """Takes items in by the ledger's own commands: what no author may do, no import does."""

    def __init__(self, ledger: Ledger, call: Call, *, dry_run: bool = False) -> None:
        """`dry_run` decides everything and stores nothing."""
        self._ledger = ledger
        self._call = call
        self._dry_run = dry_run

    async def rows(self, lines: Iterable[bytes]) -> AsyncIterator[RowReport]:
        """What becomes of each line of JSON, in their order; empty ones are passed over."""
        numbered = ((row, line) for row, line in enumerate(lines, 1) if line.strip())
        while window := list(islice(numbered, _AT_ONCE)):
            reports: list[RowReport] = []
            while window:  # of rows with one code the first comes first
                codes = [_code(line) for _, line in window]
                firsts = [code is None or code not in codes[:at] for at, code in enumerate(codes)]
                now = [one for one, first in zip(window, firsts, strict=True) if first]
                window = [one for one, first in zip(window, firsts, strict=True) if not first]
                reports += await asyncio.gather(*(self._row(row, line) for row, line in now))
            for report in sorted(reports, key=lambda one: one.row):
                yield report

    async def _row(self, row: int, line: bytes) -> RowReport:
        try:
            aim = _aim(_read(line))
            outcome = await self._take(aim)
        except _Failure as failure:
            return RowReport(row=row, outcome=RowOutcome.FAILED, error=failure.error)
        except Refused as refusal:
            path = refusal.details.get("path")
            error = RowError(refusal.code, refusal.message, path if path is None else str(path))
            return RowReport(row=row, outcome=RowOutcome.FAILED, error=error)
        return RowReport(
            row=row, outcome=outcome, problem_id=aim.problem_id, version_id=aim.version_id
        )

    async def _take(self, aim: _Aim) -> RowOutcome:
        there, _ = await self._ledger.read(problem, aim.problem_id)
        version, _ = await self._ledger.read(problem_version, aim.version_id)
        steps = [
            *await self._begun(aim, there, version),
            *_published(aim, there, version, self._call.now),
        ]
        if not steps:
            return RowOutcome.UNCHANGED
        await self._ledger.execute(self._call, *steps, rehearse=self._dry_run)
        return RowOutcome.CREATED if there.status is ProblemStatus.ABSENT else RowOutcome.UPDATED

    async def _begun(self, aim: _Aim, there: Problem, version: ProblemVersion) -> list[Step]:
        """The steps to the problem with this content as a version of it."""
        stream = problem.stream(aim.problem_id)
        steps = []
        if there.status is ProblemStatus.ABSENT:
            settings, _ = await self._ledger.read(installation_settings, INSTALLATION)
            create = CreateProblem(
                problem_id=aim.problem_id,
                code=aim.item.code or aim.problem_id,
                subject_key=aim.item.subject_key,
                default_difficulty=aim.item.default_difficulty,
                source_ref=_source(aim.item.source_ref),
                subjects=tuple(
                    one.key for one in settings.subjects if one.status is SubjectStatus.ACTIVE
                ),
            )
            steps.append(Step(stream, create))
        if version.status is VersionStatus.ABSENT:
            take = TakeVersionNumber(version_id=aim.version_id, content=aim.content)
            steps.append(Step(stream, take))
        return steps


def _published(aim: _Aim, there: Problem, version: ProblemVersion, now: Instant) -> list[Step]:
    """The steps from what is there to what is published, if that is wanted."""
    if not aim.item.publish:
        return []
    steps = []
    stream = problem_version.stream(aim.version_id)
    if version.status in {VersionStatus.ABSENT, VersionStatus.DRAFT}:
        steps.append(Step(stream, SubmitVersionForReview()))
    if version.status in {VersionStatus.ABSENT, VersionStatus.DRAFT, VersionStatus.REVIEW}:
        steps.append(Step(stream, PublishVersion(now=now, retire_previous=True)))
    stream = problem.stream(aim.problem_id)
    if there.status in {ProblemStatus.ABSENT, ProblemStatus.DRAFT}:
        steps.append(Step(stream, SubmitProblemForReview()))
    if there.status in {ProblemStatus.ABSENT, ProblemStatus.DRAFT, ProblemStatus.REVIEW}:
        steps.append(Step(stream, PublishProblem()))
    return steps


class _Coded(msgspec.Struct, frozen=True):
    code: str | None = None


def _code(line: bytes) -> str | None:
    """The code of an item as codes are compared; None without one, or if it cannot be read."""
    try:
        code = msgspec.json.decode(line, type=_Coded).code
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if code is None else code_key(code)


def _read(line: bytes) -> ProblemItem:
    if len(line) > _LARGEST_ITEM:
        raise _Failure("PAYLOAD_TOO_LARGE", f"an item is at most {_LARGEST_ITEM} bytes")
    try:
        return msgspec.json.decode(line, type=ProblemItem)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(_PLACE)
        path = place.removesuffix("`")
        said = f"{path}: {reason}" if path else reason
        raise _Failure("VALIDATION_ERROR", said, path or None) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Failure("VALIDATION_ERROR", f"no JSON: {error}") from None


def _aim(item: ProblemItem) -> _Aim:
    problem_id = _problem_id(item)
    content = VersionContent(
        statement=kept_statement(_statement(item.version.statement)),
        answer_schema=record(item.version.answer_schema, "version.answerSchema"),
        metadata=record(item.version.metadata, "version.metadata"),
        visibility=record(item.version.visibility, "version.visibility"),
        key=record_or_nothing(item.answer_key, "answerKey"),
        rules=() if item.checking_rule is None else (_rule(item.checking_rule),),
        solutions=tuple(map(_solution, item.solutions)),
    )
    version_id = uuid5(problem_id, hash_of(content))
    return _Aim(
        item,
        str(problem_id),
        str(version_id),
        msgspec.structs.replace(
            content,
            rules=tuple(
                msgspec.structs.replace(rule, rule_id=str(uuid5(version_id, "rule")))
                for rule in content.rules
            ),
            solutions=tuple(
                msgspec.structs.replace(one, solution_id=str(uuid5(version_id, f"solution {at}")))
                for at, one in enumerate(content.solutions)
            ),
        ),
    )


def _problem_id(item: ProblemItem) -> UUID:
    if item.source_ref is not None:
        source: Any = [item.source_ref.domain, item.source_ref.type, item.source_ref.id]
    elif item.code is not None:
        source = item.code
    else:
        return uuid4()
    return uuid5(_NAMESPACE, msgspec.json.encode(source).decode())


def _statement(given: ItemStatement) -> Statement:
    assets = None
    if given.assets is not None:
        assets = tuple(
            Asset(type=one.type, url=one.url, metadata=one.metadata) for one in given.assets
        )
    return Statement(format=given.format, body=given.body, assets=assets)


def _source(given: ItemSource | None) -> SourceRef | None:
    if given is None:
        return None
    return SourceRef(domain=given.domain, type=given.type, id=given.id)


def _rule(given: ItemRule) -> WrittenRule:
    return kept_rule(
        WrittenRule(
            rule_id="",
            method=given.method,
            rule=given.rule,
            scoring_rule=given.scoring_rule,
            rubric=given.rubric,
        )
    )


def _solution(given: ItemSolution) -> Solution:
    return Solution(
        solution_id="",
        kind=given.kind,
        hint_key=given.hint_key,
        format=given.format,
        body=record(given.body, "solutions.body"),
        visibility=given.visibility,
    )
