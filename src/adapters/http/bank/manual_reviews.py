"""Reviews by people: the queue, and one with the answer and its rubric (rows C5.15, C5.16)."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.manual_review_bodies import (
    ManualReviewDto,
    ProposalDto,
    WholeReviewDto,
    listed_review,
    whole_review,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.replies import Reply
from adapters.principals import Role
from adapters.view_query import Condition, Eq, Prefix
from domain.answer_check import AnswerCheck, answer_check, judgement_of
from domain.answers.verdict import Verdict, feedback
from domain.documents import Document
from domain.manual_review import ManualReview, ReviewNotFound, ReviewStatus, manual_review
from domain.problem_attempt import problem_attempt
from projections.manual_reviews import ManualReviewRow, manual_reviews

NO_REVIEW = "MANUAL_REVIEW_NOT_FOUND: there is none"

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Status = Literal["open", "assigned", "checked", "returned", "cancelled"]


class ReviewsQuery(ListQuery, frozen=True, kw_only=True):
    """Which reviews; without `sort` those that wait longest come first."""

    sort: Literal["openedAt", "-openedAt"] = "openedAt"
    status: _Status | None = None
    assignee_id: _Word | None = None
    subject_key: _Word | None = None


async def read_review(
    request: BankRequest, review_id: str
) -> tuple[ManualReview, ManualReviewRow, int]:
    """A review, its row and its revision. Raises ReviewNotFound."""
    parts = request.parts
    review_id = known_id(review_id, ReviewNotFound)
    state, revision = await parts.ledger.read(manual_review, review_id)
    row = await parts.ledger.query(parts.views.get, manual_reviews, review_id)
    if state.status is ReviewStatus.ABSENT or row is None:
        raise ReviewNotFound("no such review")
    return state, row, revision


class ManualReviewsController(Controller):
    """Answers that wait for a person."""

    path = "/manual-reviews"
    tags = ("Manual reviews",)

    @get(
        "/",
        operation_id="ListManualReviews",
        summary="List reviews, the oldest first",
        opt={"access": one_of(Role.CHECKER)},
        operation_class=with_query(ReviewsQuery),
        responses=replies(DataPage[ManualReviewDto], *READ, description="Reviews"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C5.15."""
        query, parts = request.query(ReviewsQuery), request.parts
        asked = {
            "assignee_id": query.assignee_id,
            "subject_key": query.subject_key,
        }
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        order = query.order
        if query.status is not None:
            where.append(Prefix("queue", f"{query.status} "))
            order = tuple(name.replace("opened_at", "queue") for name in order)
        page = (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, manual_reviews, where, order, *page)
        return page_reply([listed_review(row) for _, row in found.rows], query, found.total)

    @get(
        "/{review_id:str}",
        operation_id="GetManualReview",
        summary="Read a review with the answer and the rubric",
        opt={"access": one_of(Role.CHECKER)},
        responses=replies(Data[WholeReviewDto], *READ, description="The review", s404=NO_REVIEW),
    )
    async def read(self, request: BankRequest, review_id: FromPath[str]) -> Reply:
        """Row C5.16."""
        state, row, revision = await read_review(request, review_id)
        ledger = request.parts.ledger
        check, _ = await ledger.read(answer_check, state.check_id)
        attempt, _ = await ledger.read(problem_attempt, state.attempt_id)
        told = whole_review(row, check, attempt.problem.answer, _proposal(check))
        return data_reply(told, revision=revision)


def _proposal(check: AnswerCheck) -> ProposalDto | None:
    """What a machine proposes, in the words it has for learners: they tell nothing of the key."""
    found = judgement_of(check.proposal)
    if found is None:
        return None
    sums = found.arithmetic
    return ProposalDto(
        is_correct=None if sums is None else found.verdict is Verdict.CORRECT,
        score=None if sums is None else sums.score,
        feedback=Document(msgspec.json.encode(feedback(found.trace))),
    )
