"""Commands about a meeting's minutes."""

from __future__ import annotations

from services.meetings.commands.declared import CLERK_OR_CHAIR, commands
from services.meetings.commands.membership import membership_on
from services.meetings.domain.meeting import Meeting
from shared.contracts.command import Command
from shared.contracts.nouns import MeetingSlug
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Text


class DraftMinutes(Command, frozen=True, kw_only=True):
    """Draft a meeting's minutes, or draft them anew until they are approved."""

    meeting: MeetingSlug
    summary: Text


@commands.handles("/meetings/{meeting}/minutes", roles=CLERK_OR_CHAIR)
def draft_minutes(command: DraftMinutes, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    unit.record(meeting, meeting.draft_minutes(command.summary))


class ApproveMinutes(Command, frozen=True, kw_only=True):
    """Approve a meeting's minutes at a later meeting of the same group, which is open and quorate."""

    meeting: MeetingSlug
    approved_at: MeetingSlug


@commands.handles("/meetings/{meeting}/minutes/approval", roles=CLERK_OR_CHAIR)
def approve_minutes(command: ApproveMinutes, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    later = unit.existing(Meeting, command.approved_at)
    membership = membership_on(unit, later.group, later.day)
    unit.record(meeting, meeting.approve_minutes(later, membership, today=unit.at.today))
