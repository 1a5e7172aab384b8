"""The witness's page, checked with axe in a real Chromium: accessible, with its alarms in words and not only in red."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures_browser import sticks_out, unfold, violations
from playwright.sync_api import Page
from witness.some_log import SomeLog

from services.witness.known import KnownLogs
from services.witness.service import open_witness
from services.witness.web import witness_page


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
    unfold(page)
    assert violations(page) == []
    assert not sticks_out(page)
    assert page.locator(".alarm strong").count() == 2
    assert "Proof against this log" in page.locator(".alarm h3").first.inner_text()
    assert page.locator(".alarm strong").first.evaluate("e => getComputedStyle(e).color") == "rgb(176, 0, 32)"
