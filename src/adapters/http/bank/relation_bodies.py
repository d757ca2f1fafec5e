"""Bodies of the relation rows: what is sent, within bounds, and what is told of a relation."""

from collections.abc import Sequence
from typing import Final

from litestar.openapi.spec import Example
from msgspec import UNSET, UnsetType

from adapters.http.bank.problem_bodies import Id, Strict
from adapters.http.bank.taxonomy_bodies import Weight
from domain.documents import NOTHING, Document, absent
from domain.kernel import Value
from domain.problem_relation import (
    EditRelation,
    ProblemRelation,
    RelationStatus,
    RelationType,
    SuggestRelation,
)
from projections.problem_relations import RelationEntry


class CreateRelationOfProblemRequest(Strict, frozen=True, kw_only=True):
    """What the problem in the address is to another."""

    to_problem_id: Id
    relation_type: RelationType
    weight: Weight | None = None
    metadata: Document | UnsetType = UNSET

    def suggested(self, relation_id: str, from_problem_id: str) -> SuggestRelation:
        """The command that begins the relation."""
        return SuggestRelation(
            relation_id=relation_id,
            from_problem_id=from_problem_id,
            to_problem_id=self.to_problem_id,
            relation_type=self.relation_type,
            weight=self.weight,
            metadata=NOTHING if self.metadata is UNSET else self.metadata,
        )


class CreateRelationRequest(CreateRelationOfProblemRequest, frozen=True, kw_only=True):
    """What one problem is to another."""

    from_problem_id: Id


class EditRelationRequest(Strict, frozen=True):
    """What changes; null takes it away. Ends and type never change."""

    weight: Weight | UnsetType | None = UNSET
    metadata: Document | UnsetType = UNSET

    def command(self) -> EditRelation:
        """The same in the domain's words."""
        return EditRelation(weight=self.weight, metadata=self.metadata)


class ProblemRelationDto(Value, frozen=True, kw_only=True):
    """What one problem is to another, and whether a moderator says so too."""

    id: str
    from_problem_id: str
    to_problem_id: str
    relation_type: RelationType
    status: RelationStatus
    weight: int | float | None = None
    metadata: Document | UnsetType = UNSET


def relation_dto(relation: ProblemRelation | RelationEntry) -> ProblemRelationDto:
    """What is told of a relation."""
    return ProblemRelationDto(
        id=relation.relation_id,
        from_problem_id=relation.from_problem_id,
        to_problem_id=relation.to_problem_id,
        relation_type=relation.relation_type,
        status=relation.status,
        weight=relation.weight,
        metadata=UNSET if absent(relation.metadata) else relation.metadata,
    )


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_FROM: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a11"
_TO: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a12"
OF_PROBLEM: Final = _examples(
    {"toProblemId": _TO, "relationType": "prerequisite"},
    {
        "toProblemId": _TO,
        "relationType": "similar",
        "weight": 0.8,
        "metadata": {"found": "same numbers"},
    },
)
CREATE: Final = _examples(
    {"fromProblemId": _FROM, "toProblemId": _TO, "relationType": "prerequisite"}
)
EDIT: Final = _examples({"weight": 0.5}, {"weight": None, "metadata": {"method": "induction"}})
