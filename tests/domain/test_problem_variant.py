"""ProblemVariant: by hand or generated, settings, equivalence (B-22 to B-25, C1.25 to C1.28)."""

import msgspec
import pytest
from msgspec import Raw

from domain.documents import BadDocument
from domain.kernel import Command
from domain.problem import TakeVariantKey
from domain.problem_variant import (
    CreateVariant,
    EditVariantSettings,
    GenerateVariant,
    Generation,
    MarkEquivalent,
    ProblemVariantCreated,
    ProblemVariantGenerated,
    UnknownVariant,
    UnmarkEquivalent,
    VariantEquivalenceMarked,
    VariantEquivalenceUnmarked,
    VariantIdTaken,
    VariantNotFound,
    VariantSelfEquivalence,
    VariantSettingsEdited,
    VariantSettingsLocked,
    problem_variant,
)
from tests.domain.given import given
from tests.domain.problem_world import P1, READY, World, raw, world_with_versions

BY_HAND = CreateVariant(
    variant_id="x1", problem_id="p1", key="a", version_id="v1", settings=raw({"n": 1})
)
GENERATED = GenerateVariant(
    variant_id="x2",
    problem_id="p1",
    key="b",
    version_id="v1",
    generator="template",
    generator_version="1",
    seed=7,
    params=raw({"a": 3}),
    recipe=raw({"params": {"a": {"min": 1, "max": 9}}}),
    statement_hash="0" * 64,
)
X1, X2 = problem_variant.stream("x1"), problem_variant.stream("x2")


def both() -> World:
    world = world_with_versions(READY)
    world.do(P1, TakeVariantKey(variant=BY_HAND))
    world.do(P1, TakeVariantKey(variant=GENERATED))
    return world


def test_a_variant_without_a_key_gets_the_next_number():
    world = world_with_versions(READY)
    for number, (key, kept) in enumerate(
        [("", "v1"), ("V7", "V7"), ("vx", "vx"), ("", "v8"), ("w9", "w9"), ("", "v9")]
    ):
        variant = msgspec.structs.replace(BY_HAND, variant_id=f"x{number}", key=key)
        world.do(P1, TakeVariantKey(variant=variant))
        assert world.state(problem_variant.stream(f"x{number}")).key == kept


def test_C1_25_a_variant_made_by_hand_has_settings():
    after = given(problem_variant).when(BY_HAND).happens()
    assert after.events == (
        ProblemVariantCreated(
            variant_id="x1", problem_id="p1", key="a", version_id="v1", settings=raw({"n": 1})
        ),
    )
    after.when(BY_HAND).refused(VariantIdTaken)
    edit = EditVariantSettings(settings=Raw(b'{ "n": 2 }'))
    later = after.when(edit).then(VariantSettingsEdited(settings=raw({"n": 2})))
    later.when(edit).nothing()
    later.when(EditVariantSettings(settings=raw([]))).refused(BadDocument)


def test_B24_a_generated_variant_keeps_everything_it_takes_to_make_it_again():
    after = given(problem_variant).when(GENERATED).happens()
    [event] = after.events
    assert isinstance(event, ProblemVariantGenerated)
    assert after.state.generation == Generation(
        generator="template",
        generator_version="1",
        seed=7,
        params=raw({"a": 3}),
        recipe=raw({"params": {"a": {"min": 1, "max": 9}}}),
        statement_hash="0" * 64,
    )
    after.when(GENERATED).refused(VariantIdTaken)


def test_C1_27_the_settings_of_a_generated_variant_are_locked():
    refusal = (
        given(problem_variant)
        .when(GENERATED)
        .happens()
        .when(EditVariantSettings(settings=raw({})))
        .refused(VariantSettingsLocked)
    )
    assert refusal.code == "VARIANT_SETTINGS_LOCKED"


def test_C1_28_equivalence_is_marked_and_unmarked_on_both():
    world = both()
    events = world.do(X1, MarkEquivalent(other="x2", basis="same numbers"))
    assert events == [
        VariantEquivalenceMarked(other="x2", basis="same numbers"),
        VariantEquivalenceMarked(other="x1", basis="same numbers"),
    ]
    assert world.do(X2, MarkEquivalent(other="x1", basis="same numbers")) == []
    assert len(world.do(X2, MarkEquivalent(other="x1", basis="proved"))) == 2
    assert world.state(X1).equivalents == {"x2": "proved"}
    assert world.do(X2, UnmarkEquivalent(other="x1")) == [
        VariantEquivalenceUnmarked(other="x1"),
        VariantEquivalenceUnmarked(other="x2"),
    ]
    assert world.do(X1, UnmarkEquivalent(other="x2")) == []
    assert world.state(X1).equivalents == world.state(X2).equivalents == {}


@pytest.mark.parametrize("command", [MarkEquivalent(other="x1"), UnmarkEquivalent(other="x1")])
def test_C1_28_a_variant_is_not_equivalent_to_itself(command: Command):
    refusal = (
        given(problem_variant).when(BY_HAND).happens().when(command).refused(VariantSelfEquivalence)
    )
    assert refusal.code == "VARIANT_SELF_EQUIVALENCE"


def test_C1_28_an_equivalent_variant_must_exist():
    world = both()
    with pytest.raises(UnknownVariant) as refused:
        world.do(X1, MarkEquivalent(other="x9"))
    assert refused.value.details == {"path": "otherVariantId"}
    assert world.state(X1).equivalents == {}


@pytest.mark.parametrize(
    "command",
    [
        EditVariantSettings(settings=raw({})),
        MarkEquivalent(other="x2"),
        UnmarkEquivalent(other="x2"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_command_for_no_variant_finds_none(command: Command):
    given(problem_variant).when(command).refused(VariantNotFound)


def test_B23_variants_leave_the_versions_stream_alone():
    world = world_with_versions(READY)
    before = [*world.logs["problem_version-v1"]]
    for command in (BY_HAND, GENERATED):
        world.do(P1, TakeVariantKey(variant=command))
    world.do(X1, MarkEquivalent(other="x2"))
    assert world.logs["problem_version-v1"] == before
