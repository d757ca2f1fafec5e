"""The exam page when the server watches the time, and when staff have something to say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watch
from tests.browser.paper import EXAM
from tests.browser.student_page import (
    begin,
    bundle,
    choose,
    hand_in,
    leave_field,
    question,
    saved,
    write,
)
from tests.contract.server import Server
from tests.contract.student import Student, eventually

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"login": "open", "deadline": "enforce", "deadline_grace_seconds": "1"}


@pytest.fixture
def teacher(server: Server) -> Iterator[Student]:
    with Student(server.base) as teacher:
        yield teacher.sign_in("teacher", "staff")


def ends_in(teacher: Student, seconds: float) -> None:
    """Who starts now has so long."""
    moment = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    answer = teacher.put(f"/api/admin/exams/{EXAM}/window", json={"endsAt": moment})
    assert answer.status_code == 200, answer.text


def test_the_deadline_ends_the_attempt_with_everything_that_was_written(
    server: Server, teacher: Student, page: Page
):
    ends_in(teacher, 9)
    attempt_id = begin(page, server, "dan")
    expect(page.get_by_role("timer")).to_have_text(re.compile("^0:0[4-9]$"))
    write(page, 4, "written in the last seconds")
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused(timeout=20_000)
    eventually(lambda: bool(list((server.data / "output").glob(f"*{attempt_id}.json"))))
    assert bundle(server, attempt_id) == {"words": "written in the last seconds"}


def test_who_was_offline_at_the_deadline_sees_what_came_too_late(
    server: Server, teacher: Student, context: BrowserContext, page: Page, watch: Watch
):
    watch.allowed, watch.offline = {409}, True
    ends_in(teacher, 8)
    attempt_id = begin(page, server, "otto")
    write(page, 4, "in time")
    leave_field(page)
    saved(page)
    context.set_offline(True)
    write(page, 4, "in time, and more")
    eventually(lambda: teacher.attempt(attempt_id).json()["status"] == "finished", seconds=20)
    context.set_offline(False)
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused(timeout=20_000)
    expect(page.get_by_role("group", name="Too late")).to_contain_text("in time, and more")
    assert bundle(server, attempt_id) == {"words": "in time"}
    history = teacher.get(f"/api/admin/attempts/{attempt_id}/history")
    assert "in time, and more" in history.text


def test_more_time_is_seen_and_said(server: Server, teacher: Student, page: Page):
    ends_in(teacher, 120)
    attempt_id = begin(page, server, "mia")
    expect(page.get_by_role("timer")).to_have_text(re.compile("^1:"))
    extend = {"minutes": 10, "reason": "the fire alarm"}
    assert teacher.post(f"/api/admin/attempts/{attempt_id}/extend", json=extend).is_success
    write(page, 4, "the next save tells")
    leave_field(page)
    expect(page.get_by_role("timer")).to_have_text(re.compile("^11:"))
    expect(page.locator("#said")).to_have_text("You have 10 minutes more.")


def test_the_result_is_shown_once_it_is_released(server: Server, teacher: Student, page: Page):
    ends_in(teacher, 600)
    begin(page, server, "rita")
    choose(page, 1, "four")
    choose(page, 2, "two")
    choose(page, 3, "I don’t know")
    hand_in(page)
    expect(page.get_by_text("not released yet")).to_be_visible()
    assert teacher.post(f"/api/admin/exams/{EXAM}/release-results", json={}).is_success
    page.reload()
    expect(page.get_by_text("Your result: 3 of 5 points.")).to_be_visible()
    expect(page.get_by_text("4 answers not marked yet.")).to_be_visible()
    expect(page.get_by_text("Question 2: 1 of 2 points")).to_be_visible()


def test_an_attempt_that_staff_took_away_says_so(server: Server, teacher: Student, page: Page):
    ends_in(teacher, 600)
    attempt_id = begin(page, server, "vic")
    voided = teacher.post(f"/api/admin/attempts/{attempt_id}/void", json={"reason": "wrong exam"})
    assert voided.is_success, voided.text
    page.reload()
    expect(page.get_by_role("heading", name="Not counted")).to_be_focused()
    expect(question(page, 1)).to_have_count(0)
