"""A group: its seats, who fills them, who may stand in, its officers and the terms it meets by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import singledispatchmethod

from services.membership.domain.rules import (
    SeatNotHeld,
    a_quorum_is_at_most_the_whole_membership,
    an_officer_sits_in_a_filled_seat,
    an_organisation_names_people_for_its_own_seats,
    chair_and_vice_chair_are_two_seats,
    nobody_stands_in_for_themselves,
    who_fills_a_seat_comes_from_its_organisation,
)
from shared.contracts.membership.groups import GroupFormed
from shared.contracts.membership.officers import Office, OfficerElected
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatCreated, SeatFilled, SeatVacated
from shared.contracts.membership.terms_of_reference import TermsOfReference, TermsOfReferenceAdopted
from shared.values.old_aggregate import Aggregate
from shared.values.refusals import AlreadyThere, Unknown


@dataclass
class Seat:
    """An organisation's place in a group, with everybody who ever filled it."""

    organisation: str
    holdings: dict[dt.date, str | None] = field(default_factory=dict)
    """Who fills it from a day on; None is vacant."""
    deputies: dict[str, dict[dt.date, bool]] = field(default_factory=dict)
    """For each deputy, from a day on, whether they may stand in."""

    def representative(self, day: dt.date) -> str | None:
        """Who fills the seat on a day; None when it is vacant."""
        since = max((start for start in self.holdings if start <= day), default=None)
        return None if since is None else self.holdings[since]

    def is_deputy(self, person: str, day: dt.date) -> bool:
        """Whether a person may stand in on a day."""
        changes = self.deputies.get(person, {})
        since = max((start for start in changes if start <= day), default=None)
        return since is not None and changes[since]


class Group(Aggregate):
    """Any body inside the partnership: a board, a thematic partnership, a forum, a task-and-finish group (STK-1)."""

    noun = "group"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.seats: dict[str, Seat] = {}
        self.officers: dict[Office, dict[dt.date, str]] = {office: {} for office in Office}

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: GroupFormed) -> None:
        self.name = fact.name

    @apply.register
    def _(self, fact: TermsOfReferenceAdopted) -> None:
        """Meetings are held to the terms; the group itself only records them."""

    @apply.register
    def _(self, fact: SeatCreated) -> None:
        self.seats[fact.seat] = Seat(fact.organisation)

    @apply.register
    def _(self, fact: SeatFilled) -> None:
        self.seats[fact.seat].holdings[fact.in_force_from] = fact.person

    @apply.register
    def _(self, fact: SeatVacated) -> None:
        self.seats[fact.seat].holdings[fact.vacant_from] = None

    @apply.register
    def _(self, fact: DeputyNamed) -> None:
        self.seats[fact.seat].deputies.setdefault(fact.person, {})[fact.in_force_from] = True

    @apply.register
    def _(self, fact: DeputyWithdrawn) -> None:
        self.seats[fact.seat].deputies.setdefault(fact.person, {})[fact.withdrawn_from] = False

    @apply.register
    def _(self, fact: OfficerElected) -> None:
        self.officers[fact.office][fact.elected_on] = fact.seat

    def seat(self, slug: str) -> Seat:
        """The seat of that name. Raises ``Unknown``."""
        try:
            return self.seats[slug]
        except KeyError:
            there = ", ".join(self.seats) or "none"
            raise Unknown(f"Group {self.slug!r} has no seat {slug!r}; it has {there}.") from None

    def adopt_terms(self, terms: TermsOfReference, in_force_from: dt.date) -> TermsOfReferenceAdopted:
        """Adopt terms of reference from a day on (TSP-1). Raises ``QuorumBeyondMembership``."""
        a_quorum_is_at_most_the_whole_membership(terms)
        return TermsOfReferenceAdopted(group=self.slug, terms=terms, in_force_from=in_force_from)

    def own_seat(self, seat: str, organisation: str | None) -> None:
        """A partner speaks for a seat of its own, a clerk for any (TSP-2). Raises ``Unknown``, ``ForeignSeat``."""
        an_organisation_names_people_for_its_own_seats(seat, self.seat(seat).organisation, organisation)

    def create_seat(self, seat: str, organisation: str, office: str, in_force_from: dt.date) -> SeatCreated:
        """Add a seat, vacant at first (TSP-2). Raises ``AlreadyThere``."""
        if seat in self.seats:
            raise AlreadyThere(f"Group {self.slug!r} has a seat {seat!r} already.")
        return SeatCreated(
            group=self.slug, seat=seat, organisation=organisation, office=office, in_force_from=in_force_from
        )

    def fill_seat(self, seat: str, person: str, organisation: str, in_force_from: dt.date) -> SeatFilled:
        """Seat a representative (TSP-2). Raises ``Unknown``, ``ForeignRepresentative``."""
        who_fills_a_seat_comes_from_its_organisation(seat, self.seat(seat).organisation, person, organisation)
        return SeatFilled(group=self.slug, seat=seat, person=person, in_force_from=in_force_from)

    def vacate_seat(self, seat: str, vacant_from: dt.date, reason: str) -> SeatVacated:
        """Leave a seat vacant (TSP-2). Raises ``Unknown``, ``SeatNotHeld``."""
        if self.seat(seat).representative(vacant_from) is None:
            raise SeatNotHeld(f"Seat {seat!r} is vacant on {vacant_from.isoformat()} already.")
        return SeatVacated(group=self.slug, seat=seat, vacant_from=vacant_from, reason=reason)

    def name_deputy(self, seat: str, person: str, organisation: str, in_force_from: dt.date) -> DeputyNamed:
        """Name who may stand in (TSP-2). Raises ``Unknown``, ``ForeignRepresentative``, ``TwoCapacities``."""
        place = self.seat(seat)
        who_fills_a_seat_comes_from_its_organisation(seat, place.organisation, person, organisation)
        nobody_stands_in_for_themselves(seat, place.representative(in_force_from), person)
        return DeputyNamed(group=self.slug, seat=seat, person=person, in_force_from=in_force_from)

    def withdraw_deputy(self, seat: str, person: str, withdrawn_from: dt.date) -> DeputyWithdrawn:
        """End a deputy's standing in (TSP-2). Raises ``Unknown``, ``SeatNotHeld``."""
        if not self.seat(seat).is_deputy(person, withdrawn_from):
            raise SeatNotHeld(f"{person!r} is no deputy in seat {seat!r} on {withdrawn_from.isoformat()}.")
        return DeputyWithdrawn(group=self.slug, seat=seat, person=person, withdrawn_from=withdrawn_from)

    def elect(self, office: Office, seat: str, elected_on: dt.date) -> OfficerElected:
        """Elect a seat to an office (TSP-3). Raises ``Unknown``, ``VacantSeat``, ``TwoOffices``."""
        an_officer_sits_in_a_filled_seat(seat, self.seat(seat).representative(elected_on), elected_on)
        other = Office.VICE_CHAIR if office is Office.CHAIR else Office.CHAIR
        chair_and_vice_chair_are_two_seats(seat, other.value.replace("_", "-"), self.officer(other, elected_on))
        return OfficerElected(group=self.slug, office=office, seat=seat, elected_on=elected_on)

    def officer(self, office: Office, day: dt.date) -> str | None:
        """The seat that holds an office on a day; None before the first election."""
        since = max((start for start in self.officers[office] if start <= day), default=None)
        return None if since is None else self.officers[office][since]
