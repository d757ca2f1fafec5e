"""Progress: one row an exam, its latest attempt that is not void (A6, E-22, decision 15)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.exam_attempts import ExamAttempt
from projections.progress import exam_sets, progress_body


def row(
    exam_id: str,
    number: int = 1,
    status: str = "in_progress",
    *,
    answered: int = 0,
    total: int = 3,
    at: int = 0,
) -> ExamAttempt:
    return ExamAttempt(
        attempt_id=f"ann-{exam_id}-{number}",
        user_id="ann",
        exam_id=exam_id,
        status=status,
        answered=answered,
        total=total,
        started_at="2026-01-05T09:00:00.000Z",
        updated_at=f"2026-01-05T10:00:00.{at:03}Z",
    )


def test_A6_somebody_who_never_started_has_empty_lists_and_no_time():
    body = msgspec.json.encode(progress_body("ann", []))
    assert body == b'{"userId":"ann","active":[],"finished":[],"exams":[]}'


def test_A6_the_latest_attempt_of_each_exam_in_the_order_of_exam_ids():
    rows = [
        row("b", 1, "finished", answered=3, at=1),
        row("b", 2, answered=1, at=5),
        row("a", 1, answered=2, at=3),
    ]
    body = progress_body("ann", rows)
    assert [(each.exam_id, each.attempt_id) for each in body.exams] == [
        ("a", "ann-a-1"),
        ("b", "ann-b-2"),
    ]
    assert body.updated_at == "2026-01-05T10:00:00.005Z"
    assert (body.active, body.finished) == (["a", "b"], ["b"])


def test_E12_of_attempts_changed_at_the_same_moment_the_greater_id_is_the_latest():
    [shown] = progress_body("ann", [row("a", 2), row("a", 3), row("a", 1)]).exams
    assert shown.attempt_id == "ann-a-3"


def test_decision15_a_void_attempt_is_as_if_it_had_never_been():
    rows = [row("a", 1, "finished", at=1), row("a", 2, "void", at=9)]
    body = progress_body("ann", rows)
    assert [each.attempt_id for each in body.exams] == ["ann-a-1"]
    assert body.updated_at == "2026-01-05T10:00:00.001Z"
    assert progress_body("ann", [row("a", 1, "void")]).exams == []


@pytest.mark.parametrize(
    ("answered", "total", "percent"),
    [(0, 0, 0.0), (0, 3, 0.0), (1, 3, 33.33), (2, 3, 66.67), (3, 3, 100.0), (1, 8, 12.5)],
)
def test_E22_percent_is_answered_of_total(answered: int, total: int, percent: float):
    [shown] = progress_body("ann", [row("a", answered=answered, total=total)]).exams
    assert shown.percent == percent


rows_of_ann = st.lists(
    st.builds(
        row,
        exam_id=st.sampled_from("abc"),
        number=st.integers(1, 4),
        status=st.sampled_from(["in_progress", "finished", "void"]),
        at=st.integers(0, 5),
    ),
    unique_by=lambda each: each.attempt_id,
)


@given(rows_of_ann, st.randoms())
def test_progress_does_not_depend_on_the_order_of_rows(rows: list[ExamAttempt], random):
    expected = msgspec.json.encode(progress_body("ann", rows))
    random.shuffle(rows)
    assert msgspec.json.encode(progress_body("ann", rows)) == expected


@given(rows_of_ann)
def test_E33_every_exam_shown_is_in_a_set_and_once(rows: list[ExamAttempt]):
    sets = exam_sets(rows)
    shown = {each.exam_id for each in progress_body("ann", rows).exams}
    assert {*sets.active, *sets.finished} == shown
    assert len(set(sets.active)) == len(sets.active)
    assert len(set(sets.finished)) == len(sets.finished)
