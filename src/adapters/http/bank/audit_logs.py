"""The audit log: every accepted command, whose it was and what it was about (B-08, row C6.4)."""

from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, get
from msgspec import UNSET, Meta, UnsetType

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import DataPage, page_reply
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.problems import invalid
from adapters.http.replies import Reply
from adapters.principals import Role
from adapters.view_query import Condition, Eq, In
from domain.instants import Instant, read_instant
from projections.audit_log import AuditActor, AuditEntry, audit_log
from projections.periods import periods_between

_DAWN: Final = "2000-01-01T00:00:00.000Z"
_LAST: Final = "-12-31T23:59:59.999Z"
_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_TIME: Final = "an instant with its zone, such as 2026-01-31T09:30:00Z; its second is included"


class AuditQuery(ListQuery, frozen=True, kw_only=True):
    """Which entries; the order is that of the log, the newest first unless `sort` says `at`."""

    sort: Literal["-at", "at"] = "-at"
    entity_type: Annotated[_Word, Meta(description="What kind of thing: `problem`")] | None = None
    entity_id: Annotated[_Word, Meta(description="Which thing")] | None = None
    actor_id: Annotated[_Word, Meta(description="The subject who did it")] | None = None
    action: Annotated[_Word, Meta(description="The command: `PublishVersion`")] | None = None
    from_: Annotated[str, Meta(max_length=40, description=f"Not before {_TIME}")] | None = (
        msgspec.field(default=None, name="from")
    )
    to: Annotated[str, Meta(max_length=40, description=f"Not after {_TIME}")] | None = None

    def conditions(self, now: Instant) -> list[Condition]:
        """What an entry must meet. Raises Problem for what is no instant."""
        given = {
            "entity_type": self.entity_type,
            "entity_id": self.entity_id,
            "actor_id": self.actor_id,
            "action": self.action,
        }
        where: list[Condition] = [
            Eq(name, value) for name, value in given.items() if value is not None
        ]
        if self.from_ is not None or self.to is not None:
            latest = f"{int(now[:4]) + 1}{_LAST}"
            since = max(_DAWN, _instant("from", self.from_, _DAWN))
            until = min(latest, _instant("to", self.to, latest))
            where.append(In("periods", periods_between(since, until)))
        return where


class AuditEntryDto(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A command that was accepted. `action` is its name, `events` how many events it led to.

    `before` and `after` tell what may be told: status words, names, numbers; never answers, keys or
    texts. One request may have led to several commands: they share its `correlationId`.
    """

    id: str
    at: Instant
    actor: AuditActor
    facade: str
    action: str
    entity_type: str
    entity_id: str
    before: dict[str, Any] | UnsetType = UNSET
    after: dict[str, Any] | UnsetType = UNSET
    correlation_id: str
    events: int


class AuditLogsController(Controller):
    """Who did what. Nobody writes here: the log itself does."""

    path = "/audit-logs"
    tags = ("Audit",)

    @get(
        "/",
        operation_id="ListAuditLogs",
        summary="List what was done, the newest first",
        opt={"access": one_of(Role.ADMIN)},
        operation_class=with_query(AuditQuery),
        responses=replies(
            DataPage[AuditEntryDto],
            *READ,
            description="One entry for each accepted command. `X-Markbook-Lag` says how many of "
            "the latest events are not in it yet; without it, none is missing",
        ),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C6.4."""
        query, parts = request.query(AuditQuery), request.parts
        where = query.conditions(parts.clock())
        lag = await parts.followed.caught_up(audit_log)
        order = ("-row",) if query.sort == "-at" else ("row",)
        page = (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, audit_log, where, order, *page)
        return page_reply([_dto(*row) for row in found.rows], query, found.total, lag=lag)


def _instant(name: str, text: str | None, default: Instant) -> Instant:
    if text is None:
        return default
    try:
        return read_instant(text)
    except (ValueError, OverflowError):
        raise invalid(f"{name}: must be {_TIME}", path=name) from None


def _dto(key: str, entry: AuditEntry) -> AuditEntryDto:
    return AuditEntryDto(
        id=key,
        at=entry.at,
        actor=entry.actor,
        facade=entry.facade,
        action=entry.action,
        entity_type=entry.entity_type,
        entity_id=entry.entity_id,
        before=entry.before,
        after=entry.after,
        correlation_id=entry.correlation_id,
        events=entry.events,
    )
