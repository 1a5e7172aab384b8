"""The witness's page, judged by axe in a real Chromium: readable by everybody, its alarms in words and not only red."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from witness.some_log import SomeLog

from services.witness.known import KnownLogs
from services.witness.service import open_witness
from services.witness.web import witness_page

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@pytest.fixture(params=[1280, 360], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None and not os.environ.get("FOLKMOOT_REQUIRE_ALL"):
        pytest.skip("no Chromium on this machine: install the package chromium to test the pages")
    assert program is not None, "FOLKMOOT_REQUIRE_ALL is set and there is no Chromium: install the package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*OPTIONS])
        yield browser.new_page(viewport={"width": request.param, "height": 800})
        browser.close()


@pytest.mark.browser
def test_axe_finds_nothing_and_nothing_sticks_out(page: Page, tmp_path: Path) -> None:
    log, silent = SomeLog(1_000), SomeLog(0, "a-rather-long-name.partnership.example/ledger/of/decisions/and/awards")
    known = KnownLogs([each.keys.keys[0].verifier for each in (log, silent)])
    witness = open_witness(tmp_path, "fire.example/witness", known)
    for body in (log.request(0), log.fork(900, 100).request(1_000), log.request(0, 10), log.request(0, 10)):
        witness.add_checkpoint(body)
    saved = tmp_path / "page.html"
    saved.write_text(witness_page(witness, witness.memory.latest(), witness.memory.refusals()), encoding="utf-8")
    page.goto(saved.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.add_script_tag(path=AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    assert [f"{v['id']}: {node['html'][:120]}" for v in found["violations"] for node in v["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".alarm strong").count() == 2
    assert "Proof against this log" in page.locator(".alarm h3").first.inner_text()
    assert page.locator(".alarm strong").first.evaluate("e => getComputedStyle(e).color") == "rgb(176, 0, 32)"
