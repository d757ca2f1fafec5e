"""Health: whether this process can still store anything (row A22)."""

from typing import Literal

import msgspec
from litestar import Controller, get

from adapters.http.exams.documentation import replies
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from event_store.store import StoreUnavailable


class Health(msgspec.Struct, frozen=True):
    """All is well."""

    status: Literal["ok"] = "ok"


class HealthController(Controller):
    """For whoever restarts this process when it must."""

    tags = ("Health",)

    @get(
        "/healthz",
        operation_id="GetHealth",
        summary="Is the service well?",
        opt={"access": Access.OPEN},
        responses=replies(Health, 503, description="It is"),
    )
    async def health(self, request: StrictRequest) -> Reply:
        """Row A22."""
        if request.parts.writer_health() is not None:
            raise StoreUnavailable("the event store is closed to writing")
        return json_reply(Health())
