"""The exam page for everybody: small, dark, listened to, by keyboard."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import problems
from tests.browser.conftest import Watch
from tests.browser.student_page import begin, choose, hand_in, saved
from tests.contract.server import Server

pytestmark = pytest.mark.ci

Scheme = Literal["light", "dark"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everybody(
    server: Server, context_of: Callable[..., BrowserContext], scheme: Scheme
):
    page = context_of(color_scheme=scheme, bypass_csp=True).new_page()
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        found[name] = problems(page)

    page.goto(f"{server.base}/demo")
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    look("sign-in")
    begin(page, server, f"eve-{scheme}")
    look("exam")
    choose(page, 1, "four")
    saved(page)
    look("exam, answered")
    page.get_by_role("button", name="Hand in").click()
    look("dialog")
    page.keyboard.press("Escape")
    hand_in(page)
    look("done")
    page.get_by_role("link", name="Back to the exams").click()
    expect(page.get_by_role("heading", name="Exams")).to_be_focused()
    look("list")
    page.goto(f"{server.base}/api/docs")
    look("documentation")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_nobody_can_use_is_found(context_of: Callable[..., BrowserContext]):
    page = context_of(bypass_csp=True).new_page()
    page.set_content("<html lang=en><title>t</title><main><h1>h</h1><input></main></html>")
    assert [problem for problem in problems(page) if problem.startswith("label:")]


@pytest.mark.parametrize("zoom", [1, 2])
def test_nothing_is_wider_than_a_small_telephone(
    server: Server, context_of: Callable[..., BrowserContext], zoom: int
):
    page = context_of(viewport={"width": 320, "height": 640}).new_page()
    begin(page, server, f"tiny-{zoom}")
    page.evaluate(f"document.documentElement.style.fontSize = '{100 * zoom}%'")
    _fits(page)
    hand_in(page)
    _fits(page)
    page.goto(f"{server.base}/api/docs")
    _fits(page)


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{page.url} is {wide} pixels wide"


def test_a_keyboard_user_sees_where_they_are(server: Server, page: Page):
    begin(page, server, "focus")
    for _ in range(25):
        page.keyboard.press("Tab")
        outlined = page.evaluate(
            """() => {
              const at = document.activeElement;
              const box = at.type === "radio" || at.type === "checkbox" ? at.closest("label") : at;
              return parseFloat(getComputedStyle(box).outlineWidth) >= 2;
            }"""
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML")


def test_the_documentation_page_needs_neither_script_nor_network(
    server: Server, browser: Browser, watch: Watch
):
    with browser.new_context(java_script_enabled=False) as context:
        watch.over(context)
        page = context.new_page()
        page.goto(f"{server.base}/api/docs")
        expect(page.get_by_role("heading", name="Markbook: Exams")).to_be_visible()
        page.get_by_role("link", name="Save answers").click()
        expect(page.get_by_text('"questionId": "q1"').first).to_be_visible()
