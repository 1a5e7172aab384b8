"""Commands about a meeting: calling it, its agenda and papers, who comes, opening, interests, closing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from services.meetings.commands.declared import ANY_ORGANISATION, CLERK_OR_CHAIR, commands
from services.meetings.commands.membership import membership_on, take_part
from services.meetings.domain.meeting import Meeting
from shared.contracts.command import Command
from shared.contracts.meetings import About, Capacity, Paper
from shared.contracts.nouns import GroupSlug, ItemSlug, MeetingSlug, OrganisationSlug, PersonSlug, SeatSlug
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text
from shared.values.periods import day_of
from shared.values.roles import Role


class ScheduleMeeting(Command, frozen=True, kw_only=True):
    """Call a meeting of a group; its terms of reference say when items and papers are due.

    A meeting of the past can be called too, so that its minutes are recorded.
    """

    meeting: MeetingSlug
    group: GroupSlug
    title: Name
    starts_at: Annotated[
        dt.datetime,
        Meta(tz=True, description="In local time: its date is the meeting's day.", examples=["2014-11-24T14:00:00Z"]),
    ]
    place: Name


@commands.handles("/meetings", roles=CLERK_OR_CHAIR)
def schedule_meeting(command: ScheduleMeeting, unit: UnitOfWork) -> None:
    meeting = unit.new(Meeting, command.meeting)
    membership = membership_on(unit, command.group, day_of(command.starts_at))
    unit.record(meeting, meeting.schedule(membership, command.title, command.starts_at, command.place))


class AddAgendaItem(Command, frozen=True, kw_only=True):
    """Put an item on a meeting's agenda; after it has closed, only the chair can accept one.

    A partner adds items that its own organisation raises.
    """

    meeting: MeetingSlug
    item: ItemSlug
    title: Name
    raised_by: OrganisationSlug
    about: About | None = None


@commands.handles("/meetings/{meeting}/agenda-items", roles=ANY_ORGANISATION, acts_for="raised_by")
def add_agenda_item(command: AddAgendaItem, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    take_part(unit, command.raised_by)
    by_chair = Role.CHAIR in unit.principal.roles
    item = meeting.add_item(
        command.item, command.title, command.raised_by, command.about, today=unit.at.received_on, by_chair=by_chair
    )
    unit.record(meeting, item)


class CirculatePapers(Command, frozen=True, kw_only=True):
    """Send out agenda and papers, in time; the chair may waive the notice by giving the authority for it."""

    meeting: MeetingSlug
    papers: Annotated[tuple[Paper, ...], Meta(min_length=1, max_length=50)]


@commands.handles("/meetings/{meeting}/papers", roles=CLERK_OR_CHAIR)
def circulate_papers(command: CirculatePapers, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    waived = Role.CHAIR in unit.principal.roles and command.authority is not None
    unit.record(meeting, meeting.circulate(command.papers, today=unit.at.today, waived=waived))


class ReceiveApology(Command, frozen=True, kw_only=True):
    """Note that a seat's representative will not come. A partner names its organisation and one of its seats."""

    meeting: MeetingSlug
    seat: SeatSlug
    organisation: OrganisationSlug | None = None


@commands.handles("/meetings/{meeting}/apologies", roles=ANY_ORGANISATION, acts_for="organisation")
def receive_apology(command: ReceiveApology, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    membership = membership_on(unit, meeting.group, meeting.day)
    unit.record(meeting, meeting.receive_apology(membership, command.seat, command.organisation))


class RecordAttendance(Command, frozen=True, kw_only=True):
    """Note who sits in a seat: its representative or a deputy named for it.

    A partner names its organisation and one of its seats, before the meeting is opened. The person may be left out
    where it can be only one. Recorded anew, it takes the place of what was recorded before.
    """

    meeting: MeetingSlug
    seat: SeatSlug
    capacity: Capacity
    person: PersonSlug | None = None
    organisation: OrganisationSlug | None = None


@commands.handles("/meetings/{meeting}/attendance", roles=ANY_ORGANISATION, acts_for="organisation")
def record_attendance(command: RecordAttendance, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    membership = membership_on(unit, meeting.group, meeting.day)
    attendance = meeting.record_attendance(
        membership,
        command.seat,
        command.person,
        command.capacity,
        today=unit.at.today,
        organisation=command.organisation,
    )
    unit.record(meeting, attendance)


class OpenMeeting(Command, frozen=True, kw_only=True):
    """Open a meeting: its quorum is worked out from the attendance and the terms of reference in force that day."""

    meeting: MeetingSlug


@commands.handles("/meetings/{meeting}/opening", roles=CLERK_OR_CHAIR)
def open_meeting(command: OpenMeeting, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    membership = membership_on(unit, meeting.group, meeting.day)
    unit.record(meeting, meeting.open(membership, today=unit.at.today))


class DeclareInterest(Command, frozen=True, kw_only=True):
    """Note a member's interest in an item; who withdraws is not counted for it.

    A partner names its organisation and one of its seats. Declared anew, it takes the place of the former.
    """

    meeting: MeetingSlug
    item: ItemSlug
    seat: SeatSlug
    nature: Text
    withdrew: Annotated[bool, Meta(description="Whether the member took no part in the item.")]
    organisation: OrganisationSlug | None = None


@commands.handles("/meetings/{meeting}/interests", roles=ANY_ORGANISATION, acts_for="organisation")
def declare_interest(command: DeclareInterest, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    interest = meeting.declare_interest(
        command.item,
        command.seat,
        command.nature,
        command.withdrew,
        today=unit.at.today,
        membership=None if command.organisation is None else membership_on(unit, meeting.group, meeting.day),
        organisation=command.organisation,
    )
    unit.record(meeting, interest)


class CloseMeeting(Command, frozen=True, kw_only=True):
    """Close a meeting; after that come only its minutes and what came of its actions."""

    meeting: MeetingSlug


@commands.handles("/meetings/{meeting}/closing", roles=CLERK_OR_CHAIR)
def close_meeting(command: CloseMeeting, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    unit.record(meeting, meeting.close(today=unit.at.today))
