"""Installation settings over HTTP (C6.6)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]


def test_C66_settings_are_read_changed_and_kept(as_: CallerMaker):
    admin = as_("admin")
    before = data_of(admin.get("/settings"))
    answer = admin.patch("/settings", json={"maxBodyMb": 5})
    after = data_of(answer)
    assert after == before | {"maxBodyMb": 5, "revision": before["revision"] + 1}
    assert answer.headers["etag"] == f'"{after["revision"]}"'
    assert data_of(admin.get("/settings")) == after
    assert data_of(admin.patch("/settings", json={"maxBodyMb": 5})) == after
    assert data_of(admin.patch("/settings", json={"maxBodyMb": None}))["maxBodyMb"] == 1


def test_C66_what_is_unknown_or_unfit_changes_nothing(as_: CallerMaker):
    admin = as_("admin")
    before = data_of(admin.get("/settings"))
    unknown = admin.patch("/settings", json={"maxBodyMb": 9, "colour": "red"})
    assert failure_of(unknown) == (422, "UNKNOWN_SETTING")
    unfit = admin.patch("/settings", json={"maxBodyMb": 9, "subjects": [{"key": "A B"}]})
    assert failure_of(unfit) == (400, "VALIDATION_ERROR")
    fields = unfit.json()["error"]["details"]["fields"]
    assert [field["path"] for field in fields] == ["subjects[0].key"]
    bodies: list[Any] = [[], "x", 7, None]
    for body in bodies:
        assert failure_of(admin.patch("/settings", json=body)) == (400, "VALIDATION_ERROR")
    assert data_of(admin.get("/settings")) == before


def test_a_change_of_a_revision_that_is_gone_is_412(as_: CallerMaker):
    admin = as_("admin")
    seen = admin.get("/settings").headers["etag"]
    threshold = data_of(admin.get("/settings"))["repeatedDifficultyThreshold"]
    changed = {"repeatedDifficultyThreshold": threshold % 100 + 1}
    assert admin.patch("/settings", json=changed, headers={"If-Match": seen}).is_success
    again = admin.patch("/settings", json={"maxBodyMb": 3}, headers={"If-Match": seen})
    assert failure_of(again) == (412, "PRECONDITION_FAILED")
    star = admin.patch("/settings", json=changed, headers={"If-Match": "*"})
    assert star.is_success


@pytest.mark.parametrize(
    "etag", ["7", '"x"', 'W/"1"', '"1", "2"', '""', '"-1"', '"' + "9" * 40 + '"']
)
def test_an_if_match_that_cannot_be_read_is_400(as_: CallerMaker, etag: str):
    answer = as_("admin").patch("/settings", json={}, headers={"If-Match": etag})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_the_largest_body_follows_the_setting(as_: CallerMaker):
    admin = as_("admin")
    subjects = [{"key": f"s{number}", "title": "т" * 200} for number in range(500)]
    padding = {"subjects": subjects, "colour": "x" * 1_200_000}
    too_large = admin.patch("/settings", json=padding)
    assert failure_of(too_large) == (413, "PAYLOAD_TOO_LARGE")
    try:
        data_of(admin.patch("/settings", json={"maxBodyMb": 3}))
        assert failure_of(admin.patch("/settings", json=padding)) == (422, "UNKNOWN_SETTING")
    finally:
        data_of(admin.patch("/settings", json={"maxBodyMb": None}))
