"""Evidence: signals by result, what supersedes what, difficulties that come back."""

from decimal import Decimal

import pytest

from domain.documents import EMPTY
from domain.evidence import (
    AnnulEvidence,
    Basis,
    EvidenceRecorded,
    EvidenceSuperseded,
    RecordEvidence,
    Signal,
    evidence,
    repeated_id,
    signal_of,
)
from tests.domain.given import Scenario, given
from tests.domain.problem_world import raw

TOPIC = Basis(taxonomy=raw({"topic": "/algebra"}), topic="algebra", threshold=3)


def failed(number: int, basis: Basis = TOPIC, supersedes: str | None = None) -> RecordEvidence:
    return RecordEvidence(
        evidence_id=f"e{number}",
        attempt_id=f"a{number}",
        problem_id="p1",
        signal=Signal.FAILED,
        basis=basis,
        score=Decimal(0),
        supersedes=supersedes,
    )


def after(*commands: RecordEvidence | AnnulEvidence) -> Scenario:
    scenario = given(evidence)
    for command in commands:
        scenario = scenario.when(command).happens()
    return scenario


@pytest.mark.parametrize(
    ("is_correct", "score", "most", "hinted", "signal"),
    [
        (True, 4, 4, False, Signal.SOLVED),
        (None, 4, 4, False, Signal.SOLVED),
        (True, 4, 4, True, Signal.SOLVED_WITH_HINT),
        (True, 3, 4, True, Signal.SOLVED_WITH_HINT),
        (True, 0, 4, True, Signal.SOLVED_WITH_HINT),
        (True, 3, 4, False, Signal.PARTIALLY_SOLVED),
        (False, 3, 4, True, Signal.PARTIALLY_SOLVED),
        (False, 0, 4, True, Signal.FAILED),
        (None, 0, 4, False, Signal.FAILED),
        (True, None, None, False, Signal.SOLVED),
        (False, None, None, False, Signal.FAILED),
    ],
)
def test_B99_the_signal_of_a_result(is_correct, score, most, hinted, signal):
    found = signal_of(
        is_correct=is_correct,
        score=None if score is None else Decimal(score),
        max_score=None if most is None else Decimal(most),
        hinted=hinted,
    )
    assert found is signal


def test_B98_evidence_carries_the_taxonomy_of_its_moment():
    [recorded] = given(evidence).when(failed(1)).events()
    assert recorded == EvidenceRecorded(
        evidence_id="e1",
        attempt_id="a1",
        problem_id="p1",
        signal=Signal.FAILED,
        taxonomy_snapshot=raw({"topic": "/algebra"}),
        topic="algebra",
        score=Decimal(0),
    )


def test_B98_the_same_evidence_is_recorded_once():
    after(failed(1)).when(failed(1)).nothing()


def test_B99_difficulty_is_repeated_from_the_third_failure_in_one_topic_on():
    elsewhere = Basis(topic="geometry", threshold=3)
    twice = after(failed(1), failed(2, elsewhere), failed(3), failed(4, Basis()))
    assert len(twice.events) == 4
    _, repeated = twice.when(failed(6)).events()
    assert repeated == EvidenceRecorded(
        evidence_id=repeated_id("e6"),
        attempt_id="a6",
        problem_id="p1",
        signal=Signal.REPEATED_DIFFICULTY,
        taxonomy_snapshot=TOPIC.taxonomy,
        topic="algebra",
    )
    assert len(twice.when(failed(6)).happens().when(failed(7)).events()) == 2


def test_B99_without_a_topic_nothing_is_counted():
    many = after(*(failed(number, Basis(taxonomy=EMPTY, threshold=1)) for number in range(4)))
    assert len(many.events) == 4


def test_B97_what_is_superseded_counts_no_more_nor_does_the_difficulty_it_led_to():
    three = after(failed(1), failed(2), failed(3))
    solved = RecordEvidence(
        evidence_id="e4",
        attempt_id="a3",
        problem_id="p1",
        signal=Signal.SOLVED,
        basis=TOPIC,
        supersedes="e3",
    )
    gone = three.when(solved)
    assert gone.events()[:2] == [
        EvidenceSuperseded(evidence_id="e3", by="e4"),
        EvidenceSuperseded(evidence_id=repeated_id("e3"), by="e4"),
    ]
    assert len(gone.happens().when(failed(5)).events()) == 2  # the third in force again
    assert len(gone.happens().when(failed(5)).happens().when(failed(6)).events()) == 2


def test_what_is_annulled_is_replaced_by_nothing():
    happened = after(failed(1)).when(AnnulEvidence(evidence_id="e1")).events()
    assert happened == [EvidenceSuperseded(evidence_id="e1", by=None)]


def test_a_failure_judged_anew_counts_once():
    again = after(failed(1), failed(2), failed(3, supersedes="e2")).state
    assert again.failures == {"algebra": ("e1", "e3")}
    assert again.repeated == frozenset()
