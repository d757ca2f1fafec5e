"""Expression answers: what is asked of the checker, and what it found (CONTRACT 2.D, B-34)."""

from collections.abc import Mapping
from enum import StrEnum

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.meaning import meaning
from domain.answers.expressions.reading import read
from domain.answers.schema import Syntax
from domain.answers.verdict import Reason, Verdict
from domain.kernel import Value


class Mode(StrEnum):
    """What makes two expressions the same."""

    EQUIVALENT = "equivalent"
    ANTIDERIVATIVE = "antiderivative"  # up to a constant of integration


class DomainPolicy(StrEnum):
    """What becomes of an answer that is equal but defined elsewhere (`x/x` against `1`)."""

    LENIENT = "lenient"  # correct, with the note domain_differs
    STRICT = "strict"  # incorrect


class Question(Value, frozen=True):
    """One expression to be compared with its key; `path` names the part of the answer."""

    path: str
    expected: str
    given: str
    syntax: Syntax = Syntax.PLAIN
    mode: Mode = Mode.EQUIVALENT
    domain: DomainPolicy = DomainPolicy.LENIENT


class Finding(Value, frozen=True):
    """What a checker found out: `precision` in bits, `facts` for checkers only."""

    path: str
    verdict: Verdict
    reason: Reason
    read_as: str | None = None
    method: str | None = None
    precision: int | None = None
    facts: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


def unreadable(text: str, syntax: Syntax = Syntax.PLAIN) -> Unreadable | None:
    """Why a text is no expression, with the place; None if it can be read."""
    failed: Unreadable | None = None
    try:
        for reading in read(text, latex=syntax == Syntax.LATEX):
            try:
                meaning(reading.node)
            except Unreadable as why:
                failed = failed or why
            else:
                return None
    except Unreadable as why:
        return why
    return failed


class Note(StrEnum):
    """What else a learner is told about how an expression was judged."""

    DOMAIN_DIFFERS = "domain_differs"
    COMMA_AS_DECIMAL = "comma_as_decimal"
    COMMA_AS_SEPARATOR = "comma_as_separator"
    COMMA_AS_THOUSANDS = "comma_as_thousands"
    AMBIGUOUS = "ambiguous"  # right only in an unlikely reading: write more brackets
    INTEGER_PARAMETER_ASSUMED = "integer_parameter_assumed"
    NOT_SOLVED = "not_solved"  # an equation where its solution was asked for
    DEGREES = "degrees"  # the same number with and without the degree sign
    LOG_WITHOUT_BASE = "log_without_base"
    LETTER_CASE = "letter_case"  # right but for a capital or small letter
