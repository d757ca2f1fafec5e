"""Stored bytes: every event comes back as it was, and the bytes of every past shape read on."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import codec
from domain.attempt import AnswersCounted, AnswersSaved
from domain.exam_user import UserRegistered, UserSignedIn
from domain.kernel import ERASED, Event
from domain.registry import EVENTS, SCHEMAS
from domain.upcasts import upcast
from event_store import envelope
from event_store.envelope import Actor
from event_store.store import Recorded
from tests.adapters.any_event import TEXT, events
from tests.adapters.histories import AT, encoded

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
ACTORS = st.builds(Actor, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple))


def recorded(tag: str, stored: bytes) -> Recorded:
    return Recorded(7, "thing-1", 3, tag, stored)


@given(events(), ACTORS, TEXT, TEXT, st.none() | TEXT)
def test_every_event_comes_back_as_it_was(event, actor, facade, correlation, causation):
    new = codec.encode(
        event,
        at=AT,
        actor=actor,
        facade=facade,
        correlation=correlation,
        causation=causation,
    )
    found = codec.decode(recorded(*new))
    assert found == event
    assert type(found) is type(event) is EVENTS[new.tag]
    assert msgspec.json.encode(found) == msgspec.json.encode(event)  # True is not 1, 1 is not 1.0
    whole = envelope.decode(new.stored)
    assert (whole.tag, whole.schema, whole.at) == (new.tag, SCHEMAS[new.tag], AT)
    assert (whole.actor, whole.facade, whole.correlation) == (actor, facade, correlation)
    assert (whole.causation, bytes(whole.data)) == (causation, msgspec.json.encode(event))
    assert envelope.encode(whole) == new.stored


@given(events())
def test_a_fact_has_the_events_place_and_time(event):
    tag, stored = encoded(event)
    fact = codec.fact(recorded(tag, stored))
    assert fact == ("thing-1", 3, AT, event, None)
    reader = codec.Reader({tag: EVENTS[tag]})
    assert reader.facts([recorded(tag, stored), recorded("other.tag", b"{")]) == [(7, tag, fact)]


@given(events())
def test_the_order_of_envelope_fields_does_not_matter(event):
    tag, stored = encoded(event)
    turned = msgspec.json.encode(dict(reversed(msgspec.json.decode(stored).items())))
    assert codec.decode(recorded(tag, turned)) == event


def test_a_slimmer_type_leaves_out_the_rest():
    tag, stored = encoded(AnswersSaved(changes=(), answered_count=3, updated_at=AT))
    assert codec.decode(recorded(tag, stored), AnswersCounted) == AnswersCounted(
        answered_count=3, updated_at=AT
    )


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_bytes_of_every_past_shape_read_on(path):
    stored = path.read_bytes()
    whole = envelope.decode(stored)
    assert path.stem.partition("-")[0] == f"{whole.tag}@{whole.schema}"
    event = codec.decode(recorded(whole.tag, stored))
    assert type(event) is EVENTS[whole.tag]
    if whole.schema == SCHEMAS[whole.tag]:
        assert msgspec.json.encode(event) == bytes(whole.data)


def test_the_corpus_has_every_tag_in_its_present_shape():
    assert {f"{tag}@{schema}" for tag, schema in SCHEMAS.items()} <= {path.stem for path in CORPUS}


def test_an_erased_name_comes_back_erased():
    event = UserRegistered(user_id="u1", username=ERASED)
    assert codec.decode(recorded(*encoded(event))) == event


# --- what cannot be read ------------------------------------------------------------------------


def test_an_unknown_tag_is_named_with_its_position():
    with pytest.raises(codec.UnreadableEvent, match=r"position 7 .*thing-1@3.*, thing\.lost.*tag"):
        codec.decode(recorded("thing.lost", b'{"tag":"thing.lost"}'))


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xff",
        b'{"tag":"exam_user.signed_in","schema":1,"at":',
        b'{"tag":"exam_user.signed_in","schema":1,"at":"","data":"\xff"}',
        b'{"tag":"exam_user.signed_in","schema":1,"at":"","data":3}',
        pytest.param(
            b'{"tag":"exam_user.signed_in","schema":1,"x":' + b"[" * 100_000, id="too deep"
        ),
    ],
)
def test_broken_bytes_are_named_with_their_position(stored):
    one = recorded("exam_user.signed_in", stored)
    with pytest.raises(codec.UnreadableEvent, match="position 7"):
        codec.decode(one)
    with pytest.raises(codec.UnreadableEvent, match="position 7"):
        codec.Reader({"exam_user.signed_in": UserSignedIn}).facts([one])


def test_a_shape_of_a_later_program_is_refused_and_not_guessed():
    tag, stored = encoded(UserSignedIn())
    later = stored.replace(b'"schema":1', b'"schema":2')
    with pytest.raises(codec.UnreadableEvent, match="payload version 2 is newer than"):
        codec.decode(recorded(tag, later))


class Renamed(Event, frozen=True):
    new_name: int


def test_an_older_shape_is_lifted_step_by_step(monkeypatch):
    tag, stored = encoded(UserSignedIn())
    old = stored.replace(b'"data":{}', b'"data":{"old":4}')
    steps = {
        (tag, 1): lambda payload: {"middle": payload["old"]},
        (tag, 2): lambda payload: {"newName": payload["middle"] + 1},
    }
    monkeypatch.setitem(SCHEMAS, tag, 3)
    monkeypatch.setitem(codec._CURRENT, tag, b'{"tag":"exam_user.signed_in","schema":3,')
    monkeypatch.setattr(upcast, "__defaults__", (steps,))
    assert codec.decode(recorded(tag, old), Renamed) == Renamed(new_name=5)
    [(_, _, fact)] = codec.Reader({tag: Renamed}).facts([recorded(tag, old)])
    assert fact.event == Renamed(new_name=5)
