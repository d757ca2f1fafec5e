"""A followed view for tests: who started attempts at each exam, over all attempts' streams."""

import msgspec

from domain.attempt import AttemptStarted
from domain.kernel import Value
from projections.kernel import Fact, Index, IndexKind, Projection

POISON, REMOVER = "poison", "remover"


class ExamStarts(Value, frozen=True, kw_only=True):
    """How often an exam was started, and by whom."""

    exam_id: str
    starts: int
    learners: tuple[str, ...]
    last_at: str


def project(view: ExamStarts | None, fact: Fact) -> ExamStarts | None:
    """One start more; the learner REMOVER removes the row, POISON cannot be folded."""
    match fact.event:
        case AttemptStarted(learner=learner, subject=subject, started_at=at):
            if learner.id == POISON:
                raise ValueError("an attempt of nobody")
            if learner.id == REMOVER:
                return None
            if view is None:
                return ExamStarts(exam_id=subject.id, starts=1, learners=(learner.id,), last_at=at)
            return msgspec.structs.replace(
                view,
                starts=view.starts + 1,
                learners=tuple(sorted({*view.learners, learner.id})),
                last_at=at,
            )
        case _:
            return view


def _key(fact: Fact) -> str | None:
    return fact.event.subject.id if isinstance(fact.event, AttemptStarted) else None


exam_starts = Projection(
    name="exam_starts",
    version=1,
    view=ExamStarts,
    reads={"attempt.started": AttemptStarted},
    project=project,
    indexes={
        "exam_id": Index(IndexKind.TEXT, lambda view: view.exam_id),
        "starts": Index(IndexKind.INTEGER, lambda view: view.starts),
        "learners": Index(IndexKind.MANY, lambda view: view.learners),
        "words": Index(IndexKind.WORDS, lambda view: " ".join(view.learners)),
    },
    inline=False,
    key=_key,
)
