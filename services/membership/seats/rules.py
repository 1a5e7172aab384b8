"""The rules about seats. That an organisation speaks for its own seats is a rule of all services."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule


@rule(
    "TSP-2",
    problem="person-from-another-organisation",
    remedy="Choose a person of the seat's organisation, or register the person with that organisation.",
)
def people_in_a_seat_come_from_its_organisation(
    seat: str, holder: str, person: str, organisation: str
) -> Broken | None:
    """A seat belongs to an organisation: its representative and deputies come from there."""
    if organisation != holder:
        return Broken(f"Seat {seat!r} is held by {holder!r}; {person!r} belongs to {organisation!r}.", field="person")
    return None


@rule("TSP-2", problem="own-deputy", remedy="Name another person as deputy.")
def a_deputy_is_not_the_representative(seat: str, representative: str | None, deputy: str) -> Broken | None:
    """No one is their own deputy."""
    if representative == deputy:
        return Broken(f"{deputy!r} would be both representative and deputy in seat {seat!r}.", field="person")
    return None


@rule("TSP-2", problem="seat-already-vacant", remedy="Look at the roster of that day, or check the day.")
def only_a_filled_seat_is_vacated(seat: str, representative: str | None, day: dt.date) -> Broken | None:
    """Only a seat that someone fills can be vacated."""
    if representative is None:
        return Broken(f"Seat {seat!r} is vacant on {day.isoformat()} already.", field="vacant_from")
    return None


@rule("TSP-2", problem="not-a-deputy", remedy="Look at the roster of that day, or check the person and the day.")
def only_a_deputy_is_withdrawn(seat: str, person: str, is_deputy: bool, day: dt.date) -> Broken | None:
    """Only a person who is a deputy on that day can be withdrawn."""
    if not is_deputy:
        return Broken(f"{person!r} is not a deputy in seat {seat!r} on {day.isoformat()}.", field="person")
    return None
