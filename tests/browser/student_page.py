"""What a student does on the page, in a few words."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.contract.server import Server

_SAVED = re.compile("^(Saved at|All saved)")


def open_page(page: Page, server: Server, name: str) -> None:
    """Sign in on the exam page."""
    page.goto(f"{server.base}/demo")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Exams")).to_be_focused()


def begin(page: Page, server: Server, name: str) -> str:
    """Sign in and start; the attempt's id."""
    open_page(page, server, name)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="A bit of everything")).to_be_focused()
    return page.url.rpartition("/")[2]


def question(page: Page, number: int) -> Any:
    return page.get_by_role("group", name=f"Question {number}", exact=False)


def write(page: Page, number: int, text: str) -> None:
    question(page, number).get_by_role("textbox").fill(text)


def choose(page: Page, number: int, label: str) -> None:
    question(page, number).get_by_label(label).check()


def leave_field(page: Page) -> None:
    """What happens on the way to anywhere else: the field is left, and saved."""
    page.evaluate("document.activeElement.blur()")


def saved(page: Page) -> None:
    """Wait until the page says that everything is on the server."""
    expect(page.locator("#save-status")).to_have_text(_SAVED)


def hand_in(page: Page) -> None:
    page.locator("#hand-in").get_by_role("button", name="Hand in").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Handed in")).to_be_focused()


def bundle(server: Server, attempt_id: str) -> dict[str, Any]:
    """The answers in the bundle that the server wrote, by question."""
    [path] = (server.data / "output").glob(f"*{attempt_id}.json")
    attempt = json.loads(path.read_bytes())["attempt"]
    assert attempt["status"] == "finished"
    return {one["questionId"]: one["response"] for one in attempt["answers"]}


def kill(server: Server) -> None:
    """End the server as a power cut would."""
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    server._process = None
