"""The exam page in two tabs or browsers, and after the end: no text is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.student_page import (
    begin,
    bundle,
    hand_in,
    leave_field,
    open_page,
    question,
    saved,
    write,
)
from tests.contract.server import Server

pytestmark = pytest.mark.ci


def test_two_tabs_that_write_different_answers_are_merged(
    server: Server, context: BrowserContext, page: Page
):
    attempt_id = begin(page, server, "tina")
    other = context.new_page()
    other.goto(page.url)
    write(page, 4, "from the first")
    leave_field(page)
    saved(page)
    write(other, 7, "from the second")
    leave_field(other)
    saved(other)
    expect(question(other, 4).get_by_role("textbox")).to_have_value("from the first")
    hand_in(other)
    assert bundle(server, attempt_id) == {
        "words": "from the first",
        "constructor": "from the second",
    }


@pytest.mark.parametrize("choice", ["Keep mine", "Take the other one"])
def test_two_tabs_that_write_the_same_answer_lose_no_text(
    server: Server, context: BrowserContext, page: Page, watch: Watch, choice: str
):
    watch.allowed = {409}
    attempt_id = begin(page, server, f"theo-{choice[:4].lower()}")
    other = context.new_page()
    other.goto(page.url)
    expect(question(other, 4)).to_be_visible()
    write(page, 4, "first")
    leave_field(page)
    saved(page)
    write(other, 4, "second")
    write(other, 7, "not disputed")
    leave_field(other)
    panel = question(other, 4).get_by_role("group", name="also changed in another tab")
    expect(panel).to_contain_text("first")
    expect(question(other, 4).get_by_role("textbox")).to_have_value("second")
    other.locator("#hand-in").get_by_role("button", name="Hand in").click()
    expect(panel.get_by_role("button", name="Keep mine")).to_be_focused()
    panel.get_by_role("button", name=choice).click()
    expect(panel).to_have_count(0)
    saved(other)
    hand_in(other)
    kept = {"Keep mine": "second", "Take the other one": "first"}[choice]
    assert bundle(server, attempt_id) == {"words": kept, "constructor": "not disputed"}


def test_a_duplicated_tab_is_a_client_of_its_own(
    server: Server, context: BrowserContext, page: Page
):
    begin(page, server, "dora")
    with context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    other = opened.value
    expect(question(other, 4)).to_be_visible()
    ids = [one.evaluate("sessionStorage.getItem('markbook/client')") for one in (page, other)]
    assert all(ids)
    assert ids[0] != ids[1]


def test_two_browsers_of_one_student_see_each_others_answers(
    server: Server, context_of: Callable[..., BrowserContext], page: Page
):
    begin(page, server, "vera")
    write(page, 4, "from the phone")
    leave_field(page)
    saved(page)
    laptop = context_of().new_page()
    open_page(laptop, server, "vera")
    laptop.get_by_role("button", name="Continue").click()
    expect(question(laptop, 4).get_by_role("textbox")).to_have_value("from the phone")


def test_an_answer_after_the_end_is_shown_and_kept_aside(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    watch.allowed = {409}
    attempt_id = begin(page, server, "lena")
    other = context.new_page()
    other.goto(page.url)
    expect(question(other, 4)).to_be_visible()
    write(page, 4, "in time")
    hand_in(page)
    write(other, 4, "too late")
    leave_field(other)
    expect(other.get_by_role("heading", name="Handed in")).to_be_focused()
    expect(other.get_by_role("group", name="Too late")).to_contain_text("too late")
    assert bundle(server, attempt_id) == {"words": "in time"}
    other.get_by_role("button", name="Remove this copy").click()
    expect(other.get_by_role("group", name="Too late")).to_have_count(0)


def test_words_written_while_a_save_comes_too_late_are_not_lost(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    watch.allowed = {409}
    begin(page, server, "luis")
    other = context.new_page()
    other.goto(page.url)
    held: list[Route] = []
    other.route("**/api/attempts/*", lambda one: _hold_the_first_save(one, held))
    write(other, 4, "sent")
    leave_field(other)
    while not held:
        other.wait_for_timeout(50)
    hand_in(page)
    write(other, 4, "sent, and written on")
    held[0].continue_()
    expect(other.get_by_role("heading", name="Handed in")).to_be_focused()
    expect(other.get_by_role("group", name="Too late")).to_contain_text("sent, and written on")


def _hold_the_first_save(route: Route, held: list[Route]) -> None:
    if route.request.method == "PUT" and not held:
        held.append(route)
    else:
        route.continue_()


def test_an_answer_that_was_overtaken_on_the_way_changes_nothing(server: Server, page: Page):
    begin(page, server, "otis")
    saved(page)
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/api/attempts/*", hold)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    while not held:
        page.wait_for_timeout(50)
    write(page, 4, "newer than what is on its way")
    leave_field(page)
    saved(page)
    for route, answer in held:
        route.fulfill(response=answer)
    page.wait_for_timeout(500)
    expect(question(page, 4).get_by_role("textbox")).to_have_value("newer than what is on its way")
