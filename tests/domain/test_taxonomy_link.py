"""TaxonomyLink: what a problem is about, with one primary topic (C2.4 to C2.8)."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.kernel import Event, Refused, fold
from domain.problem import CreateProblem, ProblemCreated, ProblemNotFound, problem
from domain.taxonomy_link import (
    EditTaxonomyLinks,
    LinkIdTaken,
    LinkRole,
    LinkTaxonomy,
    PrimaryTopicExists,
    PrimaryTopicRequired,
    ReplaceTaxonomyLinks,
    TaxonomyLink,
    TaxonomyLinked,
    TaxonomyLinkExists,
    TaxonomyLinkNotFound,
    TaxonomyLinksReplaced,
    TaxonomyUnlinked,
    UnlinkTaxonomy,
)
from domain.taxonomy_node import (
    ArchiveNode,
    CreateNode,
    NodeKind,
    TaxonomyKindMismatch,
    UnknownTaxonomyNode,
    taxonomy_node,
)
from tests.domain.given import given
from tests.domain.problem_world import P1, World

CREATED = ProblemCreated(problem_id="p1", code="A-1", subject_key="mathematics")
PRIMARY, SECONDARY = LinkRole.PRIMARY, LinkRole.SECONDARY


def link(node_id: str, role: LinkRole = SECONDARY, link_id: str | None = None) -> TaxonomyLink:
    return TaxonomyLink(link_id=link_id or f"l-{node_id}", node_id=node_id, role=role)


def linked(node_id: str, role: LinkRole = SECONDARY) -> TaxonomyLinked:
    return TaxonomyLinked(link_id=f"l-{node_id}", node_id=node_id, role=role)


ABOUT = given(problem, CREATED, linked("a", PRIMARY), linked("b"))


def test_C2_5_a_link_is_added_once():
    after = given(problem, CREATED).when(LinkTaxonomy(link=link("a"))).then(linked("a"))
    assert after.state.links == (link("a"),)
    refusal = after.when(LinkTaxonomy(link=link("a", PRIMARY, "l2"))).refused(TaxonomyLinkExists)
    assert refusal.details == {"path": "nodeId", "linkId": "l-a"}


def test_C2_5_a_problem_has_one_primary_topic():
    refusal = ABOUT.when(LinkTaxonomy(link=link("c", PRIMARY))).refused(PrimaryTopicExists)
    assert (refusal.code, refusal.details["linkId"]) == ("PRIMARY_TOPIC_EXISTS", "l-a")
    ABOUT.when(LinkTaxonomy(link=link("c"))).then(linked("c"))


def test_C2_7_a_link_is_removed_and_then_another_topic_may_be_primary():
    after = ABOUT.when(UnlinkTaxonomy(link_id="l-a")).then(TaxonomyUnlinked(link_id="l-a"))
    after.when(UnlinkTaxonomy(link_id="l-a")).refused(TaxonomyLinkNotFound)
    after.when(LinkTaxonomy(link=link("c", PRIMARY))).then(linked("c", PRIMARY))


def test_C2_6_replacing_all_keeps_the_ids_of_what_stays():
    replace = ReplaceTaxonomyLinks(links=(link("b", PRIMARY, "new"), link("c")))
    links = (link("b", PRIMARY), link("c"))
    after = ABOUT.when(replace).then(TaxonomyLinksReplaced(links=links))
    after.when(replace).nothing()
    assert after.state.links == links
    twice = ReplaceTaxonomyLinks(links=(link("c"), link("c", link_id="x")))
    ABOUT.when(twice).refused(TaxonomyLinkExists)
    same_id = ReplaceTaxonomyLinks(links=(link("c", link_id="l-b"), link("b")))
    assert ABOUT.when(same_id).refused(LinkIdTaken).details == {"path": "links[1].id"}
    both = ReplaceTaxonomyLinks(links=(link("c", PRIMARY), link("d", PRIMARY)))
    ABOUT.when(both).refused(PrimaryTopicExists)


@pytest.mark.parametrize(
    "command",
    [
        ReplaceTaxonomyLinks(links=(link("b"),), public=True),
        UnlinkTaxonomy(link_id="l-a", public=True),
        EditTaxonomyLinks(remove=("a",), public=True),
    ],
)
def test_C2_6_a_public_problem_keeps_a_primary_topic(command):
    assert ABOUT.when(command).refused(PrimaryTopicRequired).code == "PRIMARY_TOPIC_REQUIRED"


def test_C2_8_an_edit_of_many_passes_over_what_is_so_already():
    edit = EditTaxonomyLinks(add=(link("b"), link("c", PRIMARY)), remove=("a", "nobody"))
    after = ABOUT.when(edit).then(TaxonomyUnlinked(link_id="l-a"), linked("c", PRIMARY))
    after.when(edit).nothing()
    ABOUT.when(EditTaxonomyLinks(add=(link("c", PRIMARY),))).refused(PrimaryTopicExists)
    ABOUT.when(EditTaxonomyLinks(add=(link("a"),))).refused(TaxonomyLinkExists)


def test_an_unknown_problem_has_no_links():
    given(problem).when(LinkTaxonomy(link=link("a"))).refused(ProblemNotFound)


def world() -> World:
    made = World()
    made.do(P1, CreateProblem(problem_id="p1", code="A-1", subject_key="mathematics"))
    for node_id, kind in (("t", NodeKind.TOPIC), ("u", NodeKind.TOPIC), ("s", NodeKind.SKILL)):
        create = CreateNode(node_id=node_id, kind=kind, slug=node_id, title=node_id)
        made.do(taxonomy_node.stream(node_id), create)
    return made


def test_C2_5_a_link_needs_a_node_and_the_primary_one_a_topic():
    made = world()
    made.do(P1, LinkTaxonomy(link=link("s")))
    with pytest.raises(UnknownTaxonomyNode):
        made.do(P1, LinkTaxonomy(link=link("nobody")))
    with pytest.raises(TaxonomyKindMismatch) as caught:
        made.do(P1, ReplaceTaxonomyLinks(links=(link("t"), link("s", PRIMARY))))
    assert caught.value.details["path"] == "links[1].nodeId"
    made.do(P1, ReplaceTaxonomyLinks(links=(link("t", PRIMARY), link("s"))))
    made.do(taxonomy_node.stream("u"), ArchiveNode())
    with pytest.raises(UnknownTaxonomyNode):
        made.do(P1, EditTaxonomyLinks(add=(link("u"),)))
    assert made.replayed(P1) == made.state(P1)


LINKS = st.builds(link, st.sampled_from("abcd"), st.sampled_from(LinkRole), st.sampled_from("xyz"))
COMMANDS = st.one_of(
    st.builds(LinkTaxonomy, link=LINKS),
    st.builds(UnlinkTaxonomy, link_id=st.sampled_from("xyz"), public=st.booleans()),
    st.builds(
        ReplaceTaxonomyLinks,
        links=st.lists(LINKS, max_size=3).map(tuple),
        public=st.booleans(),
    ),
    st.builds(
        EditTaxonomyLinks,
        add=st.lists(LINKS, max_size=2).map(tuple),
        remove=st.lists(st.sampled_from("abcd"), max_size=2).map(tuple),
        public=st.booleans(),
    ),
)


class LinkMachine(RuleBasedStateMachine):
    """However links are changed, a node is linked once and one of them is primary at most."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = [CREATED]

    @rule(command=COMMANDS)
    def change(self, command: object) -> None:
        before = fold(problem, self.log)
        try:
            events = problem.decide(before, command)
        except Refused:
            return
        self.log += events
        links = fold(problem, self.log).links
        if getattr(command, "public", False) and events:
            assert any(one.role is PRIMARY for one in links)
        moved = isinstance(command, EditTaxonomyLinks) and any(
            one.node_id in command.remove for one in command.add
        )
        if not isinstance(command, LinkTaxonomy | UnlinkTaxonomy) and not moved:
            assert problem.decide(fold(problem, self.log), command) == []

    @invariant()
    def one_primary_and_no_node_twice(self) -> None:
        links = fold(problem, self.log).links
        assert [one.role for one in links].count(PRIMARY) <= 1
        assert len({one.node_id for one in links}) == len(links)


LinkMachine.TestCase.settings = settings(stateful_step_count=20, deadline=None)
TestLinkMachine = LinkMachine.TestCase
