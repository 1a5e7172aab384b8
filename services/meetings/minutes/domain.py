"""Minutes: state, commands, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.meetings.minutes.rules import (
    approved_minutes_stand_as_they_are,
    minutes_are_approved_at_a_later_meeting_of_the_group,
    minutes_are_approved_once_drafted,
    minutes_are_approved_once_the_meeting_is_over,
)
from services.meetings.rules import a_meeting_acts_once_it_is_open, an_inquorate_meeting_may_note_but_not_decide
from shared.contracts.meetings.minutes import MinutesApproved, MinutesDrafted
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Minutes(Part):
    """How far a meeting's minutes are."""

    drafted: bool = False
    approved_at: str | None = None


@Minutes.applies
def _(minutes: Minutes, fact: MinutesDrafted) -> None:
    minutes.drafted = True


@Minutes.applies
def _(minutes: Minutes, fact: MinutesApproved) -> None:
    minutes.approved_at = fact.approved_at


def draft_minutes(asked: MinutesDrafted, meeting: Meeting) -> MinutesDrafted:
    """Draft a meeting's minutes, or replace the draft until they are approved (TSP-1).

    Raises ``meeting-not-open``, ``minutes-approved``.
    """
    a_meeting_acts_once_it_is_open(meeting.slug, meeting.opening.quorum is not None)
    approved_minutes_stand_as_they_are(meeting.slug, meeting.minutes.approved_at)
    return asked


def approve_minutes(
    asked: MinutesApproved, meeting: Meeting, approved_at: Meeting, membership: Membership, at: Circumstances
) -> MinutesApproved:
    """Approve a meeting's minutes at a later meeting of the same group, which is open and quorate (TSP-1).

    Raises ``minutes-approved``, ``minutes-not-drafted``, ``meeting-not-over``, ``not-a-later-meeting``,
    ``before-meeting-day``, ``meeting-not-open``, ``meeting-closed``, ``inquorate``.
    """
    approved_minutes_stand_as_they_are(meeting.slug, meeting.minutes.approved_at)
    minutes_are_approved_once_drafted(meeting.slug, meeting.minutes.drafted)
    minutes_are_approved_once_the_meeting_is_over(meeting.slug, meeting.sitting.closed)
    later, sitting = approved_at.sitting, meeting.sitting
    minutes_are_approved_at_a_later_meeting_of_the_group(
        (meeting.slug, sitting.group, sitting.starts_at), (approved_at.slug, later.group, later.starts_at)
    )
    required = approved_at.quorum_of_open(at.today).required
    present = approved_at.present_for(None, membership)
    an_inquorate_meeting_may_note_but_not_decide(f"Minutes at {approved_at.slug!r}", False, present, required)
    return asked
