"""Every view, on any history: folded as it happens = rebuilt = replayed from the stored bytes."""

import pytest
from hypothesis import given

from adapters.followed_views import Follower
from adapters.rebuild import Rebuild
from adapters.view_check import check
from adapters.views import Views
from event_store.memory import MemoryStore
from projections.registry import PROJECTIONS
from tests.adapters.histories import HISTORIES, Live, replayed, rows_in_use
from tests.projections.exam_starts import exam_starts

EVERY = (*PROJECTIONS, exam_starts)


@given(history=HISTORIES)
def test_folded_as_it_happens_is_rebuilt_is_replayed(history):
    store = MemoryStore()
    store.migrate()
    views = Views(store, EVERY)
    views.migrate()
    live, follower = Live(store, views), Follower(store, EVERY)
    for number, (key, command) in enumerate(history):
        live.do(key, command)
        if number % 3 == 0:
            follower.step()
    while follower.step():
        pass
    expected = {one.name: replayed(store, one) for one in EVERY}
    assert {one.name: rows_in_use(store, views, one) for one in EVERY} == expected
    Rebuild(store, EVERY, remember=2).run()
    assert {one.name: rows_in_use(store, views, one) for one in EVERY} == expected
    store.close()


@pytest.mark.parametrize("projection", EVERY, ids=lambda one: one.name)
def test_a_view_has_one_name_and_indexes_that_a_row_answers(projection):
    assert [one.name for one in EVERY].count(projection.name) == 1
    assert not projection.inline or len({tag.partition(".")[0] for tag in projection.reads}) == 1


@given(history=HISTORIES)
def test_check_finds_nothing_in_rows_kept_in_step(history):
    store = MemoryStore()
    store.migrate()
    views = Views(store, PROJECTIONS)
    views.migrate()
    live = Live(store, views)
    for key, command in history:
        live.do(key, command)
    assert check(store, PROJECTIONS).differences == []
    store.close()
