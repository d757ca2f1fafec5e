r"""Templates: `{@a@}` becomes a value in every text, LaTeX stays as it is."""

import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.numbers import fraction, read_number
from domain.variants.formats import BadFormat, as_json, read_format, written
from domain.variants.invalid import GeneratorInvalid
from domain.variants.templates import filled, filled_labels, is_template

VALUES: dict[str, Fraction | str] = {
    "a": Fraction(2),
    "b": Fraction(-3),
    "x_1": Fraction(1, 3),
    "half": Fraction(-1, 2),
    "one": Fraction(1),
    "who": "Anna",
}

# What authors write that looks a little like a placeholder, or like those of other languages.
PLAIN = [
    r"\frac{{a}}{2}",
    r"$\frac{{a}}{{b}}$ and {{a}} and ${a}$ and {a} and [[a]] and <<a>> and #{a} and %(a)s",
    r"\begin{tabular}{@{}ll@{}} a & b \end{tabular}",
    r"\begin{array}{@{\hspace{1em}}c@{}}",
    "{@link a} and {@code a}, as Javadoc has it",
    '@{@"key": @1}',
    "{@ a",
    "a @}",
    "{@ a\n@}",
    "{ @a@ }",
    "{@{a}@}",
    "{@a@b@}",
    "user@example.org, @media{@charset}",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_placeholder_survives_untouched(text: str):
    assert filled({"text": text}, VALUES, "$") == {"text": text}
    assert not is_template({"text": text})


@given(st.text(max_size=200).filter(lambda text: "{@" not in text))
def test_text_without_a_placeholder_survives_untouched(text: str):
    assert filled(text, VALUES, "$") == text


@given(st.lists(st.sampled_from([*PLAIN, "{@a@}", "{@b:@}", "{@ who @}", "x"])))
def test_between_placeholders_everything_stays(parts: list[str]):
    values = {"{@a@}": "2", "{@b:@}": "-3", "{@ who @}": "Anna"}
    text = "\n".join(parts)
    assert filled(text, VALUES, "$") == "\n".join(values.get(part, part) for part in parts)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"$\frac{{@a@}}{2}$", r"$\frac{2}{2}$"),
        (r"\frac{{a}}{{@a@}}", r"\frac{{a}}{2}"),
        ("{@ a @} and {@a@}{@b@}", "2 and 2-3"),
        ("{@who@} has {@x_1@} of it", "Anna has 1/3 of it"),
        (r"$x {@b:signed@}$ or $x {@a:signed@}$", "$x -3$ or $x +2$"),
        (r"{@one:coef@}x {@b:coef,signed@}y", "x -3y"),
        (r"$\sqrt{{@x_1:tex@}}$", r"$\sqrt{\frac{1}{3}}$"),
    ],
)
def test_a_placeholder_becomes_its_value(text: str, result: str):
    assert filled(text, VALUES, "$") == result
    assert is_template(text)


def test_every_text_at_any_depth_is_filled_and_names_of_fields_are_not():
    document: dict[str, Any] = {
        "{@a@}": ["{@a@}", {"deep": [["{@b@}"]]}, 7, None, True, 0.5],
        "text": "{@who@}",
    }
    assert filled(document, VALUES, "$") == {
        "{@a@}": ["2", {"deep": [["-3"]]}, 7, None, True, 0.5],
        "text": "Anna",
    }
    assert document["text"] == "{@who@}"


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    assert filled("{@who@}", {"who": "{@who@}"}, "$") == "{@who@}"


def test_labels_of_options_are_filled_in_all_parts_and_nothing_else_is():
    schema = {
        "type": "composite_answer",
        "parts": [
            {"type": "single_choice", "options": [{"key": "{@a@}", "label": "{@a@} apples"}]},
            {"type": "numeric_with_tolerance", "unit": "{@a@}"},
            {
                "type": "composite_answer",
                "parts": [{"type": "multiple_select", "options": [{"key": "b", "label": "{@b@}"}]}],
            },
        ],
    }
    assert filled_labels(schema, VALUES, "answerSchema") == {
        "type": "composite_answer",
        "parts": [
            {"type": "single_choice", "options": [{"key": "{@a@}", "label": "2 apples"}]},
            {"type": "numeric_with_tolerance", "unit": "{@a@}"},
            {
                "type": "composite_answer",
                "parts": [{"type": "multiple_select", "options": [{"key": "b", "label": "-3"}]}],
            },
        ],
    }


# --- what is wrong, and where ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{@c@}", "{@c@}: no parameter is called 'c'"),
        ("{@@}", "{@@}: no parameter is called ''"),
        ("{@a+1@}", "{@a+1@}: no parameter is called 'a+1'"),
        ("{@a:bold@}", "{@a:bold@}: no format is called 'bold'; there are coef, comma,"),
        ("{@a:.16@}", "{@a:.16@}: no format is called '.16'"),
        ("{@who:tex@}", "{@who:tex@}: a text has no format"),
        ("{@a:paren,signed@}", "{@a:paren,signed@}: paren and signed exclude each other"),
        ("{@a:frac,.2@}", "{@a:frac,.2@}: frac and places exclude each other"),
        ("{@" + "a" * 300 + "@}", "{@" + "a" * 60 + "@}… is too long for a placeholder"),
    ],
)
def test_a_wrong_placeholder_says_what_and_where(text: str, message: str):
    with pytest.raises(GeneratorInvalid) as refused:
        filled({"blocks": ["", {"text": f"So: {text}!"}]}, VALUES, "statement.body")
    assert refused.value.path == "statement.body.blocks[1].text"
    assert refused.value.message.startswith(f"statement.body.blocks[1].text: {message}")


def test_a_wrong_label_says_which():
    schema = {"parts": [{"options": [{"label": ""}, {"label": "{@c@}"}]}]}
    with pytest.raises(GeneratorInvalid, match="no parameter is called 'c'") as refused:
        filled_labels(schema, VALUES, "answerSchema")
    assert refused.value.path == "answerSchema.parts[0].options[1].label"


@pytest.mark.parametrize(
    "text",
    ["{@" * 5_000_000, "{" * 10_000_000, "@}" * 5_000_000, "{@" + "a" * 10_000_000, "{@a@" * 10**6],
    ids=["openings", "brackets", "closings", "one without end", "almost"],
)
def test_ten_megabytes_of_brackets_are_passed_in_time(text: str):
    start = time.perf_counter()
    assert filled(text, VALUES, "$") == text
    assert time.perf_counter() - start < 1.5


def test_a_document_does_not_grow_without_end():
    with pytest.raises(GeneratorInvalid, match=r"^\$: values add more than"):
        filled("{@who@}" * 2000, {"who": "x" * 1000}, "$")
    many = [f"{{@a@}}{n}" for n in range(100_000)]
    assert filled(many, VALUES, "$")[-1] == "299999"


def test_a_bottomless_document_is_refused():
    deep: Any = "{@a@}"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(GeneratorInvalid, match="nested deeper"):
        filled(deep, VALUES, "$")


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        ("7", "", "7"),
        ("-7", "", "-7"),
        ("0", "", "0"),
        ("0.5", "", "0.5"),
        ("-12.125", "", "-12.125"),
        ("1/3", "", "1/3"),
        ("-1/3", "", "-1/3"),
        ("1e-15", "", "0.000000000000001"),
        ("1e-16", "", "1/10000000000000000"),
        ("1e25", "", "10000000000000000000000000"),
        ("0.5", "frac", "1/2"),
        ("-0.5", "frac,tex", r"-\frac{1}{2}"),
        ("3", "frac,tex", "3"),
        ("-1/3", "tex", r"-\frac{1}{3}"),
        ("0.5", "tex", "0.5"),
        ("0.5", "comma", "0,5"),
        ("0.5", "tex,comma", "0{,}5"),
        ("1234.5", "comma", "1234,5"),
        ("1/3", ".2", "0.33"),
        ("2/3", ".2,comma", "0,67"),
        ("2/3", ".0", "1"),
        ("0.5", ".0", "1"),
        ("-0.5", ".0", "-1"),
        ("0.125", ".2", "0.13"),
        ("-0.001", ".2", "0.00"),
        ("2", ".2", "2.00"),
        ("2.50", ".15", "2.500000000000000"),
        ("3", "signed", "+3"),
        ("-3", "signed", "-3"),
        ("0", "signed", "+0"),
        ("1/3", "signed,tex", r"+\frac{1}{3}"),
        ("1", "coef", ""),
        ("-1", "coef", "-"),
        ("2", "coef", "2"),
        ("-2", "coef", "-2"),
        ("1", "coef,signed", "+"),
        ("-1", "coef, signed", "-"),
        ("1.001", "coef,.2", ""),
        ("3", "paren", "3"),
        ("-3", "paren", "(-3)"),
        ("-1/3", "paren,tex", r"(-\frac{1}{3})"),
    ],
)
def test_a_number_is_written_so(value: str, form: str, text: str):
    assert written(Fraction(value), read_format(form)) == text


@given(st.fractions())
def test_a_number_written_plainly_is_read_back_as_itself(value: Fraction):
    text = written(value, read_format(""))
    comma = written(value, read_format("comma"))
    assert Fraction(text) == Fraction(comma.replace(",", ".")) == value


@given(st.fractions(max_denominator=10**6, min_value=-(10**9), max_value=10**9))
def test_a_number_in_a_key_is_read_back_as_itself(value: Fraction):
    assert fraction(read_number(written(value, read_format(""))).value) == value


@given(st.fractions(min_value=-(10**20), max_value=10**20), st.integers(0, 15))
def test_places_round_by_half_a_unit_at_most(value: Fraction, places: int):
    text = written(value, read_format(f".{places}"))
    assert abs(Fraction(text) - value) <= Fraction(1, 2 * 10**places)
    assert len(text.partition(".")[2]) == places


@pytest.mark.parametrize("form", ["signed,paren", ".2,frac", "x", "..2", ".-1", "tex;comma"])
def test_a_format_that_cannot_be_is_refused(form: str):
    with pytest.raises(BadFormat):
        read_format(form)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        ("7", 7),
        ("-0.5", -0.5),
        ("0.1", 0.1),
        ("1/3", "1/3"),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", "9007199254740993"),
        ("0.12345678901234567", "12345678901234567/100000000000000000"),
        ("1.00000000000001", 1.00000000000001),
    ],
)
def test_a_drawn_number_is_a_json_number_where_one_holds_it(value: str, json: Any):
    found = as_json(Fraction(value))
    assert found == json
    assert type(found) is type(json)
    assert as_json(value) == value
