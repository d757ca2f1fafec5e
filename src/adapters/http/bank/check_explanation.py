"""Explanations: how an answer was read and why it is worth what it is (issue 7, promise 3)."""

from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Meta

from adapters.check_log import overrides_of
from adapters.http.access import one_of
from adapters.http.bank.answer_checks import NO_CHECK, own_check
from adapters.http.bank.check_explanation_dtos import CheckExplanationDto, account, explanation
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.lists import with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.replies import Reply
from adapters.messages import Language
from adapters.principals import Role
from domain.answer_check import answer_check
from domain.documents import parsed
from domain.problem_attempt import problem_attempt


class ExplanationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which language."""

    language: Annotated[Language, Meta(description="Of `text`")] = Language.EN


class CheckExplanationController(Controller):
    """Why an answer is worth what it is."""

    path = "/answer-checks/{check_id:str}/explanation"
    tags = ("Answer checks",)

    @get(
        "/",
        operation_id="ExplainAnswerCheck",
        summary="Why an answer is worth what it is",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER), "owned": True},
        operation_class=with_query(ExplanationQuery),
        responses=replies(
            Data[CheckExplanationDto],
            *READ,
            description="For the learner what was read and why; for checkers also the rule's "
            "version, the whole trace, the arithmetic and every override. What tells of the key "
            "(`facts`, `rubric`, `rubricScores`) needs `keys` besides",
            s404=NO_CHECK,
        ),
    )
    async def explained(self, request: BankRequest, check_id: FromPath[str]) -> Reply:
        """Row `GET /answer-checks/{id}/explanation` of issue 7."""
        language = request.query(ExplanationQuery).language
        check, revision = await own_check(request, check_id, Role.CHECKER)
        caller, ledger = request.principal, request.parts.ledger
        if not caller.has(Role.CHECKER):
            return data_reply(explanation(check, language), revision=revision)
        attempt, _ = await ledger.read(problem_attempt, check.attempt_id)
        recorded = await ledger.recorded(answer_check.stream(check.check_id))
        overrides = await ledger.query(overrides_of, recorded)
        given = parsed(attempt.problem.answer)
        whole = account(check, given, overrides, language, keys=caller.has(Role.KEYS))
        return data_reply(explanation(check, language, whole), revision=revision)
