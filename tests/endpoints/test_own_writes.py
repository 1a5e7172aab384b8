"""A caller's reads and decisions include what it recorded itself, even if its client sends no position."""

from __future__ import annotations

import asyncio
import time

import httpx2
import pytest
from board import TERMS
from fixtures_platform import RunningPlatform

from shared.contracts.event import EVENTS
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.own_writes import MAX_CALLERS, OwnWrites, marks
from shared.runtime.following.follower import Follower
from shared.runtime.identity.principals import Principal
from shared.values.roles import Role

LAG = 0.5
"""Seconds by which views are behind in these tests."""
POLICE = {"organisation": "police", "name": "The police", "sector": "police"}
SINCE = {"in_force_from": "2014-01-01"}
SEATED = [
    ("/organisations", POLICE),
    ("/groups", {"group": "board", "name": "Board", "kind": "strategic_board"}),
    ("/groups/board/terms-of-reference", {"terms": TERMS, **SINCE}),
    ("/groups/board/seats", {"seat": "police", "organisation": "police", "office": "Superintendent", **SINCE}),
    ("/people", {"person": "person-1", "name": "Ada Sample", "organisation": "police"}),
    ("/groups/board/seats/police/representative", {"person": "person-1", **SINCE}),
]
MEETING = {
    "meeting": "m-1",
    "group": "board",
    "title": "Board",
    "place": "Hall",
    "starts_at": "2014-11-24T14:00:00Z",
    "happened_at": "2014-10-01T10:00:00Z",
}
UPDATE = {
    "update": "cabinet-1",
    "body": "Cabinet",
    "title": "Update on partnership activity",
    "meets_on": "2015-01-29",
    "until": "2015-01-16",
    "heading": {
        "report_of": "Chief Executive",
        "contact_post": "Partnerships Officer",
        "portfolio_leader": "Crime and Partnerships",
        "key_decision": False,
        "report_track": "Cabinet: 29/01/15",
    },
    "purpose": "To brief Cabinet.",
    "recommendations": ["That Cabinet note the update."],
    "key_issues": "Cabinet asked for it.",
}


@pytest.fixture
def lagging(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service's views lag behind the ledger."""
    take = Follower._take

    async def follow(self: Follower, pages: list[ledger_pb2.Page]) -> None:
        await asyncio.sleep(LAG)
        await take(self, pages)

    monkeypatch.setattr(Follower, "_take", follow)


class Forgetful:
    """A client that keeps no cookies and sends no header of ours, such as curl."""

    def __init__(self, platform: RunningPlatform, partnership: str, role: str = "clerk") -> None:
        self.base = platform.addresses.http
        self.partnership = partnership
        self.headers = {"Authorization": f"Bearer {platform.token(role, partnership)}"}

    def post(self, service: str, path: str, body: object) -> httpx2.Response:
        return httpx2.post(f"{self.base}/{service}/{self.partnership}{path}", json=body, headers=self.headers)

    def get(self, service: str, path: str, **headers: str) -> httpx2.Response:
        address = f"{self.base}/{service}/{self.partnership}{path}"
        return httpx2.get(address, headers={**self.headers, **headers}, timeout=20)


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Forgetful:
    clerk = Forgetful(platform, partnership)
    assert clerk.post("membership", "/partnership", {"name": "An area", "area_code": "E07000192"}).status_code == 201
    return clerk


@pytest.mark.usefixtures("lagging")
@pytest.mark.parametrize(
    ("service", "path"), [("membership", "/organisations"), ("funding", "/record"), ("reporting", "/position")]
)
def test_a_client_that_sends_no_position_reads_what_it_recorded(
    platform: RunningPlatform, clerk: Forgetful, service: str, path: str
) -> None:
    answer = clerk.post("membership", "/organisations", POLICE)
    assert clerk.get(service, path).status_code == 200
    (follower,) = (s.follower for s in platform.process.services if s.name == service and hasattr(s, "follower"))
    assert follower.marks.cover(marks(answer.headers["folkmoot-at"]))


@pytest.mark.usefixtures("lagging")
def test_an_update_commissioned_a_moment_ago_is_there(clerk: Forgetful) -> None:
    assert clerk.post("meetings", "/updates", UPDATE).status_code == 201
    assert clerk.get("reporting", "/updates/cabinet-1").status_code == 200


@pytest.mark.usefixtures("lagging")
def test_a_browser_carries_what_it_recorded_to_every_service(platform: RunningPlatform, clerk: Forgetful) -> None:
    """In containers each service is a separate process, and has only the cookie."""
    answer = clerk.post("membership", "/organisations", POLICE)
    source, _, sequence = answer.headers["folkmoot-at"].partition("=")
    assert answer.headers["set-cookie"] == (
        f"Folkmoot-At-{source}={sequence}; Max-Age=300; Path=/; HttpOnly; SameSite=Lax"
    )
    somebody = Forgetful(platform, clerk.partnership, "reader")  # of whom this process remembers nothing
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert len(somebody.get("membership", "/organisations", Cookie=cookie).json()) == 1


@pytest.mark.usefixtures("lagging")
def test_a_refusal_made_before_the_callers_own_records_were_read_is_decided_again(clerk: Forgetful) -> None:
    """TSP-2: meetings refuses an unknown person, then learns that membership has registered them."""
    for path, body in SEATED:
        assert clerk.post("membership", path, body).status_code == 201
    assert clerk.post("meetings", "/meetings", MEETING).status_code == 201
    attends = {
        "seat": "police",
        "person": "person-1",
        "capacity": "representative",
        "happened_at": "2014-11-24T14:00:00Z",
    }
    answer = clerk.post("meetings", "/meetings/m-1/attendance", attends)
    assert answer.status_code == 201, answer.text


def test_a_read_that_waited_long_enough_gets_the_present_state(
    clerk: Forgetful, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_writes, "WAIT_TIMEOUT_S", 0.2)
    begun = time.monotonic()
    read = clerk.get("membership", "/organisations", Cookie="Folkmoot-At-membership=999999999")
    assert (read.status_code, read.json()) == (200, [])
    assert read.headers["folkmoot-at"].startswith("ledger=")
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize(
    "cookie", ["Folkmoot-At-membership=many", "Folkmoot-At-nobody=9999999", "Folkmoot-At-membership=", "Folkmoot-At-=1"]
)
def test_a_cookie_that_cannot_be_read_says_nothing(
    clerk: Forgetful, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_writes, "WAIT_TIMEOUT_S", 60)
    assert clerk.get("membership", "/organisations", Cookie=cookie).status_code == 200


def clerk_of(partnership: str, subject: str = "one") -> Principal:
    return Principal(subject, frozenset({Role.CLERK}), partnership, None)


def system_of(organisation: str, subject: str) -> Principal:
    return Principal(subject, frozenset({Role.PARTNER}), "area", organisation)


def test_each_caller_has_recorded_its_own() -> None:
    own, clerk = OwnWrites(), clerk_of("area")
    own.remember(clerk, "membership=12")
    own.remember(clerk, "meetings=3")
    own.remember(clerk, "membership=9")  # an answer that was overtaken
    assert own.of(clerk) == {"membership": 12, "meetings": 3}
    assert own.of(clerk, {"Folkmoot-At-meetings": "4"}) == {"membership": 12, "meetings": 4}
    assert own.of(clerk_of("area", "two")) == own.of(clerk_of("elsewhere")) == {}
    own.remember(system_of("police", "system-1"), "projects=1")
    assert own.of(system_of("police", "system-2")) == {"projects": 1}
    assert own.of(system_of("fire-service", "system-1")) == {}


def test_no_more_callers_are_remembered_than_the_bound() -> None:
    own = OwnWrites()
    for number in range(MAX_CALLERS + 1):
        own.remember(clerk_of("area", f"caller-{number}"), "membership=1")
    assert own.of(clerk_of("area", "caller-0")) == {}
    assert own.of(clerk_of("area", f"caller-{MAX_CALLERS}")) == {"membership": 1}


def test_each_source_of_events_may_have_a_cookie() -> None:
    for name in EVENTS:
        source = name.partition(".")[0]
        assert OwnWrites().of(clerk_of("area"), {f"Folkmoot-At-{source}": "1"}) == {source: 1}
