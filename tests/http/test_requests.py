"""Strict bodies: the declared type and nothing near it, with the place of what is wrong."""

from contextlib import suppress
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.problems import Problem
from adapters.http.requests import decoded


class Body(msgspec.Struct, rename="camel"):
    number: Annotated[int, msgspec.Meta(ge=0, le=10)]
    flag: bool = False
    inner_list: list[str] = []


decode = msgspec.json.Decoder(Body).decode


def refusal(body: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        decoded(body, decode)
    assert (caught.value.status, caught.value.code) == (400, "INVALID_PAYLOAD")
    return caught.value


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"number":"1"}', "number"),
        (b'{"number":1.5}', "number"),
        (b'{"number":true}', "number"),
        (b'{"number":11}', "number"),
        (b'{"number":1,"flag":1}', "flag"),
        (b'{"number":1,"flag":"true"}', "flag"),
        (b'{"number":1,"innerList":["a",2]}', "innerList[1]"),
    ],
)
def test_nothing_is_converted_and_the_place_is_told(body: bytes, path: str):
    problem = refusal(body)
    assert problem.details == {"path": path}
    assert problem.message.startswith(f"{path}: ")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"x"'])
def test_a_problem_of_the_whole_body_has_no_place(body: bytes):
    assert refusal(body).details is None


def test_a_message_is_bounded():
    text = msgspec.json.encode({"number": "x" * 10_000})
    assert len(refusal(text).message) < 400


@given(st.binary(max_size=60))
def test_any_bytes_are_a_body_or_a_problem(body: bytes):
    with suppress(Problem):
        assert isinstance(decoded(body, decode), Body)
