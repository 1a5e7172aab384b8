"""An update issued in reporting is issued in meetings, whenever the process dies between the two: with real parts."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures_platform import Caller, RunningPlatform, running_platform

from services.reporting.issue import AskedIssue, _ask, ask, waiting
from services.reporting.issuing import Issuing
from services.reporting.service import ReportingService
from shared.runtime.ground.clock import now

UPDATE = {
    "update": "cabinet",
    "body": "Cabinet",
    "title": "Update",
    "meets_on": "2015-03-10",
    "until": "2015-03-01",
    "heading": {
        "report_of": "Chief Executive",
        "contact_post": "Partnerships Officer",
        "portfolio_leader": "Crime",
        "key_decision": False,
        "report_track": "Cabinet: 10/03/15",
    },
    "purpose": "To tell.",
    "recommendations": ["That Cabinet note the update."],
    "key_issues": "None.",
}
WITHDRAWAL = {"reason": "It is not wanted."}


def commissioned(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership that reporting knows to owe Cabinet an update."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area", "area_code": "E07000192"})
    clerk.does("meetings", "/updates", UPDATE)
    assert clerk.get("reporting", "/updates/cabinet").status_code == 200
    return clerk


def asked_for(platform: RunningPlatform, partnership: str, checked: bool = True) -> tuple[Issuing, AskedIssue]:
    """An issue that was asked for by a process that died as soon as it had kept that.

    Without ``checked`` the process did not know then what has happened since.
    """
    (reporting,) = (service for service in platform.process.services if isinstance(service, ReportingService))
    asked = AskedIssue(partnership, "cabinet", "k-1", "clerk", "clerk:clerk", now())
    if checked:
        assert ask(reporting.issuing._engine, asked, ledger_size=0) is None
    else:
        with reporting.issuing._engine.begin() as connection:
            connection.execute(_ask, vars(asked))
    return reporting.issuing, asked


def recorded(platform: RunningPlatform, issuing: Issuing, asked: AskedIssue) -> None:
    """Meetings records the issue; then the process dies."""
    asyncio.run_coroutine_threadsafe(_record(issuing, asked), platform.loop).result(30)


async def _record(issuing: Issuing, asked: AskedIssue) -> None:
    await issuing._record_issue(asked)


def editions(clerk: Caller) -> list[Any]:
    found: list[Any] = clerk.get("reporting", "/updates/cabinet/editions").json()
    return found


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not happen in 30 seconds"
        time.sleep(0.1)


def update(clerk: Caller) -> Any:
    return clerk.get("meetings", "/updates/cabinet").json()


def is_issued_for_good(clerk: Caller) -> None:
    """Meetings has recorded the clerk's issue, once, and neither changes nor withdraws the update."""
    assert update(clerk)["issued_on"] is not None
    history = clerk.get("meetings", "/history/update/cabinet").json()
    issued = [fact for fact in history if fact["type"] == "meetings.update_issued.v1"]
    assert [fact["actor"] for fact in issued] == ["clerk:clerk"]
    change = {name: value for name, value in UPDATE.items() if name != "update"}
    for path, body in (("change", change), ("withdrawal", WITHDRAWAL)):
        refused = clerk.post("meetings", f"/updates/cabinet/{path}", body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/update-issued")


def test_what_reporting_issues_meetings_has_issued(platform: RunningPlatform, partnership: str) -> None:
    """CAN-1: and a second edition changes nothing there."""
    clerk = commissioned(platform, partnership)
    clerk.does("reporting", "/updates/cabinet/issue")
    is_issued_for_good(clerk)
    clerk.does("reporting", "/updates/cabinet/issue")
    is_issued_for_good(clerk)
    assert [edition["edition"] for edition in editions(clerk)] == [1, 2]
    assert clerk.post("meetings", "/updates/cabinet/issue").status_code in (404, 405)


@pytest.mark.parametrize("meetings_recorded_it", [False, True])
def test_an_issue_that_a_crash_interrupted_is_completed(
    platform: RunningPlatform, partnership: str, meetings_recorded_it: bool
) -> None:
    """CAN-1: before meetings was asked, and after; the caller who never heard sends it again and gets that edition."""
    clerk = commissioned(platform, partnership)
    issuing, asked = asked_for(platform, partnership)
    if meetings_recorded_it:
        recorded(platform, issuing, asked)
    until(lambda: editions(clerk))
    again = clerk.does("reporting", "/updates/cabinet/issue", Idempotency_Key="k-1")
    assert again.json()["edition"] == 1
    assert [edition["issued_by"] for edition in editions(clerk)] == ["clerk:clerk"]
    is_issued_for_good(clerk)
    assert asked not in waiting(issuing._engine)


def test_an_issue_is_completed_after_a_restart(tmp_path: Path) -> None:
    """CAN-1: meetings has recorded it; whoever starts next keeps the edition."""
    partnership = f"area-{uuid.uuid4().hex[:12]}"
    with running_platform(tmp_path) as platform:
        commissioned(platform, partnership)
    with running_platform(tmp_path, names=("reporting", "meetings", "ledger")) as platform:
        issuing, asked = asked_for(platform, partnership)
        recorded(platform, issuing, asked)
    with running_platform(tmp_path) as platform:
        clerk = platform.caller("clerk", partnership)
        until(lambda: editions(clerk))
        assert len(editions(clerk)) == 1
        is_issued_for_good(clerk)


def test_what_meetings_refuses_is_not_issued(platform: RunningPlatform, partnership: str) -> None:
    """CAN-1: an update that is withdrawn while it is issued has no edition, and nobody waits for one."""
    clerk = commissioned(platform, partnership)
    clerk.does("meetings", "/updates/cabinet/withdrawal", WITHDRAWAL)
    issuing, asked = asked_for(platform, partnership, checked=False)
    until(lambda: asked not in waiting(issuing._engine))
    assert editions(clerk) == []
    assert update(clerk)["issued_on"] is None
