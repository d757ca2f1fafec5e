"""One row an exam: what the list shows, and whether it is there and open (rows A1, A2)."""

import msgspec

from domain.exam import (
    ExamFileChanged,
    ExamFileMissing,
    ExamImported,
    ExamPublished,
    ExamUnpublished,
)
from domain.exam_document import parse_exam
from domain.instants import Instant
from domain.kernel import Value
from projections.kernel import Fact, Index, IndexKind, Projection


class ExamEntry(Value, frozen=True, kw_only=True):
    """An exam without its questions; `present` says that its file is there and valid."""

    exam_id: str
    subject: str
    title: str
    difficulty: str
    duration_minutes: int
    question_count: int
    version: str | None = None
    content_hash: str
    present: bool = True
    published: bool = False
    problem: str | None = None
    updated_at: Instant = ""


def project(view: ExamEntry | None, fact: Fact) -> ExamEntry | None:
    """The row after one more event of its exam."""
    at = fact.at
    match fact.event, view:
        case ExamImported() as imported, _:
            return _entry(imported, at, published=False)
        case ExamFileChanged() as changed, ExamEntry():
            return _entry(changed, at, published=view.published)
        case ExamFileMissing(problem=problem), ExamEntry():
            return msgspec.structs.replace(view, present=False, problem=problem, updated_at=at)
        case ExamPublished(), ExamEntry():
            return msgspec.structs.replace(view, published=True, updated_at=at)
        case ExamUnpublished(), ExamEntry():
            return msgspec.structs.replace(view, published=False, updated_at=at)
        case _:
            return view


def _entry(event: ExamImported | ExamFileChanged, at: Instant, *, published: bool) -> ExamEntry:
    exam = parse_exam(bytes(event.document))
    return ExamEntry(
        exam_id=exam.exam_id,
        subject=exam.subject,
        title=exam.title,
        difficulty=exam.difficulty,
        duration_minutes=exam.duration_minutes,
        question_count=len(exam.question_ids),
        version=exam.metadata.version,
        content_hash=event.content_hash,
        published=published,
        updated_at=at,
    )


exams = Projection(
    name="exams",
    version=2,
    view=ExamEntry,
    reads={
        "exam.imported": ExamImported,
        "exam.file_changed": ExamFileChanged,
        "exam.file_missing": ExamFileMissing,
        "exam.published": ExamPublished,
        "exam.unpublished": ExamUnpublished,
    },
    project=project,
    indexes={
        "published": Index(IndexKind.INTEGER, lambda view: int(view.published)),
        "present": Index(IndexKind.INTEGER, lambda view: int(view.present)),
        "title": Index(IndexKind.TEXT, lambda view: view.title),
    },
)
