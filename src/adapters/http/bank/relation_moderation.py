"""What moderators do with relations between problems (row C4.5, B-45, B-49)."""

from typing import Annotated, Final

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import problem_bodies as bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data
from adapters.http.bank.problem_bodies import CommentRequest
from adapters.http.bank.problem_relations import (
    CYCLE,
    NO_RELATION,
    relation_reply,
    relation_stream,
)
from adapters.http.bank.relation_bodies import ProblemRelationDto
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from domain.kernel import Command
from domain.problem_relation import (
    ConfirmRelation,
    HideRelation,
    RejectRelation,
    RestoreRelation,
)

_NOT_NOW: Final = "INVALID_TRANSITION: not in its present status"
_KEY: Final = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_Comment = Annotated[CommentRequest | None, BodyKwarg(examples=bodies.COMMENT)]


class RelationModerationController(Controller):
    """Commands of moderators."""

    path = "/problem-relations/{relation_id:str}"
    tags = ("Problem relations",)
    opt = {"access": one_of(Role.MODERATOR)}  # noqa: RUF012 - the framework's attribute

    @post(
        "/confirm",
        operation_id="ConfirmRelation",
        summary="Say that a relation is so",
        status_code=200,
        responses=replies(
            Data[ProblemRelationDto],
            *WRITE,
            description="The relation, confirmed",
            s404=NO_RELATION,
            s409=f"{CYCLE}. {_NOT_NOW}",
            s422=_KEY,
        ),
    )
    async def confirm(
        self, request: BankRequest, relation_id: FromPath[str], data: _Comment = None
    ) -> Reply:
        """Row C4.5."""
        return await _moved(request, relation_id, ConfirmRelation(comment=_said(data)))

    @post(
        "/reject",
        operation_id="RejectRelation",
        summary="Say that a relation is not so",
        status_code=200,
        responses=replies(
            Data[ProblemRelationDto],
            *WRITE,
            description="The relation, rejected",
            s404=NO_RELATION,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def reject(
        self, request: BankRequest, relation_id: FromPath[str], data: _Comment = None
    ) -> Reply:
        """Row C4.5."""
        return await _moved(request, relation_id, RejectRelation(comment=_said(data)))

    @post(
        "/hide",
        operation_id="HideRelation",
        summary="Let a relation not count",
        status_code=200,
        responses=replies(
            Data[ProblemRelationDto],
            *WRITE,
            description="The relation, hidden",
            s404=NO_RELATION,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def hide(
        self, request: BankRequest, relation_id: FromPath[str], data: _Comment = None
    ) -> Reply:
        """Row C4.5."""
        return await _moved(request, relation_id, HideRelation(comment=_said(data)))

    @post(
        "/restore",
        operation_id="RestoreRelation",
        summary="Let a hidden or rejected relation be suggested again",
        status_code=200,
        responses=replies(
            Data[ProblemRelationDto],
            *WRITE,
            description="The relation, suggested",
            s404=NO_RELATION,
            s409=f"{CYCLE}. {_NOT_NOW}",
            s422=_KEY,
        ),
    )
    async def restore(
        self, request: BankRequest, relation_id: FromPath[str], data: _Comment = None
    ) -> Reply:
        """Row C4.5."""
        return await _moved(request, relation_id, RestoreRelation(comment=_said(data)))


def _said(data: CommentRequest | None) -> str | None:
    return None if data is None else data.comment


async def _moved(request: BankRequest, relation_id: str, command: Command) -> Reply:
    """The relation after a moderator's command."""
    stream = relation_stream(relation_id)
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: relation_reply(outcome, stream))
