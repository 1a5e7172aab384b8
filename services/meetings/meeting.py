"""A meeting, made of its parts."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from msgspec import field

from services.meetings.agenda.domain import Agenda
from services.meetings.attendance.domain import Attendance
from services.meetings.decisions.domain import Decisions
from services.meetings.interests.domain import Interests
from services.meetings.meetings.domain import Sitting
from services.meetings.minutes.domain import Minutes
from services.meetings.quorum.domain import Opening, counted_as_present
from services.meetings.rules import (
    a_closed_meeting_stands_as_it_is,
    a_meeting_acts_once_it_is_open,
    nothing_is_done_at_a_meeting_before_its_day,
)
from shared.contracts.meetings.meetings import Quorum
from shared.readmodels.membership import Membership
from shared.values.aggregate import Aggregate


class Meeting(Aggregate):
    """One sitting of a group, on one day (TSP-1)."""

    noun: ClassVar[str] = "meeting"

    sitting: Sitting = field(default_factory=Sitting)
    agenda: Agenda = field(default_factory=Agenda)
    attendance: Attendance = field(default_factory=Attendance)
    opening: Opening = field(default_factory=Opening)
    interests: Interests = field(default_factory=Interests)
    decisions: Decisions = field(default_factory=Decisions)
    minutes: Minutes = field(default_factory=Minutes)

    def is_in_preparation(self) -> None:
        """Check that it was not closed. Raises ``meeting-closed``."""
        a_closed_meeting_stands_as_it_is(self.slug, self.sitting.closed)

    def is_its_day(self, today: dt.date) -> None:
        """Check that it meets today or has met. Raises ``before-meeting-day``."""
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.sitting.day, today)

    def quorum_of_open(self, today: dt.date) -> Quorum:
        """The quorum with which it was opened.

        Raises ``before-meeting-day``, ``meeting-not-open``, ``meeting-closed``.
        """
        self.is_its_day(today)
        a_meeting_acts_once_it_is_open(self.slug, self.opening.quorum is not None)
        self.is_in_preparation()
        assert self.opening.quorum is not None
        return self.opening.quorum

    def present_for(self, item: str | None, membership: Membership) -> int:
        """How many members count as present, for an item without those who withdrew from it (TSP-1)."""
        return len(counted_as_present(membership, self.attendance.seats, self.interests.withdrawn_from(item)))
