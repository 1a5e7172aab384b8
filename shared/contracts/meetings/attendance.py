"""Who came to a meeting, and who sent apologies."""

from __future__ import annotations

import enum

from shared.contracts.event import Event, event
from shared.contracts.nouns import MeetingSlug, PersonSlug, SeatSlug


class Capacity(enum.StrEnum):
    """The capacity in which a person sat in a seat at a meeting."""

    REPRESENTATIVE = "representative"
    DEPUTY = "deputy"


@event("meetings.apology_received.v1", about="meeting")
class ApologyReceived(Event, frozen=True, kw_only=True):
    """A seat's representative sent apologies for a meeting. Clause TSP-2."""

    meeting: MeetingSlug
    seat: SeatSlug


@event("meetings.attendance_recorded.v1", about="meeting")
class AttendanceRecorded(Event, frozen=True, kw_only=True):
    """A person sat in a seat at a meeting, as its representative or deputy. Clauses TSP-1, TSP-2."""

    meeting: MeetingSlug
    seat: SeatSlug
    person: PersonSlug | None = None
    """Who it was, where the register knows the person."""
    capacity: Capacity
