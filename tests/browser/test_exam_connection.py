"""The exam page when connection, tab or server goes: what was written arrives."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.student_page import (
    begin,
    bundle,
    choose,
    hand_in,
    kill,
    leave_field,
    question,
    saved,
    write,
)
from tests.contract.server import Server

pytestmark = pytest.mark.ci


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


def _drop_saves(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort("internetdisconnected")
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


def test_the_outbox_is_empty_once_everything_is_saved(server: Server, page: Page):
    begin(page, server, "olivia")
    write(page, 4, "words")
    stored = page.evaluate("Object.entries(localStorage).filter(([k]) => k.includes('outbox'))")
    [[_, record]] = stored
    assert json.loads(record)["answers"]["words"]["response"] == "words"
    leave_field(page)
    saved(page)
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('outbox'))") == []
