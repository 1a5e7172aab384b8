"""Meetings: state, commands, decisions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from services.meetings.meetings.rules import papers_go_out_in_time_unless_the_chair_waives_it
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.meetings import MeetingClosed, MeetingScheduled, Papers, PapersCirculated, StartsAt
from shared.contracts.nouns import GroupSlug, MeetingSlug
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry
from shared.values.identifiers import Name
from shared.values.periods import day_of
from shared.values.roles import Role

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Sitting(Part):
    """When and of which group a meeting is."""

    group: str = ""
    starts_at: dt.datetime = dt.datetime.min.replace(tzinfo=dt.UTC)
    agenda_closes_on: dt.date = dt.date.min
    papers_due_on: dt.date = dt.date.min
    closed: bool = False

    @property
    def day(self) -> dt.date:
        """The day it meets, by the clock where it meets."""
        return day_of(self.starts_at)


@Sitting.applies
def _(sitting: Sitting, fact: MeetingScheduled) -> None:
    sitting.group = fact.group
    sitting.starts_at = fact.starts_at
    sitting.agenda_closes_on = fact.agenda_closes_on
    sitting.papers_due_on = fact.papers_due_on


@Sitting.applies
def _(sitting: Sitting, fact: MeetingClosed) -> None:
    sitting.closed = True


Sitting.ignores(PapersCirculated)


class ScheduleMeeting(Command, frozen=True, kw_only=True):
    """Call a meeting of a group; its terms of reference say when items and papers are due.

    A meeting of the past can be called too, so that its minutes are recorded.
    """

    meeting: MeetingSlug
    group: GroupSlug
    title: Name
    starts_at: StartsAt
    place: Name


def schedule_meeting(command: ScheduleMeeting, meeting: Meeting, membership: Membership) -> MeetingScheduled:
    """Call the meeting. The terms in force on its day say when items and papers are due (TSP-1)."""
    day, terms = day_of(command.starts_at), membership.terms
    return fact(
        MeetingScheduled,
        command,
        agenda_closes_on=day - dt.timedelta(days=terms.agenda_notice_days),
        papers_due_on=day - dt.timedelta(days=terms.papers_notice_days),
    )


class CirculatePapers(Command, frozen=True, kw_only=True):
    """Send out agenda and papers, in time; the chair may waive the notice by giving the authority for it."""

    meeting: MeetingSlug
    papers: Papers


def circulate_papers(command: CirculatePapers, meeting: Meeting, at: Circumstances) -> PapersCirculated:
    """Send out agenda and papers (TSP-1). Raises ``meeting-closed``, ``Unknown``, ``papers-late``."""
    meeting.is_in_preparation()
    for paper in command.papers:
        if paper.item is not None:
            entry(meeting.agenda.items, "item", paper.item, meeting.slug)
    waived = Role.CHAIR in at.roles and at.authority is not None
    papers_go_out_in_time_unless_the_chair_waives_it(meeting.slug, meeting.sitting.papers_due_on, at.today, waived)
    return fact(PapersCirculated, command, circulated_on=at.today)


def close_meeting(asked: MeetingClosed, meeting: Meeting, at: Circumstances) -> MeetingClosed:
    """Close a meeting; after that come only its minutes and what came of its actions (TSP-1).

    Raises ``before-meeting-day``, ``meeting-not-open``, ``meeting-closed``.
    """
    meeting.quorum_of_open(at.today)
    return asked
