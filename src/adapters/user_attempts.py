"""All exam attempts of one user, as every part that shows progress reads them."""

from adapters.view_query import Eq
from adapters.views import Views
from projections.exam_attempts import ExamAttempt, exam_attempts

_PAGE = 1000


def attempts_of(views: Views, user_id: str) -> list[ExamAttempt]:
    """The rows of a user's exam attempts, in the order of their ids. Blocks; see `Ledger.query`."""
    rows: list[ExamAttempt] = []
    after: str | None = None
    while True:
        page = views.find(exam_attempts, [Eq("user_id", user_id)], after=after, limit=_PAGE)
        # The index holds only the beginning of very long ids.
        rows += [row for _, row in page.rows if row.user_id == user_id]
        after = page.next
        if after is None:
            return rows
