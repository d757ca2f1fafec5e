"""Exam: files in, events out."""

import json

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.exam import (
    Exam,
    ExamExists,
    ExamFileChanged,
    ExamFileMissing,
    ExamImported,
    ExamInvalid,
    ExamNotFound,
    ExamNotPublished,
    ExamPublished,
    ExamUnfit,
    ExamUnpublished,
    ImportExam,
    PublishExam,
    ReportExamMissing,
    UnpublishExam,
    exam,
    open_exam,
)
from domain.exam_document import InvalidExam, compact, content_hash, is_exam_id, read_exam, redacted
from domain.kernel import Command, Event, Refused, fold
from tests.domain.given import given


def document(exam_id: str = "e1", title: str = "T", **more: object) -> bytes:
    value = {
        "examId": exam_id,
        "subject": "mathematics",
        "title": title,
        "difficulty": "beginner",
        "durationMinutes": 30,
        "sections": [
            {
                "id": "s1",
                "questions": [
                    {
                        "id": "q1",
                        "type": "single_choice",
                        "prompt": "?",
                        "answer": "A",
                        "choices": [{"key": "A", "text": "a"}],
                        "points": 2,
                    },
                    {"id": "q2", "type": "essay", "prompt": "?", "rubric": {"maxPoints": 3}},
                ],
            }
        ],
        "metadata": {"version": "7"},
        **more,
    }
    return json.dumps(value, indent=1).encode()


def imported(body: bytes) -> ExamImported:
    small = compact(body)
    return ExamImported(
        exam_id="e1", version="7", content_hash=content_hash(small), document=msgspec.Raw(small)
    )


def test_E03_an_import_carries_the_whole_document():
    body = document()
    after = given(exam).when(ImportExam(exam_id="e1", document=body)).then(imported(body))
    assert json.loads(after.state.document) == json.loads(body)
    assert after.state.question_ids == ("q1", "q2")
    after.when(ImportExam(exam_id="e1", document=body)).nothing()


def test_E51_a_changed_file_is_a_new_event_with_its_hash():
    after = given(exam, imported(document()))
    [event] = after.when(ImportExam(exam_id="e1", document=document(title="U"))).events()
    assert isinstance(event, ExamFileChanged)
    assert event.content_hash != after.state.content_hash


def test_E02_a_missing_or_broken_file_is_told_once_and_heals():
    after = given(exam, imported(document())).when(ReportExamMissing()).then(ExamFileMissing())
    after.when(ReportExamMissing()).nothing()
    broken = after.when(ReportExamMissing(problem="no JSON")).then(
        ExamFileMissing(problem="no JSON")
    )
    assert broken.state.problem == "no JSON"
    healed = broken.when(ImportExam(exam_id="e1", document=document())).happens()
    assert healed.state.present
    assert healed.state.problem is None
    given(exam).when(ReportExamMissing()).nothing()


def test_E05_E06_existence_is_tested_before_publication():
    with pytest.raises(ExamNotFound):
        open_exam(Exam())
    there = given(exam, imported(document()))
    with pytest.raises(ExamNotPublished):
        open_exam(there.state)
    published = there.when(PublishExam()).then(ExamPublished())
    assert open_exam(published.state) == published.state
    with pytest.raises(ExamNotFound):
        open_exam(published.when(ReportExamMissing()).happens().state)


def test_publishing_twice_and_unpublishing_twice_are_silent():
    there = given(exam, imported(document()))
    there.when(UnpublishExam()).nothing()
    published = there.when(PublishExam()).happens()
    published.when(PublishExam()).nothing()
    published.when(UnpublishExam()).then(ExamUnpublished()).when(UnpublishExam()).nothing()
    given(exam).when(PublishExam()).refused(ExamNotFound)


def test_A16_an_exam_that_is_there_is_replaced_only_if_that_is_said():
    fresh = ImportExam(exam_id="e1", document=document(), replace=False)
    there = given(exam).when(fresh).happens()
    there.when(fresh).refused(ExamExists)
    there.when(ReportExamMissing()).happens().when(fresh).happens()


def test_A17_only_an_exam_whose_file_is_there_and_valid_is_fit_to_be_published():
    there = given(exam, imported(document()))
    there.when(PublishExam(fit=True)).then(ExamPublished())
    gone = there.when(ReportExamMissing()).happens()
    gone.when(PublishExam(fit=True)).refused(ExamNotFound)
    gone.when(PublishExam()).then(ExamPublished())
    broken = there.when(ReportExamMissing(problem="no JSON")).happens()
    assert broken.when(PublishExam(fit=True)).refused(ExamUnfit).details["problems"] == ["no JSON"]


def test_A16_an_invalid_exam_is_refused_with_every_path():
    questions = [{"id": "q", "type": "t"}, {"id": "q", "type": "t"}, {"id": "q", "type": "t"}]
    for body, paths in (
        (document(durationMinutes=0, subject=None), ["subject", "durationMinutes"]),
        (document("../x"), ["examId"]),
        (
            document(sections=[{"questions": questions}]),
            ["sections[0].questions[1].id", "sections[0].questions[2].id"],
        ),
        (b"{", [""]),
    ):
        refusal = given(exam).when(ImportExam(exam_id="e1", document=body)).refused(ExamInvalid)
        assert sorted(flaw["path"] for flaw in refusal.details["problems"]) == sorted(paths)


@drawn(st.binary(max_size=20), st.integers(0, 400), st.integers(0, 40))
def test_E02_any_bytes_are_an_exam_or_say_what_is_wrong(noise, at, cut):
    whole = document()
    for body in (noise, whole[:at] + noise + whole[at + cut :]):
        try:
            found: object = read_exam(body)
        except InvalidExam as error:
            found = error.flaws
        assert found


def test_decision16_a_file_whose_name_and_inner_id_differ_is_invalid():
    refusal = (
        given(exam).when(ImportExam(exam_id="other", document=document())).refused(ExamInvalid)
    )
    assert "'other'" in refusal.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"examId":"e1"}', "missing required field"),
        (b"\xff", "malformed"),
        (document(durationMinutes=0), "$.durationMinutes"),
        (document(durationMinutes="30"), "$.durationMinutes"),
        (document(difficulty="hard"), "$.difficulty"),
        (document("../e1"), "$.examId"),
        (document("con"), "$.examId"),
        (document(deep=json.loads("[" * 70 + "]" * 70)), "deeper than 60"),
        (document()[:-1] + b',"x":' + b"[" * 100_000, "nested too deeply"),
        (document(sections=[{"questions": [{"id": "q", "type": "t"}] * 2}]), "'q' is used twice"),
        (
            document(sections=[{"questions": [{"id": "", "type": "t"}]}]),
            "$.sections[0].questions[0].id",
        ),
        (document(note="\udcff").replace(b"\\udcff", b"\xff"), "UTF-8"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_where(body, said):
    with pytest.raises(InvalidExam, match=r".") as caught:
        read_exam(body)
    assert said.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "text", ["..", ".", "a/b", "a\\b", "a\0", "", "a" * 101, "con", "NUL.x", "-a", "a.", "ä"]
)
def test_E43_ids_that_cannot_name_a_file_are_no_exam_ids(text):
    assert not is_exam_id(text)


@pytest.mark.parametrize("text", ["e1", "word-problems-2", "Math_2026.v1", "a", "console"])
def test_plain_names_are_exam_ids(text):
    assert is_exam_id(text)


def test_E08_answer_bearing_keys_are_withheld_at_any_depth_of_a_question():
    question = {
        "id": "q1",
        "type": "code_exercise",
        "prompt": "solution is in the prompt",
        "points": 1,
        "answer": "X",
        "Rubric": "X",
        "solutionText": "X",
        "tests": ["X"],
        "testCases": "X",
        "hiddenNotes": "X",
        "referenceImpl": "X",
        "teacherOnly": "X",
        "parts": [{"answer": "X", "text": "kept"}],
    }
    body = document(sections=[{"id": "s", "solution": "kept here", "questions": [question]}])
    learner = json.loads(redacted(compact(body), frozenset({"teacherOnly"})))
    [shown] = learner["sections"][0]["questions"]
    assert shown == {
        "id": "q1",
        "type": "code_exercise",
        "prompt": "solution is in the prompt",
        "points": 1,
        "parts": [{"text": "kept"}],
    }
    whole = json.loads(body)
    whole["sections"][0]["questions"] = learner["sections"][0]["questions"]
    assert learner == whole  # nothing else is altered


@drawn(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_compact_keeps_every_value(value):
    body = json.dumps(value, indent=2).encode()
    assert json.loads(compact(body)) == value


class ExamMachine(RuleBasedStateMachine):
    """Files come, change, break and go; flags are set and cleared: the fold follows."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.state = Exam()
        self.file: bytes | None = None
        self.flag = False

    def try_to(self, command: Command) -> bool:
        try:
            events = exam.decide(self.state, command)
        except Refused:
            return False
        for event in events:
            self.state = exam.evolve(self.state, event)
        self.log += events
        assert list(exam.decide(self.state, command)) == []
        return True

    @rule(title=st.sampled_from(["one", "two"]))
    def file_written(self, title: str) -> None:
        self.file = compact(document(title=title))
        assert self.try_to(ImportExam(exam_id="e1", document=document(title=title)))

    @rule()
    def file_gone(self) -> None:
        self.file = None
        assert self.try_to(ReportExamMissing())

    @rule(on=st.booleans())
    def flag_set(self, *, on: bool) -> None:
        if self.try_to(PublishExam() if on else UnpublishExam()):
            self.flag = on
        else:
            assert not self.state.exam_id

    @invariant()
    def the_fold_is_the_folder(self) -> None:
        assert self.state.present == (self.file is not None)
        assert not self.state.present or self.state.document == self.file
        assert self.state.published == self.flag
        assert fold(exam, self.log) == self.state


ExamMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestExamMachine = ExamMachine.TestCase
