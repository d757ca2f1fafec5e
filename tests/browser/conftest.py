"""A real Chromium before a real server; every page is watched for errors and strange requests."""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright

from tests.browser.paper import EXAM, every_type
from tests.contract.server import Server, lay_out

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # a busy machine is no bug
# A browser writes every answer that is no success to its console, so these are looked at by status.
NETWORK = "Failed to load resource"


def _chromium() -> str | None:
    given = os.environ.get("CHROMIUM")
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} on the PATH, and CHROMIUM is not set")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Settings of the server; a module may have its own."""
    return {"login": "open"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Server]:
    """One with an exam of every question type, and the exam page; every test has its own user."""
    data = tmp_path_factory.mktemp("browser") / "data"
    lay_out(data, [every_type()], {EXAM: True})
    with Server(data, exam_page="true", **settings) as started:
        yield started


class Watch:
    """What a page must not do, collected; `allowed` are the statuses that a test provokes."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.allowed: set[int] = set()
        self.offline = False
        self.wrong: list[str] = []

    def over(self, context: BrowserContext) -> None:
        context.on("page", self._page)
        context.on("response", self._response)
        context.on("request", lambda request: self._address(request.url))

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda said: self._said(said.type, said.text))

    def _said(self, kind: str, text: str) -> None:
        expected = text.startswith(NETWORK) and (self.offline or "net::" not in text)
        if kind in {"error", "warning"} and not expected:
            self.wrong.append(f"console: {text}")

    def _response(self, response: Response) -> None:
        unreleased = response.status == 409 and response.url.endswith("/result")
        if response.status >= 400 and response.status not in self.allowed and not unreleased:
            self.wrong.append(f"{response.status} {response.request.method} {response.url}")

    def _address(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.base).netloc:
            self.wrong.append(f"a request to elsewhere: {url}")


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    watch = Watch(server.base)
    yield watch
    assert not watch.wrong


@pytest.fixture
def context_of(browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers that know nothing of each other."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type] # passed through
        context.set_default_timeout(15_000)
        watch.over(context)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def context(context_of: Callable[..., BrowserContext]) -> BrowserContext:
    return context_of()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
