"""The proof of expressions: three stages, their traps, domains, sets, families and conditions."""

from typing import Any

import pytest

from adapters.checkers.proof import find
from domain.answers.expression import DomainPolicy, Finding, Mode, Note, Question
from domain.answers.schema import Syntax
from domain.answers.verdict import Reason, Verdict

RIGHT, WRONG, OPEN = Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNKNOWN


def found(key: str, answer: str, **how: Any) -> Finding:
    return find(Question(path="$", expected=key, given=answer, **how))


@pytest.mark.parametrize(
    ("key", "answer", "verdict", "method"),
    [
        ("1/3+1/6", "0,5", RIGHT, "fraction"),
        ("0.1+0.2", "0.3", RIGHT, "fraction"),
        ("1/3", "0,333333333333333333333", WRONG, "fraction"),
        ("(x+1)^1000", "(1+x)^999(x+1)", RIGHT, "finite_field"),
        ("(x+1)^1000", "(1+x)^999(x+2)", WRONG, "finite_field"),
        ("πr²", "rπr", RIGHT, "finite_field"),
        ("π", "3,14159265358979323846264338327950288419716939937510", WRONG, "finite_field"),
        ("sin 2x", "2sin x cos x", RIGHT, "ball_arithmetic"),
        ("sin 2x", "2sin x", WRONG, "ball_arithmetic"),
        ("√2+√3", "√(5+2√6)", RIGHT, "ball_arithmetic"),
    ],
)
def test_each_stage_proves_what_is_its_own(key: str, answer: str, verdict: Verdict, method: str):
    finding = found(key, answer)
    assert (finding.verdict, finding.method) == (verdict, method)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("x", "x+2305843009213693951"),  # the prime of the first test
        ("x", "2305843009213693952x"),
        ("x^2", "x^2305843009213693952"),  # x^(p-1) = 1 modulo p
        ("1", "x^2305843009213693950"),
        ("5", "5+10^(-300)"),
        ("e^π", "23,140692632779269005729086367948547380266106242600211993445046409524342"),
        ("|x-100|", "100-x"),
        ("√(x²-200x+10000)", "100-x"),
        ("√(x²)", "x"),
        ("arctg x+arctg(1/x)", "π/2"),
        ("ln x", "ln(-x)"),
        ("cos(πn)", "(-1)^(n+1)"),
        ("sin x", "sin x+10^(-45)"),
    ],
)
def test_a_difference_that_a_careless_test_overlooks_is_never_accepted(key: str, answer: str):
    assert found(key, answer).verdict in {WRONG, OPEN, Verdict.INVALID_FORMAT}
    assert found(answer, key).verdict in {WRONG, OPEN}


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("2", "log 100"),  # 10 or e?
        ("1/(2x)", "1/2x"),
        ("e^(2x)", "e^2x"),
        ("30", "30°"),
        ("1000", "1,000"),
        ("x=5", "2x=10"),
        ("x>2", "2x>4"),
        ("(1;2)", "1; 2"),
        ("{1;2}", "(1;2)"),
        ("x", "X"),
        ("1", "9^9^9^9"),
        ("x1=1, x2=2", "x1=2, x2=1"),
    ],
)
def test_what_only_a_person_can_say_stays_unknown(key: str, answer: str):
    assert found(key, answer).verdict is OPEN


def test_x_over_x_is_one_with_a_note_unless_the_policy_is_strict():
    lenient = found("1", "x/x")
    assert (lenient.verdict, lenient.notes) == (RIGHT, (Note.DOMAIN_DIFFERS,))
    assert lenient.facts["domain"] == "x = 0"
    strict = found("1", "x/x", domain=DomainPolicy.STRICT)
    assert (strict.verdict, strict.reason) == (WRONG, Reason.DOMAIN_DIFFERS)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("x+1", "(x²-1)/(x-1)"),
        ("x", "(√x)²"),
        ("2ln x", "ln x²"),
        ("1", "(x²-2)/(x²-2)"),
        ("y", "xy/x"),
        ("sin x", "tg x cos x"),
    ],
)
def test_a_strict_policy_finds_the_point_where_only_one_is_defined(key: str, answer: str):
    assert found(key, answer, domain=DomainPolicy.STRICT).reason is Reason.DOMAIN_DIFFERS
    assert found(key, answer).notes == (Note.DOMAIN_DIFFERS,)


@pytest.mark.parametrize(
    ("key", "answer"), [("1/x", "x/x²"), ("(x²+1)/(x²+1)", "1"), ("√x√x", "x·√x/√x")]
)
def test_a_strict_policy_accepts_what_is_defined_alike(key: str, answer: str):
    if "√" not in key:
        assert found(key, answer, domain=DomainPolicy.STRICT).verdict is RIGHT
    else:  # at zero only the left one is defined
        assert found(key, answer, domain=DomainPolicy.STRICT).verdict is not RIGHT


def test_a_comma_is_read_the_way_that_fits_and_says_so():
    assert found("{1;2}", "1,2").notes == (Note.COMMA_AS_SEPARATOR,)
    assert found("1.2", "1,2").read_as == "1.2"
    assert found("{1.2}", "{1,2}").notes == (Note.COMMA_AS_DECIMAL,)


def test_an_antiderivative_is_right_up_to_a_constant_only_where_asked():
    asked = {"mode": Mode.ANTIDERIVATIVE}
    assert found("x²/2+C", "x²/2", **asked).reason is Reason.UP_TO_CONSTANT
    assert found("x²/2", "(x²+5)/2+C", **asked).verdict is RIGHT
    assert found("ln|x|", "ln(-x)+C", **asked).notes == (Note.DOMAIN_DIFFERS,)
    assert found("x²/2", "x²/2+x", **asked).verdict is WRONG
    assert found("x²/2", "x²/2+y", **asked).verdict is OPEN
    assert found("x²/2", "x²/2+1").verdict is WRONG


def test_what_cannot_be_read_shows_the_place_in_the_learners_own_text():
    finding = found("x+1", "2x+апельсин")
    assert finding.verdict is Verdict.INVALID_FORMAT
    assert finding.read_as == "2x+а▸пельсин"
    assert finding.facts["position"] == "5"


def test_a_division_by_zero_is_no_answer():
    finding = found("1", "5/(2-2)")
    assert (finding.verdict, finding.reason) == (Verdict.INVALID_FORMAT, Reason.NOT_FINITE)


def test_a_key_that_cannot_be_read_leaves_the_answer_to_a_person():
    assert found("2+", "2").verdict is OPEN


def test_either_syntax_is_understood_in_both_fields():
    assert found("x/2", r"\frac{x}{2}", syntax=Syntax.PLAIN).verdict is RIGHT
    assert found(r"\frac{x}{2}", "x/2", syntax=Syntax.LATEX).verdict is RIGHT


def test_the_same_question_gets_the_same_finding():
    assert found("sin 2x", "2 sin x") == found("sin 2x", "2 sin x")


@pytest.mark.parametrize("text", ["π/2+πn, n∈Z", "±π/3+2πk, k∈Z", "(-1)^n π/6+πn, n∈Z"])
def test_a_family_equals_itself_shifted_by_its_step(text: str):
    formula, _, rest = text.partition(",")
    letter = rest.strip()[0]
    shifted = formula.replace(letter, f"({letter}-4)") + "," + rest
    assert found(text, shifted).verdict is RIGHT
    assert found(text, formula.replace(letter, f"(3{letter})") + "," + rest).verdict is WRONG


def test_every_plus_minus_counts_and_linked_ones_go_together():
    assert found("±1±√2", "{1+√2; 1-√2; -1+√2; -1-√2}").verdict is RIGHT
    assert found("±1∓√2", "{1-√2; -1+√2}").verdict is RIGHT
    assert found("±1±√2", "{1+√2; -1-√2}").verdict is WRONG


@pytest.mark.parametrize(
    ("key", "answer", "verdict"),
    [
        ("(π/6+2πn; 5π/6+2πn), n∈Z", "π/6+2πk<x<5π/6+2πk, k∈Z", RIGHT),
        ("(π/6+2πn; 5π/6+2πn), n∈Z", "[π/6+2πk; 5π/6+2πk], k∈Z", WRONG),
        ("[πn; π/2+πn], n∈Z", "[πn; π/4+πn]∪[π/4+πn; π/2+πn], n∈Z", RIGHT),
        ("(πn; π/2+πn), n∈Z", "(πn; π/4+πn)∪(π/4+πn; π/2+πn), n∈Z", WRONG),
        ("(-π/2+πn; π/4+πn), n∈Z", "-π/2+πn<x<π/4+πn", RIGHT),
        ("∅", "[πn; π/2+πn], n∈Z", WRONG),
        ("x≠πn, n∈Z", "x≠2πk, k∈Z", WRONG),
        ("x=π/3+2πk или x=2π/3+2πk, k∈Z", "(-1)^k π/3+πk, k∈Z", RIGHT),
        ("πn, n∈Z", "πn, n∈N", WRONG),
    ],
)
def test_families_are_compared_as_sets(key: str, answer: str, verdict: Verdict):
    assert found(key, answer).verdict is verdict


@pytest.mark.parametrize(
    ("key", "answer", "verdict"),
    [
        ("x=1, y=2", "x=1", WRONG),
        ("x=1, y=2", "x=1, y=2, z=3", WRONG),
        ("x+y=1, x-y=3", "x=2, y=-1", RIGHT),
        ("x+y=1, x-y=3", "2x=4, x-y=3", RIGHT),
        ("x=t, y=2t", "y=2x", OPEN),
        ("u=5", "v=5", WRONG),
        ("x^2+y^2=4", "x^2+y^2=5", WRONG),
        ("x^2=4", "x=x", WRONG),
        ("v=s/t", "s=vt", RIGHT),
        ("y>x^2", "x^2<y", RIGHT),
        ("y>x^2", "y<x^2", WRONG),
    ],
)
def test_conditions_are_compared_up_to_a_factor(key: str, answer: str, verdict: Verdict):
    assert found(key, answer).verdict is verdict


@pytest.mark.parametrize(("key", "answer"), [("ln x²", "2ln x"), ("|x|", "(√x)²")])
def test_an_answer_that_loses_a_part_of_the_domain_goes_to_a_person(key: str, answer: str):
    finding = found(key, answer)
    assert (finding.verdict, finding.reason) == (OPEN, Reason.DOMAIN_DIFFERS)
    assert found(key, answer, domain=DomainPolicy.STRICT).verdict is WRONG
