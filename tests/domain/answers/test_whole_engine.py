"""Properties of the whole engine: any question, any answer."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given

from adapters.explanations import Audience, explain
from adapters.messages import Language
from adapters.trials import Line, read_trial
from domain.answers.expression import Finding
from domain.answers.judging import judge
from domain.answers.scoring import recompute
from domain.answers.verdict import Judgement, Reason, Trace, Verdict, feedback
from tests.domain.answers.any_trial import any_line
from tests.domain.answers.judged import judged


def leaves(trace: Trace) -> list[Trace]:
    return [leaf for part in trace.parts for leaf in leaves(part)] or [trace]


@given(any_line)
def test_B39_the_trace_alone_recomputes_the_score(line: Line):
    trial = read_trial(line)
    judgement = judged(trial)
    assert recompute(judgement.trace, trial.scoring, trial.hints) == judgement.arithmetic
    stored = msgspec.json.encode(judgement.trace)
    again = msgspec.json.decode(stored, type=Trace)
    assert recompute(again, trial.scoring, trial.hints) == judgement.arithmetic


@given(any_line)
def test_B39_a_score_lies_between_nothing_and_all_and_is_absent_only_while_unknown(line: Line):
    trial = read_trial(line)
    judgement = judged(trial)
    if judgement.arithmetic is None:
        assert judgement.verdict in {Verdict.UNKNOWN, Verdict.INVALID_FORMAT}
        return
    score = judgement.arithmetic
    assert Decimal(0) <= score.score <= score.max_score
    if not trial.scoring.partial_credit:
        assert score.raw_score in {0, score.max_score}
        assert judgement.verdict is not Verdict.PARTIAL
    if judgement.verdict is Verdict.CORRECT:
        assert score.raw_score == score.max_score
    for leaf in leaves(judgement.trace):
        assert leaf.credit is None or 0 <= leaf.credit <= 1


@given(any_line)
def test_a_judgement_survives_being_stored(line: Line):
    judgement = judged(read_trial(line))
    stored = msgspec.json.encode(judgement)
    assert msgspec.json.encode(msgspec.json.decode(stored, type=Judgement)) == stored


@given(any_line)
def test_every_judgement_can_be_explained_to_everybody_in_every_language(line: Line):
    judgement = judged(read_trial(line))
    for language in Language:
        sentences = explain(judgement, Audience.LEARNER, language).splitlines()
        account = explain(judgement, Audience.AUDITOR, language)
        assert all(sentence.endswith(".") for sentence in sentences)
        assert judgement.checker in account
        assert explain(judgement.trace, Audience.AUDITOR, language) in account


SECRET = "S3CR3T"
OPTIONS = [{"key": key, "label": key} for key in ("a", f"{SECRET}1", f"{SECRET}2")]
KEYS_WITH_SECRETS = [
    ({"type": "numeric_with_tolerance"}, {"value": "31415926535"}, {"value": "7"}),
    (
        {"type": "unit_value", "valueType": "number", "allowedUnits": ["m", "km", "s"]},
        {"value": "31415926535", "unit": "m"},
        {"text": "7 s"},
    ),
    (
        {"type": "unit_value", "valueType": "number", "allowedUnits": ["m", "km", "s"]},
        {"value": "31415926535", "unit": "m"},
        {"text": "7 km"},
    ),
    ({"type": "exact_value", "valueType": "string"}, {"values": [SECRET]}, {"value": "S3CR3"}),
    ({"type": "exact_value", "valueType": "number"}, {"values": ["31415926535"]}, {"value": "7"}),
    ({"type": "free_text"}, {"accepted": [SECRET, f"{SECRET}2"]}, {"text": "S3CR3"}),
    ({"type": "single_choice", "options": OPTIONS}, {"choice": f"{SECRET}1"}, {"choice": "a"}),
    (
        {"type": "multiple_select", "options": OPTIONS},
        {"choices": [f"{SECRET}1", f"{SECRET}2"]},
        {"choices": ["a"]},
    ),
    (
        {"type": "expression", "syntax": "plain"},
        {"expression": "x + 31415926535"},
        {"expression": "x"},
    ),
]


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.PARTIAL])
def test_what_a_learner_is_told_of_a_wrong_answer_never_holds_the_key(verdict, partial):
    schemas, keys, answers = zip(*KEYS_WITH_SECRETS, strict=True)
    trial = read_trial(
        Line(
            schema={"type": "composite_answer", "parts": list(schemas)},
            key={"parts": list(keys)},
            answer={"parts": list(answers)},
            scoring_rule={"maxScore": 3, "partialCredit": partial},
        )
    )
    place = f"$.parts[{len(schemas) - 1}]"
    finding = Finding(
        path=place,
        verdict=verdict,
        reason=Reason.DIFFERENT,
        read_as="x",
        facts={"witness": f"{SECRET} at x = 2", "keyReadAs": "31415926535 + x"},
    )
    judgement = judge(
        trial.schema,
        trial.key,
        trial.rule,
        trial.answer,
        {place: finding},
        scoring=trial.scoring,
    )
    account = explain(judgement, Audience.AUDITOR)
    for secret in (SECRET, "31415926535"):
        assert secret in account
        assert secret not in repr(feedback(judgement.trace))
        for language in Language:
            assert secret not in explain(judgement, Audience.LEARNER, language)
