"""Evidence: what a learner's attempts at problems say of them, a stream a learner (B-98, B-99).

Nothing of it ever changes: what another result has replaced is superseded. The stream counts the
failures that are in force in each topic, for difficulties that come back.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from domain.documents import EMPTY, Document
from domain.kernel import Command, Decider, Event, Value
from domain.keys import derived_id


class Signal(StrEnum):
    """What an attempt says of its learner."""

    ATTEMPTED = "attempted"
    SOLVED = "solved"
    PARTIALLY_SOLVED = "partially_solved"
    FAILED = "failed"
    SOLVED_WITH_HINT = "solved_with_hint"
    NEEDS_REVIEW = "needs_review"
    REPEATED_DIFFICULTY = "repeated_difficulty"


class Basis(Value, frozen=True):
    """What evidence is read against at this moment.

    The problem's places in the taxonomy, its primary topic if it has one, and at which failure in
    one topic the difficulty is repeated.
    """

    taxonomy: Document = EMPTY
    topic: str | None = None
    threshold: int = 3


PLAIN: Final = Basis()
"""The basis while there is no taxonomy."""


def signal_of(
    *, is_correct: bool | None, score: Decimal | None, max_score: Decimal | None, hinted: bool
) -> Signal:
    """What a result says (B-99); a right answer that lost points to hints alone is solved."""
    full = score is not None and max_score is not None and score >= max_score
    if full or (is_correct and (hinted or score is None)):
        return Signal.SOLVED_WITH_HINT if hinted else Signal.SOLVED
    return Signal.PARTIALLY_SOLVED if score else Signal.FAILED


# --- events -------------------------------------------------------------------------------------


class EvidenceRecorded(Event, frozen=True):
    """An attempt says this; the places in the taxonomy are those of this moment."""

    evidence_id: str
    attempt_id: str
    problem_id: str
    signal: Signal
    taxonomy_snapshot: Document
    topic: str | None = None
    score: Decimal | None = None


class EvidenceSuperseded(Event, frozen=True):
    """What was recorded counts no more: `by` is what counts now, nothing if it was annulled."""

    evidence_id: str
    by: str | None = None


EvidenceEvent = EvidenceRecorded | EvidenceSuperseded


# --- commands, all of them for policies ---------------------------------------------------------


class RecordEvidence(Command, frozen=True):
    """Keep what an attempt says now, in the place of what it `supersedes`."""

    evidence_id: str
    attempt_id: str
    problem_id: str
    signal: Signal
    basis: Basis
    score: Decimal | None = None
    supersedes: str | None = None


class AnnulEvidence(Command, frozen=True):
    """Let what an attempt said count no more."""

    evidence_id: str


EvidenceCommand = RecordEvidence | AnnulEvidence


# --- state --------------------------------------------------------------------------------------


class Evidence(Value, frozen=True):
    """What the next piece of evidence rests on.

    `failures` are those in force, by topic; `repeated` the difficulties they led to.
    """

    last_id: str = ""
    failures: Mapping[str, tuple[str, ...]] = {}
    repeated: frozenset[str] = frozenset()


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Evidence, command: EvidenceCommand) -> Sequence[EvidenceEvent]:
    """What a command makes happen; nothing is refused."""
    match command:
        case RecordEvidence():
            return _record(state, command)
        case AnnulEvidence(evidence_id=evidence_id):
            return _supersede(state, evidence_id, by=None)


def _record(state: Evidence, command: RecordEvidence) -> Sequence[EvidenceEvent]:
    if command.evidence_id == state.last_id:
        return []
    events: list[EvidenceEvent] = []
    if command.supersedes is not None:
        events += _supersede(state, command.supersedes, by=command.evidence_id)
    recorded = EvidenceRecorded(
        evidence_id=command.evidence_id,
        attempt_id=command.attempt_id,
        problem_id=command.problem_id,
        signal=command.signal,
        taxonomy_snapshot=command.basis.taxonomy,
        topic=command.basis.topic,
        score=command.score,
    )
    events.append(recorded)
    for event in events:
        state = evolve(state, event)
    failures = state.failures.get(command.basis.topic or "", ())
    if command.evidence_id in failures and len(failures) >= command.basis.threshold:
        events.append(
            msgspec.structs.replace(
                recorded,
                evidence_id=repeated_id(command.evidence_id),
                signal=Signal.REPEATED_DIFFICULTY,
                score=None,
            )
        )
    return events


def _supersede(state: Evidence, evidence_id: str, *, by: str | None) -> list[EvidenceEvent]:
    """It counts no more, nor does the difficulty that it was one failure too many for."""
    events: list[EvidenceEvent] = [EvidenceSuperseded(evidence_id=evidence_id, by=by)]
    repeated = repeated_id(evidence_id)
    if repeated in state.repeated:
        events.append(EvidenceSuperseded(evidence_id=repeated, by=by))
    return events


def repeated_id(evidence_id: str) -> str:
    """The id of the repeated difficulty that a failure led to."""
    return derived_id(evidence_id, Signal.REPEATED_DIFFICULTY)


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Evidence, event: EvidenceEvent) -> Evidence:
    """The state after one more event."""
    match event:
        case EvidenceRecorded(signal=Signal.FAILED, topic=str(topic), evidence_id=failure):
            failed = (*state.failures.get(topic, ()), failure)
            return msgspec.structs.replace(
                state, last_id=failure, failures={**state.failures, topic: failed}
            )
        case EvidenceRecorded(signal=Signal.REPEATED_DIFFICULTY, evidence_id=repeated):
            return msgspec.structs.replace(state, repeated=state.repeated | {repeated})
        case EvidenceRecorded(evidence_id=last_id):
            return msgspec.structs.replace(state, last_id=last_id)
        case EvidenceSuperseded(evidence_id=gone):
            return msgspec.structs.replace(
                state,
                failures={
                    topic: tuple(one for one in failed if one != gone)
                    for topic, failed in state.failures.items()
                },
                repeated=state.repeated - {gone},
            )


evidence: Decider[Evidence] = Decider("evidence", Evidence(), decide, evolve)
