"""`markbook judge` as an author uses it: short forms, JSON, files, refusals; its docs are true."""

import json
import re
import shlex
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.checkers.judge import judge as judge_in
from adapters.checkers.pool import ExpressionPool
from adapters.cli import judging, short_forms
from adapters.cli.root import markbook
from adapters.trials import Line, read_trial
from tests.architecture.modules import ROOT
from tests.cli.test_commands import run

DOCS = (ROOT / "docs" / "judging.md").read_text(encoding="utf-8")
CORPUS = ROOT / "tests" / "domain" / "answers" / "corpus"


def judge(*words: object) -> Result:
    return CliRunner().invoke(markbook, ["judge", *map(str, words)], prog_name="markbook")


def said(*words: object) -> list[str]:
    done = judge(*words)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def refused(*words: object) -> str:
    done = judge(*words)
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    return done.stderr


def lines(path: Path, *trials: dict[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(trial) for trial in trials) + "\n")
    return path


NUMBER = {"schema": {"type": "numeric_with_tolerance"}, "key": {"value": 5}}


def test_the_program_itself_judges_an_answer():
    done = run("judge", "--schema", "number", "--key", "5", "--answer", "5,0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "correct"


@pytest.mark.parametrize(
    ("schema", "key", "answer", "verdict"),
    [
        ("number:0.01", "3.14", "3,145", "correct"),
        ("number", "3.14", "3,145", "incorrect"),
        ("number", "5", "five", "invalid_format"),
        ("unit:км/ч,м/с", "36 км/ч", "10 м/с", "correct"),
        ("unit:мм рт. ст.,Па", "760 мм рт. ст.", "760 мм рт. ст.", "correct"),
        ("choice:a,b", "a", "b", "incorrect"),
        ("choices:a,b,c", "a,b", "b,a", "correct"),
        ("text:trim,casefold", "Париж", " париж ", "correct"),
        ("exact", "Na", "na", "incorrect"),
        ("exact-number", "1/3", "2/6", "correct"),
        ("manual", "{}", "my answer", "unknown"),
        ("proof", "{}", "my proof", "unknown"),
    ],
)
def test_short_forms_mean_one_thing(schema, key, answer, verdict):
    assert said("--schema", schema, "--key", key, "--answer", answer)[0] == verdict


def test_json_and_files_of_json_say_the_same(tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "numeric_with_tolerance", "tolerance": 0.1}')
    words = ("--key", '{"value": 0.3}', "--answer", '{"value": "0,4"}')
    assert said("--schema", f"@{schema}", *words)[0] == "correct"
    assert "no JSON" in refused("--schema", "{", *words)
    assert "none.json" in refused("--schema", "@none.json", *words)


def test_points_and_rules_come_from_options_or_from_a_whole_checking_rule():
    words = ("--schema", "choices:a,b,c,d", "--key", "a,b", "--answer", "a")
    assert said(*words)[0] == "incorrect"
    assert "1 point out of 2" in said(*words, "--max-score", 2, "--partial")[1]
    assert said(*words, "--max-score", 2, "--partial", "--rule", "all")[0] == "incorrect"
    whole = {"method": "auto", "rule": {"credit": "each"}, "scoringRule": {"maxScore": 4}}
    whole["scoringRule"] = {"maxScore": 4, "partialCredit": True}
    assert "3 points out of 4" in said(*words, "--rule", json.dumps(whole))[1]


def test_learner_and_auditor_in_both_languages():
    words = ("--schema", "number", "--key", "987654", "--answer", "5")
    assert "987654" not in judge(*words).stdout
    assert "987654" in judge(*words, "--audience", "auditor").stdout
    assert said(*words, "--language", "ru")[1].startswith("Неверно: ответ прочитан как «5»")
    learner = json.loads(judge(*words, "--json").stdout)
    assert set(learner) == {"verdict", "reason", "readAs", "score", "maxScore", "explanation"}
    auditor = json.loads(judge(*words, "--json", "--audience", "auditor").stdout)
    assert auditor["trace"]["raw"] == {"value": "5"}
    assert auditor["checker"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "--schema and --answer are needed"),
        (("--schema", "colour", "--answer", "5"), "no short form 'colour'"),
        (("--schema", '{"type":"x"}', "--answer", "5"), "--answer"),
        (("--schema", '{"type":"x"}', "--answer", "{}"), "--schema $"),
        (("--schema", "number:-1", "--key", "1", "--answer", "5"), "--schema $.tolerance"),
        (("--schema", "number", "--key", "x", "--answer", "5"), "--key $.value"),
        (("--schema", "number", "--key", "1", "--answer", '{"value":[]}'), "--answer $.value"),
        (("--schema", "choice:a,b", "--key", "a", "--answer", "c"), "--answer $.choice"),
        (
            ("--schema", "number", "--key", "1", "--answer", "1", "--rule", '{"fractions":7}'),
            "--rule $.fractions",
        ),
        (("--schema", "number", "--key", "1", "--answer", "1", "--max-score", "0"), "maxScore"),
        (("--schema", "number", "--key", "1", "--answer", "1", "--max-score", "x"), "no number"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_line_with_the_path(words, complaint):
    said_ = refused(*words)
    assert complaint in said_
    assert len(said_.splitlines()) == 1


def test_a_file_is_judged_with_a_table_of_what_was_expected_and_given(tmp_path):
    path = lines(
        tmp_path / "cases.jsonl",
        {**NUMBER, "answer": {"value": "5"}, "expect": "correct"},
        {**NUMBER, "answer": {"value": "6"}, "expect": ["incorrect", "partial"]},
        {**NUMBER, "answer": {"value": "?"}, "expect": "invalid_format"},
        {**NUMBER, "answer": {"text": "5"}, "expect": "refused"},
        {**NUMBER, "answer": {"value": "7"}, "comment": "nothing is expected"},
    )
    done = judge("--file", path)
    assert done.exit_code == 0, done.output
    assert "5 answers, 4 with an expectation: 4 as expected (100.0 %)" in done.stdout
    assert "0 false accepts, 0 false rejects, 0 undecided" in done.stdout


def test_an_expectation_that_fails_is_told_and_ends_with_exit_code_1(tmp_path):
    path = lines(
        tmp_path / "cases.jsonl",
        {**NUMBER, "answer": {"value": "5"}, "expect": "incorrect"},
        {**NUMBER, "answer": {"value": "6"}, "expect": "correct"},
    )
    done = judge("--file", path)
    assert done.exit_code == 1
    assert "line 1: expected incorrect, given correct" in done.stderr
    assert "1 false accepts, 1 false rejects" in done.stdout


def test_a_line_that_is_no_trial_stops_with_its_number(tmp_path):
    good = {**NUMBER, "answer": {"value": "5"}}
    assert "line 2" in refused("--file", lines(tmp_path / "a", good, {"schema": {}}))
    assert "line 2: --key $: " in refused(
        "--file", lines(tmp_path / "b", good, {**good, "key": {}})
    )
    assert "'wrong'" in refused("--file", lines(tmp_path / "c", {**good, "expect": "wrong"}))
    assert "--file" in refused("--file", lines(tmp_path / "d", good), "--schema", "number")


def test_a_file_gives_json_lines_without_loss(tmp_path):
    path = tmp_path / "cases.jsonl"
    value = "12345678901234567890.123456789"
    path.write_text(
        '{"schema":{"type":"numeric_with_tolerance"},'
        f'"key":{{"value":{value}}},"answer":{{"value":{value}}}}}'
    )
    [line] = judge("--file", path, "--json", "--audience", "auditor").stdout.splitlines()
    found = json.loads(line, parse_float=Decimal)
    assert found["given"] == "correct"
    assert str(found["judgement"]["trace"]["raw"]["value"]) == value


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_corpora_are_files_that_the_command_judges_without_a_false_accept(path: Path):
    done = judge("--file", path)
    assert done.exit_code in {0, 1}, done.output
    assert ", 0 false accepts," in done.stdout, done.output


def test_the_examples_of_help_run():
    examples = re.findall(
        r"^  markbook judge (--schema .*)$", judging.judge.epilog or "", re.MULTILINE
    )
    assert len(examples) >= 4
    for example in examples:
        assert len(said(*shlex.split(example))) >= 2


def console(text: str) -> list[tuple[str, str]]:
    """The commands of a page with what they print."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [
        (command, output)
        for block in blocks
        for command, output in re.findall(
            r"^\$ markbook (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE
        )
    ]


@pytest.mark.parametrize(("command", "output"), console(DOCS), ids=lambda text: text[:60].strip())
def test_the_page_about_judging_is_true(command: str, output: str):
    done = CliRunner().invoke(markbook, shlex.split(command), prog_name="markbook")
    assert done.exit_code == 0, done.output
    assert done.stdout == output


async def test_the_tables_of_right_and_wrong_in_the_page_are_true():
    told = []
    async with ExpressionPool() as pool:
        for title, kind in (("Numbers", "number"), ("Expressions", "expression")):
            schema = short_forms.schema(kind)
            _, _, section = DOCS.partition(f"### {title}")
            rows = re.findall(
                r"^\| (`.*?`) \| (`.*`) \| (`.*`) \|$", section.partition("###")[0], re.MULTILINE
            )
            assert len(rows) >= 3
            for row in rows:
                [[key], right, wrong] = [re.findall(r"`([^`]+)`", cell) for cell in row]
                for answer in right + wrong:
                    line = Line(
                        schema=schema,
                        key=short_forms.key(schema["type"])(key),
                        answer=short_forms.answer(schema["type"])(answer),
                    )
                    trial = read_trial(line)
                    judgement = await judge_in(
                        pool, trial.schema, trial.key, trial.rule, trial.answer
                    )
                    if judgement.verdict != ("correct" if answer in right else "incorrect"):
                        told.append(f"{key}: {answer}: {judgement.verdict}")
    assert told == []


def test_the_page_about_judging_names_every_schema():
    assert len(console(DOCS)) >= 10
