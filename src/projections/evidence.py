"""One row a piece of evidence (row C5.20); what has been superseded keeps its row and says so."""

from decimal import Decimal

import msgspec

from domain.documents import Document
from domain.evidence import EvidenceRecorded, EvidenceSuperseded, Signal
from domain.instants import Instant
from domain.kernel import Value
from projections.kernel import Fact, Index, IndexKind, Projection


class EvidenceRow(Value, frozen=True, kw_only=True):
    """What an attempt said of its learner; it counts while it is `in_force`."""

    evidence_id: str
    user_id: str
    attempt_id: str
    problem_id: str
    signal: Signal
    taxonomy_snapshot: Document
    score: Decimal | None = None
    created_at: Instant
    in_force: bool = True
    superseded_by: str | None = None


def project(view: EvidenceRow | None, fact: Fact) -> EvidenceRow | None:
    """The row after its recording, or after something else took its place."""
    match fact.event, view:
        case EvidenceRecorded() as recorded, None:
            return EvidenceRow(
                evidence_id=recorded.evidence_id,
                user_id=fact.stream.partition("-")[2],
                attempt_id=recorded.attempt_id,
                problem_id=recorded.problem_id,
                signal=recorded.signal,
                taxonomy_snapshot=recorded.taxonomy_snapshot,
                score=recorded.score,
                created_at=fact.at,
            )
        case EvidenceSuperseded(by=by), EvidenceRow():
            return msgspec.structs.replace(view, in_force=False, superseded_by=by)
        case _:
            return view


def _key(fact: Fact) -> str | None:
    match fact.event:
        case EvidenceRecorded(evidence_id=key) | EvidenceSuperseded(evidence_id=key):
            return key
        case _:
            return None


evidence_rows = Projection(
    name="evidence",
    version=1,
    view=EvidenceRow,
    reads={"evidence.recorded": EvidenceRecorded, "evidence.superseded": EvidenceSuperseded},
    project=project,
    indexes={
        "user_id": Index(IndexKind.TEXT, lambda view: view.user_id),
        "attempt_id": Index(IndexKind.TEXT, lambda view: view.attempt_id),
        "problem_id": Index(IndexKind.TEXT, lambda view: view.problem_id),
        "signal": Index(IndexKind.TEXT, lambda view: view.signal.value),
        "in_force": Index(IndexKind.INTEGER, lambda view: int(view.in_force)),
        "created_at": Index(IndexKind.TEXT, lambda view: view.created_at),
    },
    inline=False,
    key=_key,
)
