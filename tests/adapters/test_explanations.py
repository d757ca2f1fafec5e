"""Explanations: every code has its words in both languages, learners never see a secret."""

import string
import zipfile
from decimal import Decimal
from enum import StrEnum

import pytest
from hatchling.builders.wheel import WheelBuilder
from hypothesis import given
from hypothesis import strategies as st

from adapters.explanations import Audience, explain
from adapters.messages import Language, messages, texts
from domain.answers.verdict import Arithmetic, Judgement, Reason, Trace, Verdict, feedback
from tests.architecture.modules import ROOT, modules

ALL = {language: dict(texts(language)) for language in Language}
FORMS = {Language.EN: 2, Language.RU: 3}
PLACEHOLDERS = {
    "learner.sentence": {"verdict", "because"},
    "learner.read": {"read"},
    "learner.stopped": {"read"},
    "learner.score": {"number", "best"},
    "learner.part": {"number", "sentence"},
    "auditor.verdict": {"verdict", "code"},
    "auditor.reason": {"reason", "code"},
    "auditor.schema": {"type", "path"},
    "auditor.raw": {"raw"},
    "auditor.read": {"read"},
    "auditor.method": {"method"},
    "auditor.precision": {"number"},
    "auditor.fact": {"name", "value"},
    "auditor.note": {"note"},
    "auditor.credit": {"credit", "weight"},
    "auditor.no_credit": {"weight"},
    "auditor.part": {"number"},
    "auditor.sum.credit": {"credit"},
    "auditor.sum.raw": {"raw", "best"},
    "auditor.sum.penalty": {"name", "penalty"},
    "auditor.sum.score": {"score", "best"},
    "auditor.checker": {"checker"},
}
SECRET = "S3CR3T"


def codes() -> set[str]:
    """The names of messages that the engine's enumerations ask for."""
    notes = {
        value
        for module in modules("domain.answers")
        for name, kind in vars(module).items()
        if name == "Note" and isinstance(kind, type) and issubclass(kind, StrEnum)
        for value in kind
    }
    assert notes, "no notes found: this test would pass on anything"
    return (
        {f"verdict.{one}" for one in Verdict}
        | {f"reason.{one}" for one in Reason}
        | {f"note.{one}" for one in notes}
    )


@pytest.mark.parametrize("language", Language)
def test_every_verdict_reason_and_note_has_its_words(language: Language):
    assert codes() - set(ALL[language]) == set()


def test_both_catalogues_have_the_same_messages_none_empty_none_twice():
    for language, found in ALL.items():
        assert set(found) == set(ALL[Language.EN])
        assert all(text.strip() for forms in found.values() for text in forms)
        assert len(found) == len(list(texts(language)))
        assert {len(forms) for forms in found.values()} == {1, FORMS[language]}


@pytest.mark.parametrize("language", Language)
def test_no_message_names_a_placeholder_that_does_not_exist_or_leaves_one_out(language: Language):
    for name, forms in ALL[language].items():
        for text in forms:
            named = {
                field for _, field, _, _ in string.Formatter().parse(text) if field is not None
            }
            assert named == PLACEHOLDERS.get(name, set()), f"{name}: {text}"


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ("0", "0 баллов из 5"),
        ("1", "1 балл из 5"),
        ("2", "2 балла из 5"),
        ("5", "5 баллов из 5"),
        ("1.50", "1,5 балла из 5"),
        ("11", "11 баллов из 5"),
        ("21", "21 балл из 5"),
    ],
)
def test_points_are_counted_in_russian(score: str, said: str):
    assert messages(Language.RU).counted("learner.score", Decimal(score), best="5") == said


def test_points_are_counted_in_english():
    texts_ = messages(Language.EN)
    assert texts_.counted("learner.score", Decimal(1), best="1") == "1 point out of 1"
    assert texts_.counted("learner.score", Decimal("0.5"), best="2") == "0.5 points out of 2"


def test_no_digit_of_a_number_is_lost():
    number = "12345678901234567890123456789012345678.123456789"
    assert messages(Language.EN).number(Decimal(number)) == number
    assert messages(Language.RU).number(Decimal("1E+3")) == "1000"


WRONG_UNIT = Trace(
    type="unit_value",
    path="$.parts[1]",
    verdict=Verdict.PARTIAL,
    reason=Reason.WRONG_UNIT,
    raw={"text": "10 км/ч"},
    read_as="10 км/ч",
    method="fraction",
    credit=Decimal("0.5"),
    facts={"key": "10 м/с"},
)
WHOLE = Judgement(
    verdict=Verdict.PARTIAL,
    reason=Reason.SOME_RIGHT,
    trace=Trace(
        type="composite_answer",
        verdict=Verdict.PARTIAL,
        reason=Reason.SOME_RIGHT,
        credit=Decimal("0.5"),
        parts=(WRONG_UNIT, WRONG_UNIT),
    ),
    arithmetic=Arithmetic(
        max_score=Decimal(4),
        partial_credit=True,
        raw_credit=Decimal("0.5"),
        raw_score=Decimal(2),
        penalties={"first": Decimal("0.5")},
        score=Decimal("1.5"),
    ),
    checker="markbook-1",
)


def test_a_learner_reads_verdict_reading_reason_and_score_in_one_sentence():
    assert explain(WRONG_UNIT, Audience.LEARNER, Language.RU) == (
        "Частично верно: ответ прочитан как «10 км/ч»; число верное, единица нет."
    )
    whole, first, second = explain(WHOLE, Audience.LEARNER, Language.EN).splitlines()
    assert whole == "Partly correct: some of it is right, some is not; 1.5 points out of 4."
    assert first == (
        "Part 1. Partly correct: your answer was read as “10 км/ч”; "
        "the number is right, the unit is not."
    )
    assert second == first.replace("Part 1", "Part 2")


def test_an_auditor_reads_everything_with_the_score_step_by_step():
    account = explain(WHOLE, Audience.AUDITOR, Language.EN).splitlines()
    for line in (
        "Verdict: Partly correct (partial)",
        "Reason: some of it is right, some is not (some_right)",
        "  Judged as: unit_value, at $.parts[1]",
        '  Answer as it came: {"text":"10 км/ч"}',
        "  Read as: 10 км/ч",
        "  Method: exact fractions",
        "  Key: 10 м/с",
        "  Credit: 0.5, weight 1",
        "Part 2:",
        "  before penalties: 2 of 4",
        "  penalty “first”: −0.5",
        "  score, never below 0 or above 4: 1.5",
        "Checker: markbook-1",
    ):
        assert line in account


def test_what_somebody_typed_cannot_forge_lines_or_steer_a_terminal():
    nasty = "1\nVerdict: Correct\x1b[2J\u202e" + "x" * 1000
    trace = Trace(
        type="expression",
        verdict=Verdict.INCORRECT,
        reason=Reason.DIFFERENT,
        raw={"expression": nasty},
        read_as=nasty,
        credit=Decimal(0),
        facts={nasty: nasty},
    )
    for audience in Audience:
        text = explain(trace, audience)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert all(len(line) < 500 for line in text.splitlines())
        assert sum(line.startswith("Verdict:") for line in text.splitlines()) < 2


secret = st.text(alphabet="abc", max_size=3).map(lambda text: f"{SECRET}{text}")
plain = st.text(max_size=8).filter(lambda text: SECRET not in text)
amounts = st.decimals(0, 100, places=3)


def traces(parts: st.SearchStrategy[tuple[Trace, ...]]) -> st.SearchStrategy[Trace]:
    """Traces of any shape, with secrets wherever only checkers may look."""
    return st.builds(
        Trace,
        type=st.sampled_from(["unit_value", "expression", "made_up"]),
        path=plain,
        verdict=st.sampled_from(Verdict),
        reason=st.sampled_from(Reason),
        raw=st.recursive(st.none() | plain, lambda inner: st.lists(inner, max_size=2)),
        read_as=st.none() | plain,
        method=st.none() | secret,
        precision=st.none() | st.integers(0, 5000),
        credit=st.none() | amounts,
        weight=amounts,
        facts=st.dictionaries(secret, secret, max_size=3),
        notes=st.lists(st.sampled_from(["domain_differs", "{x}"]), max_size=2).map(tuple),
        parts=parts,
    )


any_trace = st.recursive(
    traces(st.just(())), lambda inner: traces(st.lists(inner, max_size=3).map(tuple)), max_leaves=6
)
any_arithmetic = st.builds(
    Arithmetic,
    max_score=amounts,
    partial_credit=st.booleans(),
    raw_credit=amounts,
    raw_score=amounts,
    penalties=st.dictionaries(plain, amounts, max_size=2),
    score=amounts,
)


@given(any_trace, st.none() | any_arithmetic, st.sampled_from(Language))
def test_no_explanation_fails_and_no_secret_reaches_the_learner(trace, arithmetic, language):
    judgement = Judgement(
        verdict=trace.verdict,
        reason=trace.reason,
        read_as=trace.read_as,
        trace=trace,
        arithmetic=arithmetic,
        checker="markbook-1",
    )
    for judged in (trace, judgement):
        learner = explain(judged, Audience.LEARNER, language)
        assert SECRET not in learner
        auditor = explain(judged, Audience.AUDITOR, language)
        assert all(name in auditor and value in auditor for name, value in trace.facts.items())
    assert SECRET not in str(feedback(trace))


def test_a_wheel_carries_the_catalogues(tmp_path):
    builder = WheelBuilder(str(ROOT))
    [wheel] = builder.build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for language in Language:
        assert f"adapters/locales/{language}/LC_MESSAGES/markbook.po" in names
