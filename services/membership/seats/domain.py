"""Seats: an organisation's places in a group, who fills them, and who may stand in (TSP-2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from services.membership.organisations.domain import Organisation
from services.membership.people.domain import Person
from services.membership.people.rules import an_erased_person_takes_no_further_part
from services.membership.seats.rules import (
    a_deputy_is_not_the_representative,
    only_a_deputy_is_withdrawn,
    only_a_filled_seat_is_vacated,
    people_in_a_seat_come_from_its_organisation,
)
from shared.contracts.event import fact
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatCreated, SeatFilled, SeatVacated
from shared.contracts.nouns import OrganisationSlug
from shared.values.aggregate import Part
from shared.values.entries import entry, is_free
from shared.values.in_force import InForce
from shared.values.rules import an_organisation_speaks_for_its_own_seats

if TYPE_CHECKING:
    from services.membership.groups.domain import Group


class Seat(Struct, frozen=True):
    """An organisation's place in a group, with everyone who ever filled it or stood in."""

    organisation: str
    representatives: InForce[str] = InForce()
    """Nothing in force is vacant."""
    deputies: dict[str, InForce[bool]] = {}

    def has_deputy(self, person: str, day: dt.date) -> bool:
        """Whether a person may stand in on a day."""
        return person in self.deputies and self.deputies[person].on(day) is not None

    def filled(self, day: dt.date, person: str | None) -> Seat:
        """The same, filled by a person from a day on; None: vacant."""
        return replace(self, representatives=self.representatives.since(day, person))

    def with_deputy(self, person: str, day: dt.date, stands_in: bool | None) -> Seat:
        """The same, with a person standing in from a day on, or no longer."""
        changes = self.deputies.get(person, InForce[bool]()).since(day, stands_in)
        return replace(self, deputies={**self.deputies, person: changes})


class Seats(Part):
    """The seats of a group by their slugs."""

    held: dict[str, Seat] = {}


@Seats.applies
def _(seats: Seats, fact: SeatCreated) -> None:
    seats.held[fact.seat] = Seat(fact.organisation)


@Seats.applies
def _(seats: Seats, fact: SeatFilled) -> None:
    seats.held[fact.seat] = seats.held[fact.seat].filled(fact.in_force_from, fact.person)


@Seats.applies
def _(seats: Seats, fact: SeatVacated) -> None:
    seats.held[fact.seat] = seats.held[fact.seat].filled(fact.vacant_from, None)


@Seats.applies
def _(seats: Seats, fact: DeputyNamed) -> None:
    seats.held[fact.seat] = seats.held[fact.seat].with_deputy(fact.person, fact.in_force_from, True)


@Seats.applies
def _(seats: Seats, fact: DeputyWithdrawn) -> None:
    seats.held[fact.seat] = seats.held[fact.seat].with_deputy(fact.person, fact.withdrawn_from, None)


def create_seat(asked: SeatCreated, group: Group, organisation: Organisation) -> SeatCreated:
    """Create a seat for an organisation and an office (TSP-2). It is vacant until it is filled.

    Raises ``AlreadyThere``, ``Unknown``.
    """
    is_free(group.seats.held, "seat", asked.seat, group.slug)
    return asked


class FillSeat(SeatFilled, frozen=True, kw_only=True):
    """Seat an organisation's representative. A partner names its organisation, and a seat and a person of its own."""

    organisation: OrganisationSlug | None = None


def fill_seat(command: FillSeat, group: Group, person: Person) -> SeatFilled:
    """Fill it (TSP-2). Raises ``Unknown``, ``PersonIsErased``, ``NotOwnSeat``, ``PersonFromAnotherOrganisation``."""
    _seat_for(command, group, person)
    return fact(SeatFilled, command)


def vacate_seat(asked: SeatVacated, group: Group) -> SeatVacated:
    """Leave a seat vacant from a day on (TSP-2). Raises ``Unknown``, ``SeatAlreadyVacant``."""
    seat = entry(group.seats.held, "seat", asked.seat, group.slug)
    only_a_filled_seat_is_vacated(asked.seat, seat.representatives.on(asked.vacant_from), asked.vacant_from)
    return asked


class NameDeputy(DeputyNamed, frozen=True, kw_only=True):
    """Name a deputy who may stand in for a seat's representative. A partner names its organisation, as for its seat."""

    organisation: OrganisationSlug | None = None


def name_deputy(command: NameDeputy, group: Group, person: Person) -> DeputyNamed:
    """Name who may stand in (TSP-2). Raises what ``fill_seat`` raises, and ``OwnDeputy``."""
    seat = _seat_for(command, group, person)
    a_deputy_is_not_the_representative(command.seat, seat.representatives.on(command.in_force_from), command.person)
    return fact(DeputyNamed, command)


class WithdrawDeputy(DeputyWithdrawn, frozen=True, kw_only=True):
    """End a deputy's standing in for a seat. A partner names its organisation, as for its seat."""

    organisation: OrganisationSlug | None = None


def withdraw_deputy(command: WithdrawDeputy, group: Group) -> DeputyWithdrawn:
    """Withdraw a deputy (TSP-2). Raises ``Unknown``, ``NotOwnSeat``, ``NotADeputy``."""
    seat, day = _own_seat(command, group), command.withdrawn_from
    only_a_deputy_is_withdrawn(command.seat, command.person, seat.has_deputy(command.person, day), day)
    return fact(DeputyWithdrawn, command)


def _own_seat(command: FillSeat | NameDeputy | WithdrawDeputy, group: Group) -> Seat:
    """The seat, which the caller may speak for: a partner for its own, a clerk for any."""
    seat = entry(group.seats.held, "seat", command.seat, group.slug)
    an_organisation_speaks_for_its_own_seats(command.seat, seat.organisation, command.organisation)
    return seat


def _seat_for(command: FillSeat | NameDeputy, group: Group, person: Person) -> Seat:
    """The seat, which this person may fill or stand in for."""
    an_erased_person_takes_no_further_part(command.person, person.erased)
    seat = _own_seat(command, group)
    people_in_a_seat_come_from_its_organisation(command.seat, seat.organisation, command.person, person.organisation)
    return seat
