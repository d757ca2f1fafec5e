"""Proof of an expression: a question in, a finding out; what is unproved stays unknown."""

from functools import lru_cache
from typing import NamedTuple

from adapters.checkers.proof_antiderivatives import same_antiderivative, single_value
from adapters.checkers.proof_changes import meaning_nodes, other_case
from adapters.checkers.proof_domains import Difference, domain_difference, is_open
from adapters.checkers.proof_exact import TooLarge, Undefined, folded
from adapters.checkers.proof_meanings import Compared, same_meaning
from adapters.checkers.proof_points import Draws
from adapters.checkers.proof_values import Comparer, Proof, Same
from domain.answers.expression import DomainPolicy, Finding, Mode, Note, Question
from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.commas import Commas
from domain.answers.expressions.meaning import Meaning, meaning
from domain.answers.expressions.printing import shown
from domain.answers.expressions.reading import Reading, read
from domain.answers.expressions.tree import VALUES
from domain.answers.schema import Syntax
from domain.answers.verdict import Reason, Verdict

AROUND = 20  # characters shown on either side of what cannot be read
COMMA_NOTES = {
    Commas.DECIMAL: Note.COMMA_AS_DECIMAL,
    Commas.SEPARATOR: Note.COMMA_AS_SEPARATOR,
    Commas.THOUSANDS: Note.COMMA_AS_THOUSANDS,
}


class Understood(NamedTuple):
    """A reading with its meaning."""

    reading: Reading
    meaning: Meaning


class Attempt(NamedTuple):
    """What comparing one reading of the key with one of the answer gave."""

    compared: Compared
    key: Understood
    answer: Understood


def find(question: Question) -> Finding:
    """What the answer is worth against the key."""
    latex = question.syntax == Syntax.LATEX
    try:
        answers = understood(question.given, latex=latex)
    except Unreadable as why:
        return _unreadable(question, why)
    try:
        keys = _understood_key(question.expected, latex=latex)
    except Unreadable as why:
        facts = {"key": question.expected, "keyUnreadable": why.message}
        return _finding(question, Verdict.UNKNOWN, Reason.UNDECIDED, answers[0], facts=facts)
    finite = [one for one in answers if _is_finite(one)]
    if not finite:
        return _finding(question, Verdict.INVALID_FORMAT, Reason.NOT_FINITE, answers[0])
    return _judged(question, keys, finite)


def understood(text: str, *, latex: bool) -> list[Understood]:
    """Every reading that makes sense, the likeliest first. Raises Unreadable."""
    found: list[Understood] = []
    failed: Unreadable | None = None
    for reading in read(text, latex=latex):
        try:
            found.append(Understood(reading, meaning(reading.node)))
        except Unreadable as why:
            failed = failed or why
    if not found:
        raise failed or Unreadable("this is no answer", 1)
    return found


@lru_cache(maxsize=256)
def _understood_key(text: str, *, latex: bool) -> list[Understood]:
    """A key is met again and again, an answer hardly ever."""
    return understood(text, latex=latex)


def _is_finite(one: Understood) -> bool:
    """Whether no division by zero stands in it. What is too large is left to the proof."""
    for node in meaning_nodes(one.meaning):
        if isinstance(node, VALUES):
            try:
                folded(node)
            except Undefined:
                return False
            except TooLarge:
                continue
    return True


def _judged(question: Question, keys: list[Understood], answers: list[Understood]) -> Finding:
    key = keys[0]
    seed = f"{question.expected}\0{question.given}\0{question.mode}".encode("utf-8", "replace")
    draws = Draws(seed)
    attempts: list[Attempt] = []
    for answer in answers:
        if answer.reading.certain:
            attempt = Attempt(_compared(question, key, answer, draws), key, answer)
            if attempt.compared.proof.same is Same.EQUAL:
                return _equal(question, attempt, draws)
            attempts.append(attempt)
    doubtful = [one for one in keys[1:] if not one.reading.certain]
    if not attempts or all(one.compared.proof.same is Same.DIFFERENT for one in attempts):
        for other_key, answer in (
            *((key, answer) for answer in answers if not answer.reading.certain),
            *((other, answer) for other in doubtful for answer in answers),
        ):
            compared = _compared(question, other_key, answer, draws)
            if compared.proof.same is not Same.DIFFERENT:
                compared.notes.append(Note.AMBIGUOUS)
                return _open(question, Attempt(compared, other_key, answer), attempts)
            attempts.append(Attempt(compared, other_key, answer))
    for attempt in attempts:
        if attempt.compared.proof.same is Same.UNDECIDED:
            return _open(question, attempt, attempts)
    other = other_case(key.meaning, answers[0].meaning)
    if other is not None:
        again = Understood(answers[0].reading, other)
        compared = _compared(question, key, again, draws)
        if compared.proof.same is Same.EQUAL:
            compared.proof = compared.proof._replace(same=Same.UNDECIDED)
            compared.notes.append(Note.LETTER_CASE)
            return _open(question, Attempt(compared, key, again), attempts)
    return _different(question, attempts[0])


def _compared(question: Question, key: Understood, answer: Understood, draws: Draws) -> Compared:
    comparer = Comparer(draws)
    way = same_antiderivative if question.mode == Mode.ANTIDERIVATIVE else same_meaning
    try:
        compared = way(key.meaning, answer.meaning, comparer)
    except (TooLarge, Undefined):
        return Compared(Proof(Same.UNDECIDED, "too_large"))
    if comparer.cleared:
        compared.domain = "the denominators"
    return compared


def _equal(question: Question, attempt: Attempt, draws: Draws) -> Finding:
    compared, key, answer = attempt
    notes = list(compared.notes)
    facts: dict[str, str] = {}
    ours, theirs = single_value(key.meaning), single_value(answer.meaning)
    apart = Difference(compared.domain) if compared.domain else None
    if ours is not None and theirs is not None:
        apart = domain_difference(ours, theirs, draws)
        if apart is None and question.domain == DomainPolicy.STRICT and is_open(ours, theirs):
            return _open(question, attempt, [attempt])
    if apart is not None:
        facts["domain"] = apart.witness
        notes.append(Note.DOMAIN_DIFFERS)
        strict = question.domain == DomainPolicy.STRICT
        if strict or apart.lost:
            known = strict and not compared.domain
            return _finding(
                question,
                Verdict.INCORRECT if known else Verdict.UNKNOWN,
                Reason.DOMAIN_DIFFERS,
                answer,
                attempt=attempt,
                facts=facts,
                notes=notes,
            )
    if answer.reading.commas is not None and answer.reading.commas in COMMA_NOTES:
        notes.append(COMMA_NOTES[answer.reading.commas])
    reason = Reason.UP_TO_CONSTANT if compared.up_to_constant else Reason.EQUAL
    return _finding(
        question, Verdict.CORRECT, reason, answer, attempt=attempt, facts=facts, notes=notes
    )


def _different(question: Question, attempt: Attempt) -> Finding:
    return _finding(
        question,
        Verdict.INCORRECT,
        Reason.DIFFERENT,
        attempt.answer,
        attempt=attempt,
        notes=attempt.compared.notes,
    )


def _open(question: Question, attempt: Attempt, attempts: list[Attempt]) -> Finding:
    answer = attempts[0].answer if attempts else attempt.answer
    return _finding(
        question,
        Verdict.UNKNOWN,
        Reason.UNDECIDED,
        answer,
        attempt=attempt,
        notes=attempt.compared.notes,
    )


def _finding(
    question: Question,
    verdict: Verdict,
    reason: Reason,
    answer: Understood,
    *,
    attempt: Attempt | None = None,
    facts: dict[str, str] | None = None,
    notes: list[str] | None = None,
) -> Finding:
    proof = attempt.compared.proof if attempt is not None else None
    told = dict(facts or {})
    if attempt is not None and proof is not None:
        told["keyReadAs"] = shown(attempt.key.reading.node)
        if proof.witness:
            told["witness"] = proof.witness
        if attempt.answer.reading.doubts:
            told["reading"] = ", ".join(sorted(attempt.answer.reading.doubts))
    return Finding(
        path=question.path,
        verdict=verdict,
        reason=reason,
        read_as=shown(answer.reading.node),
        method=proof.method if proof is not None else None,
        precision=proof.precision if proof is not None else None,
        facts=told,
        notes=tuple(dict.fromkeys(str(note) for note in notes or [])),
    )


def _unreadable(question: Question, why: Unreadable) -> Finding:
    """`read_as` shows the learner's own text around the place, with a mark before it."""
    at = max(why.position - 1, 0)
    start = max(at - AROUND, 0)
    before, after = question.given[start:at], question.given[at : at + AROUND]
    head, tail = "…" if start else "", "…" if at + AROUND < len(question.given) else ""
    marked = f"{head}{before}▸{after}{tail}"
    return Finding(
        path=question.path,
        verdict=Verdict.INVALID_FORMAT,
        reason=Reason(why.reason),
        read_as=marked.encode("utf-8", "replace").decode(),
        facts={"position": str(why.position), "message": why.message},
    )
