"""The list of problems: one row a problem, over its events, its versions' and usages' (C1.1)."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import UNSET

from domain.documents import Document, absent, parsed
from domain.instants import Instant
from domain.kernel import Value
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
    SourceRef,
)
from domain.problem_content import SolutionKind, Statement, StatementFormat
from domain.problem_usage import ContextDomain, UsageRegistered, UsageReleased
from domain.problem_version import (
    CheckingRuleAdded,
    ProblemVersionDrafted,
    ProblemVersionEdited,
    ProblemVersionPublished,
    ProblemVersionRetired,
    ProblemVersionReturnedToDraft,
    ProblemVersionSubmittedForReview,
    SolutionAdded,
    SolutionRemoved,
    VersionStatus,
)
from domain.taxonomy_link import TaxonomyLinked, TaxonomyLinksReplaced, TaxonomyUnlinked
from projections.kernel import Fact, Index, IndexKind, Projection, Via

VISIBILITIES: Final = ("private", "organization", "public")
_STATED: Final = 20_000  # characters of a statement that are searched
_TAG: Final = re.compile(r"<[^<>]*>")


class ListedVersion(Value, frozen=True, kw_only=True):
    """What the list keeps of a version: `text` is its statement's, `solutions` those of whole ones.

    `visibility` holds the words of B-04 that its visibility names.
    """

    version_id: str
    number: int
    status: VersionStatus = VersionStatus.DRAFT
    text: str
    visibility: tuple[str, ...] = ()
    has_rule: bool = False
    solutions: tuple[str, ...] = ()


class ListedLink(Value, frozen=True):
    """What the list keeps of a link to a node."""

    link_id: str
    node_id: str


class ListedUsage(Value, frozen=True):
    """What the list keeps of a usage."""

    usage_id: str
    domain: ContextDomain


class ListedProblem(Value, frozen=True, kw_only=True):
    """A problem as lists show it, and what they are filtered by; `versions` by number, from 1.

    `shown` is the status to restore, `links` lead to taxonomy nodes, `usages` are those that go on.
    """

    problem_id: str
    code: str
    subject_key: str
    status: ProblemStatus = ProblemStatus.DRAFT
    default_difficulty: str | None = None
    source_ref: SourceRef | None = None
    shown: ProblemStatus = ProblemStatus.DRAFT
    versions: tuple[ListedVersion, ...] = ()
    links: tuple[ListedLink, ...] = ()
    usages: tuple[ListedUsage, ...] = ()
    created_at: Instant
    updated_at: Instant

    @property
    def current(self) -> ListedVersion | None:
        """The version that filters ask about: the last published one, or else the last."""
        for version in reversed(self.versions):
            if version.status is VersionStatus.PUBLISHED:
                return version
        return self.versions[-1] if self.versions else None


def key(fact: Fact) -> str | Via | None:
    """The problem of an event; later ones of a version or a usage know only that."""
    category, _, name = fact.stream.partition("-")
    match fact.event:
        case ProblemVersionDrafted() | UsageRegistered() as first:
            return first.problem_id
        case _:
            return name if category == "problem" else Via(name)


def names(fact: Fact) -> str | None:
    """The ids of its versions and usages are further names of a problem's row."""
    match fact.event:
        case ProblemVersionDrafted(version_id=name) | UsageRegistered(usage_id=name):
            return name
        case _:
            return None


def project(view: ListedProblem | None, fact: Fact) -> ListedProblem | None:
    """The row after one more event of its problem or of one of its versions."""
    match fact.event, view:
        case ProblemCreated() as created, None:
            return ListedProblem(
                problem_id=created.problem_id,
                code=created.code,
                subject_key=created.subject_key,
                default_difficulty=created.default_difficulty,
                source_ref=created.source_ref,
                created_at=fact.at,
                updated_at=fact.at,
            )
        case event, ListedProblem() if fact.stream.startswith("problem-"):
            return _of_problem(view, event, fact.at)
        case UsageRegistered(usage_id=usage_id, context=context), ListedProblem():
            usage = ListedUsage(usage_id, context.domain)
            return msgspec.structs.replace(view, usages=(*view.usages, usage))
        case UsageReleased(), ListedProblem():
            usage_id = fact.stream.partition("-")[2]
            left = tuple(one for one in view.usages if one.usage_id != usage_id)
            return msgspec.structs.replace(view, usages=left)
        case ProblemVersionDrafted() as drafted, ListedProblem():
            version = ListedVersion(
                version_id=drafted.version_id,
                number=drafted.version,
                text=statement_text(drafted.statement),
                visibility=_visibilities(drafted.visibility),
            )
            return _with(view, version, fact.at)
        case event, ListedProblem():
            version_id = fact.stream.partition("-")[2]
            for version in view.versions:
                if version.version_id == version_id:
                    return _with(view, _of_version(version, event), fact.at)
            return view
        case _:
            return view


def _of_problem(view: ListedProblem, event: object, at: Instant) -> ListedProblem:
    match event:
        case ProblemEdited():
            fields = {name: getattr(event, name) for name in event.__struct_fields__}
            changes = {name: new for name, new in fields.items() if new is not UNSET}
            return msgspec.structs.replace(view, **changes, updated_at=at)
        case TaxonomyLinked() | TaxonomyUnlinked() | TaxonomyLinksReplaced():
            return msgspec.structs.replace(view, links=_links(view.links, event), updated_at=at)
        case ProblemSubmittedForReview():
            status = ProblemStatus.REVIEW
        case ProblemReturnedToDraft():
            status = ProblemStatus.DRAFT
        case ProblemPublished():
            status = ProblemStatus.PUBLISHED
        case ProblemRetired():
            status = ProblemStatus.RETIRED
        case ProblemArchived():
            view = msgspec.structs.replace(view, shown=view.status)
            status = ProblemStatus.ARCHIVED
        case ProblemRestored():
            status = view.shown
        case _:
            return view
    return msgspec.structs.replace(view, status=status, updated_at=at)


def _links(
    links: tuple[ListedLink, ...], event: TaxonomyLinked | TaxonomyUnlinked | TaxonomyLinksReplaced
) -> tuple[ListedLink, ...]:
    match event:
        case TaxonomyLinked(link_id=link_id, node_id=node_id):
            return (*links, ListedLink(link_id, node_id))
        case TaxonomyUnlinked(link_id=gone):
            return tuple(one for one in links if one.link_id != gone)
        case TaxonomyLinksReplaced(links=all_of_them):
            return tuple(ListedLink(one.link_id, one.node_id) for one in all_of_them)


def _of_version(version: ListedVersion, event: object) -> ListedVersion:
    def now(**changes: object) -> ListedVersion:
        return msgspec.structs.replace(version, **changes)

    match event:
        case ProblemVersionEdited(statement=statement, visibility=visibility):
            if statement is not None:
                version = now(text=statement_text(statement))
            return version if absent(visibility) else now(visibility=_visibilities(visibility))
        case CheckingRuleAdded():
            return now(has_rule=True)
        case SolutionAdded(kind=SolutionKind.SOLUTION, solution_id=solution_id):
            return now(solutions=(*version.solutions, solution_id))
        case SolutionRemoved(solution_id=gone):
            return now(solutions=tuple(one for one in version.solutions if one != gone))
        case ProblemVersionSubmittedForReview():
            return now(status=VersionStatus.REVIEW)
        case ProblemVersionReturnedToDraft():
            return now(status=VersionStatus.DRAFT)
        case ProblemVersionPublished():
            return now(status=VersionStatus.PUBLISHED)
        case ProblemVersionRetired():
            return now(status=VersionStatus.RETIRED)
        case _:
            return version


def _with(view: ListedProblem, version: ListedVersion, at: Instant) -> ListedProblem:
    """The row with a version in the place of its number."""
    others = [one for one in view.versions if one.number != version.number]
    versions = tuple(sorted([*others, version], key=lambda one: one.number))
    return msgspec.structs.replace(view, versions=versions, updated_at=at)


# --- what is searched -------------------------------------------------------------------------


def statement_text(statement: Statement) -> str:
    """The words of a statement: every text in its body, without the tags of rich text."""
    text = " ".join(_texts(parsed(statement.body)))
    if statement.format is StatementFormat.RICH_TEXT:
        text = _TAG.sub(" ", text)
    return text[:_STATED]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document, in its order; no recursion, whatever its depth."""
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case list() as items:
                left += reversed(items)
            case dict() as members:
                left += reversed(members.values())
            case _:
                pass


def _visibilities(visibility: Document) -> tuple[str, ...]:
    named = parsed(visibility)
    words: Iterable[Any] = named.values() if isinstance(named, dict) else ()
    return tuple(word for word in VISIBILITIES if word in [one for one in words if one])


def _prose(view: ListedProblem) -> str:
    current, source = view.current, view.source_ref
    return " ".join(
        [view.code, "" if source is None else source.id, "" if current is None else current.text]
    )


problem_list = Projection(
    name="problem_list",
    version=1,
    view=ListedProblem,
    reads={
        "problem.created": ProblemCreated,
        "problem.edited": ProblemEdited,
        "problem.submitted_for_review": ProblemSubmittedForReview,
        "problem.returned_to_draft": ProblemReturnedToDraft,
        "problem.published": ProblemPublished,
        "problem.retired": ProblemRetired,
        "problem.archived": ProblemArchived,
        "problem.restored": ProblemRestored,
        "problem.taxonomy_linked": TaxonomyLinked,
        "problem.taxonomy_unlinked": TaxonomyUnlinked,
        "problem.taxonomy_links_replaced": TaxonomyLinksReplaced,
        "problem_usage.registered": UsageRegistered,
        "problem_usage.released": UsageReleased,
        "problem_version.drafted": ProblemVersionDrafted,
        "problem_version.edited": ProblemVersionEdited,
        "problem_version.checking_rule_added": CheckingRuleAdded,
        "problem_version.solution_added": SolutionAdded,
        "problem_version.solution_removed": SolutionRemoved,
        "problem_version.submitted_for_review": ProblemVersionSubmittedForReview,
        "problem_version.returned_to_draft": ProblemVersionReturnedToDraft,
        "problem_version.published": ProblemVersionPublished,
        "problem_version.retired": ProblemVersionRetired,
    },
    project=project,
    indexes={
        "subject": Index(IndexKind.TEXT, lambda view: view.subject_key),
        "standing": Index(IndexKind.TEXT, lambda view: view.status),
        "version_status": Index(IndexKind.MANY, lambda view: [v.status for v in view.versions]),
        "difficulty": Index(IndexKind.TEXT, lambda view: view.default_difficulty),
        "has_solution": Index(
            IndexKind.INTEGER, lambda view: int(bool(view.current and view.current.solutions))
        ),
        "has_checking_rule": Index(
            IndexKind.INTEGER, lambda view: int(bool(view.current and view.current.has_rule))
        ),
        "visibility": Index(
            IndexKind.MANY, lambda view: view.current.visibility if view.current else ()
        ),
        "taxonomy_node": Index(IndexKind.MANY, lambda view: [one.node_id for one in view.links]),
        "used_in": Index(IndexKind.MANY, lambda view: [one.domain for one in view.usages]),
        "q": Index(IndexKind.WORDS, _prose),
        "code": Index(IndexKind.ORDER, lambda view: view.code),
        "subject_key": Index(IndexKind.ORDER, lambda view: view.subject_key),
        "status": Index(IndexKind.ORDER, lambda view: view.status),
        "default_difficulty": Index(IndexKind.ORDER, lambda view: view.default_difficulty or ""),
        "updated_at": Index(IndexKind.ORDER, lambda view: view.updated_at),
    },
    inline=False,
    key=key,
    numbered=True,
    names=names,
)
