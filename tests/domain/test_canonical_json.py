"""Canonical JSON against RFC 8785's own samples and against another implementation."""

import hashlib
import json
import struct
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical_json import MAX_DEPTH, NotCanonical, canonical, content_hash
from domain.kernel import Value

numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)


# --- RFC 8785 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_a_double_is_written_as_in_appendix_b(bits: str, text: str):
    [double] = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(double).decode() == text


def test_names_are_sorted_by_their_utf16_units_as_in_section_3_2_3():
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical(dict.fromkeys(names, 0)).decode()
    assert list(json.loads(written)) == [
        "\r",
        "1",
        "\u0080",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


def test_only_control_signs_quotes_and_backslashes_are_escaped():
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/\x7f\u2028').decode() == (
        '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f\u2028"'
    )
    assert canonical("\b\t\n\f\r\x00\x1f") == rb'"\b\t\n\f\r\u0000\u001f"'


# --- the other implementation ---------------------------------------------------------------------


@given(documents)
def test_another_implementation_writes_the_same(document: Any):
    assert canonical(document) == rfc8785.dumps(document)


@given(documents)
def test_the_text_read_back_has_the_same_text(document: Any):
    text = canonical(document)
    for decode in (json.loads, msgspec.json.decode, with_decimals):
        assert canonical(decode(text)) == text


def with_decimals(text: bytes) -> Any:
    """Numbers with a point or a power as Decimal, as a careful reader of money has them."""
    return json.loads(text, parse_float=Decimal)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.integers())
def test_a_number_is_written_with_exactly_its_value_or_not_at_all(number: Decimal | int):
    try:
        text = canonical(number).decode()
    except NotCanonical:
        assert Decimal(repr(float(number))) != number
        return
    assert Decimal(text) == number


# --- values of Python -----------------------------------------------------------------------------


class Colour(StrEnum):
    RED = "red"


class Older(str, Enum):  # noqa: UP042 -- what str() makes of it is the surprise under test
    BLUE = "blue"


class Inner(Value, frozen=True):
    some_number: Decimal
    colours: frozenset[Colour] = frozenset()


class Outer(Value, frozen=True, tag="outer"):
    inner: Inner
    nothing: int | None = None


def test_structs_are_what_they_would_be_in_a_document_and_decimals_are_numbers():
    outer = Outer(inner=Inner(some_number=Decimal("0.10"), colours=frozenset([Colour.RED])))
    assert canonical(outer) == b'{"inner":{"colours":["red"],"someNumber":0.1},"type":"outer"}'
    assert canonical([outer.inner]) == b'[{"colours":["red"],"someNumber":0.1}]'
    assert canonical({Colour.RED: (Older.BLUE, True)}) == b'{"red":["blue",true]}'


def test_equal_numbers_have_one_text_whatever_their_type():
    assert {canonical(one) for one in (1, 1.0, Decimal(1), Decimal("1.00"), Decimal("1E0"))} == {
        b"1"
    }
    assert canonical(-0.0) == canonical(Decimal("-0.0")) == b"0"
    assert canonical(10**21) == canonical(1e21) == b"1e+21"
    assert canonical(2**53 + 2) == b"9007199254740994"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**53 + 1, "$: the number has more figures"),
        (2**68, "$: the number has more figures"),
        (-(10**400), "$: the number has more figures"),
        ({"a": [0, Decimal("0.12345678901234567890")]}, "$.a[1]: the number has more figures"),
        (Decimal("1e-400"), "$: the number has more figures"),
        (Decimal("1e999999999"), "$: the number has more figures"),
        (Decimal("sNaN"), "$: the number has more figures"),
        (float("nan"), "$: neither infinite"),
        ({"a": {"b": float("-inf")}}, "$.a.b: neither infinite"),
        ({"a": "\ud800"}, "$: half of a surrogate"),
        ({"\udfff": 1}, "$: half of a surrogate"),
        ({"a": {1: 2}}, "$.a: a name in an object"),
        ({"a": {1: 2, "1": 3}}, "$.a: a name in an object"),
        ([object()], "$[0]: JSON has no object"),
    ],
)
def test_what_has_no_exact_text_is_refused_with_its_place(value: Any, message: str):
    with pytest.raises(NotCanonical) as refused:
        canonical(value)
    assert refused.value.message.startswith(message)
    assert refused.value.code == "VALIDATION_ERROR"


def test_bottomless_documents_are_refused():
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical, match=str(MAX_DEPTH)):
        canonical(deep)
    endless: dict[str, Any] = {}
    endless["a"] = endless
    with pytest.raises(NotCanonical, match=str(MAX_DEPTH)):
        canonical(endless)


def test_the_hash_is_that_of_the_text_and_never_changes():
    document = {"b": [1, 2.50, "три"], "a": {"é": None}}
    assert content_hash(document) == hashlib.sha256(canonical(document)).hexdigest()
    assert content_hash(document) == (
        "c9fb82cbcbbda8b306a1243a1ca315a17d6b8cc9120549488ed38a99a0ae6257"
    )
