"""A slice of the fuzz run: 2,000 texts without an exception. All 200,000: tests/faults."""

import time

from adapters.checkers.proof import find
from domain.answers.expression import Question
from domain.answers.schema import Syntax
from domain.answers.verdict import Verdict
from tests.adapters.expression_texts import texts


def test_no_text_makes_the_proof_fail_or_hang():
    seen: set[Verdict] = set()
    for syntax, key, answer in texts(seed=20, count=2000):
        started = time.process_time()
        finding = find(Question(path="$", expected=key, given=answer, syntax=Syntax(syntax)))
        assert time.process_time() - started < 2, (syntax, key, answer)
        seen.add(finding.verdict)
    assert seen == {Verdict.CORRECT, Verdict.INCORRECT, Verdict.INVALID_FORMAT, Verdict.UNKNOWN}
