"""Quorum: how many members a meeting needs, how many count as present, and the same in a sentence (TSP-1)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple

from services.meetings.quorum.rules import a_meeting_is_opened_once
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.attendance import Capacity
from shared.contracts.meetings.meetings import MeetingOpened, Quorum
from shared.contracts.membership.terms_of_reference import QuorumNumber, QuorumShare, Rounding
from shared.contracts.nouns import MeetingSlug
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances

if TYPE_CHECKING:
    from services.meetings.attendance.domain import Attendee
    from services.meetings.meeting import Meeting

SHARES = {(1, 2): "Half", (1, 3): "A third", (2, 3): "Two thirds", (1, 4): "A quarter", (3, 4): "Three quarters"}
WORDS = {Rounding.UP: "up to", Rounding.DOWN: "down to", Rounding.NEAREST: "to the nearest,"}


class Opening(Part):
    """How a meeting was opened."""

    quorum: Quorum | None = None
    """As it was worked out then; None before."""


@Opening.applies
def _(opening: Opening, fact: MeetingOpened) -> None:
    opening.quorum = fact.quorum


class OpenMeeting(Command, frozen=True, kw_only=True):
    """Open a meeting: its quorum is worked out from the attendance and the terms of reference in force that day."""

    meeting: MeetingSlug


def open_meeting(command: OpenMeeting, meeting: Meeting, membership: Membership, at: Circumstances) -> MeetingOpened:
    """Open the meeting and say whether it is quorate (TSP-1). Raises ``before-meeting-day``, ``already-opened``."""
    meeting.is_its_day(at.today)
    a_meeting_is_opened_once(meeting.slug, meeting.opening.quorum)
    return fact(MeetingOpened, command, quorum=worked_out(membership, meeting.attendance.seats))


class Needed(NamedTuple):
    """How many must be present, and why: the first half of the explanation."""

    members: int
    because: str


class Counted(NamedTuple):
    """The seats that a quorum is worked out from, as a number and in words."""

    seats: int
    of: int
    """All seats, of which these are counted."""
    words: str
    """``11 seats, 1 vacant included,``"""
    rounding: Rounding


@singledispatch
def needed(quorum: object, counted: Counted) -> Needed:
    """How many must be present of a counted membership; one function for each kind of quorum (TSP-1).

    It is never less than one.
    """
    raise TypeError(f"{type(quorum).__name__} is no kind of quorum")


@needed.register
def _(quorum: QuorumNumber, counted: Counted) -> Needed:
    return Needed(quorum.members, f"The terms of reference ask for {quorum.members} of {_seats(counted.of)}")


@needed.register
def _(quorum: QuorumShare, counted: Counted) -> Needed:
    exact = Fraction(quorum.numerator * counted.seats, quorum.denominator)
    share = SHARES.get((quorum.numerator, quorum.denominator), f"{quorum.numerator}/{quorum.denominator}")
    rounded = _rounded(exact, counted.rounding)
    least = max(1, quorum.minimum or 1)
    because = f"{share} of {counted.words} is {_mixed(exact)}"
    if exact != rounded and (rounded or least > 1):
        because += f", rounded {WORDS[counted.rounding]} {rounded}"
    if rounded < least:
        because += f", but never less than {least}"
    return Needed(max(rounded, least), because)


def _rounded(exact: Fraction, rounding: Rounding) -> int:
    match rounding:
        case Rounding.UP:
            return math.ceil(exact)
        case Rounding.DOWN:
            return math.floor(exact)
        case Rounding.NEAREST:  # half up: Python's own round() would make 2 of 2 1/2
            return math.floor(exact + Fraction(1, 2))


def counted_seats(membership: Membership) -> frozenset[str]:
    """The seats that the quorum is worked out from, and that count when they are taken.

    Vacant seats belong to them if the terms say so (TSP-1).
    """
    return frozenset(
        slug for slug, seat in membership.seats.items() if membership.terms.vacant_seats_count or not seat.vacant
    )


def counted_as_present(
    membership: Membership, attendance: Mapping[str, Attendee], withdrawn: Collection[str] = ()
) -> frozenset[str]:
    """The seats that count as present: not those that withdrew from the item.

    Deputies count if the terms say so (TSP-1).
    """
    return frozenset(
        seat
        for seat in counted_seats(membership) & attendance.keys()
        if seat not in withdrawn
        and (membership.terms.deputies_count or attendance[seat].capacity is Capacity.REPRESENTATIVE)
    )


def needed_of(membership: Membership) -> Needed:
    """How many must be present of this membership."""
    terms, seats = membership.terms, len(membership.seats)
    vacant = sum(seat.vacant for seat in membership.seats.values())
    counted = seats if terms.vacant_seats_count else seats - vacant
    words = _seats(counted)
    if vacant:
        words += f", {vacant} vacant {'included' if terms.vacant_seats_count else 'left out'},"
    return needed(terms.quorum, Counted(counted, seats, words, terms.rounding))


def worked_out(membership: Membership, attendance: Mapping[str, Attendee]) -> Quorum:
    """The quorum of a meeting with this attendance, explained."""
    required, because = needed_of(membership)
    counting = counted_as_present(membership, attendance)
    present = len(counting)
    uncounted = len(attendance) - present
    deputies = sum(attendance[seat].capacity is Capacity.DEPUTY for seat in counting)
    attended = f"{present} {'is' if present == 1 else 'are'} present"
    attended += f", {deputies} of them by deputy" if deputies else ""
    attended += f", and {uncounted} whose attendance does not count" if uncounted else ""
    verdict = "quorate" if present >= required else f"inquorate, {required - present} short"
    return Quorum(
        seats=len(membership.seats),
        vacant=sum(seat.vacant for seat in membership.seats.values()),
        counted_membership=len(counted_seats(membership)),
        required=required,
        present=present,
        quorate=present >= required,
        explanation=(
            f"{because}; {attended}: the meeting is {verdict}."
            f" Terms of reference in force from {_in_words(membership.terms_in_force_from)}."
        ),
    )


def _mixed(exact: Fraction) -> str:
    """A fraction as people write it: ``2 3/4``."""
    whole, rest = divmod(exact, 1)
    return " ".join(str(part) for part in (whole, rest) if part) or "0"


def _seats(number: int) -> str:
    return f"{number} seat" if number == 1 else f"{number} seats"


def _in_words(day: dt.date) -> str:
    """A day as minutes have it: ``24 November 2014``."""
    return f"{day.day} {day:%B %Y}"
