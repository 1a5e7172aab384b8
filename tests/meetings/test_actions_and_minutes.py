"""Facts about actions, closing and minutes, each with its clause."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from meetings.given import DAY, LATER, SCHEDULED, attended, board, happened, meeting, opened, quorate, resolution

from services.meetings.domain.decision_rules import Inquorate
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.rules import (
    ActionDone,
    Closed,
    DueBeforeItsMeeting,
    MinutesFinal,
    NoDraft,
    NotALaterMeeting,
    NotOpen,
    NotYetItsDay,
    StillOpen,
)
from shared.contracts.event import Event
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    MeetingClosed,
    MinutesApproved,
    MinutesDrafted,
    Outcome,
)
from shared.values.refusals import AlreadyThere, Unknown

CHRISTMAS = dt.date(2014, 12, 19)
ASKED = ActionAssigned(
    meeting="board-november", action="ask", text="Ask the commissioner.", owner="council", due_on=CHRISTMAS
)
CLOSED = MeetingClosed(meeting="board-november")
DRAFTED = MinutesDrafted(meeting="board-november", summary="Two requests were heard.")


def assign(found: Meeting, action: str = "ask", decision: str | None = None, due_on: dt.date = CHRISTMAS) -> Event:
    return found.assign(action, decision, "Ask the commissioner.", "council", due_on, today=DAY)


def february(*seats: str, group: str = "board", starts_at: dt.datetime = LATER) -> Meeting:
    """The next meeting, opened with these seats present."""
    scheduled = msgspec.structs.replace(SCHEDULED, meeting="board-february", group=group, starts_at=starts_at)
    found = happened(Meeting("area", "board-february"), scheduled, *attended(*seats))
    return happened(found, found.open(board(), today=starts_at.date()))


def approve(found: Meeting, later: Meeting) -> MinutesApproved:
    return found.approve_minutes(later, board(), today=later.day)


def test_an_action_is_assigned_by_an_open_meeting() -> None:
    """TSP-1"""
    assert assign(quorate()) == ASKED
    with pytest.raises(NotOpen):
        assign(meeting())
    with pytest.raises(Closed):
        assign(happened(quorate(), CLOSED))


def test_an_action_follows_from_a_decision_of_its_meeting() -> None:
    """TSP-1"""
    found = quorate()
    with pytest.raises(Unknown, match="no decision 'blake-worker-deferred'"):
        assign(found, decision="blake-worker-deferred")
    happened(found, found.decide(board(), resolution(Outcome.AGREED), today=DAY))
    assert assign(found, decision="blake-worker-deferred") == msgspec.structs.replace(
        ASKED, decision="blake-worker-deferred"
    )


def test_an_action_has_its_name_once_in_its_meeting() -> None:
    """TSP-1"""
    with pytest.raises(AlreadyThere):
        assign(happened(quorate(), ASKED))


def test_an_action_is_due_no_earlier_than_its_meeting() -> None:
    """TSP-1"""
    assert assign(quorate(), due_on=DAY) == msgspec.structs.replace(ASKED, due_on=DAY)
    with pytest.raises(DueBeforeItsMeeting, match="Due on 2014-11-23, assigned on 2014-11-24"):
        assign(quorate(), due_on=dt.date(2014, 11, 23))


def test_an_action_is_completed_once_even_after_the_meeting_closed() -> None:
    """TSP-1"""
    found = happened(quorate(), ASKED, CLOSED)
    done = found.complete("ask", "It will answer in February.", today=CHRISTMAS)
    assert done == ActionCompleted(
        meeting="board-november", action="ask", outcome="It will answer in February.", completed_on=CHRISTMAS
    )
    with pytest.raises(ActionDone):
        happened(found, done).complete("ask", "Again.", today=CHRISTMAS)
    with pytest.raises(Unknown, match="no action 'tell'"):
        found.complete("tell", "Told.", today=CHRISTMAS)


def test_nothing_is_completed_before_it_was_assigned() -> None:
    """TSP-1"""
    with pytest.raises(NotYetItsDay):
        happened(quorate(), ASKED).complete("ask", "Done.", today=dt.date(2014, 11, 1))


def test_a_meeting_is_closed_once_and_only_when_it_was_open() -> None:
    """TSP-1"""
    assert quorate().close(today=DAY) == CLOSED
    with pytest.raises(NotOpen):
        meeting().close(today=DAY)
    with pytest.raises(Closed):
        happened(quorate(), CLOSED).close(today=DAY)


def test_minutes_are_drafted_once_there_is_something_to_minute() -> None:
    """TSP-1"""
    with pytest.raises(NotOpen, match="nothing to minute"):
        meeting().draft_minutes("Nothing.")
    assert quorate().draft_minutes(DRAFTED.summary) == DRAFTED
    assert happened(quorate(), CLOSED, DRAFTED).draft_minutes("Corrected.").summary == "Corrected."


def test_minutes_are_approved_at_a_later_meeting_of_the_group() -> None:
    """TSP-1"""
    approved = approve(happened(quorate(), CLOSED, DRAFTED), february("council", "police", "fire"))
    assert (approved.meeting, approved.approved_at) == ("board-november", "board-february")


def test_approved_minutes_stand_as_they_are() -> None:
    """TSP-1"""
    found = happened(quorate(), CLOSED, DRAFTED)
    happened(found, approve(found, february("council", "police", "fire")))
    with pytest.raises(MinutesFinal, match="approved at 'board-february'"):
        found.draft_minutes("Corrected.")
    with pytest.raises(MinutesFinal):
        approve(found, february("council", "police", "fire"))


def test_minutes_are_not_approved_undrafted_nor_while_the_meeting_sits() -> None:
    """TSP-1"""
    later = february("council", "police", "fire")
    with pytest.raises(NoDraft):
        approve(happened(quorate(), CLOSED), later)
    with pytest.raises(StillOpen):
        approve(happened(quorate(), DRAFTED), later)


def test_minutes_are_not_approved_by_another_group_nor_by_an_earlier_or_the_same_meeting() -> None:
    """TSP-1"""
    found = happened(quorate(), CLOSED, DRAFTED)
    with pytest.raises(NotALaterMeeting, match="'board-february' is of the group 'forum'"):
        approve(found, february("council", "police", "fire", group="forum"))
    with pytest.raises(NotALaterMeeting, match="began at 2014-09-01"):
        approve(found, february(starts_at=dt.datetime(2014, 9, 1, 14, 0, tzinfo=dt.UTC)))
    with pytest.raises(NotALaterMeeting):
        approve(found, happened(opened("council", "police", "fire"), CLOSED))


def test_the_meeting_that_approves_is_open_and_quorate() -> None:
    """TSP-1: approving is deciding."""
    found = happened(quorate(), CLOSED, DRAFTED)
    with pytest.raises(Inquorate, match="Minutes at 'board-february': 2 of the 3"):
        approve(found, february("council", "police"))
    with pytest.raises(Closed):
        approve(found, happened(february("council", "police", "fire"), MeetingClosed(meeting="board-february")))
    not_open = Meeting("area", "board-february")
    happened(not_open, msgspec.structs.replace(SCHEDULED, meeting="board-february", starts_at=LATER))
    with pytest.raises(NotOpen):
        approve(found, not_open)
