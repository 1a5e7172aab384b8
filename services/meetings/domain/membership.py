"""The membership that a meeting is held by: a group's seats and terms of reference as they are on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.membership.terms_of_reference import TermsOfReference
from shared.values.refusals import Unknown

ASK_MEMBERSHIP = (
    "Record it in membership first; if you just have, send the Folkmoot-At you were answered with as Folkmoot-After."
)
"""What to do when membership knows of nothing by that name, or this service has not heard of it yet."""


@dataclass(frozen=True)
class Seat:
    """An organisation's place in a group, as it is on the day."""

    organisation: str
    representative: str | None = None
    """The person who fills it; None while it is vacant."""
    deputies: tuple[str, ...] = ()
    """The people who may stand in."""

    @property
    def vacant(self) -> bool:
        """Whether nobody fills it, even if somebody could stand in."""
        return self.representative is None


@dataclass(frozen=True)
class Membership:
    """The whole membership of a meeting (TSP-1, TSP-2). A sitting with extended membership has more groups' seats."""

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
            raise Unknown(detail, remedy=ASK_MEMBERSHIP) from None
