"""A trial judged without a worker: what is an expression stays `unknown`."""

from adapters.trials import Trial
from domain.answers.judging import judge
from domain.answers.verdict import Judgement


def judged(trial: Trial) -> Judgement:
    """The judgement of the pure engine alone."""
    return judge(
        trial.schema,
        trial.key,
        trial.rule,
        trial.answer,
        scoring=trial.scoring,
        hints=trial.hints,
    )
