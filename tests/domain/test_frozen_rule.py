"""Which mode a rule allows, and that what a check keeps is the rule as it was."""

import pytest

from domain.answers.rule import Method
from domain.frozen_rule import ModeNotAllowed, method_for, paper_for_check
from domain.keys import derived_id
from domain.problem_paper import CheckingRuleMismatch, CheckingRuleRequired
from tests.domain.check_world import RUBRIC, frozen
from tests.domain.problem_world import READY, content, rule

ALLOWED = {
    Method.AUTO: {Method.AUTO, Method.HYBRID, Method.MANUAL},
    Method.HYBRID: {Method.HYBRID, Method.MANUAL},
    Method.MANUAL: {Method.MANUAL},
    Method.EXTERNAL: {Method.EXTERNAL, Method.MANUAL},
}


@pytest.mark.parametrize("mode", Method)
@pytest.mark.parametrize("method", Method)
def test_B95_a_person_may_always_judge_and_a_machine_where_the_rule_trusts_it(method, mode):
    if mode in ALLOWED[method]:
        assert method_for(frozen(method), mode) is mode
    else:
        with pytest.raises(ModeNotAllowed):
            method_for(frozen(method), mode)


@pytest.mark.parametrize("method", Method)
def test_B95_without_a_mode_the_rule_says_who_judges(method):
    assert method_for(frozen(method), None) is method


def test_B95_a_check_takes_a_rule_of_its_version_by_default_the_first():
    two = rule("r2", "hybrid", rubric=RUBRIC, version=3)
    version = content(key=READY.key, rules=(*READY.rules, two))
    paper, first = paper_for_check(version, None)
    assert (first.rule_id, first.method, paper.written.rule_id) == ("r1", Method.AUTO, "r1")
    _, second = paper_for_check(version, "r2")
    assert (second.method, second.rule_version, second.rubric) == (Method.HYBRID, 3, RUBRIC)
    with pytest.raises(CheckingRuleMismatch):
        paper_for_check(version, "r3")
    with pytest.raises(CheckingRuleRequired):
        paper_for_check(content(), None)


def test_an_id_that_follows_from_others_is_always_the_same_uuid():
    assert derived_id("c1", "review", "1") == derived_id("c1", "review", "1")
    assert derived_id("c1", "review1") != derived_id("c1", "review", "1")
    assert derived_id("c1", "x").count("-") == 4
    assert len(derived_id("c1", "x")) == 36
