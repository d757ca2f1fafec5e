"""PersistentMap: a dict whose every version stays, equal to every map with the same entries."""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from domain.persistent_map import PersistentMap

NUMBERS = st.integers(0, 400).map(str)
CHANGES = st.lists(st.tuples(NUMBERS, st.none() | st.integers(0, 9)), max_size=300)


def changed(found: PersistentMap[int], key: str, value: int | None) -> PersistentMap[int]:
    return found.without(key) if value is None else found.put(key, value)


@given(CHANGES)
def test_it_holds_what_a_dict_would_hold(changes):
    found: PersistentMap[int] = PersistentMap()
    model: dict[str, int] = {}
    for key, value in changes:
        found = changed(found, key, value)
        if value is None:
            model.pop(key, None)
        else:
            model[key] = value
    assert dict(found.items()) == model
    assert [found.get(key) for key, _ in changes] == [model.get(key) for key, _ in changes]
    assert [key in found for key, _ in changes] == [key in model for key, _ in changes]


@given(CHANGES)
def test_maps_with_the_same_entries_are_equal_whatever_they_went_through(changes):
    found: PersistentMap[int] = PersistentMap()
    for key, value in changes:
        found = changed(found, key, value)
    plain: PersistentMap[int] = PersistentMap()
    for key, value in sorted(found.items()):
        plain = plain.put(key, value)
    assert found == plain


@given(CHANGES, CHANGES)
def test_an_earlier_map_stays_as_it_was(first, then):
    early: PersistentMap[int] = PersistentMap()
    for key, value in first:
        early = changed(early, key, value)
    before = dict(early.items())
    late = early
    for key, value in then:
        late = changed(late, key, value)
    assert dict(early.items()) == before


def test_keys_with_one_code_share_a_leaf_of_any_size():
    # Two texts of one length with one CRC stay so behind any common text (the CRC is linear).
    pairs = [("plumless", "buckeroo")]
    assert {crc32(one.encode()) for one in pairs[0]} == {crc32(pairs[0][0].encode())}
    texts = [""]
    for _ in range(5):
        texts = [text + one for text in texts for one in pairs[0]]
    assert len({crc32(text.encode()) for text in texts}) == 1
    found: PersistentMap[int] = PersistentMap()
    for number, text in enumerate(texts):
        found = found.put(text, number)
    assert dict(found.items()) == {text: number for number, text in enumerate(texts)}
    for text in texts:
        found = found.without(text)
    assert found == PersistentMap()
