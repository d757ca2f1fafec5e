"""Problem paper: a version's documents read for judging, and what is missing to publish them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.answers.key import Key, read_key
from domain.answers.rule import CheckingRule, Method, read_checking_rule
from domain.answers.schema import AnswerSchema, CompositeAnswer, read_schema
from domain.answers.unfit import KEY_MISMATCH, RULE_INVALID, SCHEMA_INVALID, Unfit
from domain.documents import Document, absent, parsed
from domain.kernel import RefusalKind, Refused
from domain.problem_content import VersionContent, WrittenRule, needs_rubric
from domain.variants.templates import is_template


class CheckingRuleRequired(Refused):
    """Nothing says how answers are judged (B-17)."""

    code, kind = "CHECKING_RULE_REQUIRED", RefusalKind.CONFLICT


class RubricRequired(Refused):
    """A person judges it, and no rule gives them a rubric (B-21)."""

    code, kind = "RUBRIC_REQUIRED", RefusalKind.CONFLICT


class CheckingRuleNotFound(Refused):
    """The version has no such checking rule."""

    code, kind = "CHECKING_RULE_NOT_FOUND", RefusalKind.UNKNOWN


class CheckingRuleMismatch(Refused):
    """The rule to judge by is none of the version's."""

    code, kind = "CHECKING_RULE_MISMATCH", RefusalKind.UNFIT


class Paper(NamedTuple):
    """What answers are judged by; `written` is the rule that `checking` was read from."""

    schema: AnswerSchema
    key: Key
    checking: CheckingRule
    written: WrittenRule


def schema_of(document: Document) -> AnswerSchema:
    """The schema in a document. Raises Unfit (ANSWER_SCHEMA_INVALID)."""
    given = parsed(document)
    schema = read_schema(given)
    for path, text in _texts_for_numbers(given, "$"):
        raise Unfit(SCHEMA_INVALID, path, "wrong_type", f"a number was expected, not {text!r}")
    return schema


def rule_of(schema: AnswerSchema, rule: WrittenRule) -> CheckingRule:
    """The rule that its author wrote. Raises Unfit (CHECKING_RULE_INVALID)."""
    given = {
        "method": rule.method,
        "rule": parsed(rule.rule),
        "scoringRule": parsed(rule.scoring_rule),
    }
    checking = read_checking_rule(schema, given)
    for path, text in _texts_for_numbers(given["scoringRule"], "$.scoringRule"):
        raise Unfit(RULE_INVALID, path, "wrong_type", f"a number was expected, not {text!r}")
    return checking


def key_of(schema: AnswerSchema, document: Document) -> Key:
    """The key in a document; without one, that of a schema that only people judge.

    Raises Unfit (ANSWER_KEY_MISMATCH).
    """
    return read_key(schema, _nothing(schema) if absent(document) else parsed(document))


def paper(content: VersionContent, rule_id: str | None = None) -> Paper:
    """The content read for judging by one of its rules, by default the first.

    Raises CheckingRuleRequired, CheckingRuleMismatch, Unfit.
    """
    written = _chosen(content.rules, rule_id)
    schema = schema_of(content.answer_schema)
    if is_template(parsed(content.key)):
        message = "the key has placeholders: only variants of the version can be judged"
        raise Unfit(KEY_MISMATCH, "$", "template", message)
    return Paper(schema, key_of(schema, content.key), rule_of(schema, written), written)


def check_key(schema: AnswerSchema, document: Document) -> None:
    """Refuse a key that does not fit the schema. Raises Unfit (ANSWER_KEY_MISMATCH).

    A key with placeholders fits or not only with their values: each variant's is looked at when it
    is generated.
    """
    if absent(document) or not is_template(parsed(document)):
        key_of(schema, document)


def check_fit(content: VersionContent) -> AnswerSchema:
    """Refuse a key or rules that do not fit the schema. Raises Unfit."""
    schema = schema_of(content.answer_schema)
    if not absent(content.key):
        check_key(schema, content.key)
    for rule in content.rules:
        rule_of(schema, rule)
    return schema


def check_publishable(content: VersionContent) -> None:
    """Refuse what nobody could judge. Raises CheckingRuleRequired, RubricRequired, Unfit."""
    if not content.rules:
        raise CheckingRuleRequired("the version has no checking rule")
    schema = check_fit(content)
    by_hand = {Method.MANUAL, Method.HYBRID}
    if needs_rubric(schema) and not any(
        not absent(rule.rubric) and rule.method in by_hand for rule in content.rules
    ):
        raise RubricRequired("a rule with a rubric is needed, its method manual or hybrid")
    if any(rule.method in {Method.AUTO, Method.HYBRID} for rule in content.rules):
        check_key(schema, content.key)


def _chosen(rules: tuple[WrittenRule, ...], rule_id: str | None) -> WrittenRule:
    if rule_id is None:
        if not rules:
            raise CheckingRuleRequired("the version has no checking rule")
        return rules[0]
    for rule in rules:
        if rule.rule_id == rule_id:
            return rule
    raise CheckingRuleMismatch(
        "checkingRuleId: the version has no such rule", path="checkingRuleId"
    )


def _nothing(schema: AnswerSchema) -> dict[str, Any]:
    """The key document of somebody who has nothing to say."""
    if isinstance(schema, CompositeAnswer):
        return {"parts": [_nothing(part) for part in schema.parts]}
    return {}


def _texts_for_numbers(document: Any, path: str) -> Iterator[tuple[str, str]]:
    """Texts where the contract has numbers: the engine would read them, clients would not."""
    for name in ("maxScore", "tolerance", "maxSizeMb"):
        if isinstance(document.get(name), str):
            yield f"{path}.{name}", document[name][:100]
    for hint, penalty in document.get("hintPenalty", {}).items():
        if isinstance(penalty, str):
            yield f"{path}.hintPenalty.{hint[:100]}", penalty[:100]
    for at, part in enumerate(document.get("parts", ())):
        yield from _texts_for_numbers(part, f"{path}.parts[{at}]")
