"""Meetings: called, supplied with papers, opened with their quorum, closed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import Day, GroupSlug, ItemSlug, MeetingSlug
from shared.values.identifiers import Name, Text

Count = Annotated[int, Meta(ge=0, le=1000, description="A number of seats.", examples=[11])]
StartsAt = Annotated[
    dt.datetime,
    Meta(tz=True, description="In local time: its date is the meeting's day.", examples=["2014-11-24T14:00:00Z"]),
]


class Paper(Value, frozen=True, kw_only=True):
    """A paper sent out before a meeting."""

    item: ItemSlug | None = None
    """The agenda item it belongs to; none for a paper to the whole meeting, such as the agenda."""
    title: Annotated[Name, Meta(examples=["Requests for funding"])]


Papers = Annotated[tuple[Paper, ...], Meta(min_length=1, max_length=50)]


class Quorum(Value, frozen=True, kw_only=True):
    """How the quorum of a meeting was worked out when it opened."""

    seats: Count
    """All seats of the group that day."""
    vacant: Annotated[Count, Meta(examples=[1])]
    """Those that are vacant."""
    counted_membership: Count
    """The seats the quorum is worked out from, after the terms of reference."""
    required: Annotated[Count, Meta(examples=[3])]
    """How many must be present."""
    present: Annotated[Count, Meta(examples=[7])]
    """How many are, counted after the terms of reference."""
    quorate: bool
    explanation: Annotated[Text, Meta(examples=["A quarter of 11 seats, rounded up, is 3; 7 are present."])]
    """The same as a sentence, with its figures."""


@event("meetings.meeting_scheduled.v1", about="meeting", names="title")
class MeetingScheduled(Event, frozen=True, kw_only=True):
    """A meeting of a group was called, with the days its items and papers are due. Clauses TSP-1, CAN-2."""

    meeting: MeetingSlug
    group: GroupSlug
    title: Annotated[Name, Meta(examples=["Strategic Board, November 2014"])]
    starts_at: StartsAt
    place: Annotated[Name, Meta(examples=["Civic Centre, Committee Room 1"])]
    agenda_closes_on: Annotated[Day, Meta(examples=["2014-11-10"])]
    """The last day on which agenda items are in time."""
    papers_due_on: Annotated[Day, Meta(examples=["2014-11-17"])]
    """The last day on which papers go out in time."""


@event("meetings.papers_circulated.v1", about="meeting", day="circulated_on")
class PapersCirculated(Event, frozen=True, kw_only=True):
    """Agenda and papers went out to the members. Clause TSP-1."""

    meeting: MeetingSlug
    papers: Papers
    circulated_on: Annotated[Day, Meta(examples=["2014-11-17"])]


@event("meetings.meeting_opened.v1", about="meeting")
class MeetingOpened(Event, frozen=True, kw_only=True):
    """A meeting was opened, and found quorate or not. Clause TSP-1."""

    meeting: MeetingSlug
    quorum: Quorum


@event("meetings.meeting_closed.v1", about="meeting")
class MeetingClosed(Event, frozen=True, kw_only=True):
    """A meeting was closed; its decisions stand. Clause TSP-1."""

    meeting: MeetingSlug
