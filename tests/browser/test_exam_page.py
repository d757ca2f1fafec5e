"""The reference exam page in a real browser: whatever happens, what was written arrives."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.student_page import (
    begin,
    bundle,
    choose,
    hand_in,
    kill,
    leave_field,
    open_page,
    question,
    saved,
    write,
)
from tests.contract.server import Server

pytestmark = pytest.mark.ci


def test_a_whole_exam_is_taken_with_the_keyboard_alone(server: Server, page: Page):
    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText"
            )
            if focused and focused.strip().startswith(name):
                return
        raise AssertionError(f"the Tab key never reaches {name!r}")

    page.goto(f"{server.base}/demo")
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    tab_to("Your name")
    page.keyboard.type("keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Exams")).to_be_focused()
    tab_to("Start")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A bit of everything")).to_be_focused()
    attempt_id = page.url.rpartition("/")[2]
    tab_to("four")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    tab_to("two")
    page.keyboard.press("Space")
    tab_to("three")
    page.keyboard.press("Space")
    tab_to("True")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to("Your answer")
    page.keyboard.type("Из-за рассеяния.")
    tab_to("Your program")
    page.keyboard.press("Control+A")
    page.keyboard.type("f = abs")
    tab_to("Your program")
    page.keyboard.type("print(1)")
    tab_to("Your answer")
    page.keyboard.type("odd, but fine")
    tab_to("Hand in")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("You have answered 7 of 7 questions.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Hand in")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused()
    assert bundle(server, attempt_id) == {
        "one": "A",
        "many": ["A", "B"],
        "truth": "IDK",
        "words": "Из-за рассеяния.",
        "short": "f = abs",
        "long": "print(1)",
        "constructor": "odd, but fine",
    }


def test_E52_what_is_written_offline_arrives_when_the_connection_is_back(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    attempt_id = begin(page, server, "olga")
    choose(page, 1, "four")
    saved(page)
    watch.offline = True
    context.set_offline(True)
    write(page, 4, "written offline")
    choose(page, 2, "three")
    expect(page.locator("#save-problem")).to_contain_text("kept on this device")
    expect(page.locator("#warned")).to_contain_text("no connection")
    context.set_offline(False)
    saved(page)
    expect(page.locator("#save-problem")).to_be_hidden()
    hand_in(page)
    assert bundle(server, attempt_id) == {"one": "A", "words": "written offline", "many": ["B"]}


def test_handing_in_offline_waits_and_can_be_taken_back(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    attempt_id = begin(page, server, "oscar")
    watch.offline = True
    context.set_offline(True)
    write(page, 4, "last words")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Do not hand in yet").click()
    write(page, 4, "really the last words")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("button", name="Handing in …")).to_be_disabled()
    context.set_offline(False)
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused()
    assert bundle(server, attempt_id) == {"words": "really the last words"}


def test_a_reload_in_the_middle_keeps_what_was_never_sent(server: Server, page: Page, watch: Watch):
    attempt_id = begin(page, server, "rosa")
    watch.offline = True
    page.route("**/api/attempts/**", _drop_saves)
    write(page, 4, "never sent before the reload")
    choose(page, 3, "False")
    page.reload()
    expect(question(page, 4).get_by_role("textbox")).to_have_value("never sent before the reload")
    expect(question(page, 3).get_by_label("False")).to_be_checked()
    page.unroute("**/api/attempts/**")
    saved(page)
    hand_in(page)
    assert bundle(server, attempt_id) == {"words": "never sent before the reload", "truth": False}


def test_a_closed_tab_leaves_nothing_behind_unsent(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    attempt_id = begin(page, server, "clara")
    watch.offline = True
    page.route("**/api/attempts/**", _drop_saves)
    write(page, 4, "the tab is gone")
    page.close()
    other = context.new_page()
    other.goto(f"{server.base}/demo/#/attempt/{attempt_id}")
    expect(question(other, 4).get_by_role("textbox")).to_have_value("the tab is gone")
    saved(other)
    hand_in(other)
    assert bundle(server, attempt_id) == {"words": "the tab is gone"}


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


def test_a_server_killed_in_the_middle_loses_no_answer(server: Server, page: Page, watch: Watch):
    watch.offline = True
    attempt_id = begin(page, server, "kim")
    write(page, 4, "before")
    leave_field(page)
    saved(page)
    kill(server)
    write(page, 7, "while it was down")
    choose(page, 1, "five")
    leave_field(page)
    expect(page.locator("#save-problem")).to_contain_text("kept on this device")
    server.__enter__()
    saved(page)
    kill(server)
    choose(page, 1, "four")
    server.__enter__()
    saved(page)
    hand_in(page)
    assert bundle(server, attempt_id) == {
        "words": "before",
        "constructor": "while it was down",
        "one": "A",
    }


def test_a_session_that_ends_in_the_middle_costs_nothing(
    server: Server, context: BrowserContext, page: Page, watch: Watch
):
    watch.allowed = {401}
    attempt_id = begin(page, server, "sam")
    context.clear_cookies()
    write(page, 4, "signed out meanwhile")
    leave_field(page)
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_role("button", name="Sign in").click()
    saved(page)
    hand_in(page)
    assert bundle(server, attempt_id) == {"words": "signed out meanwhile"}


def test_an_answer_the_server_cannot_take_does_not_hold_up_the_others(
    server: Server, page: Page, watch: Watch
):
    watch.allowed = {400}
    attempt_id = begin(page, server, "long")
    write(page, 4, "x" * 300_000)
    write(page, 7, "short")
    leave_field(page)
    expect(page.locator("#save-problem")).to_contain_text("cannot take the answer to question 4")
    write(page, 4, "x" * 1000)
    leave_field(page)
    saved(page)
    expect(page.locator("#save-problem")).to_be_hidden()
    hand_in(page)
    assert bundle(server, attempt_id) == {"constructor": "short", "words": "x" * 1000}


def test_answers_that_are_too_long_together_are_sent_one_by_one(
    server: Server, page: Page, watch: Watch
):
    watch.allowed = {413}
    attempt_id = begin(page, server, "max")
    longest = {4: "a" * 262_140, 5: "b" * 262_140, 6: "c" * 262_140, 7: "d" * 262_140}
    for number, text in longest.items():
        field = question(page, number).get_by_role("textbox")
        field.evaluate("(e, text) => { e.value = text; e.dispatchEvent(new Event('input')) }", text)
    leave_field(page)
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page)
    hand_in(page)
    handed_in = bundle(server, attempt_id)
    assert [handed_in[name] for name in ("words", "short", "long", "constructor")] == list(
        longest.values()
    )


def test_nothing_is_saved_when_nothing_changes(server: Server, page: Page):
    page.clock.install()
    begin(page, server, "idle")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.method))
    page.clock.run_for(31_000)
    page.wait_for_timeout(500)
    assert asked
    assert set(asked) == {"GET"}


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


def test_the_clock_runs_down_and_the_page_hands_in(server: Server, page: Page):
    page.clock.install()
    page.route("**/api/attempts/**", _without_the_servers_time)
    attempt_id = begin(page, server, "tim")
    expect(page.get_by_role("timer")).to_have_text(re.compile("^(1:00:00|59:5.)$"))
    write(page, 4, "still writing when time is up")
    page.clock.fast_forward("56:00")
    expect(page.locator("#warned")).to_have_text("5 minutes left.")
    page.clock.fast_forward("04:01")
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused()
    assert bundle(server, attempt_id) == {"words": "still writing when time is up"}


def test_prompts_are_text_whatever_they_say(server: Server, page: Page):
    begin(page, server, "mallory")
    expect(question(page, 3)).to_contain_text("1 ≤ 2 <img src=x onerror=alert(1)>")
    assert page.locator("main img").count() == 0
    expect(question(page, 1).locator("pre")).to_have_text("print(2 + 2)")
    expect(question(page, 5).get_by_role("columnheader", name="result")).to_be_visible()


def test_what_was_handed_in_can_be_read_afterwards(server: Server, page: Page):
    begin(page, server, "ada")
    choose(page, 1, "four")
    choose(page, 2, "I don’t know")
    hand_in(page)
    page.get_by_role("link", name="Back to the exams").click()
    page.get_by_role("button", name="See what you handed in").click()
    answers = page.locator(".answers dd")
    expect(answers.nth(0)).to_have_text("four")
    expect(answers.nth(1)).to_have_text("I don’t know")
    expect(answers.nth(2)).to_have_text("no answer")


def test_signing_out_forgets_who_it_was(server: Server, page: Page):
    open_page(page, server, "guest")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()


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


def _without_the_servers_time(route: Route) -> None:
    """So that the page counts by the browser's clock, which the test moves."""
    answer = route.fetch()
    headers = {k: v for k, v in answer.headers.items() if k != "x-server-time"}
    route.fulfill(response=answer, headers=headers)


def _drop_saves(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort("internetdisconnected")
    else:
        route.continue_()


def test_the_outbox_is_empty_once_everything_is_saved(server: Server, page: Page):
    begin(page, server, "olivia")
    write(page, 4, "words")
    stored = page.evaluate("Object.entries(localStorage).filter(([k]) => k.includes('outbox'))")
    [[_, record]] = stored
    assert json.loads(record)["answers"]["words"]["response"] == "words"
    leave_field(page)
    saved(page)
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('outbox'))") == []
