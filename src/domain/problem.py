"""Problem: what versions and variants belong to, its code, subject and standing (B-11 to B-13).

Its stream gives out what must be unique inside the problem, version numbers and variant keys, and
keeps which versions are published (ADR 12), so that no decision rests on another stream.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.keys import composite_key, folded
from domain.problem_content import VersionContent
from domain.problem_variant import CreateVariant, GenerateVariant
from domain.taxonomy_link import LinkCommand, LinkEvent, TaxonomyLink, decide_links, evolve_links
from domain.transitions import permit


class ProblemStatus(StrEnum):
    """Where a problem stands (B-13); ABSENT is said of none that exists."""

    ABSENT = "absent"
    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    RETIRED = "retired"
    ARCHIVED = "archived"


class SourceDomain(StrEnum):
    """Which domain a thing comes from (B-03)."""

    LMS = "lms"
    COMPETITIONS = "competitions"
    MANAGEMENT = "management"
    STOREFRONT = "storefront"
    MANUAL = "manual"
    MIGRATION = "migration"


class SourceRef(Value, frozen=True):
    """What the problem was made from, in the words of the domain it comes from."""

    domain: SourceDomain
    type: str
    id: str


class VersionStanding(StrEnum):
    """What a problem keeps of a version."""

    PUBLISHED = "published"
    RETIRED = "retired"


# --- events -------------------------------------------------------------------------------------


class ProblemCreated(Event, frozen=True):
    """A problem began, as a draft without versions."""

    problem_id: str
    code: str
    subject_key: str
    default_difficulty: str | None = None
    source_ref: SourceRef | None = None


class ProblemEdited(Event, frozen=True):
    """The fields that changed; null takes one away."""

    code: str | UnsetType = UNSET
    default_difficulty: str | UnsetType | None = UNSET
    source_ref: SourceRef | UnsetType | None = UNSET


class ProblemSubmittedForReview(Event, frozen=True):
    """Its author asks for a review."""

    comment: Personal[str | Erased | None] = None


class ProblemReturnedToDraft(Event, frozen=True):
    """The review asks for changes."""

    comment: Personal[str | Erased]


class ProblemPublished(Event, frozen=True):
    """It may be used."""


class ProblemRetired(Event, frozen=True):
    """It is not to be used any more; `replacement` is the problem to use in its place."""

    reason: Personal[str | Erased]
    replacement: str | None = None


class ProblemArchived(Event, frozen=True):
    """It is hidden."""

    reason: Personal[str | Erased | None] = None


class ProblemRestored(Event, frozen=True):
    """It is back where it was before it was hidden."""

    reason: Personal[str | Erased | None] = None


class VersionNumberTaken(Event, frozen=True):
    """The version `version_id` has the number `n`; numbers count 1, 2, 3 … (B-19)."""

    n: int
    version_id: str


class VersionStatusNoted(Event, frozen=True):
    """The version with the number `n` was published or retired, in this very transaction."""

    n: int
    status: VersionStanding


class VariantKeyTaken(Event, frozen=True):
    """A variant has this key, which no other of the problem may have (B-22)."""

    key: str
    variant_id: str


ProblemEvent = (
    ProblemCreated
    | ProblemEdited
    | ProblemSubmittedForReview
    | ProblemReturnedToDraft
    | ProblemPublished
    | ProblemRetired
    | ProblemArchived
    | ProblemRestored
    | VersionNumberTaken
    | VersionStatusNoted
    | VariantKeyTaken
    | LinkEvent
)


# --- commands -----------------------------------------------------------------------------------


class CreateProblem(Command, frozen=True):
    """Begin a problem under a newly made id; `subjects` are those allowed, none: any is."""

    founds: ClassVar[bool] = True

    problem_id: str
    code: str
    subject_key: str
    default_difficulty: str | None = None
    source_ref: SourceRef | None = None
    subjects: tuple[str, ...] = ()


class EditProblem(Command, frozen=True):
    """Change what is set; None takes it away."""

    code: str | UnsetType = UNSET
    default_difficulty: str | UnsetType | None = UNSET
    source_ref: SourceRef | UnsetType | None = UNSET


class SubmitProblemForReview(Command, frozen=True):
    """Ask for a review."""

    comment: str | None = None


class ReturnProblemToDraft(Command, frozen=True):
    """Ask for changes."""

    comment: str


class PublishProblem(Command, frozen=True):
    """Let it be used."""


class RetireProblem(Command, frozen=True):
    """Take it out of use."""

    reason: str
    replacement: str | None = None


class ArchiveProblem(Command, frozen=True):
    """Hide it; `usages` is how many of its versions' usages the caller found to be going on."""

    reason: str | None = None
    usages: int = 0


class RestoreProblem(Command, frozen=True):
    """Bring it back."""

    reason: str | None = None


class TakeVersionNumber(Command, frozen=True):
    """Begin the next version, under a newly made id; a policy drafts it with its number.

    `statement` and `answer_schema` may be missing here, so that the draft can refuse that.
    """

    version_id: str
    content: VersionContent
    copied_from: str | None = None


class NoteVersionStatus(Command, frozen=True, kw_only=True):
    """Keep what became of a version; `retire_previous` has a policy retire those before it."""

    n: int
    status: VersionStanding
    retire_previous: bool = False
    now: Instant


class TakeVariantKey(Command, frozen=True):
    """Begin a variant under its key; a policy carries out `variant`.

    One without a key gets the next of `v1`, `v2`, … that the problem has not.
    """

    variant: CreateVariant | GenerateVariant


class ConfirmProblem(Command, frozen=True):
    """Refuse unless the problem exists: of one that another speaks of, in the field at `path`."""

    path: str | None = "replacementProblemId"


ProblemCommand = (
    CreateProblem
    | EditProblem
    | SubmitProblemForReview
    | ReturnProblemToDraft
    | PublishProblem
    | RetireProblem
    | ArchiveProblem
    | RestoreProblem
    | TakeVersionNumber
    | NoteVersionStatus
    | TakeVariantKey
    | ConfirmProblem
    | LinkCommand
)


# --- state --------------------------------------------------------------------------------------


class Problem(Value, frozen=True):
    """A problem as it stands.

    `versions` are the ids of its versions by number, from 1; `published` the numbers of those that
    are. `shown` is the status to restore, `former_code` the one the last edit replaced.
    """

    problem_id: str = ""
    status: ProblemStatus = ProblemStatus.ABSENT
    code: str = ""
    subject_key: str = ""
    default_difficulty: str | None = None
    source_ref: SourceRef | None = None
    versions: tuple[str, ...] = ()
    published: frozenset[int] = frozenset()
    variant_keys: frozenset[str] = frozenset()
    shown: ProblemStatus = ProblemStatus.DRAFT
    former_code: str | None = None
    links: tuple[TaxonomyLink, ...] = ()


# --- refusals -----------------------------------------------------------------------------------


class ProblemNotFound(Refused):
    """There is no such problem."""

    code, kind = "PROBLEM_NOT_FOUND", RefusalKind.UNKNOWN


class ProblemIdTaken(Refused):
    """The id made for a new problem is in use: make another."""

    code, kind = "PROBLEM_EXISTS", RefusalKind.CONFLICT


class UnknownSubject(Refused):
    """The installation has subjects, and this is none of them."""

    code, kind = "UNKNOWN_SUBJECT", RefusalKind.UNFIT


class UnknownProblem(Refused):
    """The problem to use in its place is none that could be."""

    code, kind = "UNKNOWN_PROBLEM", RefusalKind.UNFIT


class ProblemCodeLocked(Refused):
    """A code changes only while the problem is a draft (C1.4)."""

    code, kind = "PROBLEM_CODE_LOCKED", RefusalKind.CONFLICT


class ProblemInUse(Refused):
    """Versions of the problem are used somewhere (C1.9)."""

    code, kind = "PROBLEM_IN_USE", RefusalKind.CONFLICT


class NoVersion(Refused):
    """There is nothing to review: the problem has no version."""

    code, kind = "NO_VERSION", RefusalKind.CONFLICT


class NoPublishedVersion(Refused):
    """There is nothing to use: none of its versions is published."""

    code, kind = "NO_PUBLISHED_VERSION", RefusalKind.CONFLICT


class RetiredProblem(Refused):
    """A retired problem gets no more versions."""

    code, kind = "PROBLEM_RETIRED", RefusalKind.CONFLICT


class VariantKeyExists(Refused):
    """Another variant of the problem has this key."""

    code, kind = "VARIANT_KEY_EXISTS", RefusalKind.CONFLICT


class VersionNotOfProblem(Refused):
    """The version belongs to no problem, or to another (B-25)."""

    code, kind = "VERSION_NOT_OF_PROBLEM", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------

_MOVES: Final[Mapping[ProblemStatus, frozenset[str]]] = {
    ProblemStatus.DRAFT: frozenset({"submit-for-review", "archive", "new-version"}),
    ProblemStatus.REVIEW: frozenset({"return-to-draft", "publish", "archive", "new-version"}),
    ProblemStatus.PUBLISHED: frozenset({"retire", "archive", "new-version"}),
    ProblemStatus.RETIRED: frozenset({"archive"}),
    ProblemStatus.ARCHIVED: frozenset({"restore"}),
}


def decide(state: Problem, command: ProblemCommand) -> Sequence[ProblemEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case CreateProblem():
            return _create(state, command)
        case EditProblem():
            return _edit(state, command)
        case SubmitProblemForReview(comment=comment):
            _permit(state, "submit-for-review")
            if not state.versions:
                raise NoVersion("the problem has no version")
            return [ProblemSubmittedForReview(comment=comment)]
        case ReturnProblemToDraft(comment=comment):
            _permit(state, "return-to-draft")
            return [ProblemReturnedToDraft(comment=comment)]
        case PublishProblem():
            _permit(state, "publish")
            if not state.published:
                raise NoPublishedVersion("none of the problem's versions is published")
            return [ProblemPublished()]
        case RetireProblem(reason=reason, replacement=replacement):
            _permit(state, "retire")
            if replacement == state.problem_id:
                raise UnknownProblem(
                    "a problem does not replace itself", path="replacementProblemId"
                )
            return [ProblemRetired(reason=reason, replacement=replacement)]
        case ArchiveProblem(reason=reason, usages=usages):
            _permit(state, "archive")
            if usages:
                raise ProblemInUse(f"it is used in {usages} places", usages=usages)
            return [ProblemArchived(reason=reason)]
        case RestoreProblem(reason=reason):
            _permit(state, "restore")
            return [ProblemRestored(reason=reason)]
        case TakeVersionNumber(version_id=version_id):
            known(state)
            if version_id in state.versions:
                return []
            if state.status is ProblemStatus.RETIRED:
                raise RetiredProblem("a retired problem gets no more versions")
            _permit(state, "new-version")
            return [VersionNumberTaken(n=len(state.versions) + 1, version_id=version_id)]
        case NoteVersionStatus(n=n, status=status):
            known(state)
            if (status is VersionStanding.PUBLISHED) == (n in state.published):
                return []
            return [VersionStatusNoted(n=n, status=status)]
        case TakeVariantKey(variant=variant):
            return _take_key(state, variant)
        case ConfirmProblem(path=None):
            known(state)
            return []
        case ConfirmProblem(path=path):
            if state.status is ProblemStatus.ABSENT:
                raise UnknownProblem(f"{path}: there is no such problem", path=path)
            return []
        case _:
            known(state)
            return decide_links(state.links, command)


def _create(state: Problem, command: CreateProblem) -> Sequence[ProblemEvent]:
    if state.status is not ProblemStatus.ABSENT:
        raise ProblemIdTaken("there is a problem with this id already")
    if command.subjects and command.subject_key not in command.subjects:
        raise UnknownSubject(
            f"subjectKey: {command.subject_key!r} is no subject here", path="subjectKey"
        )
    return [
        ProblemCreated(
            problem_id=command.problem_id,
            code=command.code,
            subject_key=command.subject_key,
            default_difficulty=command.default_difficulty,
            source_ref=command.source_ref,
        )
    ]


def _edit(state: Problem, command: EditProblem) -> Sequence[ProblemEvent]:
    known(state)
    changes = {
        name: new
        for name in ("code", "default_difficulty", "source_ref")
        if (new := getattr(command, name)) is not UNSET and new != getattr(state, name)
    }
    if "code" in changes and state.status is not ProblemStatus.DRAFT:
        raise ProblemCodeLocked(f"code: cannot change while it is {state.status}", path="code")
    return [ProblemEdited(**changes)] if changes else []


def _take_key(state: Problem, variant: CreateVariant | GenerateVariant) -> Sequence[ProblemEvent]:
    known(state)
    if variant.version_id not in state.versions:
        raise VersionNotOfProblem(
            "problemVersionId: no version of this problem", path="problemVersionId"
        )
    key = variant.key or _next_key(state.variant_keys)
    if folded(key) in state.variant_keys:
        raise VariantKeyExists(f"key: the problem has a variant {key!r} already", path="key")
    return [VariantKeyTaken(key=key, variant_id=variant.variant_id)]


def _next_key(taken: Collection[str]) -> str:
    numbers = [int(found[1]) for key in taken if (found := re.fullmatch(r"v([0-9]{1,9})", key))]
    return f"v{max(numbers, default=0) + 1}"


def known(state: Problem) -> Problem:
    """The problem, if there is one. Raises ProblemNotFound."""
    if state.status is ProblemStatus.ABSENT:
        raise ProblemNotFound("no such problem")
    return state


def _permit(state: Problem, command: str) -> None:
    permit(_MOVES, known(state).status, command)


def code_key(code: str) -> str:
    """The key of the reservation that makes a code unique (B-12)."""
    return composite_key(folded(code))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Problem, event: ProblemEvent) -> Problem:
    """The state after one more event."""
    match event:
        case ProblemCreated():
            return Problem(
                problem_id=event.problem_id,
                status=ProblemStatus.DRAFT,
                code=event.code,
                subject_key=event.subject_key,
                default_difficulty=event.default_difficulty,
                source_ref=event.source_ref,
            )
        case ProblemEdited():
            return _edited(state, event)
        case ProblemSubmittedForReview():
            return msgspec.structs.replace(state, status=ProblemStatus.REVIEW)
        case ProblemReturnedToDraft():
            return msgspec.structs.replace(state, status=ProblemStatus.DRAFT)
        case ProblemPublished():
            return msgspec.structs.replace(state, status=ProblemStatus.PUBLISHED)
        case ProblemRetired():
            return msgspec.structs.replace(state, status=ProblemStatus.RETIRED)
        case ProblemArchived():
            return msgspec.structs.replace(state, status=ProblemStatus.ARCHIVED, shown=state.status)
        case ProblemRestored():
            return msgspec.structs.replace(state, status=state.shown)
        case VersionNumberTaken(version_id=version_id):
            return msgspec.structs.replace(state, versions=(*state.versions, version_id))
        case VersionStatusNoted(n=n, status=VersionStanding.PUBLISHED):
            return msgspec.structs.replace(state, published=state.published | {n})
        case VersionStatusNoted(n=n):
            return msgspec.structs.replace(state, published=state.published - {n})
        case VariantKeyTaken(key=key):
            return msgspec.structs.replace(state, variant_keys=state.variant_keys | {folded(key)})
        case _:
            return msgspec.structs.replace(state, links=evolve_links(state.links, event))


def _edited(state: Problem, event: ProblemEdited) -> Problem:
    """The state with the changed fields; the last edit's former code only if it changed that."""
    changes = {
        name: new for name in event.__struct_fields__ if (new := getattr(event, name)) is not UNSET
    }
    changes["former_code"] = state.code if "code" in changes else None
    return msgspec.structs.replace(state, **changes)


problem: Decider[Problem] = Decider("problem", Problem(), decide, evolve)
