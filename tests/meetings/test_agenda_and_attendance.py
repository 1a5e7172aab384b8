"""Facts about notice, agendas, papers, apologies and attendance, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from meetings.given import BLAKE, DAY, LATER, STARTS, attended, board, meeting, opened, quorate, terms
from stage import CHAIR, CLERK, dated, given

from services.meetings.agenda.domain import AddAgendaItem
from services.meetings.agenda.rules import late_items_need_the_chair
from services.meetings.attendance.domain import ReceiveApology, RecordAttendance
from services.meetings.attendance.rules import (
    a_representative_fills_the_seat,
    a_seat_apologises_once,
    after_the_opening_the_clerk_records_attendance,
    no_one_sits_in_two_seats,
    the_person_in_a_seat_was_named_for_it,
    the_representative_who_is_present_sends_no_apology,
)
from services.meetings.meeting import Meeting
from services.meetings.meetings.domain import CirculatePapers, ScheduleMeeting
from services.meetings.meetings.rules import papers_go_out_in_time_unless_the_chair_waives_it
from services.meetings.quorum.domain import OpenMeeting
from services.meetings.quorum.rules import a_meeting_is_opened_once
from services.meetings.rules import (
    a_closed_meeting_stands_as_it_is,
    a_reference_says_what_its_thing_belongs_to,
    nothing_is_done_at_a_meeting_before_its_day,
)
from shared.contracts.meetings.attendance import ApologyReceived, Capacity
from shared.contracts.meetings.meetings import MeetingClosed, MeetingScheduled, Paper
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.readmodels.membership import Membership, Seat
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import an_organisation_speaks_for_its_own_seats

REPRESENTATIVE, DEPUTY = Capacity.REPRESENTATIVE, Capacity.DEPUTY
CLOSED = MeetingClosed(meeting="board-november")
AGENDA = (Paper(title="Agenda"), Paper(item="requests", title="Requests for funding"))
OPEN = OpenMeeting(meeting="board-november")


def item(slug: str = "housing", about: Reference | None = None) -> AddAgendaItem:
    return AddAgendaItem(meeting="board-november", item=slug, title="Any item", raised_by="police", about=about)


def papers(*sent: Paper, authority: str | None = None) -> CirculatePapers:
    return dated(CirculatePapers(meeting="board-november", papers=sent or AGENDA), authority=authority)


def apology(seat: str, organisation: str | None = None) -> ReceiveApology:
    return ReceiveApology(meeting="board-november", seat=seat, organisation=organisation)


def sits(
    seat: str, person: str | None = None, capacity: Capacity = REPRESENTATIVE, organisation: str | None = None
) -> RecordAttendance:
    return RecordAttendance(
        meeting="board-november", seat=seat, person=person, capacity=capacity, organisation=organisation
    )


def scheduled(starts_at: dt.datetime) -> MeetingScheduled:
    command = ScheduleMeeting(meeting="any", group="board", title="Board", starts_at=starts_at, place="Civic Centre")
    fact = given().providing(board()).when(command).fact
    assert isinstance(fact, MeetingScheduled)
    return fact


def test_items_are_due_two_weeks_and_papers_one_week_before() -> None:
    """TSP-1: as the terms in force on the meeting's day say."""
    called = scheduled(STARTS)
    assert called.agenda_closes_on == dt.date(2014, 11, 10)
    assert called.papers_due_on == dt.date(2014, 11, 17)


def test_half_past_midnight_in_summer_is_a_new_day_although_not_yet_in_greenwich() -> None:
    """TSP-1: days are those of the clocks in the United Kingdom."""
    assert scheduled(dt.datetime(2015, 6, 30, 23, 30, tzinfo=dt.UTC)).papers_due_on == dt.date(2015, 6, 24)


def test_an_item_on_the_last_day_is_in_time() -> None:
    """TSP-1"""
    assert not meeting().when(item(), on="2014-11-10").fact.late


def test_an_item_a_day_late_is_refused_with_its_days() -> None:
    """TSP-1"""
    meeting().when(item(), on="2014-11-11").refused(
        late_items_need_the_chair, "closed on 2014-11-10; the item comes on 2014-11-11, 1 days late"
    )


def test_the_chair_accepts_an_item_late_and_it_shows() -> None:
    """TSP-1"""
    assert meeting().when(item(), on=DAY, by=CHAIR).fact.late
    assert not meeting().when(item(), on="2014-11-01", by=CHAIR).fact.late


def test_an_item_has_its_name_once_on_an_agenda() -> None:
    """TSP-1"""
    meeting().when(item("requests"), on="2014-11-01").refused(AlreadyThere, "'board-november' has item 'requests'")


def test_a_problem_is_named_with_its_project() -> None:
    """CAN-6"""
    problem = Reference(kind=ReferenceKind.PROBLEM, id="no-take-up")
    request = Reference(kind=ReferenceKind.REQUEST, id="blake-worker", within="reserve")
    for about, wrong in (
        (problem, "belongs to a project, which is not named"),
        (request, "belongs to nothing else, and 'reserve' is named"),
    ):
        meeting().when(item(about=about), on="2014-11-01").refused(a_reference_says_what_its_thing_belongs_to, wrong)


def test_papers_a_week_before_are_in_time() -> None:
    """TSP-1"""
    assert meeting().when(papers(), on="2014-11-17").fact.circulated_on == dt.date(2014, 11, 17)


def test_papers_six_days_before_are_short_notice() -> None:
    """TSP-1"""
    meeting().when(papers(), on="2014-11-18").refused(
        papers_go_out_in_time_unless_the_chair_waives_it,
        "due on 2014-11-17; they would go out on 2014-11-18, 1 days late",
    )


def test_only_the_chair_waives_the_notice_of_papers_and_gives_the_authority() -> None:
    """TSP-1"""
    waived = papers(authority="Chair's urgency, 20 November 2014")
    assert meeting().when(waived, on=DAY, by=CHAIR).fact.papers == AGENDA
    for command, by in ((waived, CLERK), (papers(), CHAIR), (papers(), CLERK)):
        meeting().when(command, on=DAY, by=by).refused(papers_go_out_in_time_unless_the_chair_waives_it)


def test_a_paper_belongs_to_an_item_on_the_agenda() -> None:
    """TSP-1"""
    meeting().when(papers(Paper(item="housing", title="Housing")), on="2014-11-01").refused(
        Unknown, "no item 'housing'. It has 'requests', 'programme'."
    )


def test_an_apology_is_for_a_seat_that_is_filled() -> None:
    """TSP-2"""
    meeting().when(apology("police", "police")).then(ApologyReceived(meeting="board-november", seat="police"))
    meeting().when(apology("public-health")).refused(
        a_representative_fills_the_seat, "No one represents 'public-health'"
    )
    meeting().when(apology("bakers")).refused(
        Unknown, "no seat 'bakers' on 2014-11-24; it has borough-councillor, business,"
    )


def test_an_organisation_apologises_for_its_own_seat_only() -> None:
    """TSP-2"""
    meeting().when(apology("fire", "police")).refused(
        an_organisation_speaks_for_its_own_seats, "held by 'fire', not by 'police'"
    )


def test_an_apology_is_sent_once_and_not_by_a_representative_who_is_present() -> None:
    """TSP-2"""
    found = meeting(*attended("police", deputies=["fire"]))
    found.when(apology("police")).refused(the_representative_who_is_present_sends_no_apology)
    found.when(apology("fire")).happens().when(apology("fire")).refused(a_seat_apologises_once)


def test_the_representative_of_a_seat_need_not_be_named() -> None:
    """TSP-2: only one person can it be."""
    assert meeting().when(sits("police"), on=DAY).fact.person == "person-police"


def test_a_representative_is_the_person_who_fills_the_seat_that_day() -> None:
    """TSP-2"""
    meeting().when(sits("police", "person-fire"), on=DAY).refused(
        the_person_in_a_seat_was_named_for_it, "'person-fire' cannot sit in seat 'police' on 2014-11-24"
    )
    meeting().when(sits("public-health"), on=DAY).refused(a_representative_fills_the_seat)


def test_a_deputy_was_named_for_the_seat_by_that_day() -> None:
    """TSP-2"""
    found = meeting().when(sits("police", "deputy-police", DEPUTY), on=DAY).fact
    assert (found.person, found.capacity) == ("deputy-police", DEPUTY)
    meeting().when(sits("police", "deputy-fire", DEPUTY), on=DAY).refused(
        the_person_in_a_seat_was_named_for_it, "its deputy is deputy-police"
    )


def small_board(**deputies: tuple[str, ...]) -> Membership:
    seats = {seat: Seat(seat, f"person-{seat}", named) for seat, named in deputies.items()}
    return Membership("board", DAY, terms(), dt.date(2014, 4, 1), seats)


def test_of_several_deputies_it_is_said_which_sat() -> None:
    """TSP-2"""
    several = meeting(membership=small_board(police=("d-1", "d-2")))
    several.when(sits("police", capacity=DEPUTY), on=DAY).refused(
        the_person_in_a_seat_was_named_for_it, "has the deputies d-1, d-2"
    )
    assert several.when(sits("police", "d-2", DEPUTY), on=DAY).fact.person == "d-2"
    none = meeting(membership=small_board(police=()))
    none.when(sits("police", capacity=DEPUTY), on=DAY).refused(
        the_person_in_a_seat_was_named_for_it,
        "A deputy cannot sit in seat 'police' on 2014-11-24: its deputy is not named",
    )


def test_no_one_sits_in_two_seats() -> None:
    """TSP-1: one person counts once."""
    both = meeting(membership=small_board(police=("d-1",), fire=("d-1",)))
    found = both.when(sits("police", capacity=DEPUTY), on=DAY).happens()
    found.when(sits("fire", capacity=DEPUTY), on=DAY).refused(no_one_sits_in_two_seats, "sits in seat 'police' already")


def test_attendance_may_be_recorded_again() -> None:
    """TSP-2: a person who sits in a seat already does not sit in two."""
    meeting(*attended("police")).when(sits("police"), on=DAY).then(*attended("police"))


def test_an_organisation_records_attendance_until_the_meeting_is_opened() -> None:
    """TSP-2"""
    assert meeting().when(sits("police", organisation="police"), on=DAY).fact.person == "person-police"
    meeting().when(sits("fire", organisation="police"), on=DAY).refused(an_organisation_speaks_for_its_own_seats)
    quorate().when(sits("college", organisation="college"), on=DAY).refused(
        after_the_opening_the_clerk_records_attendance
    )


def test_a_representative_who_comes_late_takes_the_seat_from_the_deputy() -> None:
    """TSP-2"""
    found = opened("council", "police", deputies=["fire"]).when(sits("fire"), on=DAY).happens()
    state = found.state(Meeting, "board-november")
    assert state.attendance.seats["fire"].capacity is REPRESENTATIVE
    assert state.present_for(None, board()) == 3


@pytest.mark.parametrize("command", [sits("police"), OPEN])
def test_no_one_attends_or_opens_before_the_day(command: RecordAttendance | OpenMeeting) -> None:
    """TSP-1"""
    meeting().when(command, on="2014-11-23").refused(
        nothing_is_done_at_a_meeting_before_its_day, "meets on 2014-11-24; this is dated 2014-11-23"
    )


def test_minutes_of_2014_are_recorded_later() -> None:
    """TSP-1"""
    assert meeting(*attended("police")).when(OPEN, on=LATER).fact.quorum.present == 1


def test_a_meeting_opens_once() -> None:
    """TSP-1"""
    quorate().when(OPEN, on=DAY).refused(a_meeting_is_opened_once, "with 3 present")


@pytest.mark.parametrize("command", [sits("college"), apology("college"), item(about=BLAKE), papers()])
def test_after_closing_no_one_comes_and_no_item_is_added(
    command: RecordAttendance | ReceiveApology | AddAgendaItem | CirculatePapers,
) -> None:
    """TSP-1"""
    quorate().and_then(CLOSED).when(command, on=DAY, by=CHAIR).refused(a_closed_meeting_stands_as_it_is)
