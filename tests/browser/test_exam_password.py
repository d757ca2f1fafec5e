"""The exam page where people have passwords, as in earnest."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.student_page import question
from tests.contract.server import Server

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"login": "password"}


def test_a_password_is_asked_for_and_a_wrong_one_refused(server: Server, page: Page, watch: Watch):
    server.add_user("ada", "correct horse")
    watch.allowed = {401}
    page.goto(f"{server.base}/demo")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("wrong horse")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_contain_text("the password is wrong")
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill("correct horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Exams")).to_be_focused()
    page.get_by_role("button", name="Start").click()
    expect(question(page, 1)).to_be_visible()
    page.reload()
    expect(question(page, 1)).to_be_visible()
