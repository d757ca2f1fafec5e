"""The list of problems, with every filter (row C1.1)."""

from typing import Annotated, Literal

from litestar import Controller, get
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import DataPage, page_reply
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problem_bodies import ProblemDto
from adapters.http.bank.requests import BankRequest
from adapters.http.replies import Reply
from adapters.principals import Role
from adapters.view_query import Condition, Eq, Text
from projections.problem_list import ListedProblem, problem_list

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Status = Literal["draft", "review", "published", "archived", "retired"]
_VersionStatus = Literal["draft", "review", "published", "retired"]
_Domain = Literal["lms", "competitions", "management", "storefront", "manual"]
_Visibility = Literal["private", "organization", "public"]
_Truth = Literal["true", "false"]
_Sort = Literal[
    "",
    "code",
    "-code",
    "subjectKey",
    "-subjectKey",
    "status",
    "-status",
    "defaultDifficulty",
    "-defaultDifficulty",
    "updatedAt",
    "-updatedAt",
]
_CURRENT = "of the last published version, or else of the last"


class ProblemsQuery(ListQuery, frozen=True, kw_only=True):
    """Which problems; all that is given must hold. Without `sort` the newest come first."""

    sort: _Sort = ""
    subject_key: _Word | None = None
    status: _Status | None = None
    version_status: (
        Annotated[_VersionStatus, Meta(description="One of its versions has this status")] | None
    ) = None
    taxonomy_node_id: _Word | None = None
    difficulty: Annotated[_Word, Meta(description="Its default difficulty")] | None = None
    has_solution: (
        Annotated[_Truth, Meta(description=f"Whether there is a whole solution {_CURRENT}")] | None
    ) = None
    has_checking_rule: (
        Annotated[_Truth, Meta(description=f"Whether there is a checking rule {_CURRENT}")] | None
    ) = None
    used_in: Annotated[_Domain, Meta(description="A usage by this domain is going on")] | None = (
        None
    )
    visibility: (
        Annotated[_Visibility, Meta(description=f"A word of the visibility {_CURRENT}")] | None
    ) = None
    q: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=200,
                description="Words or their beginnings: in the code, the source's id or the "
                f"statement {_CURRENT}",
            ),
        ]
        | None
    ) = None

    def conditions(self) -> list[Condition]:
        """What a problem must meet."""
        asked = {
            "subject": self.subject_key,
            "standing": self.status,
            "version_status": self.version_status,
            "taxonomy_node": self.taxonomy_node_id,
            "difficulty": self.difficulty,
            "has_solution": _truth(self.has_solution),
            "has_checking_rule": _truth(self.has_checking_rule),
            "used_in": self.used_in,
            "visibility": self.visibility,
        }
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        return where if self.q is None else [*where, Text("q", self.q)]


class ProblemListController(Controller):
    """Problems, to look for."""

    path = "/problems"
    tags = ("Problems",)

    @get(
        "/",
        operation_id="ListProblems",
        summary="List problems, the newest first",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(ProblemsQuery),
        responses=replies(
            DataPage[ProblemDto],
            *READ,
            description="Problems. `X-Markbook-Lag` says how many of the latest events are not in "
            "the list yet; without it, none is missing",
        ),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C1.1."""
        query, parts = request.query(ProblemsQuery), request.parts
        lag = await parts.followed.caught_up(problem_list)
        found = await parts.ledger.query(
            parts.views.page,
            problem_list,
            query.conditions(),
            query.order or ("-row",),
            query.page,
            query.per_page,
        )
        return page_reply([_dto(row) for _, row in found.rows], query, found.total, lag=lag)


def _truth(text: _Truth | None) -> int | None:
    return None if text is None else int(text == "true")


def _dto(row: ListedProblem) -> ProblemDto:
    return ProblemDto(
        id=row.problem_id,
        code=row.code,
        subject_key=row.subject_key,
        status=row.status,
        default_difficulty=row.default_difficulty,
        source_ref=row.source_ref,
    )
