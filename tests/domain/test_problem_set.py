"""ProblemSet: ordered items, versions that keep the id, nothing published changes (B-40)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.kernel import Command, Event, Refused, fold
from domain.problem import VersionNotOfProblem
from domain.problem_set import (
    ArchiveSet,
    CreateSet,
    CreateSetVersion,
    DuplicateItem,
    DuplicateOrder,
    EditSet,
    ProblemSet,
    ProblemSetNotFound,
    PublishSet,
    ReplaceSetItems,
    ReturnSetToDraft,
    SetArchived,
    SetCreated,
    SetEdited,
    SetEmpty,
    SetIdTaken,
    SetImmutable,
    SetItem,
    SetItemsReplaced,
    SetPublished,
    SetPurpose,
    SetReturnedToDraft,
    SetStatus,
    SetSubmittedForReview,
    SetVersionCreated,
    SubmitSetForReview,
    problem_set,
)
from domain.problem_version import PublishVersion, SubmitVersionForReview
from domain.problem_version_use import ConfirmVersion, VersionNeed, VersionNotPublished
from domain.reservation import SlugExists
from domain.transitions import InvalidTransition
from tests.domain.given import given
from tests.domain.problem_world import NOW, READY, V1, World, world_with_versions

CREATED = SetCreated(set_id="s1", slug="week-1", title="Week 1", purpose=SetPurpose.HOMEWORK)
S1, S2 = problem_set.stream("s1"), problem_set.stream("s2")


def item(order: int, item_id: str | None = None, **parts: Any) -> SetItem:
    given_parts = {"problem_id": "p1", "problem_version_id": "v1", **parts}
    return SetItem(item_id=item_id or f"i{order}", order=order, **given_parts)


def create(set_id: str = "s1", slug: str = "week-1") -> CreateSet:
    return CreateSet(set_id=set_id, slug=slug, title="Week 1", purpose=SetPurpose.HOMEWORK)


DRAFT = given(problem_set, CREATED)
FILLED = given(problem_set, CREATED, SetItemsReplaced(items=(item(1), item(2))))
REVIEW = FILLED.when(SubmitSetForReview()).then(SetSubmittedForReview())
PUBLISHED = REVIEW.when(PublishSet(now=NOW)).then(SetPublished(version=1, published_at=NOW))


def test_C2_9_a_set_begins_as_an_empty_draft():
    state = given(problem_set).when(create()).then(CREATED).state
    assert (state.status, state.version, state.items) == (SetStatus.DRAFT, 1, ())
    DRAFT.when(create()).refused(SetIdTaken)
    given(problem_set).when(EditSet(title="x")).refused(ProblemSetNotFound)


def test_C2_10_a_draft_is_edited_and_the_same_again_is_silent():
    edit = EditSet(slug="week-2", purpose=SetPurpose.TRAINING)
    edited = SetEdited(slug="week-2", purpose=SetPurpose.TRAINING)
    after = DRAFT.when(edit).then(edited)
    after.when(edit).nothing()
    assert after.state.former_slug == "week-1"
    assert after.when(EditSet(title="x")).then(SetEdited(title="x")).state.former_slug is None


def test_C2_11_items_are_kept_by_their_order():
    given_items = (item(5, points=Decimal("2.50"), role="main"), item(-1), item(3))
    replace = ReplaceSetItems(items=given_items)
    in_order = (given_items[1], given_items[2], given_items[0])
    after = DRAFT.when(replace).then(SetItemsReplaced(items=in_order))
    after.when(replace).nothing()


def test_C2_11_two_items_do_not_have_one_order_or_one_id():
    twice = ReplaceSetItems(items=(item(1), item(2), item(1, "other")))
    refusal = DRAFT.when(twice).refused(DuplicateOrder)
    assert (refusal.code, refusal.details) == ("DUPLICATE_ORDER", {"path": "items[2].order"})
    same = ReplaceSetItems(items=(item(1, "x"), item(2, "x")))
    assert DRAFT.when(same).refused(DuplicateItem).details == {"path": "items[1].id"}


def test_C2_12_an_empty_set_is_not_reviewed():
    DRAFT.when(SubmitSetForReview()).refused(SetEmpty)


@pytest.mark.parametrize("command", [EditSet(title="x"), ReplaceSetItems(items=(item(9),))])
def test_C2_10_what_is_published_or_archived_does_not_change(command):
    PUBLISHED.when(command).refused(SetImmutable)
    archived = PUBLISHED.when(ArchiveSet()).then(SetArchived())
    assert archived.when(command).refused(SetImmutable).code == "SET_IMMUTABLE"
    assert REVIEW.when(command).refused(InvalidTransition).details["from"] == "review"


def test_C2_12_the_way_to_publication_and_back():
    back = ReturnSetToDraft(comment="order")
    REVIEW.when(back).then(SetReturnedToDraft(comment="order")).when(PublishSet(now=NOW)).refused(
        InvalidTransition
    )
    DRAFT.when(ArchiveSet(reason="x")).then(SetArchived(reason="x"))
    REVIEW.when(ArchiveSet()).refused(InvalidTransition)


def test_C2_12_a_new_version_keeps_the_id_and_leaves_the_published_one_as_it_was():
    draft = PUBLISHED.when(CreateSetVersion()).then(SetVersionCreated(n=2))
    assert (draft.state.set_id, draft.state.version) == ("s1", 2)
    assert draft.state.status is SetStatus.DRAFT
    assert draft.state.items == PUBLISHED.state.items
    changed = draft.when(ReplaceSetItems(items=(item(9),))).happens()
    again = changed.when(SubmitSetForReview()).happens().when(PublishSet(now=NOW)).happens()
    one, two = again.state.published
    assert (one.version, one.items) == (1, (item(1), item(2)))
    assert (two.version, two.items) == (2, (item(9),))
    DRAFT.when(CreateSetVersion()).refused(InvalidTransition)


def test_C2_9_slugs_are_alone_among_sets():
    made = World()
    made.do(S1, create())
    with pytest.raises(SlugExists) as caught:
        made.do(S2, create("s2", "WEEK-1"))
    assert caught.value.code == "SLUG_EXISTS"
    made.do(S1, EditSet(slug="week-0"))
    made.do(S2, create("s2"))
    with pytest.raises(SlugExists):
        made.do(S1, EditSet(slug="week-1"))
    made.do(S1, EditSet(slug="Week-0"))


def test_B25_items_are_versions_of_their_problems():
    made = world_with_versions(READY)
    made.do(S1, create())
    made.do(S1, ReplaceSetItems(items=(item(1),)))
    for wrong in (item(2, problem_id="p2"), item(2, problem_version_id="v9")):
        with pytest.raises(VersionNotOfProblem) as caught:
            made.do(S1, ReplaceSetItems(items=(item(1), wrong)))
        assert caught.value.details == {"path": "items[1].problemVersionId"}


def test_C2_11_a_set_is_published_with_published_versions_only():
    made = world_with_versions(READY)
    made.do(S1, create())
    made.do(S1, ReplaceSetItems(items=(item(1),)))
    made.do(S1, SubmitSetForReview())
    with pytest.raises(VersionNotPublished):
        made.do(S1, PublishSet(now=NOW))
    made.do(V1, SubmitVersionForReview())
    made.do(V1, PublishVersion(now=NOW))
    made.do(S1, PublishSet(now=NOW))
    made.do(V1, ConfirmVersion(problem_id="p1", need=VersionNeed.PUBLISHED, path="x"))
    assert made.replayed(S1) == made.state(S1)


STEPS: list[Command] = [
    EditSet(slug="a"),
    EditSet(title="t", purpose=SetPurpose.LESSON),
    ReplaceSetItems(items=(item(2), item(1))),
    ReplaceSetItems(items=()),
    SubmitSetForReview(),
    ReturnSetToDraft(),
    PublishSet(now=NOW),
    CreateSetVersion(),
    ArchiveSet(),
]


class SetMachine(RuleBasedStateMachine):
    """Whatever is tried, published versions stay as they were and count 1, 2, 3 …"""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = [CREATED]
        self.live = fold(problem_set, self.log)
        self.published: list[Any] = []

    @rule(command=st.sampled_from(STEPS))
    def do(self, command: Command) -> None:
        before = self.live
        try:
            events = problem_set.decide(before, command)
        except Refused:
            assert self.live == before
            return
        for event in events:
            self.live = problem_set.evolve(self.live, event)
        self.log += events
        if isinstance(command, PublishSet):
            assert before.status is SetStatus.REVIEW
            assert before.items
            self.published.append((before.version, before.slug, before.title, before.items))

    @invariant()
    def nothing_published_changes(self) -> None:
        state: ProblemSet = self.live
        found = [(one.version, one.slug, one.title, one.items) for one in state.published]
        assert found == self.published
        assert [one.version for one in state.published] == [*range(1, len(self.published) + 1)]
        assert fold(problem_set, self.log) == state


SetMachine.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestSetMachine = SetMachine.TestCase
