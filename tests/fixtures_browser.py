"""A pytest plugin: a real Chromium, and checks of a page with axe and on a narrow screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


# Not for the whole run: while it is open, its event loop is in the way of asynchronous tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. Without one, tests of pages are skipped."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: install the package chromium to test the pages")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=[*OPTIONS])
        yield found
        found.close()


@pytest.fixture(params=[1280, 360], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """An empty page, as wide as a desktop screen and as a phone."""
    found = browser.new_page(viewport={"width": request.param, "height": 800})
    yield found
    found.close()


def violations(page: Page) -> list[str]:
    """The faults that axe finds, by rule and place."""
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: tags})", list(RULES))
    return [f"{v['id']}: {node['html'][:120]}" for v in found["violations"] for node in v["nodes"]]


def sticks_out(page: Page) -> bool:
    """Whether the page needs sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def unfold(page: Page) -> None:
    """Open everything that a click can open."""
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
