"""Bulk taxonomy: the same links added to and taken from many problems (row C2.8)."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from litestar import Controller, post
from litestar.params import BodyKwarg

from adapters.http.access import one_of
from adapters.http.bank import taxonomy_bodies as bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import new_id
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.taxonomy_bodies import BulkFailure, BulkReport, BulkTaxonomyRequest
from adapters.http.bank.taxonomy_links import public_among
from adapters.http.once import Once, carried_out
from adapters.http.replies import Reply
from adapters.ledger import Call, Ledger, Step
from adapters.principals import Role
from domain.kernel import Refused
from domain.problem import problem
from domain.taxonomy_link import EditTaxonomyLinks

_CHUNK: Final = 50  # problems in one transaction

Edits = Sequence[tuple[str, EditTaxonomyLinks]]


class BulkTaxonomyController(Controller):
    """The links of many problems."""

    path = "/problems/bulk-taxonomy"
    tags = ("Taxonomy",)

    @post(
        "/",
        operation_id="EditTaxonomyLinks",
        summary="Take nodes from many problems, then add others",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[BulkReport],
            *(status for status in WRITE if status != 412),
            description="How it went, problem by problem. What is so already is passed over, so "
            "that the same request again does what is left",
            s422="IDEMPOTENCY_KEY_REUSED: the key belongs to another request",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        data: Annotated[BulkTaxonomyRequest, BodyKwarg(examples=bodies.BULK)],
    ) -> Reply:
        """Row C2.8: each problem has all of the changes, or none."""
        problem_ids = tuple(dict.fromkeys(data.problem_ids))
        public = await public_among(request, problem_ids)
        edits = [
            (
                problem_id,
                EditTaxonomyLinks(
                    add=tuple(one.link(new_id()) for one in data.add),
                    remove=data.remove,
                    public=problem_id in public,
                ),
            )
            for problem_id in problem_ids
        ]

        async def work(way: Once) -> Reply:
            failed: list[BulkFailure] = []
            for start in range(0, len(edits), _CHUNK):
                chunk = edits[start : start + _CHUNK]
                failed += await _carry_out(request.parts.ledger, way.call, chunk)
            return data_reply(BulkReport(updated=len(edits) - len(failed), failed=failed))

        return await carried_out(request, request.call(), work)


async def _carry_out(ledger: Ledger, call: Call, edits: Edits) -> list[BulkFailure]:
    """The failures among some edits: together if none is refused, else each half by itself."""
    steps = [Step(problem.stream(problem_id), command) for problem_id, command in edits]
    try:
        await ledger.execute(call, *steps)
    except Refused as refused:
        if len(edits) == 1:
            failure = BulkFailure(
                problem_id=edits[0][0], code=refused.code, message=refused.message
            )
            return [failure]
    else:
        return []
    middle = len(edits) // 2
    halves = (edits[:middle], edits[middle:])
    found = await asyncio.gather(*(_carry_out(ledger, call, half) for half in halves))
    return [failure for half in found for failure in half]
