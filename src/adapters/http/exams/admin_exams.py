"""Staff and exams: list with problems, import, publish, unpublish (rows A15 to A18)."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from adapters.exam_listing import StaffExam
from adapters.http.exams.documentation import ONCE, STAFF_READ, STAFF_WRITE, replies
from adapters.http.exams.exam_upload import ImportOperation, uploaded_exam
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Header, Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.ledger import Outcome, Step
from domain.exam import (
    Exam,
    ExamNotFound,
    PublishExam,
    UnpublishExam,
    exam,
)
from domain.exam_document import is_exam_id

_NOT_FOUND = "EXAM_NOT_FOUND: there is no such exam"


class PublishedFlag(msgspec.Struct, frozen=True, rename="camel"):
    """Whether learners may see and start an exam."""

    exam_id: str
    published: bool


class AdminExamsController(Controller):
    """All exams, for staff."""

    path = "/admin/exams"
    tags = ("Staff: exams",)
    opt = {"access": Access.STAFF}  # noqa: RUF012 - the framework's attribute

    @get(
        "/",
        operation_id="ListStaffExams",
        summary="List all exams and exam files with their problems",
        responses=replies(
            list[StaffExam],
            *STAFF_READ,
            description="Every exam, also unpublished, broken and missing ones, by exam id",
        ),
    )
    async def every(self, request: StrictRequest) -> Reply:
        """Row A15."""
        parts = request.parts
        return json_reply(await parts.ledger.query(parts.exam_listing.every))

    @post(
        "/",
        operation_id="ImportExam",
        operation_class=ImportOperation,
        summary="Import an exam as a draft",
        status_code=201,
        responses=replies(
            PublishedFlag,
            *STAFF_WRITE,
            *ONCE,
            status=201,
            description="The exam is in `input/`, not published",
            s400="INVALID_PAYLOAD: `details.problems` lists every path that is wrong",
            s409="EXAM_EXISTS: there is one, and `replace` is not true; EXAM_IN_USE: somebody is "
            "taking the one to replace",
        ),
    )
    async def take_in(
        self,
        request: StrictRequest,
        *,
        replace: Annotated[
            bool, QueryParameter(description="Replace an exam that is there")
        ] = False,
    ) -> Reply:
        """Row A16."""
        document = await uploaded_exam(request)
        exam_import = request.parts.exam_import

        async def work(way: Once) -> Reply:
            execute = partial(way.execute, answer=_imported)
            _, reply = await exam_import.take(execute, document, replace=replace)
            return reply

        async def again(_: Reply) -> Sequence[Header]:
            await exam_import.taken_before(document)
            return ()

        return await carried_out(request, request.call(), work, again, content=document)

    @post(
        "/{exam_id:str}/publish",
        operation_id="PublishExam",
        summary="Open an exam to learners",
        status_code=200,
        responses=replies(
            PublishedFlag,
            *STAFF_WRITE,
            *ONCE,
            description="Learners see it and may start it",
            s404=_NOT_FOUND,
            s422="EXAM_INVALID: its file is there but cannot be used; `details.problems` says why",
        ),
    )
    async def publish(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """Row A17."""
        parts = request.parts
        await parts.ledger.query(parts.exam_listing.require, exam_id)
        return await _flag(request, exam_id, PublishExam(fit=True))

    @post(
        "/{exam_id:str}/unpublish",
        operation_id="UnpublishExam",
        summary="Close an exam to learners",
        status_code=200,
        responses=replies(
            PublishedFlag,
            *STAFF_WRITE,
            *ONCE,
            description="Nobody can start it any more; attempts that run go on (E-53)",
            s404=_NOT_FOUND,
        ),
    )
    async def unpublish(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """Row A18."""
        return await _flag(request, exam_id, UnpublishExam())


def _imported(outcome: Outcome) -> Reply:
    state: Exam
    [state] = outcome.states.values()
    return json_reply(PublishedFlag(state.exam_id, state.published), 201)


async def _flag(
    request: StrictRequest, exam_id: str, command: PublishExam | UnpublishExam
) -> Reply:
    if not is_exam_id(exam_id):
        raise ExamNotFound("no such exam")
    stream = exam.stream(exam_id)
    return await once(
        request,
        [Step(stream, command)],
        lambda outcome: json_reply(PublishedFlag(exam_id, outcome.states[stream].published)),
    )
