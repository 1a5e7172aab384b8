"""The events that a partner's system may send, and the rules that limit it to its own affairs."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import MEASURE, PROJECT, READING, PartnerSystem, partner_system

from services import catalogue
from services.partners.intake import offers_of
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.deciding.answers import Answer
from shared.runtime.following.follower import Positions
from shared.runtime.hosting.running_service import RunningCommandService
from shared.values.refusals import Refusal

TIMEOUT_S = 10.0

OFFERS = offers_of({name: service.commands for name, service in catalogue.DECIDING.items()})
GROUP = {"group": "board", "name": "Strategic Board", "kind": "strategic_board"}
TERMS = {
    "terms": {
        "quorum": {"kind": "share", "numerator": 1, "denominator": 4},
        "rounding": "up",
        "deputies_count": True,
        "vacant_seats_count": True,
        "agenda_notice_days": 14,
        "papers_notice_days": 7,
        "meetings_a_year": 4,
    },
    "in_force_from": "2014-04-01",
}


@pytest.fixture
def area(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership whose board meets in a week, with two organisations on it."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    clerk.does("membership", "/groups", GROUP)
    clerk.does("membership", "/groups/board/terms-of-reference", TERMS)
    for organisation in ("county-council", "police"):
        entry = {"organisation": organisation, "name": organisation.title(), "sector": "other"}
        clerk.does("membership", "/organisations", entry)
        seat = {"seat": organisation, "organisation": organisation, "office": "Lead", "in_force_from": "2014-04-01"}
        clerk.does("membership", "/groups/board/seats", seat)
    clerk.does("projects", "/projects", PROJECT)
    clerk.does("projects", "/projects/programme/measures", MEASURE)
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "Partnership reserve"})
    return clerk


class System:
    """A partner's system that numbers its events."""

    def __init__(self, system: PartnerSystem) -> None:
        self.system = system
        self.number = 0

    def send(self, name: str, /, **data: Any) -> dict[str, Any]:
        self.number += 1
        sent = {"specversion": "1.0", "id": f"e-{self.number}", "source": "/system", "type": name, "data": data}
        found: dict[str, Any] = self.system.sends(sent).json()
        return found

    def sent(self, name: str, /, **data: Any) -> str:
        """The event that was recorded."""
        answer = self.send(name, **data)
        assert answer["accepted"], answer
        return str(answer["events"][0]["type"])

    def refused(self, name: str, /, **data: Any) -> str:
        """The rule that refused it."""
        answer = self.send(name, **data)
        assert not answer["accepted"], answer
        return str(answer["problem"]["type"]).removeprefix("/problems/")


@pytest.fixture
def county_system(platform: RunningPlatform, area: Caller, partnership: str) -> System:
    return System(partner_system(platform, partnership))


@pytest.fixture
def police_system(platform: RunningPlatform, area: Caller, partnership: str) -> System:
    return System(partner_system(platform, partnership, "police"))


def test_a_measures_reading(county_system: System, police_system: System) -> None:
    """CAN-6"""
    assert county_system.sent("projects.read_measure.v1", **READING) == "projects.measure_read.v1"
    assert police_system.refused("projects.read_measure.v1", **READING) == "forbidden"
    own = {**READING, "period_starts": "2014-07-01", "reported_by": "police"}
    assert police_system.refused("projects.read_measure.v1", **own) == "not-responsible"


def test_progress_of_its_own_project(county_system: System, police_system: System) -> None:
    """TSP-9"""
    note = {"project": "programme", "text": "It began in October.", "reported_on": "2014-12-05"}
    own = {**note, "reported_by": "county-council"}
    assert county_system.sent("projects.report_progress.v1", **own) == "projects.progress_reported.v1"
    assert county_system.refused("projects.report_progress.v1", **note) == "forbidden"
    assert police_system.refused("projects.report_progress.v1", **own) == "forbidden"
    assert police_system.refused("projects.report_progress.v1", **note, reported_by="police") == "not-responsible"


def test_a_contribution_it_paid_which_no_balance_counts_before_it_is_received(
    county_system: System, police_system: System, area: Caller
) -> None:
    """CAN-3"""
    paid = {
        "reserve": "reserve",
        "contribution": "county-2014-15",
        "organisation": "county-council",
        "amount_pence": 500_000,
        "paid_on": "2014-11-03",
    }
    assert police_system.refused("funding.pay_contribution.v1", **paid) == "forbidden"
    assert county_system.sent("funding.pay_contribution.v1", **paid) == "funding.contribution_paid.v1"
    assert county_system.refused("funding.pay_contribution.v1", **paid) == "already-there"
    ahead = {**paid, "contribution": "next", "paid_on": "2199-01-01"}
    assert county_system.refused("funding.pay_contribution.v1", **ahead) == "dated-ahead"
    area.marks["funding"] = str(area.get("funding", "/record").json()["sequence"])
    (listed,) = area.get("funding", "/reserves/reserve/contributions").json()
    assert (listed["organisation"], listed["amount_pence"]) == ("county-council", 500_000)
    assert area.get("funding", "/reserves/reserve").json()["total"]["received_pence"] == 0


def test_its_representative_and_deputies(county_system: System, police_system: System, area: Caller) -> None:
    """TSP-2"""
    for person in ("person-1", "person-2"):
        named = {"person": person, "name": "An Officer", "organisation": "county-council"}
        assert county_system.sent("membership.register_person.v1", **named) == "membership.person_registered.v1"
    seat = {"group": "board", "seat": "county-council", "in_force_from": "2014-04-01", "organisation": "county-council"}
    assert county_system.sent("membership.fill_seat.v1", **seat, person="person-1") == "membership.seat_filled.v1"
    assert county_system.sent("membership.name_deputy.v1", **seat, person="person-2") == "membership.deputy_named.v1"
    others = {**seat, "organisation": "police"}
    for name in ("membership.fill_seat.v1", "membership.name_deputy.v1"):
        assert county_system.refused(name, **(seat | {"organisation": "police"}), person="person-1") == "forbidden"
        assert police_system.refused(name, **others, person="person-1") == "not-own-seat"
    without = {key: value for key, value in seat.items() if key != "organisation"}
    assert county_system.refused("membership.fill_seat.v1", **without, person="person-1") == "forbidden"
    end = {"group": "board", "seat": "county-council", "person": "person-2", "withdrawn_from": "2014-05-01"}
    assert police_system.refused("membership.withdraw_deputy.v1", **end, organisation="police") == "not-own-seat"
    ended = county_system.sent("membership.withdraw_deputy.v1", **end, organisation="county-council")
    assert ended == "membership.deputy_withdrawn.v1"


@pytest.fixture
def board(area: Caller) -> Caller:
    """A meeting of the board, with both seats filled."""
    for organisation in ("county-council", "police"):
        person = {"person": f"lead-{organisation}", "name": "A Lead", "organisation": organisation}
        area.does("membership", "/people", person)
        filled = {"person": f"lead-{organisation}", "in_force_from": "2014-04-01"}
        area.does("membership", f"/groups/board/seats/{organisation}/representative", filled)
    meeting = {
        "meeting": "board-1",
        "group": "board",
        "title": "Strategic Board",
        "starts_at": "2014-11-24T14:00:00Z",
        "place": "Civic Centre",
    }
    area.does("meetings", "/meetings", meeting | {"happened_at": "2014-06-01T09:00:00Z"})
    item = {"item": "requests", "title": "Requests", "raised_by": "county-council"}
    area.does("meetings", "/meetings/board-1/agenda-items", item | {"happened_at": "2014-10-01T09:00:00Z"})
    return area


def test_apologies_attendance_and_interests_of_its_own_seats(
    board: Caller, county_system: System, police_system: System
) -> None:
    """TSP-1, TSP-2, CAN-2"""
    own = {"meeting": "board-1", "seat": "county-council", "organisation": "county-council"}
    claimed = {**own, "organisation": "police"}
    seated = {"capacity": "representative"}
    nature = {"item": "requests", "nature": "The county applies.", "withdrew": True}
    assert police_system.refused("meetings.receive_apology.v1", **claimed) == "not-own-seat"
    assert police_system.refused("meetings.record_attendance.v1", **claimed, **seated) == "not-own-seat"
    assert police_system.refused("meetings.declare_interest.v1", **claimed, **nature) == "not-own-seat"
    theirs = {"meeting": "board-1", "seat": "police", "organisation": "police"}
    assert police_system.sent("meetings.receive_apology.v1", **theirs) == "meetings.apology_received.v1"
    assert county_system.sent("meetings.record_attendance.v1", **own, **seated) == "meetings.attendance_recorded.v1"
    assert county_system.sent("meetings.declare_interest.v1", **own, **nature) == "meetings.interest_declared.v1"
    board.does("meetings", "/meetings/board-1/opening")
    assert police_system.refused("meetings.record_attendance.v1", **theirs, **seated) == "attendance-after-opening"


def test_a_partner_cannot_date_an_agenda_item_back_before_the_agenda_closed(
    board: Caller, county_system: System
) -> None:
    """TSP-1: the clerk can record what came in time; a partner's own statement of time does not count."""
    item = {"meeting": "board-1", "item": "late", "title": "A late one", "raised_by": "county-council"}
    in_time = {"happened_at": "2014-10-01T09:00:00Z"}
    assert county_system.refused("meetings.add_agenda_item.v1", **item, **in_time) == "agenda-closed"
    entered = {key: value for key, value in (item | in_time).items() if key != "meeting"}
    board.does("meetings", "/meetings/board-1/agenda-items", entered)


def test_what_was_just_recorded_elsewhere_is_waited_for_before_a_refusal(
    platform: RunningPlatform, board: Caller, county_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deputy is registered, named and noted as present; meetings hears of them when it has refused once."""
    (meetings,) = (
        s for s in platform.process.services if isinstance(s, RunningCommandService) and s.name == "meetings"
    )
    refused_once = threading.Event()
    execute, take = meetings.application.execute, meetings.follower._take

    def decide(*given: Any) -> Answer:
        try:
            return execute(*given)
        except Refusal:
            refused_once.set()
            raise

    def follow(page: ledger_pb2.Page) -> Positions:
        refused_once.wait(TIMEOUT_S)
        return take(page)

    monkeypatch.setattr(meetings.application, "execute", decide)
    monkeypatch.setattr(meetings.follower, "_take", follow)
    person = {"person": "person-3", "organisation": "county-council"}
    county_system.sent("membership.register_person.v1", **person, name="An Officer")
    county_system.sent(
        "membership.name_deputy.v1", group="board", seat="county-council", in_force_from="2014-04-01", **person
    )
    attends = {"meeting": "board-1", "seat": "county-council", "capacity": "deputy", **person}
    assert county_system.sent("meetings.record_attendance.v1", **attends) == "meetings.attendance_recorded.v1"
    assert refused_once.is_set()


def test_a_document_it_published(county_system: System, police_system: System, area: Caller) -> None:
    """TSP-7, STK-5"""
    document = {
        "document": "assessment",
        "title": "Strategic needs assessment",
        "published_by": "county-council",
        "published_on": "2014-12-01",
        "address": "https://county.example/assessment.pdf",
    }
    assert police_system.refused("projects.publish_document.v1", **document) == "forbidden"
    assert county_system.refused("projects.publish_document.v1", **document, project="nothing") == "unknown"
    wrong = {**document, "address": "javascript:alert(1)"}
    assert county_system.refused("projects.publish_document.v1", **wrong) == "invalid-body"
    assert county_system.sent("projects.publish_document.v1", **document) == "projects.document_published.v1"
    area.marks["projects"] = str(area.get("projects", "/record").json()["sequence"])
    (listed,) = area.get("projects", "/documents").json()
    assert (listed["title"], listed["address"]) == (document["title"], document["address"])


def test_every_command_a_partner_may_send_is_held_to_its_own_organisation() -> None:
    """A new one without ``acts_for`` would let a partner speak for others."""
    assert [name for name, offer in OFFERS.items() if offer.declared.acts_for is None] == []
    for name, offer in OFFERS.items():
        assert offer.declared.acts_for in offer.declared.command.__struct_fields__, name
