"""What membership has recorded, as this service has learnt it from the ledger, for rules that need it.

It may lag behind by an instant; a caller who has just recorded something there sends its ``Folkmoot-At`` as
``Folkmoot-After`` and is decided upon knowing no less.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.meetings.domain.membership import ASK_MEMBERSHIP, Membership, Seat
from services.meetings.views import deputyship, group, holding, organisation, seat, terms_of_reference
from shared.contracts.membership.terms_of_reference import TermsOfReference
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.refusals import Unknown


def membership_on(unit: UnitOfWork, group_slug: str, day: dt.date) -> Membership:
    """A group's seats and terms of reference as at a day. Raises ``Unknown``, for want of a group or of terms."""
    terms, in_force_from = _terms(unit, group_slug, day)
    here = seat.c.partnership == unit.partnership, seat.c.group == group_slug
    representative = (
        select(holding.c.person)
        .where(
            holding.c.partnership == seat.c.partnership,
            holding.c.group == seat.c.group,
            holding.c.seat == seat.c.seat,
            holding.c.since <= day,
        )
        .order_by(holding.c.since.desc())
        .limit(1)
        .scalar_subquery()
    )
    seats = unit.rows(
        select(seat.c.seat, seat.c.organisation, representative.label("representative"))
        .where(*here, seat.c.in_force_from <= day)
        .order_by(seat.c.seat)
    )
    changes = unit.rows(
        select(deputyship.c.seat, deputyship.c.person, deputyship.c.stands_in)
        .where(
            deputyship.c.partnership == unit.partnership,
            deputyship.c.group == group_slug,
            deputyship.c.since <= day,
        )
        .ext(distinct_on(deputyship.c.seat, deputyship.c.person))
        .order_by(deputyship.c.seat, deputyship.c.person, deputyship.c.since.desc())
    )
    return Membership(
        group=group_slug,
        day=day,
        terms=terms,
        terms_in_force_from=in_force_from,
        seats={
            found.seat: Seat(
                organisation=found.organisation,
                representative=found.representative,
                deputies=tuple(change.person for change in changes if change.stands_in and change.seat == found.seat),
            )
            for found in seats
        },
    )


def _terms(unit: UnitOfWork, group_slug: str, day: dt.date) -> tuple[TermsOfReference, dt.date]:
    terms = terms_of_reference
    of_the_group = and_(
        terms.c.partnership == group.c.partnership, terms.c.group == group.c.group, terms.c.in_force_from <= day
    )
    found = unit.rows(
        select(terms.c.terms, terms.c.in_force_from)
        .select_from(group.outerjoin(terms, of_the_group))
        .where(group.c.partnership == unit.partnership, group.c.group == group_slug)
        .order_by(terms.c.in_force_from.desc())
        .limit(1)
    )
    if not found:
        raise Unknown(f"There is no group {group_slug!r} in {unit.partnership!r}.", remedy=ASK_MEMBERSHIP)
    if found[0].terms is None:
        raise Unknown(
            f"Group {group_slug!r} has no terms of reference in force on {day.isoformat()}.", remedy=ASK_MEMBERSHIP
        )
    return msgspec.convert(found[0].terms, TermsOfReference), found[0].in_force_from


def take_part(unit: UnitOfWork, *organisations: str) -> None:
    """Check that these organisations are registered as taking part. Raises ``Unknown``."""
    if not organisations:
        return
    found = unit.rows(
        select(organisation.c.organisation).where(
            organisation.c.partnership == unit.partnership, organisation.c.organisation.in_(organisations)
        )
    )
    unknown = set(organisations) - {row.organisation for row in found}
    if unknown:
        names = ", ".join(repr(slug) for slug in sorted(unknown))
        raise Unknown(f"No organisation {names} is registered in {unit.partnership!r}.", remedy=ASK_MEMBERSHIP)
