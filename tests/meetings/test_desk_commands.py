"""Facts about the commands of meetings on a real PostgreSQL: what they know of membership, and who may send them."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from meetings.desk import FEBRUARY, NOVEMBER_1, Desk, decided, filled, item, sat, scheduled, seat, sitting
from meetings.given import APRIL, COMMISSIONER, DAY, SIGNPOST, STARTS, terms

from services.meetings.commands.decision import AssignAction, RecordDecision
from services.meetings.commands.meeting import (
    AddAgendaItem,
    CirculatePapers,
    OpenMeeting,
    ReceiveApology,
    ScheduleMeeting,
)
from services.meetings.domain.decision_rules import Inquorate
from services.meetings.domain.rules import AgendaClosed, ForeignSeat, ShortNotice, Stranger, VacantSeat
from services.meetings.queries.calendar import meeting_record
from services.meetings.queries.register import decision_of
from shared.contracts.command import Command
from shared.contracts.meetings import Capacity, Outcome, Paper
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatVacated
from shared.contracts.membership.terms_of_reference import QuorumNumber, TermsOfReferenceAdopted
from shared.values.refusals import AlreadyThere, Forbidden, Unknown
from shared.values.roles import Role


def test_a_meeting_needs_terms_in_force_on_its_day(desk: Desk) -> None:
    """TSP-1"""
    with pytest.raises(Unknown, match="no terms of reference in force on 2014-03-31") as refusal:
        desk.does(scheduled(starts_at=dt.datetime(2014, 3, 31, 14, 0, tzinfo=dt.UTC)))
    assert "Folkmoot-After" in refusal.value.advice
    desk.does(scheduled(starts_at=dt.datetime(2014, 4, 1, 14, 0, tzinfo=dt.UTC)))


def test_a_group_that_membership_does_not_have_cannot_meet(desk: Desk) -> None:
    """TSP-1"""
    forum = ScheduleMeeting(meeting="forum-1", group="forum", title="Forum", starts_at=STARTS, place="Hall")
    with pytest.raises(Unknown, match="no group 'forum' in 'area-"):
        desk.does(forum)
    desk.partnership = "elsewhere"
    with pytest.raises(Unknown, match="no group 'board' in 'elsewhere'"):
        desk.does(scheduled())


def test_a_meeting_is_held_to_the_terms_of_its_day(desk: Desk) -> None:
    """TSP-1: new terms in February do not change what November needed, however late it is recorded."""
    desk.learns(
        TermsOfReferenceAdopted(group="board", terms=terms(QuorumNumber(members=3)), in_force_from=dt.date(2015, 2, 1))
    )
    desk.does(*sitting(), *sitting("board-february", FEBRUARY))
    november = meeting_record(desk.reading, "board-november", DAY).quorum
    february = meeting_record(desk.reading, "board-february", DAY).quorum
    assert november is not None
    assert february is not None
    assert (november.required, november.quorate) == (1, True)
    assert november.explanation.endswith("Terms of reference in force from 1 April 2014.")
    assert (february.required, february.quorate) == (3, False)


def test_the_membership_is_that_of_the_meetings_day(desk: Desk) -> None:
    """TSP-1, TSP-2: a seat made or left later, a deputy withdrawn earlier."""
    desk.learns(
        seat("college", dt.date(2014, 12, 1)),
        SeatVacated(group="board", seat="fire", vacant_from=DAY, reason="Retired."),
        filled("fire", "person-new", dt.date(2015, 1, 5)),
        DeputyNamed(group="board", seat="council", person="deputy-1", in_force_from=APRIL),
        DeputyWithdrawn(group="board", seat="council", person="deputy-1", withdrawn_from=dt.date(2014, 10, 1)),
        DeputyNamed(group="board", seat="council", person="deputy-2", in_force_from=DAY),
        DeputyNamed(group="board", seat="police", person="deputy-3", in_force_from=dt.date(2014, 11, 25)),
    )
    desk.does(scheduled(), sat("council", capacity=Capacity.DEPUTY))
    with pytest.raises(VacantSeat):
        desk.does(sat("fire"))
    with pytest.raises(Stranger, match="its deputy is nobody"):
        desk.does(sat("police", capacity=Capacity.DEPUTY))
    with pytest.raises(Unknown, match="no seat 'college' on 2014-11-24; it has council, fire, police"):
        desk.does(sat("college"))
    desk.does(OpenMeeting(meeting="board-november"))
    record = meeting_record(desk.reading, "board-november", DAY)
    assert [(place.seat, place.person, place.capacity) for place in record.attendance] == [
        ("council", "deputy-2", "deputy")
    ]
    assert record.quorum is not None
    assert (record.quorum.seats, record.quorum.vacant) == (3, 1)


def test_a_partner_adds_items_of_its_own_organisation_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """TSP-1, design 12"""
    desk.does(scheduled())
    with pytest.raises(Forbidden, match="speaks for 'fire'"):
        desk.does(item(), role=Role.PARTNER, organisation="fire")
    with pytest.raises(AgendaClosed):  # a partner's own word on when it came is not taken
        desk.does(item(), role=Role.PARTNER, organisation="police")
    monkeypatch.setattr(desk.application, "_clock", lambda: item().happened_at)
    desk.does(item(), role=Role.PARTNER, organisation="police")
    assert meeting_record(desk.reading, "board-november", DAY).agenda[0].raised_by == "police"


def test_only_the_chair_accepts_an_item_late(desk: Desk) -> None:
    """TSP-1"""
    late = AddAgendaItem(
        meeting="board-november",
        item="late",
        title="Late",
        raised_by="police",
        happened_at=dt.datetime(2014, 11, 11, 9, 0, tzinfo=dt.UTC),
    )
    desk.does(scheduled())
    with pytest.raises(AgendaClosed):
        desk.does(late)
    with pytest.raises(AgendaClosed):
        desk.does(late, role=Role.PARTNER, organisation="police")
    desk.does(late, role=Role.CHAIR)
    assert meeting_record(desk.reading, "board-november", DAY).agenda[0].late


def test_only_the_chair_waives_the_notice_of_papers_and_gives_the_authority(desk: Desk) -> None:
    """TSP-1"""
    when = dt.datetime(2014, 11, 20, 9, 0, tzinfo=dt.UTC)
    bare = CirculatePapers(meeting="board-november", papers=(Paper(title="Agenda"),), happened_at=when)
    waived = CirculatePapers(
        meeting="board-november", papers=bare.papers, happened_at=when, authority="Chair's urgency, 20 November 2014"
    )
    desk.does(scheduled())
    for command, role in ((bare, Role.CLERK), (waived, Role.CLERK), (bare, Role.CHAIR)):
        with pytest.raises(ShortNotice):
            desk.does(command, role=role)
    desk.does(waived, role=Role.CHAIR)
    recorded = desk.application.store.facts_of(f"{desk.partnership}/meeting/board-november")[-1].envelope
    assert recorded.authority == "Chair's urgency, 20 November 2014"


def test_a_partner_apologises_for_its_own_seat_only(desk: Desk) -> None:
    """TSP-2, design 12"""
    desk.does(scheduled())
    own = ReceiveApology(meeting="board-november", seat="police", organisation="police")
    for command, refusal in (
        (ReceiveApology(meeting="board-november", seat="police"), Forbidden),
        (ReceiveApology(meeting="board-november", seat="police", organisation="fire"), Forbidden),
        (ReceiveApology(meeting="board-november", seat="fire", organisation="police"), ForeignSeat),
    ):
        with pytest.raises(refusal):
            desk.does(command, role=Role.PARTNER, organisation="police")
    desk.does(own, role=Role.PARTNER, organisation="police")
    desk.does(ReceiveApology(meeting="board-november", seat="fire"))
    assert [sent.seat for sent in meeting_record(desk.reading, "board-november", DAY).apologies] == ["fire", "police"]


def test_a_partner_records_no_decision(desk: Desk) -> None:
    """design 12"""
    desk.does(*sitting())
    with pytest.raises(Forbidden, match="needs one of the roles chair, clerk"):
        desk.does(decided(), role=Role.PARTNER, organisation="police")
    desk.does(decided(), role=Role.CHAIR)


@pytest.mark.parametrize(
    "command",
    [
        AddAgendaItem(meeting="board-november", item="x", title="X", raised_by="bakers", happened_at=NOVEMBER_1),
        AssignAction(meeting="board-november", action="x", text="X", owner="bakers", due_on=dt.date(2015, 1, 1)),
        RecordDecision(
            meeting="board-november",
            decision="x",
            item="requests",
            outcome=Outcome.NOTED,
            text="X",
            reasons="X",
            exploration=msgspec.structs.replace(COMMISSIONER, funder="bakers"),
        ),
        RecordDecision(
            meeting="board-november",
            decision="x",
            item="requests",
            outcome=Outcome.AGREED,
            text="X",
            reasons="X",
            mitigations=(msgspec.structs.replace(SIGNPOST, owner="bakers"),),
        ),
    ],
)
def test_only_a_registered_organisation_raises_items_owns_actions_or_is_asked(desk: Desk, command: Command) -> None:
    """TSP-2"""
    desk.does(*sitting())
    with pytest.raises(Unknown, match="No organisation 'bakers' is registered in 'area-"):
        desk.does(command)


def test_a_decision_name_is_given_once_in_a_partnership(desk: Desk) -> None:
    """CAN-2: funding and projects cite it, whichever meeting took it."""
    desk.does(*sitting(), *sitting("board-february", FEBRUARY), decided())
    with pytest.raises(AlreadyThere, match="decision 'blake-worker-deferred' of meeting 'board-november' already"):
        desk.does(decided(meeting="board-february"))
    assert decision_of(desk.reading, "blake-worker-deferred").meeting == "board-november"


def test_two_meetings_that_claim_a_decision_name_at_once_do_not_both_get_it(desk: Desk) -> None:
    """CAN-2"""
    meetings = [f"board-{number}" for number in range(6)]
    for meeting in meetings:
        desk.does(*sitting(meeting))

    def claim(meeting: str) -> str:
        try:
            desk.sends(decided(meeting=meeting))
        except AlreadyThere:
            return "refused"
        return "recorded"

    with ThreadPoolExecutor(len(meetings)) as threads:
        outcomes = sorted(threads.map(claim, meetings))
    assert outcomes == ["recorded", *["refused"] * 5]


def test_a_refused_decision_claims_no_name(desk: Desk) -> None:
    """CAN-2"""
    desk.learns(
        TermsOfReferenceAdopted(group="board", terms=terms(QuorumNumber(members=2)), in_force_from=APRIL),
    )
    desk.does(*sitting())
    with pytest.raises(Inquorate):
        desk.does(decided())
    desk.does(sat("police"), decided())
    assert decision_of(desk.reading, "blake-worker-deferred").present == 2
