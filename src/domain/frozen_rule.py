"""FrozenRule: a checking rule as it was when a check was asked for; no later change reaches it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from domain.answers.rule import Method, ScoringRule
from domain.documents import NOTHING, Document
from domain.kernel import RefusalKind, Refused, Value
from domain.problem_content import VersionContent
from domain.problem_paper import Paper, paper

_MODES: Final[Mapping[Method, frozenset[Method]]] = {
    Method.AUTO: frozenset({Method.AUTO, Method.HYBRID, Method.MANUAL}),
    Method.HYBRID: frozenset({Method.HYBRID, Method.MANUAL}),
    Method.MANUAL: frozenset({Method.MANUAL}),
    Method.EXTERNAL: frozenset({Method.EXTERNAL, Method.MANUAL}),
}


class FrozenRule(Value, frozen=True):
    """Who judges by which version of which rule, for how much, and by which rubric."""

    method: Method
    scoring: ScoringRule
    rule_id: str | None = None
    rule_version: int | None = None
    rubric: Document = NOTHING

    def penalties(self, hints: Iterable[str]) -> dict[str, Decimal]:
        """What those of the hints cost that cost anything (B-38)."""
        costs = self.scoring.hint_penalty
        return {hint: costs[hint] for hint in hints if hint in costs}


class ModeNotAllowed(Refused):
    """The rule does not let its answers be judged so (C5.5)."""

    code, kind = "MODE_NOT_ALLOWED", RefusalKind.UNFIT


def paper_for_check(content: VersionContent, rule_id: str | None) -> tuple[Paper, FrozenRule]:
    """What an answer is judged by, to judge it now and to keep with the check.

    Raises CheckingRuleRequired, CheckingRuleMismatch, Unfit.
    """
    read = paper(content, rule_id)
    written, checking = read.written, read.checking
    frozen = FrozenRule(
        method=checking.method,
        scoring=checking.scoring,
        rule_id=written.rule_id,
        rule_version=written.version,
        rubric=written.rubric,
    )
    return read, frozen


def method_for(rule: FrozenRule, mode: Method | None) -> Method:
    """Who judges: the rule says it, unless `mode` asks for another who may. Raises ModeNotAllowed.

    A person may always judge; a machine alone only where the rule trusts it to (B-36, B-95).
    """
    allowed = _MODES[rule.method]
    if mode is not None and mode not in allowed:
        raise ModeNotAllowed(
            f"mode: {mode} is not possible with a rule whose method is {rule.method}",
            path="mode",
            allowed=sorted(allowed),
        )
    return mode or rule.method
