"""Exam: when it may be started, more time for everybody, and the release of results."""

import pytest

from domain.exam import (
    BadWindow,
    ExamNotFound,
    ExamTimeExtended,
    ExamWindowClosed,
    ExamWindowSet,
    ExtendExam,
    ImportExam,
    ReleaseResults,
    ResultsNotReleased,
    ResultsReleased,
    SetExamWindow,
    exam,
    may_start,
    released_results,
)
from domain.time_limit import ExamExtension, StartWindow
from tests.domain.given import Scenario, given
from tests.domain.test_exam import document

NINE, TEN, ELEVEN = (f"2026-01-05T{hour:02}:00:00.000Z" for hour in (9, 10, 11))
EXTENSION = ExamExtension(extension_id="x", minutes=5, later_starts=True, at=NINE, reason="r")


def known() -> Scenario:
    return given(exam).when(ImportExam(exam_id="e1", document=document())).happens()


def test_the_exam_knows_how_long_it_lasts():
    assert known().state.duration_minutes == 30


def test_a_window_is_set_replaced_and_taken_away():
    window = StartWindow(opens_at=NINE, closes_at=TEN, ends_at=ELEVEN)
    after = known().when(SetExamWindow(window=window))
    set_ = after.then(ExamWindowSet(opens_at=NINE, closes_at=TEN, ends_at=ELEVEN))
    set_.when(SetExamWindow(window=window)).nothing()
    may_start(set_.state, NINE)
    with pytest.raises(ExamWindowClosed) as closed:
        may_start(set_.state, TEN)
    assert closed.value.details == {"opensAt": NINE, "closesAt": TEN}
    gone = set_.when(SetExamWindow(window=StartWindow())).then(ExamWindowSet())
    may_start(gone.state, ELEVEN)


@pytest.mark.parametrize(
    ("window", "path"),
    [
        (StartWindow(opens_at=TEN, closes_at=NINE), "closesAt"),
        (StartWindow(opens_at=TEN, closes_at=TEN), "closesAt"),
        (StartWindow(closes_at=TEN, ends_at=NINE), "endsAt"),
        (StartWindow(opens_at=TEN, ends_at=NINE), "endsAt"),
    ],
)
def test_a_window_must_not_close_before_it_opens(window: StartWindow, path: str):
    refusal = known().when(SetExamWindow(window=window)).refused(BadWindow)
    assert refusal.details == {"path": path}


def test_an_extension_is_remembered_and_a_repeated_one_is_silent():
    after = known().when(ExtendExam(extension=EXTENSION))
    extended = after.then(
        ExamTimeExtended(
            extension_id="x", minutes=5, later_starts=True, extended_at=NINE, reason="r"
        )
    )
    assert extended.state.extensions == (EXTENSION,)
    extended.when(ExtendExam(extension=EXTENSION)).nothing()


def test_results_are_released_once():
    with pytest.raises(ResultsNotReleased):
        released_results(known().state)
    after = known().when(ReleaseResults()).then(ResultsReleased())
    released_results(after.state)
    after.when(ReleaseResults()).nothing()


def test_a_new_version_of_the_file_leaves_window_extensions_and_release_alone():
    after = (
        known()
        .when(SetExamWindow(window=StartWindow(opens_at=NINE)))
        .happens()
        .when(ExtendExam(extension=EXTENSION))
        .happens()
        .when(ReleaseResults())
        .happens()
        .when(ImportExam(exam_id="e1", document=document(durationMinutes=45)))
        .happens()
    )
    state = after.state
    assert (state.window.opens_at, state.extensions, state.released) == (NINE, (EXTENSION,), True)
    assert state.duration_minutes == 45


@pytest.mark.parametrize(
    "command",
    [SetExamWindow(window=StartWindow()), ExtendExam(extension=EXTENSION), ReleaseResults()],
)
def test_an_exam_that_never_was_has_no_time_and_no_results(command):
    given(exam).when(command).refused(ExamNotFound)
