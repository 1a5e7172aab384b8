"""Facts about actions, closing and minutes, each with its clause."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from meetings.given import DAY, LATER, SCHEDULED, attended, board, decision, meeting, quorate
from stage import Given

from services.meetings.actions.domain import CompleteAction
from services.meetings.actions.rules import an_action_is_completed_once, an_action_is_due_after_it_is_assigned
from services.meetings.meeting import Meeting
from services.meetings.minutes.rules import (
    approved_minutes_stand_as_they_are,
    minutes_are_approved_at_a_later_meeting_of_the_group,
    minutes_are_approved_once_drafted,
    minutes_are_approved_once_the_meeting_is_over,
)
from services.meetings.quorum.domain import worked_out
from services.meetings.rules import (
    a_closed_meeting_stands_as_it_is,
    a_meeting_acts_once_it_is_open,
    an_inquorate_meeting_may_note_but_not_decide,
    nothing_is_done_at_a_meeting_before_its_day,
)
from shared.contracts.event import Event, subject
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.meetings.decisions import Outcome
from shared.contracts.meetings.meetings import MeetingClosed, MeetingOpened
from shared.contracts.meetings.minutes import MinutesApproved, MinutesDrafted
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import nothing_is_recorded_before_its_day

CHRISTMAS = "2014-12-19"
ASKED = ActionAssigned(
    meeting="board-november", action="ask", text="Ask the commissioner.", owner="council", due_on=CHRISTMAS
)
CLOSED = MeetingClosed(meeting="board-november")
DRAFTED = MinutesDrafted(meeting="board-november", summary="Two requests were heard.")
CLOSE = MeetingClosed(meeting="board-november")


def assign(decision: str | None = None, due_on: str = CHRISTMAS) -> ActionAssigned:
    return ActionAssigned(
        meeting="board-november",
        action="ask",
        decision=decision,
        text="Ask the commissioner.",
        owner="council",
        due_on=due_on,
    )


def complete(action: str = "ask", completed_on: str | None = None) -> CompleteAction:
    return CompleteAction(
        meeting="board-november", action=action, outcome="It will answer in February.", completed_on=completed_on
    )


def draft(summary: str = "Corrected.") -> MinutesDrafted:
    return MinutesDrafted(meeting="board-november", summary=summary)


def february(*seats: str, group: str = "board", starts_at: dt.datetime = LATER) -> list[Event]:
    """The next meeting, opened with these seats present."""
    scheduled = msgspec.structs.replace(SCHEDULED, meeting="board-february", group=group, starts_at=starts_at)
    came = attended(*seats, meeting="board-february")
    present = meeting(scheduled, *came).state(Meeting, "board-february").attendance.seats
    return [scheduled, *came, MeetingOpened(meeting="board-february", quorum=worked_out(board(), present))]


FULL = february("council", "police", "fire")
APPROVE = MinutesApproved(meeting="board-november", approved_at="board-february")


def minuted(*facts: Event) -> Given:
    """November, closed with its minutes drafted, and then these facts."""
    return quorate().and_then(CLOSED, DRAFTED, *facts)


def test_an_action_is_assigned_by_an_open_meeting() -> None:
    """TSP-1"""
    quorate().when(assign(), on=DAY).then(ASKED)
    meeting().when(assign(), on=DAY).refused(a_meeting_acts_once_it_is_open)
    quorate().and_then(CLOSED).when(assign(), on=DAY).refused(a_closed_meeting_stands_as_it_is)


def test_an_action_has_a_history_of_its_own() -> None:
    """TSP-1: it outlives its meeting."""
    assert subject("area", ASKED) == "area/action/board-november/ask"


def test_an_action_follows_from_a_decision_of_its_meeting() -> None:
    """TSP-1"""
    command = assign(decision="blake-worker-deferred")
    quorate().when(command, on=DAY).refused(Unknown, "no decision 'blake-worker-deferred'")
    found = quorate().when(decision(Outcome.AGREED), on=DAY).happens()
    found.when(command, on=DAY).then(msgspec.structs.replace(ASKED, decision="blake-worker-deferred"))


def test_an_action_has_its_name_once_in_its_meeting() -> None:
    """TSP-1"""
    quorate().and_then(ASKED).when(assign(), on=DAY).refused(AlreadyThere)


@pytest.mark.parametrize("due_on", ["2014-11-24", "2014-11", "2014"])
def test_an_action_is_due_on_the_day_of_its_meeting_or_within_its_month(due_on: str) -> None:
    """TSP-1: a month is not over before its last day."""
    quorate().when(assign(due_on=due_on), on=DAY).then(msgspec.structs.replace(ASKED, due_on=due_on))


@pytest.mark.parametrize("due_on", ["2014-11-23", "2014-10", "2013"])
def test_an_action_is_due_no_earlier_than_its_meeting(due_on: str) -> None:
    """TSP-1"""
    quorate().when(assign(due_on=due_on), on=DAY).refused(
        an_action_is_due_after_it_is_assigned, f"Due on {due_on}, assigned on 2014-11-24"
    )


def test_an_action_is_completed_once_even_after_the_meeting_closed() -> None:
    """TSP-1"""
    found = quorate().and_then(ASKED, CLOSED)
    done = found.when(complete(), on=CHRISTMAS).then(
        ActionCompleted(
            meeting="board-november", action="ask", outcome="It will answer in February.", completed_on=CHRISTMAS
        )
    )
    done.when(complete(), on=CHRISTMAS).refused(an_action_is_completed_once)
    found.when(complete("tell"), on=CHRISTMAS).refused(Unknown, "no action 'tell' of meeting 'board-november'")


def test_an_action_is_completed_on_a_day_or_within_a_month() -> None:
    """TSP-1: "in December" may be recorded during December."""
    found = quorate().and_then(ASKED)
    assert found.when(complete(completed_on="2014-12"), on="2014-12-16").fact.completed_on == "2014-12"
    found.when(complete(completed_on="2015-01"), on="2014-12-16").refused(nothing_is_recorded_before_its_day)


@pytest.mark.parametrize(("completed_on", "on"), [(None, "2014-11-01"), ("2014-10", "2014-12-01")])
def test_nothing_is_completed_before_it_was_assigned(completed_on: str | None, on: str) -> None:
    """TSP-1"""
    found = quorate().and_then(ASKED).when(complete(completed_on=completed_on), on=on)
    found.refused(nothing_is_done_at_a_meeting_before_its_day)


def test_a_meeting_is_closed_once_and_only_when_it_was_open() -> None:
    """TSP-1"""
    closed = quorate().when(CLOSE, on=DAY).then(CLOSED)
    meeting().when(CLOSE, on=DAY).refused(a_meeting_acts_once_it_is_open)
    closed.when(CLOSE, on=DAY).refused(a_closed_meeting_stands_as_it_is)


def test_minutes_are_drafted_once_there_is_something_to_minute() -> None:
    """TSP-1"""
    meeting().when(draft()).refused(a_meeting_acts_once_it_is_open)
    quorate().when(draft(DRAFTED.summary)).then(DRAFTED)
    assert minuted().when(draft()).fact.summary == "Corrected."


def test_minutes_are_approved_at_a_later_meeting_of_the_group() -> None:
    """TSP-1"""
    minuted(*FULL).when(APPROVE).then(MinutesApproved(meeting="board-november", approved_at="board-february"))


def test_approved_minutes_stand_as_they_are() -> None:
    """TSP-1"""
    found = minuted(*FULL).when(APPROVE).happens()
    found.when(draft()).refused(approved_minutes_stand_as_they_are, "approved at 'board-february'")
    found.when(APPROVE).refused(approved_minutes_stand_as_they_are)


def test_minutes_are_not_approved_undrafted_nor_while_the_meeting_sits() -> None:
    """TSP-1"""
    quorate().and_then(CLOSED, *FULL).when(APPROVE).refused(minutes_are_approved_once_drafted)
    quorate().and_then(DRAFTED, *FULL).when(APPROVE).refused(minutes_are_approved_once_the_meeting_is_over)


def test_minutes_are_not_approved_by_another_group_nor_by_an_earlier_or_the_same_meeting() -> None:
    """TSP-1"""
    later = minutes_are_approved_at_a_later_meeting_of_the_group
    forum = february("council", "police", "fire", group="forum")
    minuted(*forum).when(APPROVE).refused(later, "'board-february' is of the group 'forum'")
    earlier = february(starts_at=dt.datetime(2014, 9, 1, 14, 0, tzinfo=dt.UTC))
    minuted(*earlier).when(APPROVE).refused(later, "began at 2014-09-01")
    minuted().when(msgspec.structs.replace(APPROVE, approved_at="board-november")).refused(later)


def test_the_meeting_that_approves_is_open_and_quorate() -> None:
    """TSP-1: approving is deciding."""
    minuted(*february("council", "police")).when(APPROVE).refused(
        an_inquorate_meeting_may_note_but_not_decide, "Minutes at 'board-february': 2 of the 3"
    )
    minuted(*FULL, MeetingClosed(meeting="board-february")).when(APPROVE).refused(a_closed_meeting_stands_as_it_is)
    minuted(FULL[0]).when(APPROVE).refused(a_meeting_acts_once_it_is_open)
