"""The page about variants is true: its examples, its table of formats, its table of mistakes."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from domain.documents import Document, parsed
from domain.problem_content import Statement, StatementFormat, VersionContent
from domain.variants.formats import read_format, written
from domain.variants.formulas import FUNCTIONS
from domain.variants.generation import generate
from domain.variants.invalid import GeneratorInvalid

PAGE = (Path(__file__).parents[3] / "docs" / "variants.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"<!-- version -->\n```json\n(.*?)```.*?<!-- request -->\n```json\n(.*?)```"
    r".*?<!-- variants -->\n```text\n(.*?)```",
    PAGE,
    re.DOTALL,
)
FORMATS = re.findall(r"^\| `\{@a(?::([^@]*))?@\}` \| (.*?) \|", PAGE, re.MULTILINE)
FIRST: dict[str, Any] = json.loads(EXAMPLES[0][1])


def content_of(text: str) -> VersionContent:
    version = json.loads(text)
    return VersionContent(
        statement=Statement(
            format=StatementFormat(version["statement"]["format"]),
            body=Document(json.dumps(version["statement"]["body"]).encode()),
        ),
        answer_schema=Document(json.dumps(version["answerSchema"]).encode()),
        key=Document(json.dumps(version["answerKey"]).encode()),
    )


@pytest.mark.parametrize(("version", "request_", "shown"), EXAMPLES)
def test_an_example_makes_what_the_page_shows(version: str, request_: str, shown: str):
    asked = json.loads(request_)
    made = generate(
        content_of(version), asked["params"], asked["constraints"], asked["seed"], asked["count"]
    )
    lines = []
    for variant in made:
        assert variant.content.statement is not None
        text = parsed(variant.content.statement.body)["text"]
        lines += [text, f"    key {parsed(variant.content.key)['value']}"]
    assert shown.splitlines() == lines


def test_the_page_has_its_examples_and_all_formats():
    assert len(EXAMPLES) == 2
    assert {form for form, _ in FORMATS} == {
        "",
        "signed",
        "paren",
        "coef",
        ".2",
        "frac",
        "comma",
        "tex",
    }


@pytest.mark.parametrize(("form", "cells"), FORMATS)
def test_a_format_writes_what_the_table_shows(form: str, cells: str):
    shown = re.findall(r"`([^`]*)`", cells)
    values = [Fraction(text) for text in ("3", "-3", "0.5", "1/3")]
    assert [written(value, read_format(form)) for value in values] == shown


def test_the_page_names_every_function():
    [listed] = re.findall(r"brackets, and `([a-z_\s]*)`", PAGE)
    assert listed.split() == sorted(FUNCTIONS)


def test_the_messages_of_the_table_are_those_that_come():
    rows = re.findall(r"^\| `+(.*?)`+ (?:in the text )?\| `+(.*?)`+ \|$", PAGE, re.MULTILINE)
    wrong = [row for row in rows if "{@a" not in row[0]]
    assert len(wrong) == 4
    for mistake, message in wrong:
        asked = {name: FIRST[name] for name in ("params", "constraints")}
        version = EXAMPLES[0][0]
        if mistake.startswith("{@"):
            version = version.replace("{@c@}", mistake)
        else:
            change = json.loads(f"{{{mistake}}}")
            asked = (
                asked | change
                if "constraints" in change
                else asked | {"params": FIRST["params"] | change}
            )
        with pytest.raises(GeneratorInvalid) as refused:
            generate(content_of(version), asked["params"], asked["constraints"], 42, 1)
        assert refused.value.message == message.strip()
