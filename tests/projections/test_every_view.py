"""Every view, on any history: folded as it happens = rebuilt = replayed from the stored bytes."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import rebuild
from adapters.followed_views import Follower
from adapters.rebuild import Rebuild
from adapters.view_check import check
from adapters.view_table import ViewTable
from adapters.views import Views
from event_store.memory import MemoryStore
from event_store.store import Store
from projections.kernel import Projection
from projections.problem_list import problem_list
from projections.registry import PROJECTIONS
from tests.adapters.histories import HISTORIES, Live, replayed, rows_in_use
from tests.projections.exam_starts import exam_starts

EVERY = (*PROJECTIONS, exam_starts)
SOME = st.lists(st.sampled_from(EVERY), min_size=1, max_size=3, unique_by=lambda one: one.name)
"""Some of them, each example others: their tables cost more than their folds."""


@pytest.fixture(autouse=True, scope="module")
def _no_pauses() -> Iterator[None]:
    """A rebuild gives way to nobody here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuild, "_YIELD_SECONDS", 0.0)
        yield


@given(history=HISTORIES, some=SOME)
def test_folded_as_it_happens_is_rebuilt_is_replayed(history, some):
    store = MemoryStore()
    store.migrate()
    views = Views(store, some)
    views.migrate()
    live, follower = Live(store, views), Follower(store, some)
    for number, (key, command) in enumerate(history):
        live.do(key, command)
        if number % 3 == 0:
            follower.step()
    while follower.step():
        pass
    expected = {one.name: replayed(store, one) for one in some}
    assert {one.name: rows_in_use(store, views, one) for one in some} == expected
    Rebuild(store, some, remember=2).run()
    assert {one.name: rows_in_use(store, views, one) for one in some} == expected
    store.close()


@pytest.mark.parametrize("projection", EVERY, ids=lambda one: one.name)
def test_a_view_has_one_name_and_indexes_that_a_row_answers(projection):
    assert [one.name for one in EVERY].count(projection.name) == 1
    assert not projection.inline or len({tag.partition(".")[0] for tag in projection.reads}) == 1


@given(history=HISTORIES, some=SOME)
def test_check_finds_nothing_in_rows_kept_in_step(history, some):
    store = MemoryStore()
    store.migrate()
    views = Views(store, some)
    views.migrate()
    live = Live(store, views)
    for key, command in history:
        live.do(key, command)
    assert check(store, some).differences == []
    store.close()


def beside(store: Store, views: Views, projection: Projection[Any]) -> tuple[Any, ...]:
    """The bitmaps, orders and names beside a numbered view, without how its blocks are cut."""
    [state] = [one for one in views.report() if one.name == projection.name]
    table = ViewTable(projection, state.generation or 0, store.dialect)
    assert table.numbered is not None
    assert table.names is not None
    bits = store.read(f"SELECT name, value, segment, rows FROM {table.numbered.bits.name}")
    blocks = store.read(
        f"SELECT name, rows FROM {table.numbered.blocks.name} WHERE low IS NOT NULL"
        " ORDER BY name, low, low_row"
    )
    orders: dict[str, bytes] = {}
    for name, rows in blocks:
        orders[name] = orders.get(name, b"") + rows
    names = store.read(f"SELECT name, key FROM {table.names.table.name} ORDER BY name")
    numbers = store.read(f"SELECT row, key FROM {table.name} ORDER BY row")
    return {one for one in bits if one[3]}, orders, names, numbers


@given(history=HISTORIES)
def test_what_lies_beside_a_numbered_view_is_the_same_after_a_rebuild(history):
    store = MemoryStore()
    store.migrate()
    views = Views(store, [problem_list])
    views.migrate()
    live, follower = Live(store, views), Follower(store, [problem_list])
    for number, (key, command) in enumerate(history):
        live.do(key, command)
        if number % 3 == 0:
            follower.step()
    while follower.step():
        pass
    before = beside(store, views, problem_list)
    Rebuild(store, [problem_list], remember=2).run(["problem_list"])
    assert beside(store, views, problem_list) == before
    store.close()
