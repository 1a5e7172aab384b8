"""Accessible pages: checked with axe in a real Chromium, on a desktop, on a phone and on paper."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from fixtures_browser import sticks_out, unfold, violations
from playwright.sync_api import Browser, Page
from reporting.chronicle import Chronicle
from reporting.quarter import UPDATE

from services.reporting.fields import describe_fields
from services.reporting.history import sources_at
from services.reporting.pages import event_page, report_page, source_event
from shared.contracts.projects.delivery import ProgressReported, ProjectStarted

KINDS = ["cabinet", "scrutiny", "event"]


@pytest.fixture(scope="module")
def pages(quarter: Chronicle, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each kind of page, as a saved file."""
    directory = tmp_path_factory.mktemp("pages")
    decision = next(p for p, envelope in quarter.events if envelope.type == "meetings.decision_recorded.v1")
    with quarter.engine.connect() as connection:
        event = sources_at(connection, {decision})[decision]
    view = quarter.scrutiny(
        "2014-10-16", "2015-01-16", names=lambda partnership, people: dict.fromkeys(people, "A. Name")
    )
    written = {
        "cabinet": report_page(quarter.update(UPDATE)),
        "scrutiny": report_page(view),
        "event": event_page(source_event(event)),
    }
    for name, html in written.items():
        (directory / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: directory / f"{name}.html" for name in written}


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(page: Page, pages: dict[str, Path], kind: str) -> None:
    page.goto(pages[kind].as_uri())
    assert violations(page) == []
    unfold(page)
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sticks_out_to_the_side(page: Page, pages: dict[str, Path], kind: str) -> None:
    page.goto(pages[kind].as_uri())
    assert not sticks_out(page)


@pytest.mark.browser
def test_a_click_shows_the_events_a_statement_comes_from(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["cabinet"].as_uri())
    statement = page.locator(".statement").filter(has_text="the request was deferred")
    event = statement.get_by_text("Decision recorded")
    assert not event.is_visible()
    statement.locator("summary").click()
    assert event.is_visible()
    shown = statement.locator("li").filter(has_text="Decision recorded").inner_text()
    for words in (
        "Happened 24 November 2014, 14:40",
        "Recorded 26 November 2014, 12:00",
        "By clerk:c-1",
        "Authority: Minutes of the Strategic Board",
        "Position 55",
        "01936032-3a80-7000-8000-000000000037",
    ):
        assert words in shown
    context.close()


@pytest.mark.browser
def test_the_keyboard_reaches_the_content_and_the_sources(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["cabinet"].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box() == pytest.approx({"x": 0, "y": 0, "width": 200, "height": 50}, abs=60)
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.close()


@pytest.mark.browser
def test_on_paper_sources_are_numbers_and_the_events_are_listed(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["cabinet"].as_uri())
    unfold(page)
    page.emulate_media(media="print")
    assert not page.locator(".sources ul").first.is_visible()
    assert page.locator(".sources summary").first.is_visible()
    assert page.locator("table.events").is_visible()
    assert not page.locator(".contents").is_visible()
    page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_page_is_complete_in_itself(pages: dict[str, Path], kind: str) -> None:
    html = pages[kind].read_text(encoding="utf-8")
    assert not re.search(r"\b(?:src|href|action)=\"(?!#)", html)
    assert "<script" not in html
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("kind", KINDS)
def test_headings_go_down_one_step_at_a_time_from_one_h1(pages: dict[str, Path], kind: str) -> None:
    html = pages[kind].read_text(encoding="utf-8")
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert '<html lang="en-GB">' in html


@pytest.mark.parametrize("kind", ["cabinet", "scrutiny"])
def test_a_report_states_the_ledger_position_it_covers(pages: dict[str, Path], quarter: Chronicle, kind: str) -> None:
    assert f"the ledger’s events before position {len(quarter.events)}" in pages[kind].read_text(encoding="utf-8")


def test_what_people_wrote_is_shown_and_never_run(chronicle: Chronicle, quarter: Chronicle) -> None:
    for _, envelope in quarter.events:
        if envelope.type.startswith(("membership", "meetings.update")):
            chronicle.happened(envelope.time.isoformat(), envelope.event())
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    chronicle.happened(
        "2014-11-01",
        ProjectStarted(project="p", title=attack[:100], purpose=attack, lead="police"),
        ProgressReported(project="p", text=attack, reported_on=chronicle.update(UPDATE).period.until.isoformat()),
    )
    html = report_page(chronicle.update(UPDATE))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_what_an_event_says_is_read_field_by_field() -> None:
    data = {
        "due_on": "2014-12-19",
        "starts_at": "2014-06-24T14:00:00Z",
        "amount_pence": 130_050,
        "quorum": {"required": 3, "quorate": True},
        "shares": [{"stream": "one", "amount_pence": 5}],
        "must_know": ["What", "When"],
        "ends_on": None,
    }
    assert list(describe_fields(data)) == [
        ("Due on", "19 December 2014"),
        ("Starts at", "24 June 2014, 15:00"),
        ("Amount", "£1,300.50"),
        ("Quorum: required", "3"),
        ("Quorum: quorate", "Yes"),
        ("Shares 1: stream", "one"),
        ("Shares 1: amount", "£0.05"),
        ("Must know", "What; When"),
        ("Ends on", "none"),
    ]
