"""Problem: codes, standing, version numbers and variant keys (B-11 to B-13, B-19, B-22, B-25)."""

from typing import Any

import pytest

from domain.kernel import Command
from domain.problem import (
    ArchiveProblem,
    ConfirmProblem,
    CreateProblem,
    EditProblem,
    NoPublishedVersion,
    NoteVersionStatus,
    NoVersion,
    Problem,
    ProblemArchived,
    ProblemCodeLocked,
    ProblemCreated,
    ProblemEdited,
    ProblemIdTaken,
    ProblemInUse,
    ProblemNotFound,
    ProblemPublished,
    ProblemRestored,
    ProblemRetired,
    ProblemReturnedToDraft,
    ProblemStatus,
    ProblemSubmittedForReview,
    PublishProblem,
    RestoreProblem,
    RetiredProblem,
    RetireProblem,
    ReturnProblemToDraft,
    SourceDomain,
    SourceRef,
    SubmitProblemForReview,
    TakeVariantKey,
    TakeVersionNumber,
    UnknownProblem,
    UnknownSubject,
    VariantKeyExists,
    VariantKeyTaken,
    VersionNotOfProblem,
    VersionNumberTaken,
    VersionStanding,
    VersionStatusNoted,
    code_key,
    problem,
)
from domain.problem_variant import CreateVariant
from domain.reservation import NameKind, ProblemCodeExists, Reserve, problem_code
from domain.transitions import InvalidTransition
from tests.domain.given import Scenario, given
from tests.domain.problem_world import NOW, P1, World, content, world_with_versions

CREATED = ProblemCreated(problem_id="p1", code="A-1", subject_key="mathematics")
NUMBERED = VersionNumberTaken(n=1, version_id="v1")
NOTED = VersionStatusNoted(n=1, status=VersionStanding.PUBLISHED)
REVIEW = ProblemSubmittedForReview()
DRAFT = given(problem, CREATED)
IN_REVIEW = given(problem, CREATED, NUMBERED, NOTED, REVIEW)
PUBLISHED = given(problem, CREATED, NUMBERED, NOTED, REVIEW, ProblemPublished())
RETIRED = given(
    problem, CREATED, NUMBERED, NOTED, REVIEW, ProblemPublished(), ProblemRetired(reason="x")
)
ARCHIVED = given(problem, CREATED, ProblemArchived())

CREATE = CreateProblem(problem_id="p1", code="A-1", subject_key="mathematics")
NEXT = TakeVersionNumber(version_id="v9", content=content())
MOVES: dict[str, Command] = {
    "submit-for-review": SubmitProblemForReview(),
    "return-to-draft": ReturnProblemToDraft(comment="no"),
    "publish": PublishProblem(),
    "retire": RetireProblem(reason="x"),
    "archive": ArchiveProblem(),
    "restore": RestoreProblem(),
}
ALLOWED = {
    "draft": {"submit-for-review", "archive"},
    "review": {"return-to-draft", "publish", "archive"},
    "published": {"retire", "archive"},
    "retired": {"archive"},
    "archived": {"restore"},
}
AT = {
    "draft": given(problem, CREATED, NUMBERED),
    "review": IN_REVIEW,
    "published": PUBLISHED,
    "retired": RETIRED,
    "archived": ARCHIVED,
}


def test_B11_a_problem_starts_as_a_draft_with_what_its_author_said():
    ref = SourceRef(domain=SourceDomain.LMS, type="task", id="17")
    command = CreateProblem(
        problem_id="p1",
        code="A-1",
        subject_key="mathematics",
        default_difficulty="easy",
        source_ref=ref,
    )
    after = given(problem).when(command).happens()
    assert after.state == Problem(
        problem_id="p1",
        status=ProblemStatus.DRAFT,
        code="A-1",
        subject_key="mathematics",
        default_difficulty="easy",
        source_ref=ref,
    )
    after.when(command).refused(ProblemIdTaken)


def test_C1_2_a_subject_is_one_of_the_installations_if_it_has_any():
    known = CreateProblem(
        problem_id="p1", code="A-1", subject_key="mathematics", subjects=("physics", "mathematics")
    )
    given(problem).when(known).then(CREATED)
    other = CreateProblem(
        problem_id="p1", code="A-1", subject_key="mathematics", subjects=("physics",)
    )
    refusal = given(problem).when(other).refused(UnknownSubject)
    assert refusal.code == "UNKNOWN_SUBJECT"


@pytest.mark.parametrize("command", MOVES)
@pytest.mark.parametrize("status", ALLOWED)
def test_B13_only_the_transitions_of_the_lifecycle(status: str, command: str):
    before: Scenario = AT[status]
    if command in ALLOWED[status]:
        assert before.when(MOVES[command]).happens().state.status != before.state.status
        return
    refusal = before.when(MOVES[command]).refused(InvalidTransition)
    allowed = refusal.details["allowed"]
    assert (refusal.details["from"], refusal.details["command"]) == (status, command)
    assert set(allowed) - {"new-version"} == ALLOWED[status]


@pytest.mark.parametrize(
    "command", [*MOVES.values(), EditProblem(), NEXT], ids=lambda command: type(command).__name__
)
def test_a_command_for_no_problem_finds_none(command: Command):
    given(problem).when(command).refused(ProblemNotFound)


def test_C1_4_what_changes_is_what_is_set_and_null_takes_away():
    ref = SourceRef(domain=SourceDomain.MANUAL, type="book", id="3")
    after = DRAFT.when(EditProblem(default_difficulty="hard", source_ref=ref)).then(
        ProblemEdited(default_difficulty="hard", source_ref=ref)
    )
    after.when(EditProblem(default_difficulty="hard")).nothing()
    after.when(EditProblem()).nothing()
    cleared = after.when(EditProblem(default_difficulty=None)).then(
        ProblemEdited(default_difficulty=None)
    )
    assert cleared.state.default_difficulty is None
    assert cleared.state.source_ref == ref


def test_C1_4_a_code_changes_only_in_draft():
    after = DRAFT.when(EditProblem(code="B-2")).then(ProblemEdited(code="B-2"))
    assert (after.state.code, after.state.former_code) == ("B-2", "A-1")
    assert after.when(EditProblem(default_difficulty="x")).happens().state.former_code is None
    IN_REVIEW.when(EditProblem(code="B-2")).refused(ProblemCodeLocked)
    IN_REVIEW.when(EditProblem(code="A-1")).nothing()
    RETIRED.when(EditProblem(default_difficulty="x")).happens()


def test_C1_5_a_problem_without_versions_is_not_reviewed():
    DRAFT.when(SubmitProblemForReview()).refused(NoVersion)
    comment = SubmitProblemForReview(comment="please")
    AT["draft"].when(comment).then(ProblemSubmittedForReview(comment="please")).when(
        ReturnProblemToDraft(comment="unclear")
    ).then(ProblemReturnedToDraft(comment="unclear"))


def test_C1_7_publishing_needs_a_published_version():
    given(problem, CREATED, NUMBERED, REVIEW).when(PublishProblem()).refused(NoPublishedVersion)
    gone = VersionStatusNoted(n=1, status=VersionStanding.RETIRED)
    given(problem, CREATED, NUMBERED, NOTED, gone, REVIEW).when(PublishProblem()).refused(
        NoPublishedVersion
    )
    IN_REVIEW.when(PublishProblem()).then(ProblemPublished())


def test_C1_8_a_problem_does_not_replace_itself():
    PUBLISHED.when(RetireProblem(reason="x", replacement="p2")).then(
        ProblemRetired(reason="x", replacement="p2")
    )
    PUBLISHED.when(RetireProblem(reason="x", replacement="p1")).refused(UnknownProblem)
    given(problem).when(ConfirmProblem()).refused(UnknownProblem)
    RETIRED.when(ConfirmProblem()).nothing()


@pytest.mark.parametrize("status", ["draft", "review", "published", "retired"])
def test_C1_9_restore_brings_back_the_status_before(status: str):
    after = AT[status].when(ArchiveProblem(reason="old")).then(ProblemArchived(reason="old"))
    back = after.when(RestoreProblem(reason="back")).then(ProblemRestored(reason="back"))
    assert back.state.status == status


def test_C1_9_a_problem_that_is_used_is_not_hidden():
    refusal = PUBLISHED.when(ArchiveProblem(usages=2)).refused(ProblemInUse)
    assert (refusal.code, refusal.kind) == ("PROBLEM_IN_USE", "conflict")
    assert refusal.details == {"usages": 2}
    ARCHIVED.when(ArchiveProblem(usages=2)).refused(InvalidTransition)


def test_C1_11_a_retired_problem_gets_no_more_versions():
    RETIRED.when(NEXT).refused(RetiredProblem)
    ARCHIVED.when(NEXT).refused(InvalidTransition)


def test_B19_numbers_count_from_one_without_gaps():
    after = DRAFT
    for number in range(1, 6):
        take = TakeVersionNumber(version_id=f"v{number}", content=content())
        after = after.when(take).then(VersionNumberTaken(n=number, version_id=f"v{number}"))
        after.when(take).nothing()
    assert after.state.versions == ("v1", "v2", "v3", "v4", "v5")


def test_ADR12_what_became_of_a_version_is_noted_once():
    note = NoteVersionStatus(n=1, status=VersionStanding.PUBLISHED, now=NOW)
    after = given(problem, CREATED, NUMBERED).when(note).then(NOTED)
    after.when(note).nothing()
    gone = NoteVersionStatus(n=1, status=VersionStanding.RETIRED, now=NOW)
    later = after.when(gone).happens()
    later.when(gone).nothing()
    assert later.state.published == frozenset()


def create_variant(key: str, version_id: str = "v1") -> TakeVariantKey:
    return TakeVariantKey(
        variant=CreateVariant(
            variant_id=f"x-{key}", problem_id="p1", key=key, version_id=version_id
        )
    )


def test_B22_a_variant_key_is_unique_within_its_problem_whatever_its_case():
    after = IN_REVIEW.when(create_variant("a")).then(VariantKeyTaken(key="a", variant_id="x-a"))
    refusal = after.when(create_variant("A ")).refused(VariantKeyExists)
    assert refusal.code == "VARIANT_KEY_EXISTS"
    after.when(create_variant("b")).happens()


def test_B25_a_variant_is_of_a_version_of_its_problem():
    IN_REVIEW.when(create_variant("a", "v2")).refused(VersionNotOfProblem)


# --- codes, with their reservations -----------------------------------------------------------


def code_holder(world: World, code: str) -> Any:
    return world.state(problem_code.stream(code_key(code))).owner


def test_B12_a_code_belongs_to_one_problem():
    world = world_with_versions()
    with pytest.raises(ProblemCodeExists) as caught:
        world.do(problem.stream("p2"), CreateProblem(problem_id="p2", code="a-1", subject_key="x"))
    assert caught.value.code == "PROBLEM_CODE_EXISTS"
    assert world.state(problem.stream("p2")) == Problem()
    assert code_holder(world, " A-1") == "p1"


def test_B12_a_code_that_was_given_up_is_free():
    world = world_with_versions()
    world.do(P1, EditProblem(code="B-2"))
    assert (code_holder(world, "A-1"), code_holder(world, "B-2")) == (None, "p1")
    world.do(problem.stream("p2"), CreateProblem(problem_id="p2", code="A-1", subject_key="x"))
    with pytest.raises(ProblemCodeExists):
        world.do(P1, EditProblem(code="A-1"))
    assert world.state(P1).code == "B-2"


def test_B12_a_code_that_changes_only_its_case_stays_taken():
    world = world_with_versions()
    world.do(P1, EditProblem(code="a-1"))
    assert world.state(P1).code == "a-1"
    assert code_holder(world, "A-1") == "p1"


def test_a_reserved_code_says_so_itself():
    reserve = Reserve(owner="p2", of=NameKind.PROBLEM_CODE)
    first = given(problem_code).when(Reserve(owner="p1", of=NameKind.PROBLEM_CODE)).happens()
    first.when(reserve).refused(ProblemCodeExists)


def test_C1_8_a_replacement_must_exist():
    world = world_with_versions()
    for event in (NUMBERED, NOTED, REVIEW, ProblemPublished()):
        world.states[P1] = problem.evolve(world.state(P1), event)
    with pytest.raises(UnknownProblem):
        world.do(P1, RetireProblem(reason="x", replacement="p2"))
    assert world.state(P1).status is ProblemStatus.PUBLISHED
    world.do(problem.stream("p2"), CreateProblem(problem_id="p2", code="Z", subject_key="x"))
    world.do(P1, RetireProblem(reason="x", replacement="p2"))
    assert world.state(P1).status is ProblemStatus.RETIRED
