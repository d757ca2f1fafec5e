"""Facades: an address belongs to one of them, or Markbook does not start (decision 6, K02)."""

import pytest
from litestar import Router, get

from adapters.http.cors import with_bearers
from adapters.http.exams.errors import error_reply
from adapters.http.facades import Facade, FacadeName, facades, refuse_clashes
from adapters.settings import BadSettings, Settings, load_settings


def mounted(prefix: str, *paths: str, name: FacadeName = FacadeName.BANK) -> tuple[Facade, Router]:
    @get(list(paths) or ["/"])
    async def handler() -> None:
        """Answer nothing."""

    router = Router(path=prefix, route_handlers=[handler])
    facade = Facade(name, prefix, lambda: router, error_reply, with_bearers(()), "t", "d")
    return facade, router


@pytest.mark.parametrize("base", ["/api", "/api/challenge"])
def test_K02_the_bank_is_not_mounted_where_another_facade_is(base: str):
    every = [(one, one.router()) for one in facades(Settings(bank_base=base))]
    with pytest.raises(
        BadSettings, match=r"bank_base: .* clashes with .*; mount the bank elsewhere"
    ):
        refuse_clashes(every)


@pytest.mark.parametrize("base", ["/api/v2/task-bank", "/bank", "/api/bank"])
def test_K02_the_bank_may_be_mounted_anywhere_else(base: str):
    refuse_clashes([(one, one.router()) for one in facades(Settings(bank_base=base))])


@pytest.mark.parametrize(
    ("ours", "theirs", "meet"),
    [
        ("/attempts/{attempt_id:str}", "/attempts/{id:str}", True),
        ("/attempts/me", "/attempts/{id:str}", True),
        ("/attempts", "/attempts/{id:str}", False),
        ("/attempts/{id:str}/submit", "/attempts/{id:str}", False),
        ("/attempts/{id:str}/submit", "/attempts/me/{command:str}", True),
        ("/public/topics/{rest:path}", "/public/topics/a/b/c", True),
        ("/public/topics/{rest:path}", "/public/tags/a", False),
    ],
)
def test_K02_addresses_meet_where_one_fits_both_patterns(ours: str, theirs: str, meet: bool):
    one = mounted("/api", ours, name=FacadeName.EXAMS)
    other = mounted("/", *[f"/api{theirs}"])
    if meet:
        with pytest.raises(BadSettings):
            refuse_clashes([one, other])
    else:
        refuse_clashes([one, other])


def test_an_address_belongs_to_the_facade_with_the_longest_path():
    def owner(path: str) -> FacadeName | None:
        return next((one.name for one in facades(Settings()) if one.covers(path)), None)

    assert owner("/api/v2/task-bank") is FacadeName.BANK
    assert owner("/api/v2/task-bank/problems") is FacadeName.BANK
    assert owner("/api/v2/task-banks") is FacadeName.EXAMS
    assert owner("/api/challenge/me") is FacadeName.CHALLENGE
    assert owner("/api/exams") is FacadeName.EXAMS
    assert owner("/demo") is None


@pytest.mark.parametrize(
    "base", ["", "/", "bank", "/bank/", "/Bank", "/a//b", "/{x}", "/a b", "/../x"]
)
def test_a_base_that_is_no_path_is_refused_with_the_setting_named(base: str):
    with pytest.raises(BadSettings, match="bank_base"):
        load_settings({"MARKBOOK_BANK_BASE": base})
