"""Exams: the list a learner chooses from, and one exam to take (rows A1, A2)."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from adapters.http.exams.documentation import READ, replies
from adapters.http.parts import Parts
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.settings import ExamDelivery
from adapters.user_attempts import attempts_of
from adapters.view_query import Eq
from domain.exam import ExamNotFound, open_exam
from projections.exam_attempts import ExamAttempt
from projections.exams import ExamEntry, exams

_PAGE = 500


class ListedExam(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """An open exam and how far the caller is with it: `available`, `in_progress`, `finished`."""

    exam_id: str
    subject: str
    title: str
    difficulty: str
    duration_minutes: int
    question_count: int
    version: str | None = None
    status: str
    active_attempt_id: str | None = None


class ExamsController(Controller):
    """The exams that are open."""

    path = "/exams"
    tags = ("Exams",)

    @get(
        "/",
        operation_id="ListExams",
        summary="List the open exams",
        responses=replies(list[ListedExam], *READ, description="The open exams, by title"),
    )
    async def every(self, request: StrictRequest) -> Reply:
        """Row A1."""
        listed = await request.parts.ledger.query(_listed, request.parts, request.caller.user_id)
        return json_reply(listed)

    @get(
        "/{exam_id:str}",
        operation_id="GetExam",
        summary="Read an exam",
        responses=replies(
            dict[str, Any],
            *READ,
            description="The exam's JSON; what carries answers is withheld from learners",
            s404="EXAM_NOT_FOUND: there is no such exam",
            s423="EXAM_NOT_PUBLISHED: the exam is not open",
        ),
    )
    async def one(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """Row A2."""
        parts = request.parts
        exam = await parts.exams.exam(exam_id)
        if not exam.present:
            raise ExamNotFound("no such exam")
        if request.caller.staff:
            return Reply(exam.document)
        open_exam(exam)
        if parts.settings.exam_delivery is ExamDelivery.VERBATIM:
            return Reply(exam.document)
        return Reply(await parts.exams.for_learners(exam))


def _listed(parts: Parts, user_id: str) -> Sequence[ListedExam]:
    attempts: dict[str, list[ExamAttempt]] = {}
    for one in attempts_of(parts.views, user_id):
        attempts.setdefault(one.exam_id, []).append(one)
    return [_entry(exam, attempts.get(exam.exam_id, ())) for exam in _open_exams(parts)]


def _open_exams(parts: Parts) -> Iterable[ExamEntry]:
    cursor = None
    while True:
        found = parts.views.find(
            exams, (Eq("published", 1), Eq("present", 1)), ("title",), cursor, _PAGE
        )
        for _, exam in found.rows:
            yield exam
        cursor = found.next
        if cursor is None:
            return


def _entry(exam: ExamEntry, attempts: Iterable[ExamAttempt]) -> ListedExam:
    active = [one for one in attempts if one.status == "in_progress"]
    latest = max(active, key=lambda one: (one.updated_at, one.attempt_id), default=None)
    finished = any(one.status == "finished" for one in attempts)
    return ListedExam(
        exam_id=exam.exam_id,
        subject=exam.subject,
        title=exam.title,
        difficulty=exam.difficulty,
        duration_minutes=exam.duration_minutes,
        question_count=exam.question_count,
        version=exam.version,
        status="in_progress" if latest else "finished" if finished else "available",
        active_attempt_id=latest.attempt_id if latest else None,
    )
