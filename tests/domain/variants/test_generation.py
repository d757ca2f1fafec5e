"""Generation: variants of a version's content, the same for ever, and the version untouched."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.unfit import Unfit
from domain.canonical_json import content_hash
from domain.documents import NOTHING, Document, parsed
from domain.problem_content import (
    Solution,
    SolutionVisibility,
    Statement,
    StatementFormat,
    VersionContent,
    WrittenRule,
    hash_of,
)
from domain.problem_paper import check_fit, paper
from domain.variants.generation import MAX_COUNT, again, generate, reproduced, shown
from domain.variants.invalid import GeneratorInvalid, KeyInvalid

CORPUS = json.loads((Path(__file__).parent / "corpus/version1.json").read_text(encoding="utf-8"))


def written(value: Any) -> Document:
    return Document(msgspec.json.encode(value))


def content(
    body: Any = None, schema: Any = None, key: Any = None, solutions: tuple[Solution, ...] = ()
) -> VersionContent:
    return VersionContent(
        statement=Statement(
            format=StatementFormat.MARKDOWN,
            body=written(body or {"text": r"$\frac{{a}}{2} + {@a@}x = {@b@}$"}),
        ),
        answer_schema=written(schema or {"type": "numeric_with_tolerance"}),
        key=NOTHING if key is None else written(key),
        solutions=solutions,
    )


def solved(text: str) -> Solution:
    return Solution(
        solution_id="s",
        format=StatementFormat.MARKDOWN,
        body=written({"text": text}),
        visibility=SolutionVisibility.SHOW,
    )


OTHERS = [{"key": "s", "label": "other"}]
PARAMS: dict[str, Any] = {
    "a": {"min": 2, "max": 9},
    "b": {"min": -20, "max": 20},
    "x": {"expr": "b/a"},
}


# --- the promise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: str(case["name"]))
def test_B24_what_a_seed_draws_and_its_statements_hash_never_change(case: dict[str, Any]):
    """If this fails, do not touch the corpus: the change needs another GENERATOR_VERSION."""
    version = VersionContent(
        statement=msgspec.convert(
            case["statement"] | {"body": written(case["statement"]["body"])}, Statement
        ),
        answer_schema=written({"type": "numeric_with_tolerance"}),
        key=written(case["key"]) if "key" in case else NOTHING,
    )
    made = generate(version, case["params"], case["constraints"], case["seed"], case["count"])
    assert [
        {
            "number": parsed(variant.generation.recipe).get("number", 1),
            "params": json.loads(bytes(variant.generation.params)),
            "body": parsed(variant.content.statement.body),
            "statementHash": variant.generation.statement_hash,
        }
        for variant in made
        if variant.content.statement
    ] == case["variants"]
    for variant, kept in zip(made, case["variants"], strict=True):
        assert content_hash(case["statement"] | {"body": kept["body"]}) == kept["statementHash"]
        assert again(version, variant.generation) == variant.content
        assert reproduced(version, variant.generation) == kept["statementHash"]


@given(st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_B24_the_same_seed_makes_the_same_and_a_larger_count_begins_with_it(seed: int | str):
    version = content(key={"value": "{@x@}"})
    few = generate(version, PARAMS, ["b != 0"], seed, 2)
    many = generate(version, dict(reversed(PARAMS.items())), ["b != 0"], seed, 4)
    assert [one.content for one in few] == [one.content for one in many[:2]]
    assert [again(version, one.generation) for one in many] == [one.content for one in many]


def test_B24_a_version_that_has_changed_since_gives_another_hash():
    before = content()
    after = content({"text": "{@a@}x = {@b@}"})
    [made] = generate(before, PARAMS, [], 42, 1)
    assert reproduced(after, made.generation) != made.generation.statement_hash
    assert reproduced(before, made.generation) == made.generation.statement_hash


def test_B24_a_variant_of_another_generator_is_not_guessed_at():
    version = content()
    [made] = generate(version, PARAMS, [], 42, 1)
    stranger = msgspec.structs.replace(made.generation, generator_version="2")
    for make in (again, reproduced):
        with pytest.raises(GeneratorInvalid, match="there is no 'template 2' here"):
            make(version, stranger)


def test_B24_the_statement_can_be_made_again_whatever_became_of_the_key():
    before = content(key={"value": "{@x@}"})
    [made] = generate(before, PARAMS, [], 42, 1)
    after = msgspec.structs.replace(before, key=written({"value": "{@y@}"}))
    assert reproduced(after, made.generation) == made.generation.statement_hash
    with pytest.raises(KeyInvalid):
        again(after, made.generation)


def test_B23_the_version_stays_what_it_was():
    version = content(key={"value": "{@x@}"})
    before, hashed = msgspec.json.encode(version), hash_of(version)
    generate(version, PARAMS, [], 42, 20)
    assert msgspec.json.encode(version) == before
    assert hash_of(version) == hashed


def test_a_seed_is_kept_as_it_was_sent_and_42_draws_what_its_text_draws():
    version = content()
    [number], [text] = (generate(version, PARAMS, [], seed, 1) for seed in (42, "42"))
    assert number.generation.seed == 42
    assert text.generation.seed == "42"
    assert number.content == text.content


# --- what a variant says --------------------------------------------------------------------------


def test_values_reach_the_statement_the_labels_the_key_and_the_solutions():
    version = content(
        {"text": r"\frac{{a}}{2}: {@a@}", "more": [{"deep": "{@b@}"}]},
        {
            "type": "single_choice",
            "options": [{"key": "r", "label": "{@x:tex@}"}, {"key": "{@a@}", "label": "none"}],
        },
        {"choice": "{@right@}"},
        (solved("Divide by {@a@}."),),
    )
    params = {
        "a": {"choices": [3]},
        "b": {"choices": [-2]},
        "x": {"expr": "b/a"},
        "right": {"choices": ["r"]},
    }
    [made] = generate(version, params, [], 1, 1)
    varied = made.content
    assert varied.statement is not None
    assert parsed(varied.statement.body) == {
        "text": r"\frac{{a}}{2}: 3",
        "more": [{"deep": "-2"}],
    }
    assert parsed(varied.answer_schema)["options"] == [
        {"key": "r", "label": r"-\frac{2}{3}"},
        {"key": "{@a@}", "label": "none"},
    ]
    assert parsed(varied.key) == {"choice": "r"}
    assert parsed(varied.solutions[0].body) == {"text": "Divide by 3."}
    assert json.loads(bytes(made.generation.params)) == {
        "a": 3,
        "b": -2,
        "right": "r",
        "x": "-2/3",
    }


def test_no_two_variants_of_a_request_have_the_same_values():
    made = generate(content(), {"a": {"min": 1, "max": 6}, "b": {"choices": [0]}}, [], 42, 6)
    faces = [json.loads(bytes(one.generation.params))["a"] for one in made]
    assert sorted(faces) == [1, 2, 3, 4, 5, 6]
    assert faces != sorted(faces)


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "constraints", "path", "message"),
    [
        ({"a": {"min": 1}}, [], "params.a", "must be {min, max, step?}"),
        ({"a": {"min": 1, "max": 2, "steps": 1}}, [], "params.a", "must be"),
        ({"a": {"expr": 1}}, [], "params.a", "must be"),
        ({"a": {"expr": "1", "min": 1}}, [], "params.a", "must be"),
        ({"a": {"choices": "abc"}}, [], "params.a", "must be"),
        ({"a": 7}, [], "params.a", "must be"),
        ({"a": None}, [], "params.a", "must be"),
        ({"a": {"min": "x", "max": 2}}, [], "params.a.min", "must be a number"),
        ({"a": {"min": 1, "max": True}}, [], "params.a.max", "must be a number"),
        ({"a": {"min": 1, "max": None}}, [], "params.a.max", "must be a number"),
        ({"a": {"min": 1, "max": 1e300}}, [], "params.a.max", "has too many figures"),
        ({"a": {"min": "1/0", "max": 2}}, [], "params.a.min", "must be a number"),
        ({"a": {"min": "0,5", "max": 2}}, [], "params.a.min", "must be a number"),
        ({"a": {"min": 10**200, "max": 2}}, [], "params.a.min", "must be a number"),
        ({"a": {"min": Decimal("1e999999999"), "max": 2}}, [], "params.a.min", "must be a number"),
        ({"a": {"min": 0, "max": 1e16}}, [], "params.a", "more than 2^53 values"),
        ({"a": {"min": 2, "max": 1}}, [], "params.a.max", "must not be below min"),
        ({"a": {"min": 1, "max": 2, "step": 0}}, [], "params.a.step", "must be above 0"),
        ({"a": {"choices": []}}, [], "params.a.choices", "must be 1 to 1000 values"),
        ({"a": {"choices": [1] * 1001}}, [], "params.a.choices", "must be 1 to 1000"),
        ({"a": {"choices": [1, [2]]}}, [], "params.a.choices[1]", "must be a number"),
        ({"a": {"choices": ["x" * 1001]}}, [], "params.a.choices[0]", "longer than 1000"),
        ({"a": {"expr": "1 +"}}, [], "params.a.expr", "the end stands where a value should"),
        ({"a": {"expr": "c"}}, [], "params.a.expr", "no parameter is called 'c'"),
        ({"a": {"expr": "a"}}, [], "params.a.expr", "speaks of itself: a → a"),
        (
            {"a": {"expr": "b"}, "b": {"expr": "c + 1"}, "c": {"expr": "b"}},
            [],
            "params.b.expr",
            "speaks of itself: b → c → b",
        ),
        ({"1a": {"choices": [1]}}, [], "params", "'1a' is no name for a parameter"),
        ({"_": {"choices": [1]}}, [], "params", "'_' is no name"),
        ({"and": {"choices": [1]}}, [], "params", "'and' is no name"),
        ({"sqrt": {"choices": [1]}}, [], "params", "'sqrt' is no name"),
        ({"a" * 41: {"choices": [1]}}, [], "params", "is no name"),
        ({"длина": {"choices": [1]}}, [], "params", "is no name"),
        ({f"p{n}": {"choices": [1]} for n in range(51)}, [], "params", "more than 50"),
        ({}, ["1 = 1"] * 51, "constraints", "more than 50 constraints"),
        ({}, ["1 = 1", "1 = "], "constraints[1]", "the end stands"),
        ({}, ["z > 1"], "constraints[0]", "no parameter is called 'z'"),
    ],
)
def test_parameters_that_cannot_be_say_where(
    params: dict[str, Any], constraints: list[str], path: str, message: str
):
    with pytest.raises(GeneratorInvalid) as refused:
        generate(content({"text": ""}), params, constraints, 1, 1)
    assert refused.value.path == path
    assert message in refused.value.message


def test_placeholders_that_cannot_be_say_where():
    with pytest.raises(GeneratorInvalid, match="no parameter is called 'b'") as refused:
        generate(content(), {"a": {"choices": [1]}}, [], 1, 1)
    assert refused.value.path == "statement.body.text"
    with pytest.raises(GeneratorInvalid, match="no parameter is called 'y'") as refused:
        generate(content(key={"value": "{@y@}"}), PARAMS, [], 1, 1)
    assert refused.value.path == "answerKey.value"
    assert isinstance(refused.value, KeyInvalid)


def test_a_key_that_does_not_fit_with_its_values_says_which():
    version = content(key={"value": "{@a@} apples"})
    with pytest.raises(GeneratorInvalid, match="no number, with a = 3, b = 1") as refused:
        generate(version, {"a": {"choices": [3]}, "b": {"choices": [1]}}, [], 1, 1)
    assert refused.value.path == "answerKey.value"
    assert isinstance(refused.value, KeyInvalid)


def test_what_tells_of_the_key_is_hidden_unless_everybody_sees_it_anyway():
    version = content(
        {"text": "{@a@} and {@b@} and {@shown@}"},
        {"type": "single_choice", "options": [{"key": "r", "label": "{@label@}"}, *OTHERS]},
        {"choice": "{@right@}"},
        (solved("{@a@} {@b@} {@step@}"),),
    )
    names = {name: {"choices": ["r"]} for name in ("a", "b", "label", "right", "step", "unused")}
    derived = {"shown": {"expr": "a"}, "inner": {"expr": "b"}}
    [made] = generate(version, names | derived, [], 1, 1)
    assert sorted(shown(made.generation)) == ["a", "b", "label", "shown", "unused"]
    assert sorted(parsed(made.generation.params)) == sorted(names | derived)


@pytest.mark.parametrize("count", [0, -1, MAX_COUNT + 1])
def test_a_count_out_of_bounds_is_refused(count: int):
    with pytest.raises(GeneratorInvalid, match=r"^count: must be 1 to"):
        generate(content(), PARAMS, [], 1, count)


def test_more_variants_than_there_are_is_refused_with_their_number():
    params = {"a": {"min": 1, "max": 6}, "b": {"choices": [1]}}
    with pytest.raises(GeneratorInvalid, match=r"^count: there are only 6 different variants"):
        generate(content(), params, [], 1, 7)
    with pytest.raises(GeneratorInvalid, match=r"^count: there are only 1 different variants"):
        generate(content({"text": ""}), {}, [], 1, 2)


def test_what_is_kept_and_made_is_bounded():
    long = {"a": {"choices": ["x" * 1000] * 25}, "b": {"choices": [1]}}
    with pytest.raises(GeneratorInvalid, match=r"^params: longer than 20000 bytes"):
        generate(content(), long, [], 1, 1)
    version = content({"text": "{@a@}" + "x" * 1_000_000})
    assert len(generate(version, PARAMS, [], 1, 3)) == 3
    with pytest.raises(GeneratorInvalid, match=r"^count: at most 3 at once of so long a version"):
        generate(version, PARAMS, [], 1, 4)


def test_a_seed_out_of_bounds_is_refused():
    with pytest.raises(GeneratorInvalid, match=r"^seed: longer than 200"):
        generate(content(), PARAMS, [], "x" * 201, 1)


# --- a version that is a template -----------------------------------------------------------------


def test_a_key_with_placeholders_is_looked_at_when_variants_are_made_and_not_before():
    template = msgspec.structs.replace(content(key={"value": "{@x@}"}))
    check_fit(template)
    [made] = generate(template, PARAMS, ["is_integer(x)"], 42, 1)
    check_fit(made.content)


def test_a_variant_is_judged_like_any_version():
    rule = WrittenRule(
        rule_id="r",
        method="auto",
        rule=written({}),
        scoring_rule=written({"maxScore": 1}),
    )
    template = msgspec.structs.replace(content(key={"value": "{@x@}"}), rules=(rule,))
    [made] = generate(
        template, {"a": {"choices": [4]}, "b": {"choices": [2]}, "x": PARAMS["x"]}, [], 1, 1
    )
    with pytest.raises(Unfit, match="only variants of the version can be judged"):
        paper(template)
    read = paper(made.content)
    assert str(getattr(read.key, "shown", None)) == "0.5"
