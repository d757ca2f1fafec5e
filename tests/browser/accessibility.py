"""What a page lacks for people who listen, who use the keyboard, or who see little.

Own checks of what can be computed: names of controls, labels, ids, headings, landmarks, contrast.
"""

from pathlib import Path

from playwright.sync_api import Page

_CHECK = Path(__file__).with_name("accessibility.js").read_text(encoding="utf-8")


def problems(page: Page) -> list[str]:
    """Everything that is wrong with the page as it is now."""
    found: list[str] = page.evaluate(_CHECK)
    return found
