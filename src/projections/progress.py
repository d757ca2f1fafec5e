"""Progress of one user over all exams: a query over the rows of `exam_attempts` (row A6, E-34)."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.instants import Instant
from domain.kernel import Value
from projections.exam_attempts import ExamAttempt

_VOID = "void"


class ExamProgress(Value, frozen=True, kw_only=True):
    """How far a user is with one exam: their latest attempt at it that is not void.

    `percent` is `answered / total` from 0 to 100 with two decimals, half up; 0 of 0 is 0 (E-22).
    """

    exam_id: str
    attempt_id: str
    status: str
    answered: int
    total: int
    percent: float
    started_at: Instant
    updated_at: Instant
    submitted_at: Instant | None = None
    output_path: str | None = None


class Progress(Value, frozen=True, kw_only=True):
    """The progress snapshot: the answer of A6 and, byte for byte, `progress/{userId}.json`.

    `updated_at` is the latest change of any attempt shown, and absent before the first one.
    Lists are in the order of exam ids. An exam is in `active` while an attempt is in progress and
    in `finished` once one is finished, so in both during a retake (decision 15).
    """

    user_id: str
    updated_at: Instant | None = None
    active: list[str]
    finished: list[str]
    exams: list[ExamProgress]


class ExamSets(NamedTuple):
    """The exams a user is taking and has finished, each in order and once (E-33)."""

    active: tuple[str, ...]
    finished: tuple[str, ...]


def progress_body(user_id: str, rows: Iterable[ExamAttempt]) -> Progress:
    """The progress of a user from all their rows, in any order."""
    latest: dict[str, ExamAttempt] = {}
    shown = [row for row in rows if row.status != _VOID]
    for row in shown:
        known = latest.get(row.exam_id)
        if known is None or _age(known) < _age(row):
            latest[row.exam_id] = row
    sets = exam_sets(shown)
    return Progress(
        user_id=user_id,
        updated_at=max((row.updated_at for row in shown), default=None),
        active=list(sets.active),
        finished=list(sets.finished),
        exams=[_progress(latest[exam_id]) for exam_id in sorted(latest)],
    )


def exam_sets(rows: Iterable[ExamAttempt]) -> ExamSets:
    """The manifest's view of a user's rows; void ones count for nothing."""
    active: set[str] = set()
    finished: set[str] = set()
    for row in rows:
        if row.status == "in_progress":
            active.add(row.exam_id)
        elif row.status == "finished":
            finished.add(row.exam_id)
    return ExamSets(tuple(sorted(active)), tuple(sorted(finished)))


def _age(row: ExamAttempt) -> tuple[Instant, str]:
    return row.updated_at, row.attempt_id


def _progress(row: ExamAttempt) -> ExamProgress:
    return ExamProgress(
        exam_id=row.exam_id,
        attempt_id=row.attempt_id,
        status=row.status,
        answered=row.answered,
        total=row.total,
        percent=_percent(row.answered, row.total),
        started_at=row.started_at,
        updated_at=row.updated_at,
        submitted_at=row.submitted_at,
        output_path=row.output_path,
    )


def _percent(answered: int, total: int) -> float:
    if not total:
        return 0.0
    hundredths = (20_000 * answered + total) // (2 * total)
    return hundredths / 100
