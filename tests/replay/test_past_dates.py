"""A view at a past date shows the position then, with today's permissions and today's erasures.

The endpoints with a date are found in the services' own OpenAPI documents, so that a new one is tested by itself.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
import httpx2
import pytest

from services import catalogue
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.identity.sealing import TOMBSTONE

if TYPE_CHECKING:
    from fixtures_platform import Caller, RunningPlatform

pytest_plugins = ["fixtures_platform"]

BOARD = "/groups/board"
TERMS = {
    "quorum": {"kind": "share", "numerator": 1, "denominator": 4},
    "rounding": "up",
    "deputies_count": True,
    "vacant_seats_count": True,
    "agenda_notice_days": 14,
    "papers_notice_days": 7,
    "meetings_a_year": 4,
}
THEN = "2014-11-24"
"""A day on which all were in their seats, long before anyone was erased."""


class DatedEndpoint(NamedTuple):
    """A GET endpoint that can be asked about a date."""

    service: str
    path: str
    dates: tuple[str, ...]

    def at(self, day: str) -> dict[str, str]:
        """The endpoint's dates, chosen so that its answer includes this day."""
        return {name: "2014-01-01" if name == "since" else day for name in self.dates}


def is_date(schema: dict[str, Any]) -> bool:
    return any(each.get("format") in ("date", "date-time") for each in [schema, *schema.get("anyOf", [])])


def dated_endpoints(platform: RunningPlatform) -> list[DatedEndpoint]:
    found = []
    for service in catalogue.NAMES:
        document = httpx2.get(f"{platform.addresses.http}/{service}/openapi.json", timeout=30).json()
        for path, operations in document["paths"].items():
            parameters = operations.get("get", {}).get("parameters", [])
            dates = tuple(p["name"] for p in parameters if p["in"] == "query" and is_date(p["schema"]))
            if dates:
                found.append(DatedEndpoint(service, path, dates))
    return found


class Place(NamedTuple):
    """A partnership with a name that is used nowhere else."""

    partnership: str
    clerk: Caller
    name: str
    endpoints: list[DatedEndpoint]

    def ask(self, caller: Caller, endpoint: DatedEndpoint, **dates: str) -> httpx2.Response:
        """The answer of a dated endpoint to a caller."""
        path = (
            endpoint.path.removeprefix("/{partnership}")
            .replace("{group}", "board")
            .replace("{meeting}", "november")
            .replace("{reserve}", "reserve")
        )
        assert "{" not in path, f"{endpoint}: say here what the endpoint is to be asked about"
        return caller.get(endpoint.service, path, **dates)


@pytest.fixture(scope="module")
def place(platform: RunningPlatform) -> Place:
    """A board has met, its attendance is on record, and the person still has a name."""
    partnership, name = f"area-{uuid.uuid4().hex[:12]}", f"Zebedee Quill{uuid.uuid4().hex[:10]}"
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area", "area_code": "E07000192"})
    clerk.does("membership", "/organisations", {"organisation": "police", "name": "The police", "sector": "police"})
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    clerk.does("membership", f"{BOARD}/terms-of-reference", {"terms": TERMS, "in_force_from": "2014-04-01"})
    seat = {"seat": "police", "organisation": "police", "office": "Superintendent", "in_force_from": "2014-04-01"}
    clerk.does("membership", f"{BOARD}/seats", seat)
    for person, called in (("person-1", name), ("person-2", f"Deputy {name}")):
        clerk.does("membership", "/people", {"person": person, "name": called, "organisation": "police"})
    since = {"in_force_from": "2014-04-01"}
    clerk.does("membership", f"{BOARD}/seats/police/representative", {"person": "person-1", **since})
    clerk.does("membership", f"{BOARD}/seats/police/deputies", {"person": "person-2", **since})
    meeting = {
        "meeting": "november",
        "group": "board",
        "title": "Board, November",
        "starts_at": "2014-11-24T14:00:00Z",
        "place": "Civic Centre",
        "happened_at": "2013-11-25T12:00:00Z",
    }
    clerk.does("meetings", "/meetings", meeting)
    sat = {"seat": "police", "person": "person-1", "capacity": "representative", "happened_at": "2014-11-24T14:00:00Z"}
    clerk.does("meetings", "/meetings/november/attendance", sat)
    clerk.does("meetings", "/meetings/november/opening", {"happened_at": "2014-11-24T14:05:00Z"})
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "The reserve"})
    return Place(partnership, clerk, name, dated_endpoints(platform))


def test_the_endpoints_with_a_date_are_these(place: Place) -> None:
    """More can be added: the facts below must then hold for them."""
    asked = {(endpoint.service, endpoint.path.removeprefix("/{partnership}")) for endpoint in place.endpoints}
    assert asked >= {
        ("membership", "/groups/{group}/roster"),
        ("meetings", "/meetings"),
        ("meetings", "/meetings/{meeting}"),
        ("meetings", "/deferred-matters"),
        ("meetings", "/actions"),
        ("funding", "/streams-ending"),
        ("reporting", "/scrutiny"),
        ("reporting", "/scrutiny.html"),
        ("reporting", "/scrutiny.json"),
    }


def test_who_may_not_see_today_may_not_see_yesterday(platform: RunningPlatform, place: Place) -> None:
    stranger = platform.caller("clerk", place.partnership)
    stranger.client.headers["Authorization"] = f"Bearer {platform.token('clerk', 'tamworth')}"
    nobody = platform.caller("clerk", place.partnership)
    del nobody.client.headers["Authorization"]
    for endpoint in place.endpoints:
        for dates in ({}, endpoint.at(THEN), endpoint.at("2030-01-01")):
            assert place.ask(stranger, endpoint, **dates).status_code == 403, endpoint
            assert place.ask(nobody, endpoint, **dates).status_code == 401, endpoint


@pytest.mark.parametrize("role", ["reader", "partner", "operator"])
def test_who_sees_posts_today_sees_posts_at_any_date(platform: RunningPlatform, place: Place, role: str) -> None:
    caller = platform.caller(role, place.partnership, "police" if role == "partner" else None)
    caller.marks = place.clerk.marks
    for endpoint in place.endpoints:
        answer = place.ask(caller, endpoint, **endpoint.at(THEN))
        assert answer.status_code == 200, (endpoint, answer.text)
        assert place.name not in answer.text, endpoint


def test_a_past_date_opens_no_more_of_the_ledger(platform: RunningPlatform, place: Place) -> None:
    caller = (("authorization", f"Bearer {platform.token('clerk', 'tamworth')}"),)
    for field in ("recorded_until", "happened_until"):
        request = ledger_pb2.ReplayRequest(filter=ledger_pb2.Filter(partnership=place.partnership))
        getattr(request, field).FromJsonString(f"{THEN}T12:00:00Z")
        with grpc.insecure_channel(platform.addresses.grpc) as channel:
            stub = LedgerStub(channel)
            with pytest.raises(grpc.RpcError, match="PERMISSION_DENIED"):
                list(stub.Replay(request, metadata=caller))
            request.filter.partnership = ""
            assert [entry for page in stub.Replay(request, metadata=caller) for entry in page.entries] == []


def test_who_has_been_erased_stays_erased_at_every_date(platform: RunningPlatform, place: Place) -> None:
    """Runs last, because it erases the name. A clerk sees the name at these endpoints first, so the search works."""
    dates = {endpoint: endpoint.at(THEN) for endpoint in place.endpoints}
    showing = {
        endpoint
        for endpoint in place.endpoints
        if place.name in place.ask(place.clerk, endpoint, **dates[endpoint]).text
    }
    assert {endpoint.service for endpoint in showing} == {"membership", "reporting"}
    for person in ("person-1", "person-2"):
        place.clerk.does("membership", f"/people/{person}/erasure", {"reason": "Asked for on leaving."})
    for role in ("clerk", "chair", "member", "scrutiny", "auditor", "reader"):
        caller = platform.caller(role, place.partnership)
        caller.marks = place.clerk.marks
        for endpoint in place.endpoints:
            for day in (THEN, "2014-04-01", "2030-01-01"):
                answer = place.ask(caller, endpoint, **endpoint.at(day))
                assert answer.status_code == 200, (endpoint, answer.text)
                assert place.name not in answer.text, (role, endpoint, day)
    for endpoint in showing:
        shown = place.ask(place.clerk, endpoint, **dates[endpoint]).text
        assert re.search(re.escape(TOMBSTONE), shown), "the record still shows that the seat was filled"
