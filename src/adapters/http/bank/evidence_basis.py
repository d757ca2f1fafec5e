"""Evidence basis: where a problem lies in the taxonomy now, to be kept with evidence (B-98)."""

from collections.abc import Sequence

import msgspec

from adapters.http.bank.requests import BankRequest
from adapters.http.bank.taxonomy_paths import paths
from adapters.views import Views
from domain.documents import EMPTY, Document
from domain.evidence import PLAIN, Basis
from domain.installation_settings import INSTALLATION, installation_settings
from domain.kernel import Value
from domain.problem import problem
from domain.taxonomy_link import LinkRole, TaxonomyLink
from projections.taxonomy_nodes import taxonomy_nodes


class _Place(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A node that the problem is about, as it stands."""

    node_id: str
    role: LinkRole
    title: str
    path: str


class _Snapshot(Value, frozen=True):
    nodes: Sequence[_Place]


async def basis_of(request: BankRequest, problem_id: str) -> Basis:
    """What evidence about the problem is read against at this moment."""
    ledger = request.parts.ledger
    state, _ = await ledger.read(problem, problem_id)
    if not state.links:
        return PLAIN
    settings, _ = await ledger.read(installation_settings, INSTALLATION)
    primary = (link.node_id for link in state.links if link.role is LinkRole.PRIMARY)
    return Basis(
        taxonomy=await ledger.query(_snapshot, request.parts.views, state.links),
        topic=next(primary, None),
        threshold=settings.repeated_difficulty_threshold,
    )


def _snapshot(views: Views, links: Sequence[TaxonomyLink]) -> Document:
    nodes = views.get_many(taxonomy_nodes, [link.node_id for link in links])
    known = paths(views, nodes.values())
    places = [
        _Place(node_id=node.node_id, role=link.role, title=node.title, path=known[node.node_id])
        for link in links
        if (node := nodes.get(link.node_id)) is not None
    ]
    return Document(msgspec.json.encode(_Snapshot(nodes=places))) if places else EMPTY
