"""Taxonomy links: what a problem is about (rows C2.4 to C2.7)."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import taxonomy_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import new_id
from adapters.http.bank.problems import NO_PROBLEM, problem_id_of
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.taxonomy_bodies import (
    LinkRequest,
    ReplaceLinksRequest,
    TaxonomyLinkDto,
    link_dto,
)
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.problem import Problem, ProblemStatus, known, problem
from domain.taxonomy_link import LinkTaxonomy, ReplaceTaxonomyLinks, UnlinkTaxonomy
from projections.problem_list import problem_list

_NODE = (
    "UNKNOWN_TAXONOMY_NODE: there is no such node, or it is archived. TAXONOMY_KIND_MISMATCH: a "
    "primary topic is a topic"
)
_BOTH = "TAXONOMY_LINK_EXISTS: the node is linked already. PRIMARY_TOPIC_EXISTS: there is one"
_PUBLIC = "PRIMARY_TOPIC_REQUIRED: the problem is public, so it needs a primary topic"


class TaxonomyLinksController(Controller):
    """The nodes that one problem is linked to."""

    path = "/problems/{problem_id:str}/taxonomy-links"
    tags = ("Taxonomy",)

    @get(
        "/",
        operation_id="ListTaxonomyLinks",
        summary="List what a problem is about",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[list[TaxonomyLinkDto]], *READ, description="All links", s404=NO_PROBLEM
        ),
    )
    async def listed(self, request: BankRequest, problem_id: FromPath[str]) -> Reply:
        """Row C2.4."""
        state, revision = await request.parts.ledger.read(problem, problem_id_of(problem_id))
        return data_reply(_told(known(state)), revision=revision)

    @post(
        "/",
        operation_id="LinkTaxonomy",
        summary="Link a problem to one more node",
        opt={"access": one_of(Role.AUTHOR, Role.MODERATOR)},
        responses=replies(
            Data[TaxonomyLinkDto],
            *WRITE,
            status=201,
            description="The link",
            s404=NO_PROBLEM,
            s409=_BOTH,
            s422=f"{_NODE}. IDEMPOTENCY_KEY_REUSED: the key belongs to another request",
        ),
    )
    async def add(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[LinkRequest, BodyKwarg(examples=bodies.LINK)],
    ) -> Reply:
        """Row C2.5."""
        stream = problem.stream(problem_id_of(problem_id))
        link = data.link(new_id())
        step = Step(stream, LinkTaxonomy(link=link), request.revision)

        def answer(outcome: Outcome) -> Reply:
            return data_reply(link_dto(problem_id, link), 201, revision=outcome.versions[stream])

        return await once(request, [step], answer)

    @put(
        "/",
        operation_id="ReplaceTaxonomyLinks",
        summary="Replace everything that a problem is linked to",
        opt={"access": one_of(Role.AUTHOR, Role.MODERATOR)},
        responses=replies(
            Data[list[TaxonomyLinkDto]],
            *WRITE,
            description="All links as they are now",
            s404=NO_PROBLEM,
            s409=_BOTH,
            s422=f"{_NODE}. {_PUBLIC}",
        ),
    )
    async def replace(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[ReplaceLinksRequest, BodyKwarg(examples=bodies.REPLACE)],
    ) -> Reply:
        """Row C2.6."""
        stream = problem.stream(problem_id_of(problem_id))
        command = ReplaceTaxonomyLinks(
            links=tuple(one.link(one.id or new_id()) for one in data.links),
            public=problem_id in await public_among(request, [problem_id]),
        )
        step = Step(stream, command, request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return data_reply(_told(outcome.states[stream]), revision=outcome.versions[stream])

    @delete(
        "/{link_id:str}",
        operation_id="UnlinkTaxonomy",
        summary="Take a link away",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR, Role.MODERATOR)},
        responses=replies(
            Data[None],
            *(status for status in WRITE if status not in {413, 415}),
            description="The link is gone",
            s404=f"{NO_PROBLEM}. TAXONOMY_LINK_NOT_FOUND: it has no such link",
            s422=_PUBLIC,
        ),
    )
    async def remove(
        self, request: BankRequest, problem_id: FromPath[str], link_id: FromPath[str]
    ) -> Reply:
        """Row C2.7."""
        stream = problem.stream(problem_id_of(problem_id))
        public = problem_id in await public_among(request, [problem_id])
        step = Step(stream, UnlinkTaxonomy(link_id=link_id, public=public), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return data_reply(None, revision=outcome.versions[stream])


async def public_among(request: BankRequest, problem_ids: Sequence[str]) -> set[str]:
    """Those of the problems that are published, with a published version that is for everybody."""
    parts = request.parts
    await parts.followed.caught_up(problem_list)
    rows = await parts.ledger.query(parts.views.get_many, problem_list, problem_ids)
    return {
        problem_id
        for problem_id, row in rows.items()
        if row.status is ProblemStatus.PUBLISHED
        and row.current is not None
        and "public" in row.current.visibility
    }


def _told(state: Problem) -> list[TaxonomyLinkDto]:
    return [link_dto(state.problem_id, link) for link in state.links]
