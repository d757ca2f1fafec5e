"""Exams as staff see them: those the log knows, and files it could not take, with their problems.

Belongs to reader threads: every method blocks.
"""

from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from adapters.exam_files import INPUT, SUFFIX, exam_content, is_settled
from adapters.file_writing import Folder, Signature
from adapters.settings import FileViews
from adapters.views import Views
from domain.exam import ExamNotFound, ExamUnfit
from domain.exam_document import InvalidExam, parse_exam
from domain.instants import Instant, instant
from domain.kernel import Value
from projections.exams import ExamEntry, exams

_PAGE = 500
_GONE = "the file is missing"


class StaffExam(Value, frozen=True, kw_only=True):
    """An exam or an exam file (row A15); `valid` says that learners could take it."""

    exam_id: str
    title: str | None = None
    published: bool
    valid: bool
    problems: list[str]
    input_path: str
    updated_at: Instant


class _Look(NamedTuple):
    """What one look at a file found."""

    signature: Signature
    title: str | None
    problems: list[str]


class ExamListing:
    """The exams of one process's data folder; files that have not changed are not read again."""

    def __init__(self, folder: Folder, mode: FileViews, views: Views) -> None:
        """With `mode` off the folder is not the log's: only what the log says counts."""
        self._folder = folder if mode is not FileViews.OFF else None
        self._views = views
        self._lock = Lock()
        self._looks: dict[str, _Look] = {}

    def every(self) -> list[StaffExam]:
        """All exams and exam files, by their ids. Raises ViewMissing."""
        known = {entry.exam_id: entry for entry in self._entries()}
        files = {name.removesuffix(SUFFIX): name for name in self._names()}
        return [
            self._listed(exam_id, known.get(exam_id), files.get(exam_id))
            for exam_id in sorted(known.keys() | files.keys())
        ]

    def require(self, exam_id: str) -> None:
        """Raise ExamNotFound or ExamUnfit if the exam's file is gone or broken at this moment."""
        if self._folder is None:
            return
        name = f"{exam_id}{SUFFIX}"
        look = self._look(name) if name in self._names() else None
        if look is None:
            raise ExamNotFound("no such exam")
        if look.problems:
            raise ExamUnfit(f"exam {exam_id!r}: {look.problems[0]}", problems=look.problems)

    def _entries(self) -> list[ExamEntry]:
        found: list[ExamEntry] = []
        after: str | None = None
        while True:
            page = self._views.find(exams, after=after, limit=_PAGE)
            found += [entry for _, entry in page.rows]
            after = page.next
            if after is None:
                return found

    def _names(self) -> list[str]:
        if self._folder is None:
            return []
        try:
            return [name for name in self._folder.names(INPUT) if name.endswith(SUFFIX)]
        except OSError:
            return []

    def _listed(self, exam_id: str, entry: ExamEntry | None, name: str | None) -> StaffExam:
        look = self._look(name) if name is not None else None
        if look is not None:
            title, problems = look.title, look.problems
        else:
            title = None
            missing = self._folder is not None or entry is None or not entry.present
            problems = [(entry.problem if entry else None) or _GONE] if missing else []
        return StaffExam(
            exam_id=exam_id,
            title=title or (entry.title if entry is not None else None),
            published=entry is not None and entry.published,
            valid=not problems,
            problems=problems,
            input_path=f"{INPUT}/{exam_id}{SUFFIX}",
            updated_at=_updated_at(entry, look),
        )

    def _look(self, name: str) -> _Look | None:
        folder = self._folder
        signature = folder.signature(f"{INPUT}/{name}") if folder is not None else None
        if folder is None or signature is None:
            return None
        with self._lock:
            seen = self._looks.get(name)
        if seen is not None and seen.signature == signature:
            return seen
        title, problems = None, []
        try:
            content = exam_content(folder, name, signature)
            title = parse_exam(content).title if content is not None else None
        except InvalidExam as error:
            problems = [str(flaw) for flaw in error.flaws]
        look = _Look(signature, title, problems)
        if is_settled(signature):
            with self._lock:
                self._looks[name] = look
        return look


def _updated_at(entry: ExamEntry | None, look: _Look | None) -> Instant:
    """When the log learned of the exam's present state; of a file it does not know, its time."""
    if entry is not None:
        return entry.updated_at
    seconds = look.signature.mtime_ns / 1_000_000_000 if look is not None else 0
    return instant(datetime.fromtimestamp(seconds, UTC))
