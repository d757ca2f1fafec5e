"""Checking rules of a version: list, add, revise (rows C1.20, C1.21)."""

from typing import Annotated

from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import version_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import new_id
from adapters.http.bank.problem_versions import (
    KEY_REUSED,
    NO_VERSION,
    NOT_A_DRAFT,
    read_version,
    version_id_of,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import CheckingRuleRequest, ReviseCheckingRuleRequest
from adapters.http.bank.version_dtos import CheckingRuleDto, rule_dto
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.problem_version import AddCheckingRule, ReviseCheckingRule, problem_version

_INVALID = "CHECKING_RULE_INVALID: `details.path` says where"


class CheckingRulesController(Controller):
    """How answers to a version are judged."""

    path = "/problem-versions/{version_id:str}/checking-rules"
    tags = ("Checking rules",)

    @get(
        "/",
        operation_id="ListCheckingRules",
        summary="List a version's checking rules; what they hold only with `keys`",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[list[CheckingRuleDto]], *READ, description="All rules", s404=NO_VERSION
        ),
    )
    async def listed(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.20."""
        state, revision = await read_version(request, version_id)
        keys = request.principal.has(Role.KEYS)
        rules = [rule_dto(state.version_id, rule, keys=keys) for rule in state.content.rules]
        return data_reply(rules, revision=revision)

    @post(
        "/",
        operation_id="AddCheckingRule",
        summary="Add a checking rule to a draft",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[CheckingRuleDto],
            *WRITE,
            status=201,
            description="The rule, its version 1",
            s404=NO_VERSION,
            s409=NOT_A_DRAFT,
            s422=f"{_INVALID}. {KEY_REUSED}",
        ),
    )
    async def add(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[CheckingRuleRequest, BodyKwarg(examples=bodies.RULE)],
    ) -> Reply:
        """Row C1.20."""
        written = data.written(new_id())
        stream = problem_version.stream(version_id_of(version_id))
        step = Step(stream, AddCheckingRule(rule=written), request.revision)

        def answer(outcome: Outcome) -> Reply:
            # Its author has just sent it: nothing in it is news to them.
            rule = outcome.states[stream].content.rules[-1]
            revision = outcome.versions[stream]
            return data_reply(rule_dto(version_id, rule, keys=True), 201, revision=revision)

        return await once(request, [step], answer)

    @patch(
        "/{rule_id:str}",
        operation_id="ReviseCheckingRule",
        summary="Revise a checking rule of a draft",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[CheckingRuleDto],
            *WRITE,
            description="The rule, its next version; what it holds only with `keys`",
            s404=f"{NO_VERSION}. CHECKING_RULE_NOT_FOUND: it has no such rule",
            s409=NOT_A_DRAFT,
            s422=_INVALID,
        ),
    )
    async def revise(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        rule_id: FromPath[str],
        data: Annotated[ReviseCheckingRuleRequest, BodyKwarg(examples=bodies.REVISE)],
    ) -> Reply:
        """Row C1.21."""
        stream = problem_version.stream(version_id_of(version_id))
        command = ReviseCheckingRule(
            rule_id=rule_id,
            method=data.method,
            rule=data.rule,
            scoring_rule=data.scoring_rule,
            rubric=data.rubric,
        )
        step = Step(stream, command, request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        rules = outcome.states[stream].content.rules
        [revised] = [rule for rule in rules if rule.rule_id == rule_id]
        keys = request.principal.has(Role.KEYS)
        return data_reply(
            rule_dto(version_id, revised, keys=keys), revision=outcome.versions[stream]
        )
