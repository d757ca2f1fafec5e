"""What a page lacks for people who listen, who use the keyboard, or who see little: axe-core."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # has none
from playwright.sync_api import Page

_OPTIONS = {"resultTypes": ["violations", "incomplete"]}


def problems(page: Page) -> list[str]:
    """Everything that is wrong with the page as it is now, or that axe cannot decide.

    The page's context must bypass its content security policy: axe is a script from elsewhere.
    """
    found = Axe().run(page, options=_OPTIONS).response
    return [
        f"{rule['id']}: {rule['help']}: {node['html']}"
        for rule in (*found["violations"], *found["incomplete"])
        for node in rule["nodes"]
    ]
