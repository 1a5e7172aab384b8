"""Facts about notice, agendas, papers, apologies and attendance, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from meetings.given import BLAKE, DAY, LATER, STARTS, attended, board, happened, meeting, opened, quorate, terms

from services.meetings.domain.decision_rules import AmbiguousReference
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.membership import Membership, Seat
from services.meetings.domain.rules import (
    AgendaClosed,
    AlreadyOpened,
    Closed,
    ForeignSeat,
    NotYetItsDay,
    PresentMember,
    ShortNotice,
    Stranger,
    TwoSeats,
    VacantSeat,
)
from shared.contracts.meetings import (
    AgendaItemAdded,
    Capacity,
    MeetingClosed,
    Paper,
    Reference,
    ReferenceKind,
)
from shared.values.refusals import AlreadyThere, Unknown

REPRESENTATIVE, DEPUTY = Capacity.REPRESENTATIVE, Capacity.DEPUTY
CLOSED = MeetingClosed(meeting="board-november")
AGENDA = (Paper(title="Agenda"), Paper(item="requests", title="Requests for funding"))


def item(found: Meeting, slug: str, day: dt.date, *, by_chair: bool = False) -> AgendaItemAdded:
    return found.add_item(slug, "Any item", "police", None, today=day, by_chair=by_chair)


def test_items_are_due_two_weeks_and_papers_one_week_before() -> None:
    """TSP-1: as the terms in force on the meeting's day say."""
    scheduled = Meeting("area", "board-november").schedule(board(), "Board", STARTS, "Civic Centre")
    assert scheduled.agenda_closes_on == dt.date(2014, 11, 10)
    assert scheduled.papers_due_on == dt.date(2014, 11, 17)


def test_half_past_midnight_in_summer_is_a_new_day_although_not_yet_in_greenwich() -> None:
    """TSP-1: days are those of the clocks in the United Kingdom."""
    starts_at = dt.datetime(2015, 6, 30, 23, 30, tzinfo=dt.UTC)
    scheduled = Meeting("area", "board-july").schedule(board(), "Board", starts_at, "Civic Centre")
    assert scheduled.papers_due_on == dt.date(2015, 6, 24)


def test_an_item_on_the_last_day_is_in_time() -> None:
    """TSP-1"""
    assert not item(meeting(), "housing", dt.date(2014, 11, 10)).late


def test_an_item_a_day_late_is_refused_with_its_days() -> None:
    """TSP-1"""
    with pytest.raises(AgendaClosed, match="closed on 2014-11-10; the item comes on 2014-11-11, 1 days late"):
        item(meeting(), "housing", dt.date(2014, 11, 11))


def test_the_chair_accepts_an_item_late_and_it_shows() -> None:
    """TSP-1"""
    assert item(meeting(), "housing", DAY, by_chair=True).late
    assert not item(meeting(), "housing", dt.date(2014, 11, 1), by_chair=True).late


def test_an_item_has_its_name_once_on_an_agenda() -> None:
    """TSP-1"""
    with pytest.raises(AlreadyThere):
        item(meeting(), "requests", dt.date(2014, 11, 1))


def test_a_problem_is_named_with_its_project() -> None:
    """CAN-6"""
    found, day = meeting(), dt.date(2014, 11, 1)
    problem = Reference(kind=ReferenceKind.PROBLEM, id="no-take-up")
    with pytest.raises(AmbiguousReference, match="belongs to a project, which is not named"):
        found.add_item("uptake", "Take-up", "police", problem, today=day, by_chair=False)
    request = Reference(kind=ReferenceKind.REQUEST, id="blake-worker", within="reserve")
    with pytest.raises(AmbiguousReference, match="belongs to nothing else"):
        found.add_item("uptake", "Take-up", "police", request, today=day, by_chair=False)


def test_papers_a_week_before_are_in_time() -> None:
    """TSP-1"""
    circulated = meeting().circulate(AGENDA, today=dt.date(2014, 11, 17), waived=False)
    assert circulated.circulated_on == dt.date(2014, 11, 17)


def test_papers_six_days_before_are_short_notice() -> None:
    """TSP-1"""
    with pytest.raises(ShortNotice, match="due on 2014-11-17; they would go out on 2014-11-18, 1 days late"):
        meeting().circulate(AGENDA, today=dt.date(2014, 11, 18), waived=False)


def test_the_chair_waives_the_notice_of_papers() -> None:
    """TSP-1"""
    assert meeting().circulate(AGENDA, today=DAY, waived=True).papers == AGENDA


def test_a_paper_belongs_to_an_item_on_the_agenda() -> None:
    """TSP-1"""
    with pytest.raises(Unknown, match="no item 'housing'; it has requests, programme"):
        meeting().circulate((Paper(item="housing", title="Housing"),), today=dt.date(2014, 11, 1), waived=False)


def test_an_apology_is_for_a_seat_that_somebody_fills() -> None:
    """TSP-2"""
    assert meeting().receive_apology(board(), "police", "police").seat == "police"
    with pytest.raises(VacantSeat, match="Nobody represents 'public-health'"):
        meeting().receive_apology(board(), "public-health", None)
    with pytest.raises(Unknown, match="no seat 'bakers' on 2014-11-24; it has borough-councillor, business,"):
        meeting().receive_apology(board(), "bakers", None)


def test_an_organisation_apologises_for_its_own_seat_only() -> None:
    """TSP-2"""
    with pytest.raises(ForeignSeat, match="held by 'fire', not by 'police'"):
        meeting().receive_apology(board(), "fire", "police")


def test_an_apology_is_sent_once_and_not_by_who_is_present() -> None:
    """TSP-2"""
    found = meeting(*attended("police", deputies=["fire"]))
    with pytest.raises(PresentMember):
        found.receive_apology(board(), "police", None)
    sent = found.receive_apology(board(), "fire", None)
    with pytest.raises(AlreadyThere):
        happened(found, sent).receive_apology(board(), "fire", None)


def test_the_representative_of_a_seat_need_not_be_named() -> None:
    """TSP-2: only one person can it be."""
    found = meeting().record_attendance(board(), "police", None, REPRESENTATIVE, today=DAY)
    assert found.person == "person-police"


def test_a_representative_is_who_fills_the_seat_that_day() -> None:
    """TSP-2"""
    with pytest.raises(Stranger, match="'person-fire' cannot sit in seat 'police' on 2014-11-24"):
        meeting().record_attendance(board(), "police", "person-fire", REPRESENTATIVE, today=DAY)
    with pytest.raises(VacantSeat):
        meeting().record_attendance(board(), "public-health", None, REPRESENTATIVE, today=DAY)


def test_a_deputy_was_named_for_the_seat_by_that_day() -> None:
    """TSP-2"""
    found = meeting().record_attendance(board(), "police", "deputy-police", DEPUTY, today=DAY)
    assert (found.person, found.capacity) == ("deputy-police", DEPUTY)
    with pytest.raises(Stranger, match="its deputy is deputy-police"):
        meeting().record_attendance(board(), "police", "deputy-fire", DEPUTY, today=DAY)


def small_board(**deputies: tuple[str, ...]) -> Membership:
    seats = {seat: Seat(seat, f"person-{seat}", named) for seat, named in deputies.items()}
    return Membership("board", DAY, terms(), dt.date(2014, 4, 1), seats)


def test_of_several_deputies_it_is_said_who_sat() -> None:
    """TSP-2"""
    several, nobody = small_board(police=("d-1", "d-2")), small_board(police=())
    with pytest.raises(Stranger, match="has the deputies d-1, d-2"):
        meeting().record_attendance(several, "police", None, DEPUTY, today=DAY)
    assert meeting().record_attendance(several, "police", "d-2", DEPUTY, today=DAY).person == "d-2"
    with pytest.raises(Stranger, match="A deputy cannot sit in seat 'police' on 2014-11-24: its deputy is nobody"):
        meeting().record_attendance(nobody, "police", None, DEPUTY, today=DAY)


def test_nobody_sits_in_two_seats() -> None:
    """TSP-1: one person counts once."""
    both = small_board(police=("d-1",), fire=("d-1",))
    found = meeting()
    happened(found, found.record_attendance(both, "police", None, DEPUTY, today=DAY))
    with pytest.raises(TwoSeats, match="sits in seat 'police' already"):
        found.record_attendance(both, "fire", None, DEPUTY, today=DAY)


def test_attendance_may_be_recorded_again() -> None:
    """TSP-2: who sits in a seat already does not sit in two."""
    found = meeting(*attended("police"))
    assert [found.record_attendance(board(), "police", None, REPRESENTATIVE, today=DAY)] == attended("police")


def test_a_representative_who_comes_late_takes_the_seat_from_the_deputy() -> None:
    """TSP-2"""
    found = opened("council", "police", deputies=["fire"])
    happened(found, found.record_attendance(board(), "fire", None, REPRESENTATIVE, today=DAY))
    assert found.attendance["fire"].capacity is REPRESENTATIVE
    assert found.present_for(None, board()) == 3


def test_nobody_attends_or_opens_before_the_day() -> None:
    """TSP-1"""
    with pytest.raises(NotYetItsDay, match="meets on 2014-11-24; this is dated 2014-11-23"):
        meeting().record_attendance(board(), "police", None, REPRESENTATIVE, today=dt.date(2014, 11, 23))
    with pytest.raises(NotYetItsDay):
        meeting().open(board(), today=dt.date(2014, 11, 23))


def test_minutes_of_2014_are_recorded_later() -> None:
    """TSP-1"""
    assert meeting(*attended("police")).open(board(), today=LATER.date()).quorum.present == 1


def test_a_meeting_opens_once() -> None:
    """TSP-1"""
    with pytest.raises(AlreadyOpened, match="with 3 present"):
        quorate().open(board(), today=DAY)


def test_after_closing_nobody_comes_and_no_item_is_added() -> None:
    """TSP-1"""
    found = happened(quorate(), CLOSED)
    with pytest.raises(Closed):
        found.record_attendance(board(), "college", None, REPRESENTATIVE, today=DAY)
    with pytest.raises(Closed):
        found.receive_apology(board(), "college", None)
    with pytest.raises(Closed):
        found.add_item("housing", "Housing", "council", BLAKE, today=DAY, by_chair=True)
    with pytest.raises(Closed):
        found.circulate(AGENDA, today=DAY, waived=True)
