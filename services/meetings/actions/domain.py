"""Actions: state, commands, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from services.meetings.actions.rules import an_action_is_completed_once, an_action_is_due_after_it_is_assigned
from services.meetings.rules import nothing_is_done_at_a_meeting_before_its_day
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.nouns import ActionSlug, DayOrMonth, MeetingSlug
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.entries import entry
from shared.values.identifiers import Text
from shared.values.partial_date import first_day, last_day
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Action(Aggregate):
    """Something that a meeting gave an organisation to do. It outlives the meeting (TSP-1)."""

    noun: ClassVar[str] = "action"

    done: bool = False


Action.ignores(ActionAssigned)


@Action.applies
def _(action: Action, fact: ActionCompleted) -> None:
    action.done = True


def assign_action(asked: ActionAssigned, action: Action, meeting: Meeting, at: Circumstances) -> ActionAssigned:
    """Give an organisation something to do by a day, or within a month (TSP-1).

    Raises ``before-meeting-day``, ``meeting-not-open``, ``meeting-closed``, ``Unknown``, ``due-before-meeting``.
    """
    meeting.quorum_of_open(at.today)
    if asked.decision is not None:
        entry(meeting.decisions.items, "decision", asked.decision, meeting.slug)
    an_action_is_due_after_it_is_assigned(meeting.sitting.day, asked.due_on)
    return asked


class CompleteAction(Command, frozen=True, kw_only=True):
    """Note what came of an action. Without ``completed_on`` the day is that of ``happened_at``."""

    meeting: MeetingSlug
    action: ActionSlug
    outcome: Text
    completed_on: DayOrMonth | None = None


def complete_action(command: CompleteAction, action: Action, meeting: Meeting, at: Circumstances) -> ActionCompleted:
    """Note what came of an action (TSP-1). Raises ``action-done``, ``before-meeting-day``, ``dated-ahead``."""
    an_action_is_completed_once(command.action, action.done)
    completed_on = command.completed_on or at.today.isoformat()
    nothing_is_done_at_a_meeting_before_its_day(meeting.slug, meeting.sitting.day, last_day(completed_on))
    nothing_is_recorded_before_its_day("completed_on", first_day(completed_on), at.today)
    return fact(ActionCompleted, command, completed_on=completed_on)
