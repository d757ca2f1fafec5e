"""`judge`: try a question out on one answer, or on a file of them."""

from pathlib import Path

import click

from adapters.cli.root import Stop, markbook
from adapters.explanations import Audience
from adapters.messages import Language


@markbook.command(
    epilog="""\b
Examples:
  markbook judge --schema number:0.01 --key 3.14 --answer 3,15
  markbook judge --schema unit:km/h,m/s --key "36 km/h" --answer "10 m/s"
  markbook judge --schema choices:a,b,c --key a,b --answer a --max-score 2 --partial
  markbook judge --schema expression --key "(x+1)^2" --answer "x^2+2x+1" --audience auditor
  markbook judge --file cases.jsonl --language ru
"""
)
@click.option("--schema", "schema_text", metavar="SCHEMA", help="What an answer looks like.")
@click.option("--key", "key_text", metavar="KEY", help="What is right.")
@click.option("--answer", "answer_text", metavar="ANSWER", help="What the learner answered.")
@click.option("--rule", "rule_text", metavar="RULE", help="How far off is still right, and more.")
@click.option("--max-score", metavar="POINTS", help="What a right answer is worth (default 1).")
@click.option("--partial", is_flag=True, help="Give points for a part of what is right.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judge every line of this file instead: {schema, key, rule?, answer, expect?}.",
)
@click.option(
    "--language",
    type=click.Choice([one.value for one in Language]),
    default="en",
    show_default=True,
)
@click.option(
    "--audience",
    type=click.Choice([one.value for one in Audience]),
    default="learner",
    show_default=True,
    help="One sentence without the key, or the whole account.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text, one object an answer.")
def judge(
    *,
    schema_text: str | None,
    key_text: str | None,
    answer_text: str | None,
    rule_text: str | None,
    max_score: str | None,
    path: Path | None,
    language: str,
    audience: str,
    partial: bool,
    as_json: bool,
) -> None:
    """Say whether an answer is right, how much of it, and why. Nothing is stored.

    SCHEMA, KEY, ANSWER and RULE are JSON ({"value": "3,14"}), a file of JSON (@key.json) or short:

    \b
      number, number:0.01          a number, within a tolerance
      unit:km/h,m/s                a number with one of these units
      choice:a,b,c  choices:a,b,c  one of the options; a set of them
      text, text:trim,casefold     a text, after these normalisers
      exact, exact-number          one of the key's values, exactly
      expression, expression:latex a formula
      proof, manual                for a person

    A RULE is what the schema's rule may say, or a whole checking rule; in short one of net, each,
    all, antiderivative, strict.

    With --file, a table shows what was expected and what was given; it ends with exit code 1 if
    an expectation was not met. Otherwise: 0 judged, 2 bad input.
    """  # noqa: D301 -- \b keeps click from filling the list
    from adapters.cli.judging_answers import Options, judge_file, judge_one

    words = Options(
        schema=schema_text,
        key=key_text,
        answer=answer_text,
        rule=rule_text,
        max_score=max_score,
        partial=partial,
        language=Language(language),
        audience=Audience(audience),
        as_json=as_json,
    )
    if path is None:
        judge_one(words)
        return
    if words.describes_a_question():
        raise Stop("--file takes everything from the file; leave the other options away")
    if not judge_file(path, words):
        raise SystemExit(1)
