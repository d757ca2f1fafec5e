"""Finding a view's row by a name that an earlier event gave it, while events are folded."""

from collections.abc import Sequence
from typing import Any

from adapters.names_table import NamesTable
from adapters.numbered_tables import padded
from adapters.view_table import Row
from event_store.store import RowStatement, Store
from projections.kernel import Fact, Projection, Via

_A_QUERY = 256


class RowNames:
    """The names that are known, those not written yet, and the table for the rest."""

    def __init__(self, table: NamesTable, store: Store, *, empty: bool) -> None:
        """`empty` says that the table has no names yet."""
        self._table = table
        self._store = store
        self._known: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self.complete = empty  # whether there are no names but those in memory

    def key(self, projection: Projection[Any], fact: Fact) -> str | None:
        """The key of a fact's row, which from now on also has the name that the fact gives."""
        found = projection.key(fact)
        if isinstance(found, Via):
            found = self._known.get(found.name)
        if found is not None and projection.names is not None:
            name = projection.names(fact)
            if name is not None and self._known.get(name) is None:
                self._known[name] = self._new[name] = found
        return found

    def fetch(self, projection: Projection[Any], facts: Sequence[Fact]) -> None:
        """Read the names that these facts use."""
        if self.complete:
            return
        wanted: dict[str, None] = {}
        for fact in facts:
            try:
                found = projection.key(fact)
            except Exception:  # noqa: BLE001 - folding meets it again and says where
                break
            if isinstance(found, Via) and found.name not in self._known:
                wanted[found.name] = None
        names = list(wanted)
        for start in range(0, len(names), _A_QUERY):
            part = padded(names[start : start + _A_QUERY])
            self._known.update(self._store.read(self._table.select(len(part)).text, part))

    def rows(self) -> list[tuple[RowStatement, Row]]:
        """The new names, to be written with the rows."""
        return [(self._table.put, one) for one in self._new.items()]

    def written(self, remember: int) -> None:
        """The new names are committed; about `remember` stay in memory."""
        if len(self._known) > remember:
            self._known, self.complete = dict(self._new), False
        self._new = {}

    def forget(self) -> None:
        """Nothing is known: what was not written is lost."""
        self._known, self._new, self.complete = {}, {}, False
