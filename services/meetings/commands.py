"""The commands of meetings: what, where, who."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from services.meetings.actions.domain import Action, assign_action, complete_action
from services.meetings.agenda.domain import add_agenda_item
from services.meetings.areas_of_interest.domain import AreaOfInterest, answer_area_of_interest, name_area_of_interest
from services.meetings.attendance.domain import receive_apology, record_attendance
from services.meetings.decisions.check import check_awards
from services.meetings.decisions.domain import AwardCheck, RecordDecision, record_decision
from services.meetings.decisions.names import claim_name
from services.meetings.interests.domain import declare_interest
from services.meetings.meeting import Meeting
from services.meetings.meetings.domain import ScheduleMeeting, circulate_papers, close_meeting, schedule_meeting
from services.meetings.minutes.domain import approve_minutes, draft_minutes
from services.meetings.quorum.domain import open_meeting
from services.meetings.updates.domain import (
    Covered,
    Update,
    change_update,
    commission_update,
    record_issue,
    state_implication,
    withdraw_update,
)
from services.meetings.updates.view import update as updates
from services.meetings.views import roster
from shared.readmodels.membership import Membership
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.periods import day_of
from shared.values.roles import Role

CLERK = {Role.CLERK, Role.CHAIR}
ANYONE = {Role.CLERK, Role.CHAIR, Role.PARTNER}
MEETING, UPDATE, AREA = "/meetings/{meeting}", "/updates/{update}", "/areas-of-interest/{area_of_interest}"


def _membership(unit: UnitOfWork, command: Any, meeting: Meeting) -> Membership:
    """The membership that a command is judged by: that of the meeting's group on its day."""
    if isinstance(command, ScheduleMeeting):
        return roster.membership_on(unit, command.group, day_of(command.starts_at))
    if later := getattr(command, "approved_at", None):  # a later meeting approves minutes
        meeting = unit.existing(Meeting, later)
    return roster.membership_on(unit, meeting.sitting.group, meeting.sitting.day)


def _covered(unit: UnitOfWork, command: Any, update: Update) -> Covered:
    """How far the updates to the same body reach that were commissioned for an earlier meeting of it."""
    earlier = select(func.max(updates.c.until)).where(
        updates.c.partnership == unit.partnership,
        updates.c.body == command.body,
        updates.c.meets_on < command.meets_on,
        updates.c.update != command.update,
        updates.c.withdrawn_because.is_(None),
    )
    return Covered(unit.rows(earlier)[0][0])


def _name_and_organisations(unit: UnitOfWork, command: RecordDecision) -> None:
    named = (getattr(effect, name, None) for effect in command.effects for name in ("funder", "owner"))
    roster.registered(unit, *named, field="effects")
    claim_name(unit, command.decision, command.meeting)


commands = Commands("meetings", Meeting, Action, Update, AreaOfInterest)
commands.provides(Membership, _membership)
commands.provides(Covered, _covered)
commands.provides(AwardCheck, check_awards)

commands.add(schedule_meeting, "/meetings", CLERK, creates=True)
commands.add(
    add_agenda_item,
    MEETING + "/agenda-items",
    ANYONE,
    acts_for="raised_by",
    also=lambda unit, command: roster.registered(unit, command.raised_by, field="raised_by"),
)
commands.add(circulate_papers, MEETING + "/papers", CLERK)
commands.add(receive_apology, MEETING + "/apologies", ANYONE, acts_for="organisation")
commands.add(record_attendance, MEETING + "/attendance", ANYONE, acts_for="organisation")
commands.add(open_meeting, MEETING + "/opening", CLERK)
commands.add(declare_interest, MEETING + "/interests", ANYONE, acts_for="organisation")
commands.add(record_decision, MEETING + "/decisions", CLERK, also=_name_and_organisations)
commands.add(
    assign_action,
    MEETING + "/actions",
    CLERK,
    creates=True,
    also=lambda unit, command: roster.registered(unit, command.owner, field="owner"),
)
commands.add(complete_action, MEETING + "/actions/{action}/completion", CLERK)
commands.add(close_meeting, MEETING + "/closing", CLERK)
commands.add(draft_minutes, MEETING + "/minutes", CLERK)
commands.add(approve_minutes, MEETING + "/minutes/approval", CLERK)
commands.add(commission_update, "/updates", CLERK, creates=True)
commands.add(change_update, UPDATE + "/change", CLERK)
commands.add(withdraw_update, UPDATE + "/withdrawal", CLERK)
# No endpoint: reporting hands it over when a clerk issues the update there.
commands.add(record_issue, None, CLERK)
commands.add(state_implication, UPDATE + "/implications", CLERK)
commands.add(name_area_of_interest, "/areas-of-interest", CLERK, creates=True)
commands.add(answer_area_of_interest, AREA + "/answers", CLERK)
