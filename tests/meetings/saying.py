"""What is said on the stage of meetings: commands and facts short enough to read."""

from __future__ import annotations

import datetime as dt

from meetings.given import APRIL, BLAKE, RETURNS, STARTS
from stage import Dated, dated

from services.meetings.agenda.domain import AddAgendaItem
from services.meetings.attendance.domain import RecordAttendance
from services.meetings.decisions.domain import RecordDecision
from services.meetings.meetings.domain import ScheduleMeeting
from services.meetings.quorum.domain import OpenMeeting
from shared.contracts.command import Asked
from shared.contracts.meetings.attendance import Capacity
from shared.contracts.meetings.decisions import Deferral, Outcome
from shared.contracts.membership.seats import SeatCreated, SeatFilled
from shared.runtime.endpoints.paging import Page

NOVEMBER_1 = dt.datetime(2014, 11, 1, 12, 0, tzinfo=dt.UTC)
THEN = STARTS + dt.timedelta(minutes=40)
FEBRUARY = dt.datetime(2015, 2, 23, 14, 0, tzinfo=dt.UTC)
ORGANISATIONS = ("council", "police", "fire", "voluntary-sector", "commissioner")


def everything() -> Page:
    """A page that is long enough."""
    return Page(200)


def seat(slug: str, in_force_from: dt.date = APRIL) -> SeatCreated:
    return SeatCreated(group="board", seat=slug, organisation=slug, office="Head", in_force_from=in_force_from)


def filled(slug: str, person: str, in_force_from: dt.date = APRIL) -> SeatFilled:
    return SeatFilled(group="board", seat=slug, person=person, in_force_from=in_force_from)


def scheduled(meeting: str = "board-november", starts_at: dt.datetime = STARTS) -> Dated:
    return dated(
        ScheduleMeeting(meeting=meeting, group="board", title="Board", starts_at=starts_at, place="Civic Centre"),
        happened_at=NOVEMBER_1,
    )


def item(meeting: str = "board-november", slug: str = "requests") -> Dated:
    return dated(
        AddAgendaItem(meeting=meeting, item=slug, title="Requests", raised_by="police", about=BLAKE),
        happened_at=NOVEMBER_1,
    )


def sat(slug: str, meeting: str = "board-november", capacity: Capacity = Capacity.REPRESENTATIVE) -> RecordAttendance:
    return RecordAttendance(meeting=meeting, seat=slug, capacity=capacity)


def sitting(meeting: str = "board-november", starts_at: dt.datetime = STARTS) -> list[Asked]:
    """Everything up to an open meeting with one item."""
    return [scheduled(meeting, starts_at), item(meeting), sat("council", meeting), OpenMeeting(meeting=meeting)]


def decided(
    decision: str = "blake-worker-deferred",
    outcome: Outcome = Outcome.DEFERRED,
    meeting: str = "board-november",
    deferral: Deferral | None = None,
) -> Dated:
    return dated(
        RecordDecision(
            meeting=meeting,
            decision=decision,
            item="requests",
            outcome=outcome,
            text="That it be so.",
            reasons="It was thought best.",
            deferral=deferral or (RETURNS if outcome is Outcome.DEFERRED else None),
        ),
        happened_at=THEN if meeting == "board-november" else None,
    )
