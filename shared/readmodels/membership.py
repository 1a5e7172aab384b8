"""A group's membership on one day, as rules need it: its seats and its terms of reference. Pure values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.membership.terms_of_reference import TermsOfReference
from shared.values.refusals import Unknown

ASK_MEMBERSHIP = (
    "Record it in membership first. If you just have, send the Folkmoot-At of that answer as Folkmoot-After."
)
"""The remedy if membership has no such thing, or this service has not read of it yet."""


@dataclass(frozen=True)
class Seat:
    """An organisation's place in a group on the day."""

    organisation: str
    representative: str | None = None
    """The person who fills it; None while it is vacant."""
    deputies: tuple[str, ...] = ()
    """The people who may deputise."""

    @property
    def vacant(self) -> bool:
        """Whether no one fills it, even if it has a deputy."""
        return self.representative is None


@dataclass(frozen=True)
class Membership:
    """The whole membership of a group on a day (TSP-1, TSP-2)."""

    group: str
    day: dt.date
    terms: TermsOfReference
    terms_in_force_from: dt.date
    seats: Mapping[str, Seat]

    def seat(self, slug: str) -> Seat:
        """The seat of that name. Raises ``Unknown``."""
        try:
            return self.seats[slug]
        except KeyError:
            held = ", ".join(sorted(self.seats)) or "none"
            detail = f"Group {self.group!r} has no seat {slug!r} on {self.day.isoformat()}; it has {held}."
            raise Unknown(detail, remedy=ASK_MEMBERSHIP, field="seat") from None
