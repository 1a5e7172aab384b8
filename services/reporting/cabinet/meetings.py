"""5.1: how often each group met, who was there, and what it resolved beside funding and projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from services.reporting.english import capital, clause, count, day, listing, number, sentence, times, was
from services.reporting.history import Fact, History, latest
from services.reporting.resolutions import project_of, request_of, resolved, the_group
from services.reporting.statements import Lines, Part, Statement, item, nothing, say
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    ApologyReceived,
    AttendanceRecorded,
    Capacity,
    DecisionRecorded,
    MeetingOpened,
    MeetingScheduled,
    MinutesApproved,
    ReferenceKind,
    UpdateCommissioned,
)
from shared.values.periods import day_of

lines = Lines[[History]]()


def meetings_since(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """Meetings, what they resolved on other matters than those told below, and their actions."""
    told = lines.tell(history)
    if not history.news(MeetingOpened):
        since = f" since {day(history.period.since)}" if history.period.since else ""
        told = (nothing(f"No group of the partnership has met{since}.", update), *told)
    return Part("Meetings since the last report", told)


def held(history: History) -> list[tuple[Fact[MeetingScheduled], Fact[MeetingOpened]]]:
    """The meetings that were opened in the period."""
    called = {fact.what.meeting: fact for fact in history.ever(MeetingScheduled)}
    return [
        (called[opened.what.meeting], opened)
        for opened in latest(history.news(MeetingOpened), "meeting")
        if opened.what.meeting in called
    ]


@lines.add
def how_often_each_group_met(history: History) -> Iterator[Statement]:
    """A sentence a group."""
    groups: dict[str, list[tuple[Fact[MeetingScheduled], Fact[MeetingOpened]]]] = {}
    for called, opened in held(history):
        groups.setdefault(called.what.group, []).append((called, opened))
    for group, meetings in groups.items():
        days = listing([day(opened.day) for _, opened in meetings])
        sources = [fact for pair in meetings for fact in pair]
        name = capital(the_group(history, group))
        yield say(f"{name} has met {times(len(meetings))} in this period, on {days}.", *sources)


@lines.add
def who_was_there(history: History) -> Iterator[Statement]:
    """Attendance, apologies and the quorum as it was explained that day (TSP-1)."""
    for called, opened in held(history):
        quorum = opened.what.quorum
        seats = latest(history.ever(AttendanceRecorded, meeting=opened.what.meeting), "seat")
        present = len(seats) or quorum.present
        deputies = sum(fact.what.capacity is Capacity.DEPUTY for fact in seats)
        apologies = history.ever(ApologyReceived, meeting=opened.what.meeting)
        told = (
            f"At the meeting of {the_group(history, called.what.group)} on {day(opened.day)},"
            f" {_share(present, quorum.seats)} represented"
            + (f", {number(deputies)} of them by a deputy" if deputies else "")
            + (f", and apologies were received for {count(len(apologies), 'seat')}" if apologies else "")
            + f". {sentence(quorum.explanation)}"
            + ("" if quorum.quorate else " It could note matters and decide none.")
        )
        yield say(told, called, opened, *seats, *apologies)


@lines.add
def minutes_that_were_approved(history: History) -> Iterator[Statement]:
    """Whenever the meeting was."""
    called = {fact.what.meeting: fact for fact in history.ever(MeetingScheduled)}
    for approved in history.news(MinutesApproved):
        meeting = called.get(approved.what.meeting)
        if meeting is not None:
            of = f"{the_group(history, meeting.what.group)} of {day(_day_of(meeting))}"
            yield say(f"The minutes of {of} were approved on {day(approved.day)}.", approved, meeting)


@lines.add
def what_was_resolved_beside_funding_and_projects(history: History) -> Iterator[Statement]:
    """Decisions that no other part of the update tells."""
    for decision in history.news(DecisionRecorded):
        about = decision.what.about
        if about is not None and about.kind is ReferenceKind.AWARD:
            continue  # told with the money
        if request_of(history, decision.what) is None and project_of(history, decision.what) is None:
            yield resolved(history, decision)


@lines.add
def actions_that_were_given(history: History) -> Iterator[Statement]:
    """With what came of each by the end of the period."""
    given = history.news(ActionAssigned)
    if given:
        yield say(f"{capital(count(len(given), 'action'))} {was(len(given))} given:", *given)
    for action in given:
        owner = history.names.organisation_label(action.what.owner)
        told = f"{owner}, by {day(action.what.due_on)}: {clause(action.what.text)}."
        done = history.known(ActionCompleted, meeting=action.what.meeting, action=action.what.action)
        yield item(" ".join([told, *(_completed(fact) for fact in done)]), action, *done)


@lines.add
def earlier_actions_that_were_done(history: History) -> Iterator[Statement]:
    """Actions given before the period and done in it."""
    for done in history.news(ActionCompleted):
        named = {"meeting": done.what.meeting, "action": done.what.action}
        for action in history.ever(ActionAssigned, **named):
            if not history.is_news(action):
                owner = capital(history.names.organisation(action.what.owner))
                told = f"{owner} completed an action given earlier: {clause(action.what.text)}. {_completed(done)}"
                yield say(told, action, done)


@lines.add
def when_the_groups_meet_next(history: History) -> Iterator[Statement]:
    """The first meeting of each group after the period."""
    opened = {fact.what.meeting for fact in history.known(MeetingOpened)}
    known = latest(history.known(MeetingScheduled), "meeting")
    coming = sorted(
        (m for m in known if m.what.meeting not in opened and _day_of(m) > history.period.until),
        key=lambda m: m.what.starts_at,
    )
    first = {m.what.group: m for m in reversed(coming)}
    for group, meeting in reversed(first.items()):
        name = the_group(history, group)
        yield say(f"The next meeting of {name} is on {day(_day_of(meeting))}.", meeting)


def _share(present: int, seats: int) -> str:
    """``five of its seven seats were``"""
    some = "all" if present == seats else number(present) if present else "none"
    return f"{some} of its {count(seats, 'seat')} {was(present)}"


def _completed(done: Fact[ActionCompleted]) -> str:
    return f"Done on {day(done.day)}: {clause(done.what.outcome)}."


def _day_of(meeting: Fact[MeetingScheduled]) -> dt.date:
    return day_of(meeting.what.starts_at)
