"""ProblemVersion: what one version of a problem says and how it is judged (B-14 to B-21, B-38).

While it is a draft its author edits it; once published nothing of it changes any more: no command
leads to a content event, and the store seals its stream (`domain.registry.SEALS`).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from domain.documents import NOTHING, BadDocument, Document, absent, record, record_or_nothing
from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.problem_content import (
    AuthorTest,
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
    kept_tests,
    trial_hash,
)
from domain.problem_paper import (
    CheckingRuleNotFound,
    check_fit,
    check_key,
    check_publishable,
    rule_of,
    schema_of,
)
from domain.problem_version_use import ConfirmVersion, check_use
from domain.transitions import permit


class VersionStatus(StrEnum):
    """Where a version stands (B-19); ABSENT is said of none that exists."""

    ABSENT = "absent"
    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    RETIRED = "retired"


# --- events -------------------------------------------------------------------------------------


class ProblemVersionDrafted(Event, frozen=True):
    """A version began as a draft, its key, rules and solutions in events of their own."""

    version_id: str
    problem_id: str
    version: int
    statement: Statement
    answer_schema: Document
    metadata: Document
    visibility: Document
    copied_from: str | None = None


class ProblemVersionEdited(Event, frozen=True):
    """The parts that changed."""

    statement: Statement | None = None
    answer_schema: Document = NOTHING
    metadata: Document = NOTHING
    visibility: Document = NOTHING


class AnswerKeySet(Event, frozen=True):
    """This is what is right."""

    key: Document


class CheckingRuleAdded(Event, frozen=True, kw_only=True):
    """One more way to judge answers."""

    rule_id: str
    method: str
    rule: Document
    scoring_rule: Document
    rubric: Document = NOTHING
    version: int


class CheckingRuleRevised(Event, frozen=True, kw_only=True):
    """The rule as it is from this `version` of it on."""

    rule_id: str
    method: str
    rule: Document
    scoring_rule: Document
    rubric: Document = NOTHING
    version: int


class SolutionAdded(Event, frozen=True, kw_only=True):
    """One more solution or hint."""

    solution_id: str
    kind: SolutionKind = SolutionKind.SOLUTION
    hint_key: str | None = None
    format: StatementFormat
    body: Document
    visibility: SolutionVisibility


class SolutionEdited(Event, frozen=True, kw_only=True):
    """The solution or hint as it is now."""

    solution_id: str
    kind: SolutionKind = SolutionKind.SOLUTION
    hint_key: str | None = None
    format: StatementFormat
    body: Document
    visibility: SolutionVisibility


class SolutionRemoved(Event, frozen=True):
    """A solution or hint is gone from the draft."""

    solution_id: str


class AuthorTestsSet(Event, frozen=True):
    """The answers that are tried before the version is published, in place of those before."""

    tests: tuple[AuthorTest, ...]


class ProblemVersionSubmittedForReview(Event, frozen=True):
    """Its author asks for a review."""


class ProblemVersionReturnedToDraft(Event, frozen=True):
    """The review asks for changes."""

    comment: Personal[str | Erased]


class ProblemVersionPublished(Event, frozen=True):
    """Nothing of it changes any more; `content_hash` is of all that learners meet."""

    published_at: Instant
    content_hash: str
    checking_rule_ids: tuple[str, ...]


class ProblemVersionRetired(Event, frozen=True):
    """It is not to be used for anything new; what uses it goes on (B-20)."""

    reason: Personal[str | Erased]
    retired_at: Instant


VersionEvent = (
    ProblemVersionDrafted
    | ProblemVersionEdited
    | AnswerKeySet
    | CheckingRuleAdded
    | CheckingRuleRevised
    | SolutionAdded
    | SolutionEdited
    | SolutionRemoved
    | AuthorTestsSet
    | ProblemVersionSubmittedForReview
    | ProblemVersionReturnedToDraft
    | ProblemVersionPublished
    | ProblemVersionRetired
)


# --- commands: the first is for a policy, once the problem has given out the number -------------


class DraftVersion(Command, frozen=True):
    """Begin a version with its number."""

    founds: ClassVar[bool] = True

    version_id: str
    problem_id: str
    version: int
    content: VersionContent
    copied_from: str | None = None


class EditVersion(Command, frozen=True):
    """Replace the parts that are given."""

    statement: Statement | None = None
    answer_schema: Document = NOTHING
    metadata: Document = NOTHING
    visibility: Document = NOTHING


class SetAnswerKey(Command, frozen=True):
    """Say what is right."""

    key: Document


class AddCheckingRule(Command, frozen=True):
    """Add a way to judge answers, under a newly made id."""

    rule: WrittenRule


class ReviseCheckingRule(Command, frozen=True):
    """Replace the parts of a rule that are given; NOTHING takes a rubric away."""

    rule_id: str
    method: str | UnsetType = UNSET
    rule: Document | UnsetType = UNSET
    scoring_rule: Document | UnsetType = UNSET
    rubric: Document | UnsetType = UNSET


class AddSolution(Command, frozen=True):
    """Add a solution or a hint, under a newly made id."""

    solution: Solution


class EditSolution(Command, frozen=True):
    """Replace the parts of a solution or hint that are given."""

    solution_id: str
    hint_key: str | UnsetType = UNSET
    format: StatementFormat | UnsetType = UNSET
    body: Document | UnsetType = UNSET
    visibility: SolutionVisibility | UnsetType = UNSET


class RemoveSolution(Command, frozen=True):
    """Take a solution or a hint away."""

    solution_id: str


class SetAuthorTests(Command, frozen=True):
    """Say which answers to try before the version is published."""

    tests: tuple[AuthorTest, ...]


class SubmitVersionForReview(Command, frozen=True):
    """Ask for a review."""


class ReturnVersionToDraft(Command, frozen=True):
    """Ask for changes."""

    comment: str


class FailedTest(Value, frozen=True):
    """A test of the author that came out otherwise; `at` counts from 0."""

    at: int
    expect: tuple[str, ...]
    given: str
    note: str | None = None


class AuthorTestRun(Value, frozen=True):
    """What came of the author's tests; `of` is the trial hash of the content they were run on."""

    of: str
    failed: tuple[FailedTest, ...] = ()


class PublishVersion(Command, frozen=True):
    """Seal it and let it be used; a policy retires the earlier ones if `retire_previous`.

    `run` is needed when there are tests.
    """

    now: Instant
    retire_previous: bool = False
    run: AuthorTestRun | None = None


class RetireVersion(Command, frozen=True):
    """Take it out of use; `replaced` is silent of one that is out of use already.

    Policies say so: what they rest on may be older than the version that they find.
    """

    reason: str
    now: Instant
    replaced: bool = False


VersionCommand = (
    DraftVersion
    | EditVersion
    | SetAnswerKey
    | AddCheckingRule
    | ReviseCheckingRule
    | AddSolution
    | EditSolution
    | RemoveSolution
    | SetAuthorTests
    | SubmitVersionForReview
    | ReturnVersionToDraft
    | PublishVersion
    | RetireVersion
    | ConfirmVersion
)


# --- state --------------------------------------------------------------------------------------


class ProblemVersion(Value, frozen=True):
    """A version as it stands, secrets and all."""

    version_id: str = ""
    problem_id: str = ""
    version: int = 0
    status: VersionStatus = VersionStatus.ABSENT
    content: VersionContent = VersionContent()
    copied_from: str | None = None
    content_hash: str | None = None
    published_at: Instant | None = None
    retired_at: Instant | None = None


# --- refusals -----------------------------------------------------------------------------------


class VersionNotFound(Refused):
    """There is no such version."""

    code, kind = "PROBLEM_VERSION_NOT_FOUND", RefusalKind.UNKNOWN


class VersionIdTaken(Refused):
    """The id made for a new version is in use: make another."""

    code, kind = "PROBLEM_VERSION_EXISTS", RefusalKind.CONFLICT


class StatementRequired(Refused):
    """A version without a statement (B-14)."""

    code = "STATEMENT_REQUIRED"


class AnswerSchemaRequired(Refused):
    """A version without an answer schema (B-15)."""

    code = "ANSWER_SCHEMA_REQUIRED"


class VersionImmutable(Refused):
    """A published version never changes, nor does a retired one (B-18, B-20)."""

    code, kind = "VERSION_IMMUTABLE", RefusalKind.CONFLICT


class VersionInReview(Refused):
    """Nothing changes under a reviewer's eyes: return it to draft first (C1.14)."""

    code, kind = "VERSION_IN_REVIEW", RefusalKind.CONFLICT


class CheckingRuleIdTaken(Refused):
    """The id made for a new rule is in use: make another."""

    code, kind = "CHECKING_RULE_EXISTS", RefusalKind.CONFLICT


class SolutionIdTaken(Refused):
    """The id made for a new solution is in use: make another."""

    code, kind = "SOLUTION_EXISTS", RefusalKind.CONFLICT


class SolutionNotFound(Refused):
    """The version has no such solution."""

    code, kind = "SOLUTION_NOT_FOUND", RefusalKind.UNKNOWN


class HintKeyExists(Refused):
    """Another hint of the version has this key."""

    code, kind = "HINT_KEY_EXISTS", RefusalKind.CONFLICT


class AuthorTestsFailed(Refused):
    """Answers are judged otherwise than their author expects; `details.failed` lists them."""

    code, kind = "AUTHOR_TESTS_FAILED", RefusalKind.CONFLICT


class AuthorTestsNotRun(Refused):
    """The tests were not run on what the version holds now: run them again."""

    code, kind = "AUTHOR_TESTS_NOT_RUN", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------

_MOVES: Final[Mapping[VersionStatus, frozenset[str]]] = {
    VersionStatus.DRAFT: frozenset({"submit-for-review"}),
    VersionStatus.REVIEW: frozenset({"return-to-draft", "publish"}),
    VersionStatus.PUBLISHED: frozenset({"retire"}),
    VersionStatus.RETIRED: frozenset(),
}


def decide(state: ProblemVersion, command: VersionCommand) -> Sequence[VersionEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case DraftVersion():
            return _draft(state, command)
        case EditVersion():
            return _edit(_editable(state), command)
        case SetAnswerKey(key=given):
            content = _editable(state)
            key = record(given, "key")
            check_key(_schema(content), key)
            return [] if key == content.key else [AnswerKeySet(key=key)]
        case AddCheckingRule(rule=given):
            content = _editable(state)
            rule = kept_rule(given)
            rule_of(_schema(content), rule)
            if any(one.rule_id == rule.rule_id for one in content.rules):
                raise CheckingRuleIdTaken("there is a rule with this id already")
            return [_added(rule)]
        case ReviseCheckingRule():
            return _revise(_editable(state), command)
        case AddSolution(solution=given):
            content = _editable(state)
            if any(one.solution_id == given.solution_id for one in content.solutions):
                raise SolutionIdTaken("there is a solution with this id already")
            return [_solved(content, given)]
        case EditSolution():
            return _edit_solution(_editable(state), command)
        case RemoveSolution(solution_id=solution_id):
            _solution(_editable(state), solution_id)
            return [SolutionRemoved(solution_id=solution_id)]
        case SetAuthorTests(tests=given):
            content = _editable(state)
            tests = kept_tests(given)
            return [] if tests == content.tests else [AuthorTestsSet(tests=tests)]
        case SubmitVersionForReview():
            _permit(state, "submit-for-review")
            check_fit(state.content)
            return [ProblemVersionSubmittedForReview()]
        case ReturnVersionToDraft(comment=comment):
            _permit(state, "return-to-draft")
            return [ProblemVersionReturnedToDraft(comment=comment)]
        case PublishVersion(now=now, run=run):
            _permit(state, "publish")
            check_publishable(state.content)
            _passed(state.content, run)
            return [
                ProblemVersionPublished(
                    published_at=now,
                    content_hash=hash_of(state.content),
                    checking_rule_ids=tuple(rule.rule_id for rule in state.content.rules),
                )
            ]
        case RetireVersion(reason=reason, now=now, replaced=replaced):
            if replaced and state.status is VersionStatus.RETIRED:
                return []
            _permit(state, "retire")
            return [ProblemVersionRetired(reason=reason, retired_at=now)]
        case ConfirmVersion():
            check_use(command, state.problem_id, state.status)
            return []


def _draft(state: ProblemVersion, command: DraftVersion) -> Sequence[VersionEvent]:
    if state.status is not VersionStatus.ABSENT:
        raise VersionIdTaken("there is a version with this id already")
    given = command.content
    if given.statement is None:
        raise StatementRequired("statement: is missing", path="statement")
    if absent(given.answer_schema):
        raise AnswerSchemaRequired("answerSchema: is missing", path="answerSchema")
    statement = kept_statement(given.statement)
    answer_schema = record(given.answer_schema, "answerSchema")
    content = msgspec.structs.replace(
        given,
        statement=statement,
        answer_schema=answer_schema,
        metadata=record(given.metadata, "metadata"),
        visibility=record(given.visibility, "visibility"),
        key=record_or_nothing(given.key, "key"),
        rules=tuple(map(kept_rule, given.rules)),
        tests=kept_tests(given.tests),
    )
    if command.copied_from is None:  # a draft may be copied before its parts fit each other
        check_fit(content)
    drafted = ProblemVersionDrafted(
        version_id=command.version_id,
        problem_id=command.problem_id,
        version=command.version,
        statement=statement,
        answer_schema=answer_schema,
        metadata=content.metadata,
        visibility=content.visibility,
        copied_from=command.copied_from,
    )
    events: list[VersionEvent] = [drafted]
    if not absent(content.key):
        events.append(AnswerKeySet(key=content.key))
    events += map(_added, content.rules)
    known = msgspec.structs.replace(content, solutions=())
    for solution in given.solutions:
        added = _solved(known, solution)
        known = _with_solution(known, added)
        events.append(added)
    if content.tests:
        events.append(AuthorTestsSet(tests=content.tests))
    return events


def _edit(content: VersionContent, command: EditVersion) -> Sequence[VersionEvent]:
    given: dict[str, Any] = {}
    if command.statement is not None:
        given["statement"] = kept_statement(command.statement)
    for name, path in _RECORDS.items():
        document: Document = getattr(command, name)
        if not absent(document):
            given[name] = record(document, path)
    if "answer_schema" in given:
        schema_of(given["answer_schema"])
    changes = {name: new for name, new in given.items() if new != getattr(content, name)}
    return [ProblemVersionEdited(**changes)] if changes else []


_UNCHANGED: Final = (None, NOTHING)
_RECORDS: Final = {
    "answer_schema": "answerSchema",
    "metadata": "metadata",
    "visibility": "visibility",
}


def _revise(content: VersionContent, command: ReviseCheckingRule) -> Sequence[VersionEvent]:
    found = [rule for rule in content.rules if rule.rule_id == command.rule_id]
    if not found:
        raise CheckingRuleNotFound("the version has no such checking rule")
    [before] = found
    rule = kept_rule(msgspec.structs.replace(before, **_set(command, "rule_id")))
    rule_of(_schema(content), rule)
    if rule == before:
        return []
    return [
        CheckingRuleRevised(
            rule_id=rule.rule_id,
            method=rule.method,
            rule=rule.rule,
            scoring_rule=rule.scoring_rule,
            rubric=rule.rubric,
            version=before.version + 1,
        )
    ]


def _edit_solution(content: VersionContent, command: EditSolution) -> Sequence[VersionEvent]:
    before = _solution(content, command.solution_id)
    others = tuple(one for one in content.solutions if one is not before)
    after = _solved(
        msgspec.structs.replace(content, solutions=others),
        msgspec.structs.replace(before, **_set(command, "solution_id")),
    )
    edited = SolutionEdited(**msgspec.structs.asdict(after))
    return [] if _as_solution(edited) == before else [edited]


def _solved(content: VersionContent, given: Solution) -> SolutionAdded:
    """One more solution, as it is kept."""
    if (given.kind is SolutionKind.HINT) != (given.hint_key is not None):
        raise BadDocument("hintKey: a hint has one, a solution has none", path="hintKey")
    if given.hint_key is not None and any(
        one.hint_key == given.hint_key for one in content.solutions
    ):
        raise HintKeyExists(f"hintKey: there is a hint {given.hint_key!r}", path="hintKey")
    return SolutionAdded(
        solution_id=given.solution_id,
        kind=given.kind,
        hint_key=given.hint_key,
        format=given.format,
        body=record(given.body, "body"),
        visibility=given.visibility,
    )


def _passed(content: VersionContent, run: AuthorTestRun | None) -> None:
    if not content.tests:
        return
    if run is None or run.of != trial_hash(content):
        raise AuthorTestsNotRun("the author's tests were not run on this very content")
    if run.failed:
        raise AuthorTestsFailed(
            f"{len(run.failed)} of {len(content.tests)} answers are judged otherwise",
            failed=[msgspec.to_builtins(one) for one in run.failed],
        )


def _editable(state: ProblemVersion) -> VersionContent:
    """The content, if it may change."""
    match state.status:
        case VersionStatus.DRAFT:
            return state.content
        case VersionStatus.ABSENT:
            raise VersionNotFound("no such version")
        case VersionStatus.REVIEW:
            raise VersionInReview("a version in review does not change; return it to draft first")
        case VersionStatus.PUBLISHED | VersionStatus.RETIRED:
            raise VersionImmutable(f"a {state.status} version does not change; make a new one")


def known(state: ProblemVersion) -> ProblemVersion:
    """The version, if there is one. Raises VersionNotFound."""
    if state.status is VersionStatus.ABSENT:
        raise VersionNotFound("no such version")
    return state


def _permit(state: ProblemVersion, command: str) -> None:
    permit(_MOVES, known(state).status, command)


def _schema(content: VersionContent) -> Any:
    return schema_of(content.answer_schema)


def _solution(content: VersionContent, solution_id: str) -> Solution:
    for one in content.solutions:
        if one.solution_id == solution_id:
            return one
    raise SolutionNotFound("the version has no such solution")


def _set(command: Command, *but: str) -> dict[str, Any]:
    """The fields of a command that are set."""
    return {
        name: value
        for name in command.__struct_fields__
        if name not in but and (value := getattr(command, name)) is not UNSET
    }


def _added(rule: WrittenRule) -> CheckingRuleAdded:
    return CheckingRuleAdded(**msgspec.structs.asdict(rule))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ProblemVersion, event: VersionEvent) -> ProblemVersion:
    """The state after one more event."""
    match event:
        case ProblemVersionDrafted():
            return ProblemVersion(
                version_id=event.version_id,
                problem_id=event.problem_id,
                version=event.version,
                status=VersionStatus.DRAFT,
                content=VersionContent(
                    statement=event.statement,
                    answer_schema=event.answer_schema,
                    metadata=event.metadata,
                    visibility=event.visibility,
                ),
                copied_from=event.copied_from,
            )
        case ProblemVersionSubmittedForReview():
            return msgspec.structs.replace(state, status=VersionStatus.REVIEW)
        case ProblemVersionReturnedToDraft():
            return msgspec.structs.replace(state, status=VersionStatus.DRAFT)
        case ProblemVersionPublished():
            return msgspec.structs.replace(
                state,
                status=VersionStatus.PUBLISHED,
                content_hash=event.content_hash,
                published_at=event.published_at,
            )
        case ProblemVersionRetired(retired_at=at):
            return msgspec.structs.replace(state, status=VersionStatus.RETIRED, retired_at=at)
        case _:
            return msgspec.structs.replace(state, content=_content(state.content, event))


def _content(content: VersionContent, event: VersionEvent) -> VersionContent:
    """The content after an event that changed it."""
    match event:
        case ProblemVersionEdited():
            changes = {
                name: new
                for name in event.__struct_fields__
                if (new := getattr(event, name)) not in _UNCHANGED
            }
            return msgspec.structs.replace(content, **changes)
        case AnswerKeySet(key=key):
            return msgspec.structs.replace(content, key=key)
        case CheckingRuleAdded():
            rule = WrittenRule(**msgspec.structs.asdict(event))
            return msgspec.structs.replace(content, rules=(*content.rules, rule))
        case CheckingRuleRevised():
            revised = WrittenRule(**msgspec.structs.asdict(event))
            rules = tuple(
                revised if one.rule_id == revised.rule_id else one for one in content.rules
            )
            return msgspec.structs.replace(content, rules=rules)
        case SolutionAdded():
            return _with_solution(content, event)
        case SolutionEdited():
            edited = _as_solution(event)
            solutions = tuple(
                edited if one.solution_id == edited.solution_id else one
                for one in content.solutions
            )
            return msgspec.structs.replace(content, solutions=solutions)
        case SolutionRemoved(solution_id=gone):
            rest = tuple(one for one in content.solutions if one.solution_id != gone)
            return msgspec.structs.replace(content, solutions=rest)
        case AuthorTestsSet(tests=tests):
            return msgspec.structs.replace(content, tests=tests)
        case _:
            return content


def _with_solution(content: VersionContent, event: SolutionAdded) -> VersionContent:
    return msgspec.structs.replace(content, solutions=(*content.solutions, _as_solution(event)))


def _as_solution(event: SolutionAdded | SolutionEdited) -> Solution:
    return Solution(**msgspec.structs.asdict(event))


problem_version: Decider[ProblemVersion] = Decider(
    "problem_version", ProblemVersion(), decide, evolve
)
