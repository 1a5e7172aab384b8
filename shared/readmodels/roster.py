"""Membership's read model: organisations, groups, seats, who fills them, terms and officers, declared once.

A service that needs it includes it in its own schema, and follows membership's facts like its own::

    views = Views("meetings")
    roster = Roster(views)

    roster.membership_on(unit, "strategic-board", day)
    roster.registered(unit, command.owner)

It may lag for a moment. A caller who has just recorded something in membership sends that ``Folkmoot-At`` as
``Folkmoot-After``, and the decision then takes it into account.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

import msgspec
from sqlalchemy import select

from shared.contracts.membership.groups import GroupFormed
from shared.contracts.membership.officers import OfficerElected
from shared.contracts.membership.organisations import OrganisationRegistered
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatCreated, SeatFilled, SeatVacated
from shared.contracts.membership.terms_of_reference import TermsOfReference, TermsOfReferenceAdopted
from shared.contracts.nouns import PersonSlug
from shared.readmodels.membership import ASK_MEMBERSHIP, Membership, Seat
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.runtime.following.in_force import in_force
from shared.runtime.following.views import At, Row, Views, row
from shared.values.refusals import Unknown


class Roster:
    """The tables of membership in one service's schema. Something that changes has a row for each day of change."""

    def __init__(self, views: Views) -> None:
        self.organisation = views.keeps("organisation", OrganisationRegistered, key=("organisation",))
        self.group = views.keeps("group", GroupFormed, key=("group",))
        self.terms = views.keeps("terms_of_reference", TermsOfReferenceAdopted, key=("group", "in_force_from"))
        self.seat = views.keeps("seat", SeatCreated, key=("group", "seat"))
        holding = self.holding = views.keeps(
            "holding", SeatFilled, key=("group", "seat", "in_force_from"), person=PersonSlug | None
        )
        """Who fills a seat; null if it is vacant."""
        deputyship = self.deputyship = views.keeps(
            "deputyship", DeputyNamed, key=("group", "seat", "person", "in_force_from"), stands_in=_named
        )
        """The deputies of a seat's representative. ``stands_in`` is false from the day of withdrawal."""
        self.officer = views.keeps("officer", OfficerElected, key=("group", "office", "elected_on"))

        @views.on(SeatVacated)
        def _(fact: SeatVacated, at: At) -> Iterator[Row]:
            yield row(holding, group=fact.group, seat=fact.seat, in_force_from=fact.vacant_from, person=None)

        @views.on(DeputyWithdrawn)
        def _(fact: DeputyWithdrawn, at: At) -> Iterator[Row]:
            seat = {"group": fact.group, "seat": fact.seat}
            yield row(deputyship, **seat, person=fact.person, in_force_from=fact.withdrawn_from, stands_in=False)

    def membership_on(self, unit: UnitOfWork, group: str, day: dt.date) -> Membership:
        """A group's seats and terms of reference on a day. Raises ``Unknown`` if there is no such group or no terms."""
        here = {"partnership": unit.partnership, "group": group}
        terms = unit.rows(in_force(self.terms, day=day, **here))
        if not terms:
            groups = unit.rows(select(self.group).filter_by(**here))
            missing = (
                f"Group {group!r} has no terms of reference in force on {day.isoformat()}."
                if groups
                else f"There is no group {group!r} in {unit.partnership!r}."
            )
            raise Unknown(missing, remedy=ASK_MEMBERSHIP, field="group")
        deputies: defaultdict[str, list[str]] = defaultdict(list)
        for deputy in unit.rows(in_force(self.deputyship, "seat", "person", day=day, **here)):
            if deputy.stands_in:
                deputies[deputy.seat].append(deputy.person)
        representatives = in_force(self.holding, "seat", day=day, **here).subquery()
        seats = (
            select(self.seat.c.seat, self.seat.c.organisation, representatives.c.person)
            .outerjoin(representatives, representatives.c.seat == self.seat.c.seat)
            .where(*(self.seat.c[name] == slug for name, slug in here.items()), self.seat.c.in_force_from <= day)
        )
        return Membership(
            group=group,
            day=day,
            terms=msgspec.convert(terms[0].terms, TermsOfReference),
            terms_in_force_from=terms[0].in_force_from,
            seats={
                found.seat: Seat(found.organisation, found.person, tuple(deputies[found.seat]))
                for found in unit.rows(seats.order_by(self.seat.c.seat))
            },
        )

    def registered(self, unit: UnitOfWork, *organisations: str | None, field: str = "organisation") -> None:
        """Check that those of these organisations that are given are in the partnership. Raises ``Unknown``."""
        wanted = {slug for slug in organisations if slug is not None}
        if not wanted:
            return
        column = self.organisation.c.organisation
        here = self.organisation.c.partnership == unit.partnership
        unknown = wanted - {found.organisation for found in unit.rows(select(column).where(here, column.in_(wanted)))}
        if unknown:
            names = ", ".join(repr(slug) for slug in sorted(unknown))
            raise Unknown(
                f"No organisation {names} is registered in {unit.partnership!r}.", remedy=ASK_MEMBERSHIP, field=field
            )


def _named(fact: DeputyNamed, at: At) -> bool:
    """Whether the person is a deputy from that day on."""
    return True
