"""Evidence: what attempts say of their learners (row C5.20). Nobody writes here: results do."""

from decimal import Decimal
from typing import Annotated, Literal

from litestar import Controller, get
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import DataPage, page_reply
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.problems import invalid
from adapters.http.replies import Reply
from adapters.principals import Role
from adapters.view_query import Condition, Eq, Range
from domain.documents import Document
from domain.evidence import Signal
from domain.instants import Instant, read_instant
from domain.kernel import Value
from projections.evidence import EvidenceRow, evidence_rows

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Signal = Literal[
    "attempted",
    "solved",
    "partially_solved",
    "failed",
    "solved_with_hint",
    "needs_review",
    "repeated_difficulty",
]
_TIME = "an instant with its zone, such as 2026-01-31T09:30:00Z"


class EvidenceQuery(ListQuery, frozen=True, kw_only=True):
    """Which evidence; without `sort` the newest comes first."""

    sort: Literal["createdAt", "-createdAt"] = "-createdAt"
    user_id: _Word | None = None
    problem_id: _Word | None = None
    attempt_id: _Word | None = None
    signal: _Signal | None = None
    since: Annotated[str, Meta(max_length=40, description=f"Not before {_TIME}")] | None = None
    superseded: Annotated[
        bool, Meta(description="With what counts no more, because another result took its place")
    ] = False

    def conditions(self) -> list[Condition]:
        """What evidence must meet. Raises Problem for what is no instant."""
        asked = {
            "user_id": self.user_id,
            "problem_id": self.problem_id,
            "attempt_id": self.attempt_id,
            "signal": self.signal,
            "in_force": None if self.superseded else 1,
        }
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        if self.since is not None:
            where.append(Range("created_at", ge=_instant(self.since)))
        return where


class ProblemEvidenceDto(Value, frozen=True, kw_only=True):
    """What an attempt says; the places in the taxonomy are those of that moment (B-98).

    `superseded` is there, and true, of what counts no more.
    """

    id: str
    attempt_id: str
    problem_id: str
    user_id: str
    signal: Signal
    taxonomy_snapshot: Document
    score: Decimal | None = None
    created_at: Instant
    superseded: bool = False


class EvidenceController(Controller):
    """Evidence."""

    path = "/evidence"
    tags = ("Evidence",)

    @get(
        "/",
        operation_id="ListEvidence",
        summary="List evidence, the newest first; learners see their own",
        opt={"access": one_of(Role.LEARNER, Role.SERVICE, Role.CHECKER), "owned": True},
        operation_class=with_query(EvidenceQuery),
        responses=replies(
            DataPage[ProblemEvidenceDto],
            *READ,
            description="Evidence. `X-Markbook-Lag` says how many of the latest events are not in "
            "the list yet; without it, none is missing",
        ),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C5.20."""
        query, parts, principal = request.query(EvidenceQuery), request.parts, request.principal
        where = query.conditions()
        if not principal.has(Role.SERVICE, Role.CHECKER):
            where.append(Eq("user_id", principal.subject))
        lag = await parts.followed.caught_up(evidence_rows)
        page = (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, evidence_rows, where, query.order, *page)
        return page_reply([_dto(row) for _, row in found.rows], query, found.total, lag=lag)


def _instant(text: str) -> Instant:
    try:
        return read_instant(text)
    except (ValueError, OverflowError):
        raise invalid(f"since: must be {_TIME}", path="since") from None


def _dto(row: EvidenceRow) -> ProblemEvidenceDto:
    return ProblemEvidenceDto(
        id=row.evidence_id,
        attempt_id=row.attempt_id,
        problem_id=row.problem_id,
        user_id=row.user_id,
        signal=row.signal,
        taxonomy_snapshot=row.taxonomy_snapshot,
        score=row.score,
        created_at=row.created_at,
        superseded=not row.in_force,
    )
