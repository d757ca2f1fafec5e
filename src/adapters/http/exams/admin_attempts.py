"""Staff and attempts: list, state at a moment, history, bundle, void (rows A19 to A21, §2.F)."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta

from adapters.attempt_log import history_of, state_at
from adapters.http.exams.attempt_access import any_attempt
from adapters.http.exams.attempt_headers import attempt_headers, attempt_reply
from adapters.http.exams.attempt_lists import (
    AttemptSummary,
    ExamFilter,
    StatusFilter,
    UserFilter,
    conditions,
    summary,
)
from adapters.http.exams.attempt_replays import attempt_again
from adapters.http.exams.bundles import whole_bundle
from adapters.http.exams.documentation import ONCE, STAFF_READ, STAFF_WRITE, replies
from adapters.http.once import once
from adapters.http.problems import invalid
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.ledger import Outcome, Step
from adapters.view_query import Condition
from adapters.views import Views
from domain.attempt import AttemptNotFound, Phase
from domain.exam_attempt import VoidAttempt, attempt
from domain.exam_bundle import AttemptBody
from domain.instants import Instant, read_instant
from projections.attempt_history import Entry
from projections.exam_attempts import exam_attempts

_NOT_FOUND = "ATTEMPT_NOT_FOUND: there is no such attempt"
_NEWEST_FIRST = ("-started_at",)


class AttemptPage(msgspec.Struct, frozen=True, rename="camel"):
    """One page of a list, and how many there are on all pages."""

    items: list[AttemptSummary]
    page: int
    per_page: int
    total: int


class AttemptHistory(msgspec.Struct, frozen=True, rename="camel"):
    """Everything that happened to an attempt, oldest first."""

    attempt_id: str
    user_id: str
    exam_id: str
    revision: int
    entries: list[Entry]


class VoidBody(msgspec.Struct, frozen=True, rename="camel"):
    """Why the attempt counts no more."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class AdminAttemptsController(Controller):
    """Anybody's attempts, for staff."""

    path = "/admin/attempts"
    tags = ("Staff: attempts",)
    opt = {"access": Access.STAFF}  # noqa: RUF012 - the framework's attribute

    @get(
        "/",
        operation_id="ListAttempts",
        summary="List attempts",
        responses=replies(
            AttemptPage,
            400,
            *STAFF_READ,
            description="Attempts without their answers, the newest first",
        ),
    )
    async def every(
        self,
        request: StrictRequest,
        exam_id: ExamFilter = None,
        user_id: UserFilter = None,
        status: StatusFilter = None,
        *,
        page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, QueryParameter(name="perPage", ge=1, le=500)] = 50,
    ) -> Reply:
        """Row A19."""
        parts = request.parts
        where = conditions(exam_id, user_id, status)
        return json_reply(await parts.ledger.query(_page, parts.views, where, page, per_page))

    @get(
        "/{attempt_id:str}",
        operation_id="GetAttemptAt",
        summary="An attempt, now or at a moment",
        responses=replies(
            AttemptBody,
            400,
            *STAFF_READ,
            description="The attempt as it stood at that moment",
            s404=f"{_NOT_FOUND}, or there was none yet",
        ),
    )
    async def at(
        self,
        request: StrictRequest,
        attempt_id: FromPath[str],
        at: Annotated[
            str | None,
            QueryParameter(max_length=100, description="`2026-01-31T09:30:00Z`; now if absent"),
        ] = None,
    ) -> Reply:
        """§2.F."""
        parts = request.parts
        state, version = await any_attempt(parts, attempt_id)
        if at is not None:
            recorded = await parts.ledger.recorded(attempt.stream(attempt_id))
            state, version = await parts.ledger.query(state_at, recorded, _moment(at))
            if state.phase is Phase.ABSENT:
                raise AttemptNotFound("there was no such attempt yet")
        return attempt_reply(state, version, parts.clock())

    @get(
        "/{attempt_id:str}/history",
        operation_id="GetAttemptHistory",
        summary="Everything that happened to an attempt",
        responses=replies(
            AttemptHistory,
            *STAFF_READ,
            description="Every save with what it changed, what was kept aside, and all else",
            s404=_NOT_FOUND,
        ),
    )
    async def history(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """§2.F."""
        parts = request.parts
        state, _ = await any_attempt(parts, attempt_id)
        recorded = await parts.ledger.recorded(attempt.stream(attempt_id))
        entries = await parts.ledger.query(history_of, recorded)
        body = AttemptHistory(
            attempt_id, state.learner.id, state.subject.id, entries[-1].revision, entries
        )
        return json_reply(body, headers=attempt_headers(state, body.revision, parts.clock()))

    @get(
        "/{attempt_id:str}/output",
        operation_id="GetWrittenBundle",
        summary="Download a bundle as it was written",
        responses=replies(
            dict[str, Any],
            *STAFF_READ,
            description="The bytes of the bundle, nothing withheld, as an attachment",
            s404=_NOT_FOUND,
            s409="ATTEMPT_NOT_FINISHED: it has not been submitted",
        ),
    )
    async def output(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """Row A20."""
        state, _ = await any_attempt(request.parts, attempt_id)
        return await whole_bundle(request.parts, state)

    @post(
        "/{attempt_id:str}/void",
        operation_id="VoidAttempt",
        summary="Take an attempt out of the count, so that its learner may start again",
        status_code=200,
        responses=replies(
            AttemptBody,
            *STAFF_WRITE,
            *ONCE,
            description="The void attempt; what was handed in stays where it is",
            s404=_NOT_FOUND,
            s409="ATTEMPT_VOID: it is void already",
        ),
    )
    async def void(
        self,
        request: StrictRequest,
        attempt_id: FromPath[str],
        data: Annotated[
            VoidBody, BodyKwarg(examples=[Example(value={"reason": "Power cut in room 12"})])
        ],
    ) -> Reply:
        """Row A21, decision 15."""
        parts, call = request.parts, request.call()
        await any_attempt(parts, attempt_id)
        stream = attempt.stream(attempt_id)
        command = VoidAttempt(reason=data.reason, now=call.now)

        def answer(outcome: Outcome) -> Reply:
            return attempt_reply(outcome.states[stream], outcome.versions[stream], call.now)

        return await once(
            request,
            [Step(stream, command)],
            answer,
            call=call,
            after=lambda outcome: parts.files.saved(outcome.states[stream]),
            again=attempt_again(request, attempt_id),
        )


def _page(views: Views, where: tuple[Condition, ...], page: int, per_page: int) -> AttemptPage:
    found = views.page(exam_attempts, where, _NEWEST_FIRST, page, per_page)
    return AttemptPage([summary(row) for _, row in found.rows], page, per_page, found.total)


def _moment(text: str) -> Instant:
    try:
        return read_instant(text)
    except (ValueError, OverflowError):
        raise invalid(
            "at: not a time with its zone, such as 2026-01-31T09:30:00Z", path="at"
        ) from None
