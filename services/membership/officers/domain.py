"""Officers: the seats that hold a group's offices, each until the next election (TSP-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.membership.officers.rules import (
    an_officer_is_elected_to_a_filled_seat,
    chair_and_vice_chair_are_two_seats,
)
from shared.contracts.membership.officers import Office, OfficerElected
from shared.values.aggregate import Part
from shared.values.entries import entry
from shared.values.in_force import InForce

if TYPE_CHECKING:
    from services.membership.groups.domain import Group


class Officers(Part):
    """Which seat holds each office, by day."""

    elected: dict[Office, InForce[str]] = {}


@Officers.applies
def _(officers: Officers, fact: OfficerElected) -> None:
    held = officers.elected.get(fact.office, InForce[str]())
    officers.elected[fact.office] = held.since(fact.elected_on, fact.seat)


def elect_officer(asked: OfficerElected, group: Group) -> OfficerElected:
    """Elect a seat to the chair or vice-chair of its group (TSP-3).

    Raises ``Unknown``, ``OfficeOfAVacantSeat``, ``TwoOffices``.
    """
    day = asked.elected_on
    seat = entry(group.seats.held, "seat", asked.seat, group.slug)
    an_officer_is_elected_to_a_filled_seat(asked.seat, seat.representatives.on(day), day)
    for office, held in group.officers.elected.items():
        if office is not asked.office:
            chair_and_vice_chair_are_two_seats(asked.seat, office.value.replace("_", "-"), held.on(day))
    return asked
