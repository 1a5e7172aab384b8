"""A dossier's page is accessible: checked with axe in a real Chromium, on a desktop and on a phone, as unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures_browser import sticks_out, unfold, violations
from playwright.sync_api import Browser, Page

if TYPE_CHECKING:
    from dossier.conftest import Unpacked

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
KINDS = [
    ("decision", "board-2014-11-24-blake-worker"),
    ("request", "hate-crime-officer"),
    ("project", "perpetrators-programme"),
]


@pytest.mark.parametrize(("kind", "slug"), KINDS)
def test_axe_finds_nothing(page: Page, unpacked: Unpacked, kind: str, slug: str) -> None:
    page.goto((unpacked(kind, slug) / "index.html").as_uri())
    assert violations(page) == []
    unfold(page)
    assert violations(page) == []
    assert not sticks_out(page)


def test_a_step_leads_to_its_event_and_its_proof(browser: Browser, unpacked: Unpacked) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((unpacked(*KINDS[0]) / "index.html").as_uri())
    step = page.locator(".statement").filter(has_text="Deferred: That the request be considered again")
    step.locator("summary").click()
    assert step.get_by_text("Position").first.is_visible()
    step.get_by_role("link", name="The event itself").first.click()
    assert page.url.endswith(".json")
    assert "specversion" in page.content()
    context.close()


def test_on_paper_every_step_has_the_number_of_its_event(browser: Browser, unpacked: Unpacked) -> None:
    page = browser.new_page()
    page.goto((unpacked(*KINDS[0]) / "index.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator(".sources summary").first.is_visible()
    assert page.locator("table.events").is_visible()
    assert page.get_by_role("heading", name="How to check this").is_visible()
    page.close()


def test_the_page_needs_nothing_from_elsewhere(unpacked: Unpacked) -> None:
    html = (unpacked(*KINDS[0]) / "index.html").read_text()
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
