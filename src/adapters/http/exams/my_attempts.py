"""The caller's history, and what they handed in (rows A12, A14)."""

from typing import Any

from litestar import Controller, get
from litestar.params import FromPath

from adapters.http.exams.attempt_access import visible_attempt
from adapters.http.exams.attempt_lists import (
    AttemptSummary,
    ExamFilter,
    StatusFilter,
    summary,
)
from adapters.http.exams.bundles import learners_bundle, whole_bundle
from adapters.http.exams.documentation import READ, replies
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.user_attempts import attempts_of


class MyAttemptsController(Controller):
    """All attempts of the caller."""

    path = "/attempts"
    tags = ("Attempts",)

    @get(
        "/me",
        operation_id="ListMyAttempts",
        summary="My attempts",
        responses=replies(
            list[AttemptSummary],
            400,
            *READ,
            description="Every attempt of the caller without its answers, the newest first",
        ),
    )
    async def mine(
        self, request: StrictRequest, exam_id: ExamFilter = None, status: StatusFilter = None
    ) -> Reply:
        """Row A12."""
        parts, user_id = request.parts, request.caller.user_id
        rows = await parts.ledger.query(attempts_of, parts.views, user_id)
        wanted = [
            row for row in rows if exam_id in {None, row.exam_id} and status in {None, row.status}
        ]
        wanted.sort(key=lambda row: (row.started_at, row.attempt_id), reverse=True)
        return json_reply([summary(row) for row in wanted])

    @get(
        "/{attempt_id:str}/output",
        operation_id="GetBundle",
        summary="Download what was handed in",
        responses=replies(
            dict[str, Any],
            *READ,
            description="`{exam, attempt}` as an attachment. What carries answers is withheld from "
            "learners unless the exam's `metadata.showAnswersAfterFinish` or the setting "
            "`show_answers_after_finish` is true",
            s404="ATTEMPT_NOT_FOUND: there is none, or it is another learner's",
            s409="ATTEMPT_NOT_FINISHED: it has not been submitted",
        ),
    )
    async def output(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """Row A14."""
        parts, session = request.parts, request.caller
        state, _ = await visible_attempt(parts, session, attempt_id)
        return await (whole_bundle if session.staff else learners_bundle)(parts, state)
