"""Quorum: how many members a meeting needs, how many count as present, and the same in a sentence (TSP-1)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.meetings.domain.membership import Membership
from shared.contracts.meetings import Capacity, Quorum
from shared.contracts.membership.terms_of_reference import QuorumNumber, QuorumShare, Rounding, TermsOfReference

SHARES = {(1, 2): "Half", (1, 3): "A third", (2, 3): "Two thirds", (1, 4): "A quarter", (3, 4): "Three quarters"}
WORDS = {Rounding.UP: "up to", Rounding.DOWN: "down to", Rounding.NEAREST: "to the nearest,"}


@dataclass(frozen=True)
class Attendee:
    """Who sat in a seat at a meeting, and in what capacity."""

    person: str | None
    capacity: Capacity


def quorum_is_a_share_of_the_whole_membership(terms: TermsOfReference, membership: int) -> int:
    """How many must be present of a counted membership: the share, rounded after the terms, or the number (TSP-1).

    It is never less than one, because nobody is no meeting.
    """
    if isinstance(terms.quorum, QuorumNumber):
        return terms.quorum.members
    return max(1, _rounded(_share(terms.quorum, membership), terms.rounding))


def _share(quorum: QuorumShare, membership: int) -> Fraction:
    return Fraction(quorum.numerator * membership, quorum.denominator)


def _rounded(exact: Fraction, rounding: Rounding) -> int:
    match rounding:
        case Rounding.UP:
            return math.ceil(exact)
        case Rounding.DOWN:
            return math.floor(exact)
        case Rounding.NEAREST:  # half up: Python's own round() would make 2 of 2 1/2
            return math.floor(exact + Fraction(1, 2))


def vacant_seats_belong_to_the_membership_if_the_terms_say_so(membership: Membership) -> frozenset[str]:
    """The seats that the quorum is worked out from, and that count when somebody sits in them (TSP-1)."""
    return frozenset(
        slug for slug, seat in membership.seats.items() if membership.terms.vacant_seats_count or not seat.vacant
    )


def deputies_count_if_the_terms_say_so(
    membership: Membership, attendance: Mapping[str, Attendee], withdrawn: Collection[str] = ()
) -> frozenset[str]:
    """The seats that count as present: not those who withdrew from the item, nor deputies who do not count (TSP-1)."""
    return frozenset(
        seat
        for seat in vacant_seats_belong_to_the_membership_if_the_terms_say_so(membership) & attendance.keys()
        if seat not in withdrawn
        and (membership.terms.deputies_count or attendance[seat].capacity is Capacity.REPRESENTATIVE)
    )


def worked_out(membership: Membership, attendance: Mapping[str, Attendee]) -> Quorum:
    """The quorum of a meeting with this attendance, explained."""
    counted = len(vacant_seats_belong_to_the_membership_if_the_terms_say_so(membership))
    vacant = sum(seat.vacant for seat in membership.seats.values())
    required = quorum_is_a_share_of_the_whole_membership(membership.terms, counted)
    counting = deputies_count_if_the_terms_say_so(membership, attendance)
    present = len(counting)
    uncounted = len(attendance) - present
    deputies = sum(attendance[seat].capacity is Capacity.DEPUTY for seat in counting)
    attended = f"{_are(present)} present" + (f", {deputies} of them by deputy" if deputies else "")
    apart = f", and {uncounted} whose attendance does not count" if uncounted else ""
    verdict = "quorate" if present >= required else f"inquorate, {required - present} short"
    return Quorum(
        seats=len(membership.seats),
        vacant=vacant,
        counted_membership=counted,
        required=required,
        present=present,
        quorate=present >= required,
        explanation=(
            f"{_rule(membership.terms, len(membership.seats), vacant, required)}; {attended}{apart}: the meeting is"
            f" {verdict}. Terms of reference in force from {_in_words(membership.terms_in_force_from)}."
        ),
    )


def _rule(terms: TermsOfReference, seats: int, vacant: int, required: int) -> str:
    """How many must be present, and why, as the first half of the explanation."""
    quorum = terms.quorum
    if isinstance(quorum, QuorumNumber):
        return f"The terms of reference ask for {required} of {_seats(seats)}"
    counted = seats if terms.vacant_seats_count else seats - vacant
    of = _seats(counted)
    if vacant:
        of += f", {vacant} vacant included," if terms.vacant_seats_count else f", {vacant} vacant left out,"
    exact = _share(quorum, counted)
    rounded = _rounded(exact, terms.rounding)
    share = SHARES.get((quorum.numerator, quorum.denominator), f"{quorum.numerator}/{quorum.denominator}")
    if rounded == 0:
        return f"{share} of {of} is {_mixed(exact)}, but never less than {required}"
    if exact == rounded:
        return f"{share} of {of} is {rounded}"
    return f"{share} of {of} is {_mixed(exact)}, rounded {WORDS[terms.rounding]} {rounded}"


def _mixed(exact: Fraction) -> str:
    """A fraction as people write it: ``2 3/4``."""
    whole, rest = divmod(exact, 1)
    return " ".join(str(part) for part in (whole, rest) if part) or "0"


def _seats(number: int) -> str:
    return f"{number} seat" if number == 1 else f"{number} seats"


def _are(number: int) -> str:
    return f"{number} is" if number == 1 else f"{number} are"


def _in_words(day: dt.date) -> str:
    """A day as minutes have it: ``24 November 2014``."""
    return f"{day.day} {day:%B %Y}"
