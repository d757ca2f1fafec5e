"""Check preview: how an answer would be judged, without storing anything (row C1.24)."""

from decimal import Decimal
from typing import Annotated

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import version_bodies as bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.problem_versions import NO_VERSION, read_version
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import CheckPreviewRequest
from adapters.http.replies import Reply
from adapters.principals import Role
from domain.answers.rule import Method
from domain.answers.verdict import Feedback, Judgement, Verdict, feedback
from domain.kernel import Value
from domain.problem_paper import Paper, paper


class AppliedRuleDto(Value, frozen=True):
    """The rule that judged."""

    id: str
    method: Method
    version: int


class CheckPreviewDto(Value, frozen=True, kw_only=True):
    """What a learner would be told; `isCorrect` and `score` are absent while nobody can say."""

    applied_rule: AppliedRuleDto
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal
    feedback: Feedback


class CheckPreviewController(Controller):
    """Judging for trial."""

    path = "/problem-versions/{version_id:str}/check-preview"
    tags = ("Checking rules",)

    @post(
        "/",
        operation_id="PreviewCheck",
        summary="See how an answer would be judged",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR, Role.CHECKER)},
        responses=replies(
            Data[CheckPreviewDto],
            *(status for status in WRITE if status not in {412, 507}),
            description="The rule that applies and the judgement; nothing was stored",
            s404=NO_VERSION,
            s409="CHECKING_RULE_REQUIRED: the version has no rule",
            s422="ANSWER_SCHEMA_MISMATCH: the answer has not the schema's shape. "
            "CHECKING_RULE_MISMATCH: the version has no such rule. ANSWER_KEY_MISMATCH: it has "
            "no key that fits",
            s503="CHECKER_UNAVAILABLE: too much is being judged; try again",
        ),
    )
    async def preview(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[CheckPreviewRequest, BodyKwarg(examples=bodies.PREVIEW)],
    ) -> Reply:
        """Row C1.24."""
        state, _ = await read_version(request, version_id)
        judged_by = paper(state.content, data.checking_rule_id)
        judgement = await request.parts.checkers.judge(judged_by, data.answer)
        return data_reply(_told(judged_by, judgement))


def _told(judged_by: Paper, judgement: Judgement) -> CheckPreviewDto:
    written, checking = judged_by.written, judged_by.checking
    known = judgement.arithmetic
    return CheckPreviewDto(
        applied_rule=AppliedRuleDto(
            id=written.rule_id, method=checking.method, version=written.version
        ),
        is_correct=None if known is None else judgement.verdict is Verdict.CORRECT,
        score=None if known is None else known.score,
        max_score=checking.scoring.max_score,
        feedback=feedback(judgement.trace),
    )
