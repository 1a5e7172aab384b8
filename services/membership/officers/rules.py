"""The rules about officers."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule


@rule("TSP-3", problem="office-of-a-vacant-seat", remedy="Fill the seat first, or elect another.")
def an_officer_is_elected_to_a_filled_seat(seat: str, representative: str | None, day: dt.date) -> Broken | None:
    """Chair and vice-chair are members: someone fills their seats."""
    if representative is None:
        return Broken(f"No one fills seat {seat!r} on {day.isoformat()}.", field="seat")
    return None


@rule(
    "TSP-3",
    problem="two-offices",
    remedy="Elect another seat, or elect a new holder of the other office first.",
)
def chair_and_vice_chair_are_two_seats(seat: str, other_office: str, other_seat: str | None) -> Broken | None:
    """Chair and vice-chair are two different seats, because one stands in for the other."""
    if seat == other_seat:
        return Broken(f"Seat {seat!r} holds the office of {other_office} already.", field="seat")
    return None
