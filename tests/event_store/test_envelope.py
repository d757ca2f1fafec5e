"""The storage format: what was written once is read for ever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from event_store.envelope import Actor, Envelope, decode, document, encode, event_id

CORPUS = sorted(Path(__file__).with_name("corpus").glob("*.json"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
envelopes = st.builds(
    Envelope,
    tag=texts,
    schema=st.integers(1, 2**31),
    at=texts,
    actor=st.builds(Actor, texts, texts, st.lists(texts, max_size=3).map(tuple)),
    facade=texts,
    correlation=texts,
    causation=st.none() | texts,
    data=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    ).map(lambda value: Raw(json.dumps(value, ensure_ascii=False).encode())),
)


@given(envelopes)
def test_an_envelope_comes_back_as_it_was(envelope: Envelope):
    stored = encode(envelope)
    assert encode(decode(stored)) == stored
    back = decode(stored)
    assert bytes(back.data) == bytes(envelope.data)
    assert (back.tag, back.schema, back.at, back.actor) == (
        envelope.tag, envelope.schema, envelope.at, envelope.actor,
    )  # fmt: skip
    assert document(stored)["data"] == json.loads(bytes(envelope.data))


# Files are added to the corpus, never changed: each one is what some release has written.
@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_stored_bytes_of_every_age_decode(file: Path):
    known = json.loads(file.read_text(encoding="utf-8"))
    stored = known["stored"].encode()
    envelope = decode(stored)
    assert {
        "tag": envelope.tag,
        "schema": envelope.schema,
        "at": envelope.at,
        "actor": [envelope.actor.scheme, envelope.actor.subject, [*envelope.actor.roles]],
        "facade": envelope.facade,
        "correlation": envelope.correlation,
        "causation": envelope.causation,
        "data": json.loads(bytes(envelope.data)),
    } == known["means"]


def test_the_corpus_is_there():
    assert CORPUS


def test_fields_of_a_later_release_are_passed_over():
    stored = encode(
        Envelope(
            tag="a.x", schema=1, at="t", actor=Actor("exam", "u1"), facade="exams",
            correlation="c", data=Raw(b"{}"),
        )
    )  # fmt: skip
    later = stored.replace(b'"schema":1', b'"schema":1,"region":{"of":"tomorrow"}')
    assert decode(later) == decode(stored)


def test_an_event_is_known_by_its_stream_and_version():
    assert event_id("attempt-1", 3) == "attempt-1@3"
