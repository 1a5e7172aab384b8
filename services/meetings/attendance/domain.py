"""Attendance and apologies: state, commands, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.meetings.attendance.rules import (
    a_representative_fills_the_seat,
    a_seat_apologises_once,
    after_the_opening_the_clerk_records_attendance,
    no_one_sits_in_two_seats,
    the_person_in_a_seat_was_named_for_it,
    the_representative_who_is_present_sends_no_apology,
)
from shared.contracts.event import fact
from shared.contracts.meetings.attendance import ApologyReceived, AttendanceRecorded, Capacity
from shared.contracts.nouns import OrganisationSlug
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.rules import an_organisation_speaks_for_its_own_seats

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Attendee(msgspec.Struct, frozen=True):
    """Who sat in a seat at a meeting, and in what capacity."""

    person: str | None
    capacity: Capacity


class Attendance(Part):
    """Who comes to a meeting."""

    seats: dict[str, Attendee] = msgspec.field(default_factory=dict)
    """Who sits in each seat that is taken."""
    apologies: set[str] = msgspec.field(default_factory=set)
    """The seats whose representatives apologised."""


@Attendance.applies
def _(attendance: Attendance, fact: ApologyReceived) -> None:
    attendance.apologies.add(fact.seat)


@Attendance.applies
def _(attendance: Attendance, fact: AttendanceRecorded) -> None:
    attendance.seats[fact.seat] = Attendee(fact.person, fact.capacity)


class ReceiveApology(ApologyReceived, frozen=True, kw_only=True):
    """Note that a seat's representative will not come. A partner names its organisation and one of its seats."""

    organisation: OrganisationSlug | None = None


def receive_apology(command: ReceiveApology, meeting: Meeting, membership: Membership) -> ApologyReceived:
    """Note an apology (TSP-2).

    Raises ``meeting-closed``, ``Unknown``, ``not-own-seat``, ``seat-vacant``, ``already-present``,
    ``already-apologised``.
    """
    meeting.is_in_preparation()
    place = membership.seat(command.seat)
    an_organisation_speaks_for_its_own_seats(command.seat, place.organisation, command.organisation)
    a_representative_fills_the_seat(command.seat, place, membership.day)
    the_representative_who_is_present_sends_no_apology(command.seat, meeting.attendance.seats.get(command.seat))
    a_seat_apologises_once(command.seat, meeting.attendance.apologies)
    return fact(ApologyReceived, command)


class RecordAttendance(AttendanceRecorded, frozen=True, kw_only=True):
    """Note who sits in a seat: its representative or a deputy named for it.

    A partner names its organisation and one of its seats, before the meeting is opened. The person may be left out
    where only one is possible. Recorded again, it replaces what was recorded before.
    """

    organisation: OrganisationSlug | None = None


def record_attendance(
    command: RecordAttendance, meeting: Meeting, membership: Membership, at: Circumstances
) -> AttendanceRecorded:
    """Note who sits in a seat (TSP-1, TSP-2).

    Raises ``Unknown``, ``not-own-seat``, ``attendance-after-opening``, ``before-meeting-day``, ``meeting-closed``,
    ``seat-vacant``, ``not-named-for-seat``, ``sits-elsewhere``.
    """
    place = membership.seat(command.seat)
    an_organisation_speaks_for_its_own_seats(command.seat, place.organisation, command.organisation)
    opened = meeting.opening.quorum is not None
    after_the_opening_the_clerk_records_attendance(meeting.slug, opened, command.organisation)
    meeting.is_its_day(at.today)
    meeting.is_in_preparation()
    if command.capacity is Capacity.REPRESENTATIVE:
        a_representative_fills_the_seat(command.seat, place, membership.day)
    named = place.deputies if command.capacity is Capacity.DEPUTY else (place.representative or "",)
    the_person_in_a_seat_was_named_for_it(command.seat, command.capacity, command.person, named, membership.day)
    person = command.person or named[0]
    no_one_sits_in_two_seats(command.seat, person, meeting.attendance.seats)
    return fact(AttendanceRecorded, command, person=person)
