"""The calendar of meetings, and their papers."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from services.meetings.views import queries, views
from shared.contracts.meetings.meetings import (
    MeetingClosed,
    MeetingOpened,
    MeetingScheduled,
    Paper,
    PapersCirculated,
)
from shared.contracts.meetings.minutes import MinutesApproved, MinutesDrafted
from shared.contracts.nouns import Day, GroupSlug, MeetingSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, row
from shared.values.identifiers import Text
from shared.values.periods import day_of


class MeetingState(enum.StrEnum):
    """How far a meeting is."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


class MinutesState(enum.StrEnum):
    """How far a meeting's minutes are."""

    DRAFTED = "drafted"
    APPROVED = "approved"


def _day(fact: MeetingScheduled, at: At) -> Day:
    return day_of(fact.starts_at)


def _scheduled(fact: MeetingScheduled, at: At) -> MeetingState:
    return MeetingState.SCHEDULED


meeting = views.keeps(
    "meeting",
    MeetingScheduled,
    MeetingOpened,
    key=("meeting",),
    day=_day,
    state=_scheduled,
    minutes=MinutesState | None,
    minutes_summary=Text | None,
    minutes_approved_at=MeetingSlug | None,
)
paper = views.keeps(
    "paper",
    Paper,
    key=("meeting", "position", "number"),
    meeting=MeetingSlug,
    position=int,
    number=int,
    circulated_on=Day,
)


@views.on(MeetingOpened)
def _(fact: MeetingOpened, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, state=MeetingState.OPEN)


@views.on(MeetingClosed)
def _(fact: MeetingClosed, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, state=MeetingState.CLOSED)


@views.on(MinutesDrafted)
def _(fact: MinutesDrafted, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, minutes=MinutesState.DRAFTED, minutes_summary=fact.summary)


@views.on(MinutesApproved)
def _(fact: MinutesApproved, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, minutes=MinutesState.APPROVED, minutes_approved_at=fact.approved_at)


@views.on(PapersCirculated)
def _(fact: PapersCirculated, at: At) -> Iterator[Row]:
    for number, sent in enumerate(fact.papers):
        which = {"meeting": fact.meeting, "position": at.position, "number": number}
        yield row(paper, **which, item=sent.item, title=sent.title, circulated_on=fact.circulated_on)


@entry(meeting, leaves_out=("quorum", "minutes_summary", "minutes_approved_at"))
class CalendarEntry:
    """A meeting in the partnership's calendar."""


@entry(paper, leaves_out=("meeting", "position", "number"))
class CirculatedPaper:
    """A paper as it went out; without an item it is for the whole meeting."""


@queries.gets("/meetings")
def calendar(
    reading: ReadContext,
    page: Page,
    group: GroupSlug | None = None,
    since: Day | None = None,
    until: Day | None = None,
) -> list[CalendarEntry]:
    """The meetings, the latest first; from the day ``since`` to the day ``until``, both included."""
    found = reading.select(meeting)
    if group is not None:
        found = found.where(meeting.c.group == group)
    if since is not None:
        found = found.where(meeting.c.day >= since)
    if until is not None:
        found = found.where(meeting.c.day <= until)
    return [as_entry(CalendarEntry, row) for row in page.rows(reading, found, meeting.c.starts_at.desc())]
