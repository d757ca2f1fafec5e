"""The reference exam page in a real browser: an exam from start to end."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.student_page import (
    begin,
    bundle,
    choose,
    hand_in,
    open_page,
    question,
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


def test_nothing_is_saved_when_nothing_changes(server: Server, page: Page):
    page.clock.install()
    begin(page, server, "idle")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.method))
    page.clock.run_for(31_000)
    page.wait_for_timeout(500)
    assert asked
    assert set(asked) == {"GET"}


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


def _without_the_servers_time(route: Route) -> None:
    """So that the page counts by the browser's clock, which the test moves."""
    answer = route.fetch()
    headers = {k: v for k, v in answer.headers.items() if k != "x-server-time"}
    route.fulfill(response=answer, headers=headers)
