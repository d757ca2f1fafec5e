"""Results of exams, worked out from the log: one attempt's, or a table of all of an exam's."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.attempt_log import handed_in
from adapters.exam_shelf import ExamShelf
from adapters.ledger import Ledger
from adapters.view_query import Eq
from adapters.views import Views
from domain.attempt import Attempt
from domain.exam_attempt import attempt
from domain.exam_scores import ExamScore, Marking, exam_score, markings
from projections.exam_attempts import ExamAttempt, exam_attempts

_PAGE: Final = 500
_REMEMBER: Final = 64
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COLUMNS: Final = (
    "attemptId",
    "userId",
    "examVersion",
    "startedAt",
    "submittedAt",
    "endedBy",
    "score",
    "markedMaxScore",
    "maxScore",
    "notMarked",
)


class Scored(NamedTuple):
    """A finished attempt as it was handed in, the questions it was asked, and what it earned."""

    state: Attempt
    questions: list[Marking]
    score: ExamScore


class ExamResults:
    """Scores of finished attempts; they are worked out anew each time, never stored."""

    def __init__(self, ledger: Ledger, views: Views, exams: ExamShelf) -> None:
        """`exams` has every version that an attempt is pinned to."""
        self._ledger = ledger
        self._views = views
        self._exams = exams
        self._markings: dict[str, list[Marking]] = {}

    async def scored(self, state: Attempt) -> Scored:
        """What a finished attempt earned."""
        questions = await self._questions(state)
        return Scored(state, questions, exam_score(questions, state.answers))

    async def page(self, exam_id: str, page: int, per_page: int) -> tuple[list[Scored], int]:
        """A numbered page of an exam's finished attempts by learner, and how many there are."""
        where = [Eq("exam_id", exam_id), Eq("status", "finished")]
        total = await self._ledger.query(self._views.count, exam_attempts, where)
        rows = await self._ledger.query(self._rows, exam_id, (page - 1) * per_page, per_page)
        return [one async for one in self._each(rows)], total

    async def table(self, exam_id: str) -> bytes:
        """All of an exam's finished attempts as CSV, a column for each question of any version."""
        scored: list[Scored] = []
        while True:
            rows = await self._ledger.query(self._rows, exam_id, len(scored), _PAGE)
            scored += [one async for one in self._each(rows)]
            if len(rows) < _PAGE:
                return await self._ledger.query(csv_table, scored)

    def _rows(self, exam_id: str, skip: int, limit: int) -> Sequence[ExamAttempt]:
        where = [Eq("exam_id", exam_id), Eq("status", "finished")]
        found = self._views.find(exam_attempts, where, ["user_id"], limit=limit, skip=skip)
        return [row for _, row in found.rows]

    async def _each(self, rows: Iterable[ExamAttempt]) -> AsyncIterator[Scored]:
        for row in rows:
            # Not through the ledger's memory, which is for attempts that are being taken.
            recorded = await self._ledger.recorded(attempt.stream(row.attempt_id))
            state = await self._ledger.query(handed_in, recorded)
            if state is not None:
                yield await self.scored(state)

    async def _questions(self, state: Attempt) -> list[Marking]:
        known = self._markings.get(state.subject.content_hash)
        if known is None:
            document = await self._exams.document(state.subject.id, state.subject.content_hash)
            known = await self._ledger.query(markings, document)
            if len(self._markings) >= _REMEMBER:
                self._markings.clear()
            self._markings[state.subject.content_hash] = known
        return known


def csv_table(scored: Sequence[Scored]) -> bytes:
    """The table as UTF-8 with a header line; no cell of it is a formula to a spreadsheet."""
    asked = dict.fromkeys(question.id for one in scored for question in one.questions)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_cell(name) for name in (*_COLUMNS, *asked)])
    for one in scored:
        writer.writerow([_cell(value) for value in _row(one, list(asked))])
    return text.getvalue().encode()


def _row(one: Scored, asked: Sequence[str]) -> Iterator[str]:
    state, score = one.state, one.score
    earned = {question.question_id: question.score for question in score.questions}
    yield from (
        state.attempt_id,
        state.learner.id,
        state.subject.version or "",
        state.started_at,
        state.submitted_at or "",
        state.ended_by,
        str(score.score),
        str(score.marked_max_score),
        str(score.max_score),
        str(score.not_marked),
    )
    for question_id in asked:
        points: Decimal | None = earned.get(question_id)
        yield "" if points is None else str(points)


def _cell(text: str) -> str:
    """A text that a spreadsheet takes as text: what would begin a formula gets a quote mark."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
