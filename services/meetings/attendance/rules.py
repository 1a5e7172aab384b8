"""Rules of attendance and apologies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from shared.contracts.meetings.attendance import Capacity
from shared.readmodels.membership import ASK_MEMBERSHIP, Seat
from shared.values.rule import Broken, rule

if TYPE_CHECKING:
    from services.meetings.attendance.domain import Attendee


@rule("TSP-2", problem="seat-vacant", remedy=ASK_MEMBERSHIP)
def a_representative_fills_the_seat(seat: str, place: Seat, day: dt.date) -> Broken | None:
    """Only a seat that is filled has a representative who attends or apologises."""
    if place.vacant:
        return Broken(f"No one represents {place.organisation!r} in seat {seat!r} on {day.isoformat()}.", field="seat")
    return None


@rule("TSP-2", problem="not-named-for-seat", remedy=ASK_MEMBERSHIP)
def the_person_in_a_seat_was_named_for_it(
    seat: str, capacity: Capacity, person: str | None, named: Collection[str], day: dt.date
) -> Broken | None:
    """A seat is taken by its representative, or by a deputy who was named for it by that day."""
    known = ", ".join(named) or "not named"
    if person is None and len(named) > 1:
        return Broken(f"Seat {seat!r} has the deputies {known}.", remedy="Say which of them sat there.", field="person")
    if not named or person not in (None, *named):
        who = "A deputy" if person is None else repr(person)
        return Broken(
            f"{who} cannot sit in seat {seat!r} on {day.isoformat()}: its {capacity.value} is {known}.", field="person"
        )
    return None


@rule("TSP-1", problem="sits-elsewhere", remedy="Record another person, such as a deputy, in one of the seats.")
def no_one_sits_in_two_seats(seat: str, person: str, attendance: Mapping[str, Attendee]) -> Broken | None:
    """One person sits in one seat at a meeting, and counts once towards the quorum."""
    for other, attendee in attendance.items():
        if attendee.person == person and other != seat:
            return Broken(f"{person!r} sits in seat {other!r} already and cannot sit in {seat!r} as well.")
    return None


@rule("TSP-2", problem="already-present", remedy="If a deputy sat there instead, record that attendance first.")
def the_representative_who_is_present_sends_no_apology(seat: str, attendee: Attendee | None) -> Broken | None:
    """A representative who is present sends no apology."""
    if attendee is not None and attendee.capacity is Capacity.REPRESENTATIVE:
        return Broken(f"The representative in seat {seat!r} is recorded as present.", field="seat")
    return None


@rule("TSP-2", problem="already-apologised", remedy="There is nothing more to do.")
def a_seat_apologises_once(seat: str, apologies: Collection[str]) -> Broken | None:
    """An apology is recorded once."""
    return Broken(f"The apology of seat {seat!r} is recorded already.", field="seat") if seat in apologies else None


@rule("TSP-2", problem="attendance-after-opening", remedy="Ask the clerk to record late arrivals.")
def after_the_opening_the_clerk_records_attendance(
    meeting: str, opened: bool, organisation: str | None
) -> Broken | None:
    """An organisation records its attendance until the meeting is opened. After that the clerk does."""
    if opened and organisation is not None:
        return Broken(f"{meeting!r} was opened. {organisation!r} cannot record its attendance any more.")
    return None
