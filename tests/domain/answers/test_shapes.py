"""Shapes of schemas, keys, rules and answers: what fits, what does not, and where it is wrong."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.answer import CompositeParts, ValueAnswer, read_answer
from domain.answers.judging import refuse_unreadable
from domain.answers.key import NoKey, read_key
from domain.answers.rule import (
    CompositeRule,
    ScoringRule,
    read_checking_rule,
    read_rule,
    read_scoring,
)
from domain.answers.schema import MAX_DEPTH, AnswerSchema, CompositeAnswer, read_schema, schema_type
from domain.answers.unfit import (
    KEY_MISMATCH,
    RULE_INVALID,
    SCHEMA_INVALID,
    SCHEMA_MISMATCH,
    Unfit,
)

OPTIONS = [{"key": key, "label": key.upper()} for key in "abc"]
NUMBER = {"type": "numeric_with_tolerance"}
CHOICE = {"type": "single_choice", "options": OPTIONS}
SELECT = {"type": "multiple_select", "options": OPTIONS}
SPEED = {"type": "unit_value", "valueType": "number", "allowedUnits": ["м/с", "км/ч"]}
FITTING: list[dict[str, Any]] = [
    {"type": "exact_value", "valueType": "string", "normalization": ["trim", "casefold"]},
    {"type": "exact_value", "valueType": "number"},
    NUMBER,
    {"type": "numeric_with_tolerance", "tolerance": 0.1, "unit": "м"},
    {"type": "numeric_with_tolerance", "tolerance": "0.1"},
    SPEED,
    CHOICE,
    SELECT,
    {"type": "free_text", "maxLength": 5, "manualReview": True},
    {"type": "free_text"},
    {"type": "expression", "syntax": "latex"},
    {"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": 0.5},
    {"type": "proof", "rubricRequired": True},
    {"type": "manual_review_required", "rubricRequired": True},
    {"type": "composite_answer", "parts": [NUMBER, CHOICE]},
]


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = dict(NUMBER)
    for _ in range(depth - 1):
        schema = {"type": "composite_answer", "parts": [schema]}
    return schema


def fits_or_names_its_path(read: Callable[[], object], code: str) -> bool:
    try:
        read()
    except Unfit as refusal:
        return refusal.code == code and refusal.path.startswith("$")
    return True


def refused(read: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(Unfit) as refusal:
        read()
    assert refusal.value.details == {"path": refusal.value.path, "reason": refusal.value.reason}
    return refusal.value.code, refusal.value.path, refusal.value.reason


@pytest.mark.parametrize("document", FITTING, ids=lambda document: document["type"])
def test_B26_each_of_the_eleven_schemas_is_read(document: dict[str, Any]):
    assert schema_type(read_schema(document)) == document["type"]


def test_B26_all_eleven_are_there():
    assert len({document["type"] for document in FITTING}) == 11


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ({"type": "essay"}, "$.type", "unknown_type"),
        ({}, "$", "missing_field"),
        ([], "$", "wrong_type"),
        (None, "$", "wrong_type"),
        ({"type": ["proof"]}, "$.type", "wrong_type"),
        ({"type": "exact_value"}, "$", "missing_field"),
        ({"type": "exact_value", "valueType": "bool"}, "$.valueType", "unknown_value"),
        (
            {"type": "exact_value", "valueType": "string", "normalization": ["trim", "soundex"]},
            "$.normalization[1]",
            "unknown_value",
        ),
        (NUMBER | {"tolerance": -1}, "$.tolerance", "out_of_bounds"),
        (NUMBER | {"tolerance": "NaN"}, "$.tolerance", "out_of_bounds"),
        (NUMBER | {"tolerance": float("inf")}, "$.tolerance", "out_of_bounds"),
        (NUMBER | {"tolerance": 10**4000}, "$.tolerance", "out_of_bounds"),
        (NUMBER | {"tolerance": "1e99999"}, "$.tolerance", "out_of_bounds"),
        (NUMBER | {"tolerance": True}, "$.tolerance", "wrong_type"),
        (NUMBER | {"tolerence": 1}, "$", "unknown_field"),
        (SPEED | {"valueType": "string"}, "$.valueType", "unknown_value"),
        (SPEED | {"allowedUnits": []}, "$.allowedUnits", "out_of_bounds"),
        (SPEED | {"allowedUnits": ["м", "попугай"]}, "$.allowedUnits[1]", "unknown_unit"),
        (CHOICE | {"options": OPTIONS[:1]}, "$.options", "out_of_bounds"),
        (CHOICE | {"options": [*OPTIONS, OPTIONS[0]]}, "$.options[3].key", "duplicate"),
        (SELECT | {"options": [{"key": "a"}, *OPTIONS]}, "$.options[0]", "missing_field"),
        ({"type": "free_text", "maxLength": 0}, "$.maxLength", "out_of_bounds"),
        ({"type": "expression", "syntax": "mathml"}, "$.syntax", "unknown_value"),
        ({"type": "expression"}, "$", "missing_field"),
        (
            {"type": "file_upload", "allowedTypes": [], "maxSizeMb": 1},
            "$.allowedTypes",
            "out_of_bounds",
        ),
        (
            {"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": 0},
            "$.maxSizeMb",
            "out_of_bounds",
        ),
        ({"type": "proof", "rubricRequired": False}, "$.rubricRequired", "out_of_bounds"),
        ({"type": "proof", "rubricRequired": 1}, "$.rubricRequired", "wrong_type"),
        ({"type": "manual_review_required"}, "$", "missing_field"),
        ({"type": "composite_answer", "parts": []}, "$.parts", "out_of_bounds"),
        (
            {
                "type": "composite_answer",
                "parts": [NUMBER, {"type": "composite_answer", "parts": [{"type": "x"}]}],
            },
            "$.parts[1].parts[0].type",
            "unknown_type",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_B26_a_schema_that_does_not_fit_is_refused_with_its_path(
    document: Any, path: str, reason: str
):
    assert refused(lambda: read_schema(document)) == (SCHEMA_INVALID, path, reason)


def test_B37_schemas_nest_five_deep_and_no_deeper():
    read_schema(nested(MAX_DEPTH))
    path = "$" + ".parts[0]" * MAX_DEPTH
    assert refused(lambda: read_schema(nested(MAX_DEPTH + 1))) == (SCHEMA_INVALID, path, "too_deep")
    assert refused(lambda: read_schema(nested(900)))[2] == "too_deep"


def test_a_million_options_and_ten_thousand_parts_are_refused_at_once():
    many = [{"key": str(number), "label": ""} for number in range(1_000_000)]
    assert refused(lambda: read_schema(CHOICE | {"options": many}))[2] == "out_of_bounds"
    wide = {"type": "composite_answer", "parts": [NUMBER] * 10_000}
    assert refused(lambda: read_schema(wide))[2] in {"too_many", "out_of_bounds"}
    schema = read_schema(SELECT)
    answer = {"choices": ["a"] * 1_000_000}
    assert refused(lambda: read_answer(schema, answer))[1] == "$.choices[1]"


COMPOSITE = {
    "type": "composite_answer",
    "parts": [NUMBER, {"type": "composite_answer", "parts": [CHOICE]}],
}


@pytest.mark.parametrize(
    ("schema", "document", "path", "reason"),
    [
        (NUMBER, {"value": True}, "$.value", "wrong_type"),
        (NUMBER, {"value": None}, "$.value", "wrong_type"),
        (NUMBER, {"value": [5]}, "$.value", "wrong_type"),
        (NUMBER, {}, "$", "missing_field"),
        (NUMBER, 5, "$", "wrong_type"),
        (NUMBER, {"value": "\ud800"}, "$.value", "not_text"),
        (FITTING[0], {"value": 5}, "$.value", "wrong_type"),
        (FITTING[0], {"value": "a" * 10_001}, "$.value", "too_long"),
        (CHOICE, {"choice": "d"}, "$.choice", "unknown_choice"),
        (CHOICE, {"choice": True}, "$.choice", "wrong_type"),
        (CHOICE, {"choice": ["a"]}, "$.choice", "wrong_type"),
        (SELECT, {"choices": "a"}, "$.choices", "wrong_type"),
        (SELECT, {"choices": ["a", "d"]}, "$.choices[1]", "unknown_choice"),
        (SELECT, {"choices": ["a", "b", "a"]}, "$.choices[2]", "duplicate"),
        (SPEED, {"value": 5}, "$", "missing_field"),
        (SPEED, {"value": 5, "unit": "см/с"}, "$.unit", "unit_not_allowed"),
        (SPEED, {"value": 5, "unit": 5}, "$.unit", "wrong_type"),
        (SPEED, {"value": 5, "unit": "м/с", "text": "5 м/с"}, "$", "unexpected"),
        (SPEED, {"value": True, "unit": "м/с"}, "$.value", "wrong_type"),
        (FITTING[8], {"text": "шестеро"}, "$.text", "too_long"),
        (FITTING[9], {"text": "a\u0301" * 400_000}, "$.text", "too_long"),
        (
            {"type": "expression", "syntax": "plain"},
            {"expression": 5},
            "$.expression",
            "wrong_type",
        ),
        (FITTING[11], {"fileIds": []}, "$.fileIds", "out_of_bounds"),
        (FITTING[11], {"fileIds": ["f", "f"]}, "$.fileIds[1]", "duplicate"),
        (FITTING[12], {}, "$", "missing_field"),
        (COMPOSITE, {"parts": [{"value": 1}]}, "$.parts", "wrong_length"),
        (
            COMPOSITE,
            {"parts": [{"value": 1}, {"parts": [{"choice": "x"}]}]},
            "$.parts[1].parts[0].choice",
            "unknown_choice",
        ),
        (COMPOSITE, {"parts": [{"value": 1}, None]}, "$.parts[1]", "wrong_type"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_B92_an_answer_that_does_not_fit_is_refused_with_its_path(
    schema: dict[str, Any], document: Any, path: str, reason: str
):
    fitting = read_schema(schema)
    assert refused(lambda: read_answer(fitting, document)) == (SCHEMA_MISMATCH, path, reason)


@pytest.mark.parametrize(
    ("schema", "document", "path"),
    [
        (NUMBER, {"value": "abc"}, "$"),
        (NUMBER, {"value": "NaN"}, "$"),
        (NUMBER, {"value": float("inf")}, "$"),
        (FITTING[1], {"value": "пять"}, "$"),
        (SPEED, {"text": "5"}, "$"),
        (SPEED, {"text": "5 попугаев"}, "$"),
        (SPEED, {"text": "5 см/с"}, "$"),
        (SPEED, {"value": "x", "unit": "м/с"}, "$"),
        ({"type": "expression", "syntax": "plain"}, {"expression": "((x"}, "$.expression"),
        (
            {"type": "composite_answer", "parts": [CHOICE, NUMBER]},
            {"parts": [{"choice": "a"}, {"value": "?"}]},
            "$.parts[1]",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_B28_text_that_cannot_be_read_passes_as_a_shape_and_is_refused_at_submit(
    schema: dict[str, Any], document: Any, path: str
):
    fitting = read_schema(schema)
    answer = read_answer(fitting, document)
    found = refused(lambda: refuse_unreadable(fitting, answer))
    assert found == (SCHEMA_MISMATCH, path, "invalid_format")


def test_a_readable_answer_passes_at_submit():
    for schema, document in [
        (NUMBER, {"value": "3,14"}),
        (SPEED, {"text": "5 км/ч"}),
        ({"type": "expression", "syntax": "plain"}, {"expression": "x^2"}),
        ({"type": "proof", "rubricRequired": True}, {"text": "ч. т. д."}),
    ]:
        fitting = read_schema(schema)
        refuse_unreadable(fitting, read_answer(fitting, document))


@pytest.mark.parametrize(
    ("schema", "document", "path", "reason"),
    [
        (NUMBER, {}, "$", "missing_field"),
        (NUMBER, None, "$", "wrong_type"),
        (NUMBER, {"value": "abc"}, "$.value", "invalid_format"),
        (NUMBER, {"value": True}, "$.value", "wrong_type"),
        (FITTING[0], {"values": []}, "$.values", "out_of_bounds"),
        (FITTING[0], {"values": ["a", 5]}, "$.values[1]", "wrong_type"),
        (FITTING[0], {"values": ["  "]}, "$.values[0]", "empty"),
        (FITTING[1], {"values": [1, "x"]}, "$.values[1]", "invalid_format"),
        (SPEED, {"value": 5}, "$", "missing_field"),
        (SPEED, {"value": 5, "unit": "попугай"}, "$.unit", "unknown_unit"),
        (SPEED, {"value": 5, "unit": "кг"}, "$.unit", "unit_not_allowed"),
        (CHOICE, {"choice": "d"}, "$.choice", "unknown_choice"),
        (SELECT, {"choices": []}, "$.choices", "out_of_bounds"),
        (SELECT, {"choices": ["a", "a"]}, "$.choices[1]", "duplicate"),
        (FITTING[9], None, "$", "wrong_type"),
        (FITTING[9], {"accepted": ["e" + "\u0301" * 9]}, "$.accepted[0]", "invalid_format"),
        (
            {"type": "expression", "syntax": "plain"},
            {"expression": "(x"},
            "$.expression",
            "invalid_format",
        ),
        (FITTING[12], {"text": "…"}, "$", "unexpected"),
        (COMPOSITE, {"parts": [{"value": 1}, {"parts": []}]}, "$.parts[1].parts", "wrong_length"),
        (
            COMPOSITE,
            {"parts": [{"value": 1}, {"parts": [{"choice": "d"}]}]},
            "$.parts[1].parts[0].choice",
            "unknown_choice",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_a_key_that_does_not_fit_is_refused_with_its_path(
    schema: dict[str, Any], document: Any, path: str, reason: str
):
    fitting = read_schema(schema)
    assert refused(lambda: read_key(fitting, document)) == (KEY_MISMATCH, path, reason)


def test_B36_what_a_person_judges_has_no_key():
    for schema in (FITTING[8], FITTING[11], FITTING[12], FITTING[13]):
        assert read_key(read_schema(schema), None) == NoKey()
        assert read_key(read_schema(schema), {}) == NoKey()


@pytest.mark.parametrize(
    ("schema", "document", "path", "reason"),
    [
        (NUMBER, [], "$", "wrong_type"),
        (NUMBER, {"tolerance": {"kind": "rough", "value": 1}}, "$.tolerance.kind", "unknown_value"),
        (NUMBER, {"tolerance": {"kind": "absolute"}}, "$.tolerance", "missing_field"),
        (
            NUMBER,
            {"tolerance": {"kind": "absolute", "value": -1}},
            "$.tolerance.value",
            "out_of_bounds",
        ),
        (
            NUMBER,
            {"tolerance": {"kind": "significant", "value": 0}},
            "$.tolerance.value",
            "out_of_bounds",
        ),
        (
            NUMBER,
            {"tolerance": {"kind": "decimals", "value": 1.5}},
            "$.tolerance.value",
            "out_of_bounds",
        ),
        (
            NUMBER,
            {"tolerance": {"kind": "decimals", "value": 10**9}},
            "$.tolerance.value",
            "out_of_bounds",
        ),
        (SPEED, {"unitCredit": 2}, "$.unitCredit", "out_of_bounds"),
        (SELECT, {"credit": "some"}, "$.credit", "unknown_value"),
        ({"type": "expression", "syntax": "plain"}, {"mode": "like"}, "$.mode", "unknown_value"),
        (COMPOSITE, {"parts": [{}]}, "$.parts", "wrong_length"),
        (COMPOSITE, {"parts": [{"weight": 0}, {"weight": 0}]}, "$.parts", "out_of_bounds"),
        (COMPOSITE, {"parts": [{"weight": -1}, {}]}, "$.parts[0].weight", "out_of_bounds"),
        (
            COMPOSITE,
            {"parts": [{"rule": {"tolerance": {"kind": "x", "value": 1}}}, {}]},
            "$.parts[0].rule.tolerance.kind",
            "unknown_value",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_B38_a_rule_that_does_not_fit_is_refused_with_its_path(
    schema: dict[str, Any], document: Any, path: str, reason: str
):
    fitting = read_schema(schema)
    assert refused(lambda: read_rule(fitting, document)) == (RULE_INVALID, path, reason)


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ({}, "$", "missing_field"),
        ({"maxScore": 0}, "$.maxScore", "out_of_bounds"),
        ({"maxScore": -1}, "$.maxScore", "out_of_bounds"),
        ({"maxScore": "NaN"}, "$.maxScore", "out_of_bounds"),
        ({"maxScore": 1e7}, "$.maxScore", "out_of_bounds"),
        ({"maxScore": "0.0000001"}, "$.maxScore", "out_of_bounds"),
        ({"maxScore": True}, "$.maxScore", "wrong_type"),
        ({"maxScore": 5, "partialCredit": 1}, "$.partialCredit", "wrong_type"),
        ({"maxScore": 5, "hintPenalty": {"h1": -1}}, "$.hintPenalty.h1", "out_of_bounds"),
        ({"maxScore": 5, "hintPenalty": [1]}, "$.hintPenalty", "wrong_type"),
        ({"maxScore": 5, "bonus": 1}, "$", "unknown_field"),
    ],
)
def test_B38_a_scoring_rule_that_does_not_fit_is_refused(document: Any, path: str, reason: str):
    assert refused(lambda: read_scoring(document)) == (RULE_INVALID, path, reason)


def test_B38_a_whole_checking_rule_is_read_and_its_paths_begin_at_its_top():
    schema = read_schema(NUMBER)
    whole = {
        "method": "hybrid",
        "rule": {"tolerance": {"kind": "relative", "value": "0.05"}, "note": "open record"},
        "scoringRule": {"maxScore": 2.5, "partialCredit": True, "hintPenalty": {"h1": 0.5}},
        "version": 3,
    }
    rule = read_checking_rule(schema, whole)
    assert rule.scoring == ScoringRule(
        max_score=Decimal("2.5"), partial_credit=True, hint_penalty={"h1": Decimal("0.5")}
    )
    assert refused(lambda: read_checking_rule(schema, whole | {"method": "dice"}))[1] == "$.method"
    bad = whole | {"rule": {"tolerance": {"kind": "x", "value": 1}}}
    assert refused(lambda: read_checking_rule(schema, bad))[1] == "$.rule.tolerance.kind"
    bad = whole | {"scoringRule": {"maxScore": 0}}
    assert refused(lambda: read_checking_rule(schema, bad))[1] == "$.scoringRule.maxScore"


def test_a_composite_rule_without_parts_weighs_them_alike():
    schema = read_schema(COMPOSITE)
    rule = read_rule(schema, {})
    assert isinstance(rule, CompositeRule)
    assert [part.weight for part in rule.parts] == [1, 1]


json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.decimals(),
        st.sampled_from(["5", "м/с", "a", "x+1", "\ud800", "number", "plain"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "value",
                    "values",
                    "unit",
                    "text",
                    "choice",
                    "choices",
                    "parts",
                    "rule",
                    "weight",
                    "tolerance",
                    "kind",
                    "options",
                    "key",
                    "label",
                    "maxScore",
                    "accepted",
                    "expression",
                    "fileIds",
                    "allowedUnits",
                    "valueType",
                    "syntax",
                    "hintPenalty",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=15,
)
typed = st.builds(
    lambda kind, more: {**more, "type": kind} if isinstance(more, dict) else more,
    st.sampled_from([document["type"] for document in FITTING]),
    json,
)
schemas = st.sampled_from([read_schema(document) for document in [*FITTING, COMPOSITE]])


@given(st.one_of(json, typed))
def test_any_document_is_a_schema_or_refused_as_one(document: Any):
    assert fits_or_names_its_path(lambda: read_schema(document), SCHEMA_INVALID)


@given(schemas, json)
def test_any_document_is_an_answer_a_key_and_a_rule_or_refused_as_one(
    schema: AnswerSchema, document: Any
):
    for read, code in (
        (lambda: refuse_unreadable(schema, read_answer(schema, document)), SCHEMA_MISMATCH),
        (lambda: read_key(schema, document), KEY_MISMATCH),
        (lambda: read_rule(schema, document), RULE_INVALID),
        (lambda: read_checking_rule(schema, document), RULE_INVALID),
        (lambda: read_scoring(document), RULE_INVALID),
    ):
        assert fits_or_names_its_path(read, code)


def test_answers_of_a_composite_keep_their_order():
    schema = read_schema({"type": "composite_answer", "parts": [NUMBER, NUMBER]})
    assert isinstance(schema, CompositeAnswer)
    answer = read_answer(schema, {"parts": [{"value": 1}, {"value": "2"}]})
    assert answer == CompositeParts(parts=(ValueAnswer(value=1), ValueAnswer(value="2")))
