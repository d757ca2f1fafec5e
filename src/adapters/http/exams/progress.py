"""Progress: how far the caller is with every exam (row A6)."""

from litestar import Controller, get

from adapters.http.exams.documentation import READ, replies
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.user_attempts import attempts_of
from projections.progress import Progress, progress_body


class ProgressController(Controller):
    """The caller's progress."""

    path = "/progress"
    tags = ("Progress",)

    @get(
        "/me",
        operation_id="GetMyProgress",
        summary="My progress",
        responses=replies(Progress, *READ, description="The caller's exams and how far they are"),
    )
    async def mine(self, request: StrictRequest) -> Reply:
        """Row A6."""
        parts, user_id = request.parts, request.caller.user_id
        rows = await parts.ledger.query(attempts_of, parts.views, user_id)
        return json_reply(progress_body(user_id, rows))
