"""The calendar of meetings, and all that is recorded of one meeting."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, select

from services.meetings.queries.entries import About, entries, entry
from services.meetings.queries.register import LoggedAction, RegisteredDecision, actions_of, decisions_at
from services.meetings.views import agenda_item, apology, attendance, interest, meeting, paper
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting in the partnership's calendar."""

    meeting: str
    group: str
    title: str
    starts_at: dt.datetime
    day: dt.date
    place: str
    agenda_closes_on: dt.date
    papers_due_on: dt.date
    state: str
    """``scheduled``, ``open`` or ``closed``."""
    minutes: str | None
    """``drafted`` or ``approved``; null before."""
    sources: list[int]


@dataclass(frozen=True)
class AgendaEntry:
    """An item on a meeting's agenda."""

    item: str
    title: str
    raised_by: str
    about: About | None
    late: bool
    sources: list[int]


@dataclass(frozen=True)
class CirculatedPaper:
    """A paper as it went out; without an item it is for the whole meeting."""

    item: str | None
    title: str
    circulated_on: dt.date
    sources: list[int]


@dataclass(frozen=True)
class SeatApology:
    """A seat whose representative sent apologies."""

    seat: str
    sources: list[int]


@dataclass(frozen=True)
class SeatAttendance:
    """Who sat in a seat, as its representative or deputy. People are shown by slug."""

    seat: str
    person: str | None
    capacity: str
    sources: list[int]


@dataclass(frozen=True)
class QuorumExplained:
    """How the quorum was worked out when the meeting opened (TSP-1)."""

    seats: int
    vacant: int
    counted_membership: int
    required: int
    present: int
    quorate: bool
    explanation: str


@dataclass(frozen=True)
class DeclaredInterest:
    """A member's interest in an item."""

    item: str
    seat: str
    nature: str
    withdrew: bool
    sources: list[int]


@dataclass(frozen=True)
class MeetingRecord:
    """All that is recorded of one meeting; its actions as at a day."""

    meeting: str
    group: str
    title: str
    starts_at: dt.datetime
    day: dt.date
    place: str
    agenda_closes_on: dt.date
    papers_due_on: dt.date
    state: str
    quorum: QuorumExplained | None
    minutes: str | None
    minutes_summary: str | None
    minutes_approved_at: str | None
    agenda: list[AgendaEntry]
    papers: list[CirculatedPaper]
    apologies: list[SeatApology]
    attendance: list[SeatAttendance]
    interests: list[DeclaredInterest]
    decisions: list[RegisteredDecision]
    actions: list[LoggedAction]
    sources: list[int]


def calendar(
    reading: ReadContext,
    part: Page,
    *,
    group: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> list[CalendarEntry]:
    """The meetings, the latest first; of one group, from one day to another (both included)."""
    statement = select(meeting).where(meeting.c.partnership == reading.partnership)
    if group is not None:
        statement = statement.where(meeting.c.group == group)
    if since is not None:
        statement = statement.where(meeting.c.day >= since)
    if until is not None:
        statement = statement.where(meeting.c.day <= until)
    return entries(reading, CalendarEntry, part.of(statement.order_by(meeting.c.starts_at.desc(), meeting.c.meeting)))


def meeting_record(reading: ReadContext, slug: str, as_at: dt.date) -> MeetingRecord:
    """All that is recorded of one meeting. Raises ``Unknown``."""
    found = reading.rows(_of(meeting, reading, slug))
    if not found:
        raise Unknown(f"There is no meeting {slug!r} in {reading.partnership!r}.")
    parts = {
        "agenda": entries(reading, AgendaEntry, _of(agenda_item, reading, slug).order_by(agenda_item.c.position)),
        "papers": entries(
            reading, CirculatedPaper, _of(paper, reading, slug).order_by(paper.c.position, paper.c.number)
        ),
        "apologies": entries(reading, SeatApology, _of(apology, reading, slug).order_by(apology.c.seat)),
        "attendance": entries(reading, SeatAttendance, _of(attendance, reading, slug).order_by(attendance.c.seat)),
        "interests": entries(
            reading, DeclaredInterest, _of(interest, reading, slug).order_by(interest.c.item, interest.c.seat)
        ),
        "decisions": decisions_at(reading, slug),
        "actions": actions_of(reading, slug, as_at),
    }
    return entry({**found[0], **parts}, MeetingRecord)


def _of(table: Table, reading: ReadContext, slug: str) -> Select[Any]:
    return select(table).where(table.c.partnership == reading.partnership, table.c.meeting == slug)
