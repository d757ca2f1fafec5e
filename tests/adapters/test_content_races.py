"""Two processes on one log that change taxonomy and relations together: the guards hold."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.ledger import Call, Ledger, Step
from domain.kernel import Refused
from domain.prerequisites import GRAPH, prerequisites
from domain.problem import CreateProblem, problem
from domain.problem_relation import RelationType, SuggestRelation, problem_relation
from domain.taxonomy_link import LinkTaxonomy, TaxonomyLink
from domain.taxonomy_node import (
    ArchiveNode,
    CreateNode,
    MoveNode,
    NodeKind,
    UnknownTaxonomyNode,
    taxonomy_node,
)
from domain.taxonomy_places import taxonomy_places
from event_store.envelope import Actor
from projections.problem_relations import problem_relations
from tests.adapters.test_ledger import process

AT = "2026-01-05T09:00:00.000Z"
CALL = Call(Actor("bank", "ann"), "bank", "request-1", AT)
NAMES = "ABC"
ROUNDS = 8


@pytest.fixture
async def one(tmp_path) -> AsyncIterator[Ledger]:
    async with process(tmp_path / "log.sqlite3") as ledger:
        yield ledger


@pytest.fixture
async def other(tmp_path, one) -> AsyncIterator[Ledger]:
    async with process(tmp_path / "log.sqlite3") as ledger:
        yield ledger


def suggested(source: str, target: str, kind: RelationType = RelationType.PREREQUISITE) -> Step:
    relation_id = f"{source}-{target}-{kind}"
    return Step(
        problem_relation.stream(relation_id),
        SuggestRelation(
            relation_id=relation_id,
            from_problem_id=source,
            to_problem_id=target,
            relation_type=kind,
        ),
    )


async def refusals(*calls: tuple[Ledger, Step]) -> list[str]:
    """The codes that calls made at once are refused with."""
    results = await asyncio.gather(
        *(ledger.execute(CALL, step) for ledger, step in calls), return_exceptions=True
    )
    codes = []
    for result in results:
        if isinstance(result, Refused):
            codes.append(result.code)
        else:
            assert not isinstance(result, BaseException), result
    return codes


async def problems(ledger: Ledger, *names: str) -> None:
    for name in names:
        create = CreateProblem(problem_id=name, code=name, subject_key="mathematics")
        await ledger.execute(CALL, Step(problem.stream(name), create))


async def test_B45_of_parallel_creates_that_would_close_a_cycle_one_fails(one, other):
    for number in range(ROUNDS):
        a, b, c = (f"{name}{number}" for name in NAMES)
        await problems(one, a, b, c)
        calls = [(one, suggested(a, b)), (other, suggested(b, c)), (one, suggested(c, a))]
        assert await refusals(*calls) == ["RELATION_CYCLE"]
    left, version = await one.read(prerequisites, GRAPH)
    assert (left, version) == await other.read(prerequisites, GRAPH)
    assert version == 2 * ROUNDS


async def test_B48_of_parallel_creates_of_one_edge_one_fails_also_reversed(one, other):
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        await problems(one, a, b)
        similar = RelationType.SIMILAR
        calls = [(one, suggested(a, b, similar)), (other, suggested(b, a, similar))]
        assert await refusals(*calls) == ["RELATION_EXISTS"]
    assert one._views.count(problem_relations) == ROUNDS


async def test_C2_3_of_parallel_moves_that_would_close_a_cycle_one_fails(one, other):
    for number in range(ROUNDS):
        a, b = f"a{number}", f"b{number}"
        for name in (a, b):
            create = CreateNode(node_id=name, kind=NodeKind.TOPIC, slug=name, title=name)
            await one.execute(CALL, Step(taxonomy_node.stream(name), create))
        calls = [
            (one, Step(taxonomy_node.stream(a), MoveNode(parent_id=b))),
            (other, Step(taxonomy_node.stream(b), MoveNode(parent_id=a))),
        ]
        assert await refusals(*calls) == ["TAXONOMY_CYCLE"]
    places, _ = await other.read(taxonomy_places, NodeKind.TOPIC)
    assert [place.parent_id is None for _, place in places.places.items()].count(True) == ROUNDS


async def test_a_stream_that_is_only_asked_is_asked_as_it_is_now(one, other):
    await problems(one, "p")
    for name in ("n", "m"):
        create = CreateNode(node_id=name, kind=NodeKind.TAG, slug=name, title=name)
        await one.execute(CALL, Step(taxonomy_node.stream(name), create))
    assert (await other.read(taxonomy_node, "n"))[1] == 1  # and remembers it from now on
    await one.execute(CALL, Step(taxonomy_node.stream("n"), ArchiveNode()))
    with pytest.raises(UnknownTaxonomyNode):
        await other.execute(CALL, linked("n"))
    await other.execute(CALL, linked("m"))


def linked(node_id: str) -> Step:
    link = TaxonomyLink(link_id=f"link-{node_id}", node_id=node_id)
    return Step(problem.stream("p"), LinkTaxonomy(link=link))
