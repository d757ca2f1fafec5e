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


def project(view: ExamEntry | None, fact: Fact) -> ExamEntry | None:
    """The row after one more event of its exam."""
    match fact.event, view:
        case ExamImported() as imported, _:
            return _entry(imported, published=False)
        case ExamFileChanged() as changed, ExamEntry():
            return _entry(changed, published=view.published)
        case ExamFileMissing(problem=problem), ExamEntry():
            return msgspec.structs.replace(view, present=False, problem=problem)
        case ExamPublished(), ExamEntry():
            return msgspec.structs.replace(view, published=True)
        case ExamUnpublished(), ExamEntry():
            return msgspec.structs.replace(view, published=False)
        case _:
            return view


def _entry(event: ExamImported | ExamFileChanged, *, published: bool) -> ExamEntry:
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
    )


exams = Projection(
    name="exams",
    version=1,
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
