"""Author's tests: the answers that are tried on a version before it is published."""

from adapters.checkers.on_demand import Checkers
from domain.answers.unfit import Unfit
from domain.kernel import Refused
from domain.problem_content import REFUSED, AuthorTest, trial_hash
from domain.problem_paper import Paper, paper
from domain.problem_version import AuthorTestRun, FailedTest, ProblemVersion


async def author_test_run(
    checkers: Checkers, version: ProblemVersion, *, notes: bool
) -> AuthorTestRun | None:
    """What comes of a version's tests, by its first rule; None if it has none. Raises TooBusy.

    `notes` are for those who may see the key, which they may tell.
    """
    content = version.content
    if not content.tests:
        return None
    try:
        judged_by = paper(content)
    except Refused as error:  # then all fail, unless the version itself says what is missing
        outcomes = [error.code] * len(content.tests)
    else:
        outcomes = [await _outcome(checkers, judged_by, test) for test in content.tests]
    failed = [
        FailedTest(at=at, expect=test.expect, given=given, note=test.note if notes else None)
        for at, (test, given) in enumerate(zip(content.tests, outcomes, strict=True))
        if given not in test.expect
    ]
    return AuthorTestRun(of=trial_hash(content), failed=tuple(failed))


async def _outcome(checkers: Checkers, judged_by: Paper, test: AuthorTest) -> str:
    try:
        judgement = await checkers.judge(judged_by, test.answer)
    except Unfit:
        return REFUSED
    return judgement.verdict
