"""The county council's performance system, as the partners service sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from fixtures_platform import Caller, RunningPlatform

PROJECT = {
    "project": "programme",
    "title": "Perpetrators Programme",
    "purpose": "To help people who want to change.",
    "lead": "county-council",
}
MEASURE = {"measure": "referrals", "name": "Referrals", "unit": "people", "better": "higher"}
READING = {
    "project": "programme",
    "measure": "referrals",
    "value": 0,
    "period_starts": "2014-10-01",
    "period_ends": "2014-12-31",
    "reported_by": "county-council",
}
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


def event(**changes: Any) -> dict[str, Any]:
    """A reading as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": "reading-1",
        "source": "/county/performance",
        "type": "projects.read_measure.v1",
        "time": "2015-01-08T09:00:00Z",
        "data": READING,
        "somebodysextension": "ignored",
    } | changes


def quarter(number: int, **changes: Any) -> dict[str, Any]:
    """The reading of one of many quarters, each a separate event."""
    year, at = 1990 + number // 4, 1 + 3 * (number % 4)
    days = {"period_starts": f"{year}-{at:02}-01", "period_ends": f"{year}-{at + 2:02}-28"}
    return event(id=f"quarter-{number}", data={**READING, **days}, **changes)


@dataclass
class PartnerSystem:
    """The county council's system, over HTTP."""

    client: httpx2.Client
    partnership: str
    organisation: str = "county-council"

    @property
    def address(self) -> str:
        return f"/partners/{self.partnership}/{self.organisation}"

    def sends(self, sent: object, kind: str = STRUCTURED, **parameters: str) -> httpx2.Response:
        """One event, or a batch."""
        return self.client.post(f"{self.address}/events", json=sent, headers={"Content-Type": kind}, params=parameters)

    def listed(self, **parameters: str) -> list[dict[str, Any]]:
        """Its own list."""
        response = self.client.get(f"{self.address}/submissions", params=parameters)
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()
        return found


def partner_system(platform: RunningPlatform, partnership: str, organisation: str = "county-council") -> PartnerSystem:
    """A partner's system with its organisation's own token."""
    return PartnerSystem(platform.caller("partner", partnership, organisation).client, partnership, organisation)


def readings(clerk: Caller, project: str = "programme", measure: str = "referrals") -> list[dict[str, Any]]:
    """The recorded readings of a measure."""
    history = clerk.get("projects", f"/history/measure/{project}/{measure}").json()
    return [fact for fact in history if fact["type"] == "projects.measure_read.v1"]
