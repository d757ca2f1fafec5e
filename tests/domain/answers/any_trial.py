"""Any question with any answer to it, well-formed: what property tests of the whole engine draw."""

from typing import Any

from hypothesis import strategies as st

from adapters.trials import Line

Questions = st.SearchStrategy[tuple[Any, ...]]
"""Draws (schema, key, rule, answer)."""

OPTIONS = [{"key": key, "label": key.upper()} for key in "abcd"]
UNITS = ["м", "км", "м/с", "км/ч", "кг"]

numbers = st.one_of(
    st.integers(-1000, 1000),
    st.decimals(-1000, 1000, places=2).map(str),
    st.sampled_from(["3,14", "1/3", "2 1/2", "1,5·10^3", "25 000", "50 %", "abc", "", "1e400"]),
)
good_numbers = st.decimals(-1000, 1000, places=2).map(str)
words = st.one_of(st.sampled_from(["Париж", "paris ", "ёлка", "x²"]), st.text(max_size=20))
# A key of which normalising leaves nothing (spaces, a soft hyphen) is refused.
key_words = words.filter(lambda text: any(map(str.isalnum, text)))
tolerances = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["absolute", "relative"]),
            "value": st.sampled_from(["0", "0.5", "0.01"]),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["significant", "decimals"]), "value": st.integers(1, 4)}
    ),
)
quantities = st.one_of(
    st.fixed_dictionaries({"value": numbers, "unit": st.sampled_from([*UNITS, "m", "попугай"])}),
    st.builds(lambda n, u: {"text": f"{n} {u}"}, numbers, st.sampled_from([*UNITS, "", "km/h"])),
)


def with_tolerance(tolerance: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return more if tolerance is None else {"tolerance": tolerance, **more}


number: Questions = st.tuples(
    st.just({"type": "numeric_with_tolerance"}),
    good_numbers.map(lambda value: {"value": value}),
    tolerances.map(with_tolerance),
    numbers.map(lambda value: {"value": value}),
)
exact: Questions = st.tuples(
    st.just({"type": "exact_value", "valueType": "string", "normalization": ["trim", "casefold"]}),
    st.lists(key_words, min_size=1, max_size=3).map(lambda keys: {"values": keys}),
    st.just({}),
    words.map(lambda value: {"value": value}),
)
quantity: Questions = st.tuples(
    st.just({"type": "unit_value", "valueType": "number", "allowedUnits": UNITS}),
    st.builds(lambda n, u: {"value": n, "unit": u}, good_numbers, st.sampled_from(UNITS)),
    st.builds(
        lambda tolerance, credit: with_tolerance(tolerance, unitCredit=credit),
        tolerances,
        st.sampled_from(["0", "0.3", "0.5"]),
    ),
    quantities,
)
choice: Questions = st.tuples(
    st.just({"type": "single_choice", "options": OPTIONS}),
    st.sampled_from("abcd").map(lambda key: {"choice": key}),
    st.just({}),
    st.sampled_from("abcd").map(lambda key: {"choice": key}),
)
select: Questions = st.tuples(
    st.just({"type": "multiple_select", "options": OPTIONS}),
    st.sets(st.sampled_from("abcd"), min_size=1).map(lambda keys: {"choices": sorted(keys)}),
    st.sampled_from(["net", "each", "all"]).map(lambda credit: {"credit": credit}),
    st.sets(st.sampled_from("abcd")).map(lambda keys: {"choices": sorted(keys)}),
)
text: Questions = st.tuples(
    st.builds(
        lambda manual: {"type": "free_text", "normalization": ["trim"], "manualReview": manual},
        st.booleans(),
    ),
    st.lists(key_words, min_size=1, max_size=3).map(lambda keys: {"accepted": keys}),
    st.just({}),
    words.map(lambda value: {"text": value}),
)
expression: Questions = st.tuples(
    st.just({"type": "expression", "syntax": "plain"}),
    st.just({"expression": "x^2"}),
    st.just({}),
    st.sampled_from(["x^2", "x*x", "x^3", "((", "1"]).map(lambda value: {"expression": value}),
)
proof: Questions = st.tuples(
    st.just({"type": "proof", "rubricRequired": True}),
    st.just({}),
    st.just({}),
    words.map(lambda value: {"text": value}),
)
leaves: Questions = st.one_of(number, exact, quantity, choice, select, text, expression, proof)
decided: Questions = st.one_of(number, exact, quantity, choice, select)


def composite(parts: Questions) -> Questions:
    weights = st.sampled_from([1, 2, "0.5", 3])

    def joined(found: list[tuple[Any, Any]]) -> tuple[Any, ...]:
        drawn = [part for part, _ in found]
        return (
            {"type": "composite_answer", "parts": [part[0] for part in drawn]},
            {"parts": [part[1] for part in drawn]},
            {"parts": [{"weight": weight, "rule": part[2]} for part, weight in found]},
            {"parts": [part[3] for part in drawn]},
        )

    return st.lists(st.tuples(parts, weights), min_size=1, max_size=4).map(joined)


questions: Questions = st.one_of(
    st.recursive(decided, composite, max_leaves=8), st.recursive(leaves, composite, max_leaves=8)
)
scorings = st.fixed_dictionaries(
    {
        "maxScore": st.sampled_from([1, 2, 3, "0.5", 7, 100]),
        "partialCredit": st.booleans(),
        "hintPenalty": st.just({"first": "0.25", "second": 1}),
    }
)
hints = st.lists(st.sampled_from(["first", "second"]), unique=True, max_size=2).map(tuple)
any_line = st.builds(
    lambda question, scoring, taken: Line(
        schema=question[0],
        key=question[1],
        rule=question[2],
        answer=question[3],
        scoring_rule=scoring,
        hints=taken,
    ),
    questions,
    scorings,
    hints,
)
