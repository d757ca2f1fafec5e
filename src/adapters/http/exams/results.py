"""Results: a learner's own once staff release them, all of an exam's for staff at any time."""

from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from adapters.exam_results import ExamResults, Scored
from adapters.http.exams.attempt_access import visible_attempt
from adapters.http.exams.bundles import shows_answers
from adapters.http.exams.documentation import ONCE, READ, STAFF_READ, STAFF_WRITE, replies
from adapters.http.once import once
from adapters.http.parts import Parts
from adapters.http.replies import Attachment, Reply, decimals_reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.ledger import Step
from domain.attempt import AttemptNotFinished, Phase
from domain.exam import Exam, ExamNotFound, ReleaseResults, exam, released_results
from domain.exam_document import is_exam_id
from domain.exam_scores import QuestionScore, keys
from domain.instants import Instant
from domain.time_limit import EndedBy

_EXAM: Final = "EXAM_NOT_FOUND: there is no such exam"
_PER_PAGE: Final = 50


class Released(msgspec.Struct, frozen=True, rename="camel"):
    """Learners may see their results."""

    exam_id: str
    released: bool


class QuestionResult(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What one question earned of `maxScore`; without `score` nobody has marked it yet.

    `verdict` is `correct`, `partial`, `incorrect`, `unanswered` or `not_marked`. `answer` is the
    key, for learners only where the exam shows answers after it is finished.
    """

    question_id: str
    type: str
    verdict: str
    score: Decimal | None = None
    max_score: Decimal | None = None
    answer: Any = UNSET


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """What an attempt earned: `score` of `markedMaxScore`, which is marked so far.

    `maxScore` is that of the whole exam; `notMarked` counts the questions that wait for a person.
    `endedBy` is `learner` or `deadline`.
    """

    attempt_id: str
    user_id: str
    exam_id: str
    submitted_at: Instant
    ended_by: EndedBy
    score: Decimal
    marked_max_score: Decimal
    max_score: Decimal
    not_marked: int
    questions: list[QuestionResult]
    exam_version: str | UnsetType = UNSET


class ResultsPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of an exam's results, by learner."""

    items: list[Result]
    page: int
    per_page: int
    total: int
    released: bool


class ResultsController(Controller):
    """What finished attempts earned; choice and true/false questions are scored from the log."""

    tags = ("Results",)

    @get(
        "/attempts/{attempt_id:str}/result",
        operation_id="GetResult",
        summary="Read the result of an attempt",
        responses=replies(
            Result,
            *READ,
            description="What the attempt earned, question by question",
            s404="ATTEMPT_NOT_FOUND: there is none, or it is another learner's",
            s409="ATTEMPT_NOT_FINISHED: it still runs, or is void. RESULTS_NOT_RELEASED: staff "
            "have not released the results of this exam",
        ),
    )
    async def result(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """The owner's after the release, staff's at any time."""
        parts, staff = request.parts, request.caller.staff
        state, version = await visible_attempt(parts, request.caller, attempt_id)
        state, _ = await parts.deadlines.settled(state, version)
        if state.phase is not Phase.FINISHED:
            raise AttemptNotFinished("the attempt is not finished", attemptId=attempt_id)
        taken, _ = await parts.ledger.read(exam, state.subject.id)
        if not staff:
            released_results(taken)
        scored = await _results(parts).scored(state)
        return decimals_reply(_result(scored, shows_key=staff or await _shows_key(parts, scored)))

    @post(
        "/admin/exams/{exam_id:str}/release-results",
        operation_id="ReleaseResults",
        summary="Let learners see their results",
        opt={"access": Access.STAFF},
        status_code=200,
        responses=replies(
            Released, *STAFF_WRITE, *ONCE, description="They may see them from now on", s404=_EXAM
        ),
    )
    async def release(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """Release the results of an exam; a repeated release changes nothing."""
        stream = exam.stream(_exam_id(exam_id))
        return await once(
            request,
            [Step(stream, ReleaseResults())],
            lambda outcome: json_reply(Released(exam_id, outcome.states[stream].released)),
        )

    @get(
        "/admin/exams/{exam_id:str}/results",
        operation_id="ListResults",
        summary="Read the results of an exam",
        opt={"access": Access.STAFF},
        responses=replies(
            ResultsPage,
            400,
            *STAFF_READ,
            description="Finished attempts that are not void, by learner",
            s404=_EXAM,
        ),
    )
    async def table(
        self,
        request: StrictRequest,
        exam_id: FromPath[str],
        page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, QueryParameter(name="perPage", ge=1, le=200)] = _PER_PAGE,
    ) -> Reply:
        """A page of the staff table."""
        taken = await _known(request.parts, exam_id)
        scored, total = await _results(request.parts).page(exam_id, page, per_page)
        items = [_result(one, shows_key=False) for one in scored]
        return decimals_reply(ResultsPage(items, page, per_page, total, taken.released))

    @get(
        "/admin/exams/{exam_id:str}/results.csv",
        operation_id="ExportResults",
        summary="Read the results of an exam as CSV",
        opt={"access": Access.STAFF},
        responses=replies(None, *STAFF_READ, description="The table", s404=_EXAM)
        | {
            200: ResponseSpec(
                str,
                media_type="text/csv",
                description="A line an attempt",
                generate_examples=False,
            )
        },
    )
    async def export(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """The staff table for a spreadsheet; no cell of it is a formula."""
        await _known(request.parts, exam_id)
        content = await _results(request.parts).table(exam_id)
        return Attachment(content, b"text/csv; charset=utf-8", f"{exam_id}-results.csv")


def _results(parts: Parts) -> ExamResults:
    return ExamResults(parts.ledger, parts.views, parts.exams)


def _exam_id(text: str) -> str:
    if not is_exam_id(text):
        raise ExamNotFound("no such exam")
    return text


async def _known(parts: Parts, exam_id: str) -> Exam:
    state, version = await parts.ledger.read(exam, _exam_id(exam_id))
    if not version:
        raise ExamNotFound("no such exam")
    return state


async def _shows_key(parts: Parts, scored: Scored) -> bool:
    subject = scored.state.subject
    document = await parts.exams.document(subject.id, subject.content_hash)
    return shows_answers(parts.settings, document)


def _result(scored: Scored, *, shows_key: bool) -> Result:
    state, score = scored.state, scored.score
    shown = dict(keys(scored.questions)) if shows_key else {}
    return Result(
        attempt_id=state.attempt_id,
        user_id=state.learner.id,
        exam_id=state.subject.id,
        exam_version=UNSET if state.subject.version is None else state.subject.version,
        submitted_at=state.submitted_at or "",
        ended_by=state.ended_by,
        score=score.score,
        marked_max_score=score.marked_max_score,
        max_score=score.max_score,
        not_marked=score.not_marked,
        questions=[_question(one, shown) for one in score.questions],
    )


def _question(one: QuestionScore, shown: dict[str, Any]) -> QuestionResult:
    return QuestionResult(
        question_id=one.question_id,
        type=one.type,
        verdict=one.verdict,
        score=one.score,
        max_score=one.max_score,
        answer=shown.get(one.question_id, UNSET),
    )
