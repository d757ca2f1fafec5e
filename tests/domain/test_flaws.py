"""Flaws: a document has none exactly when it is of its type."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.exam_document import ExamDocument
from domain.flaws import MOST_FLAWS, Flaw, flaws
from tests.adapters.any_event import JSON

GOOD = {
    "examId": "e1",
    "subject": "s",
    "title": "t",
    "difficulty": "beginner",
    "durationMinutes": 1,
    "sections": [{"questions": [{"id": "q1", "type": "t", "points": 1}]}],
    "metadata": {"version": "1"},
}


def converts(value: object) -> bool:
    try:
        msgspec.convert(value, ExamDocument)
    except msgspec.ValidationError:
        return False
    return True


@given(
    st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, max_size=3),
    st.sets(st.sampled_from(sorted(GOOD))),
)
def test_there_are_flaws_exactly_where_the_decoder_refuses(changes, left_out):
    value = {name: inner for name, inner in (GOOD | changes).items() if name not in left_out}
    found = list(flaws(value, ExamDocument))
    assert (not found) == converts(value)
    assert {flaw.path.partition(".")[0].partition("[")[0] for flaw in found} <= {*GOOD}


@given(JSON)
def test_any_json_is_looked_at(value):
    assert (not list(flaws(value, ExamDocument))) == converts(value)


def test_a_list_of_flaws_is_bounded_and_each_says_where():
    sections = [{"questions": [{"type": 7} for _ in range(5)]} for _ in range(1000)]
    found = list(flaws(GOOD | {"sections": sections}, ExamDocument))
    assert len(found) == MOST_FLAWS
    assert found[0] == Flaw("sections[0].questions[0].id", "is missing")
    assert str(found[1]) == "sections[0].questions[0].type: expected `str`, got `int`"
