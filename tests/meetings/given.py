"""What the facts about meetings start from: an invented board of eleven seats, its terms, and a meeting of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from stage import Given, given

from services.meetings.decisions.domain import AwardCheck, RecordDecision
from services.meetings.meeting import Meeting
from services.meetings.quorum.domain import worked_out
from shared.contracts.event import Event
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.contracts.meetings.attendance import AttendanceRecorded, Capacity
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import AgreeMitigation, AskFunder, AwardMoney
from shared.contracts.meetings.meetings import MeetingOpened, MeetingScheduled
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.membership.terms_of_reference import QuorumNumber, QuorumShare, Rounding, TermsOfReference
from shared.readmodels.membership import Membership, Seat

APRIL, DAY = dt.date(2014, 4, 1), dt.date(2014, 11, 24)
STARTS = dt.datetime(2014, 11, 24, 14, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2015, 2, 23, 14, 0, tzinfo=dt.UTC)

SEATS = (
    "council",
    "police",
    "fire",
    "public-health",
    "gp-consortia",
    "county-council",
    "college",
    "voluntary-sector",
    "business",
    "county-councillor",
    "borough-councillor",
)
"""Eleven; public health is yet to be confirmed, so that seat is vacant (TSP-2)."""

BLAKE = Reference(kind=ReferenceKind.REQUEST, id="blake-worker")
NO_TAKE_UP = Reference(kind=ReferenceKind.PROBLEM, id="no-take-up", within="perpetrators")


def terms(
    quorum: QuorumShare | QuorumNumber | None = None,
    *,
    rounding: Rounding = Rounding.UP,
    deputies_count: bool = True,
    vacant_seats_count: bool = True,
) -> TermsOfReference:
    """A quarter, rounded up, of all seats; items two weeks and papers one week before (TSP-1)."""
    return TermsOfReference(
        quorum=quorum or QuorumShare(numerator=1, denominator=4),
        rounding=rounding,
        deputies_count=deputies_count,
        vacant_seats_count=vacant_seats_count,
        agenda_notice_days=14,
        papers_notice_days=7,
        meetings_a_year=4,
    )


def board(
    board_terms: TermsOfReference | None = None,
    *,
    seats: Iterable[str] = SEATS,
    vacant: Iterable[str] = ("public-health",),
) -> Membership:
    """The board's membership: in each seat person-<seat>, and deputy-<seat> who may stand in."""
    empty = set(vacant)
    return Membership(
        group="board",
        day=DAY,
        terms=board_terms or terms(),
        terms_in_force_from=APRIL,
        seats={
            seat: Seat(
                organisation=seat,
                representative=None if seat in empty else f"person-{seat}",
                deputies=(f"deputy-{seat}",),
            )
            for seat in seats
        },
    )


SCHEDULED = MeetingScheduled(
    meeting="board-november",
    group="board",
    title="Board, November 2014",
    starts_at=STARTS,
    place="Civic Centre",
    agenda_closes_on=dt.date(2014, 11, 10),
    papers_due_on=dt.date(2014, 11, 17),
)
REQUESTS = AgendaItemAdded(
    meeting="board-november", item="requests", title="Requests for funding", raised_by="voluntary-sector", about=BLAKE
)
PROGRAMME = AgendaItemAdded(
    meeting="board-november", item="programme", title="The programme", raised_by="county-council", about=NO_TAKE_UP
)


def attended(*seats: str, deputies: Iterable[str] = (), meeting: str = "board-november") -> list[AttendanceRecorded]:
    """These seats by their representatives, those by a deputy."""
    return [
        AttendanceRecorded(meeting=meeting, seat=seat, person=f"person-{seat}", capacity=Capacity.REPRESENTATIVE)
        for seat in seats
    ] + [
        AttendanceRecorded(meeting=meeting, seat=seat, person=f"deputy-{seat}", capacity=Capacity.DEPUTY)
        for seat in deputies
    ]


def meeting(*facts: Event, membership: Membership | None = None) -> Given:
    """The November meeting with two items on its agenda, after these facts."""
    return given(SCHEDULED, REQUESTS, PROGRAMME, *facts).providing(membership or board(), AwardCheck())


def opened(*seats: str, membership: Membership | None = None, deputies: Iterable[str] = ()) -> Given:
    """The November meeting, opened with these seats present."""
    sitting = meeting(*attended(*seats, deputies=deputies), membership=membership)
    present = sitting.state(Meeting, "board-november").attendance.seats
    quorum = worked_out(membership or board(), present)
    return sitting.and_then(MeetingOpened(meeting="board-november", quorum=quorum))


def quorate() -> Given:
    """The November meeting, opened with three present of the three that eleven seats need."""
    return opened("council", "police", "fire")


def decision(outcome: Outcome = Outcome.AGREED, **more: Any) -> RecordDecision:
    """A decision on the request, unless ``more`` says otherwise."""
    fields = {
        "meeting": "board-november",
        "decision": "blake-worker-deferred",
        "item": "requests",
        "text": "That it be so.",
        "reasons": "It was thought best.",
    }
    return RecordDecision(outcome=outcome, **{**fields, **more})


def decided(found: Given, command: RecordDecision) -> DecisionRecorded:
    """The decision as it is recorded on the day."""
    recorded = found.when(command, on=DAY).facts[0]
    assert isinstance(recorded, DecisionRecorded)
    return recorded


RETURNS = Deferral(
    returns_to="A future meeting of the board",
    must_know=("What the community development work offers the post",),
    awaits_project="community",
)
AWARD = AwardMoney(
    reserve="reserve",
    award="blake-worker",
    shares=(StreamShare(stream="locality", amount_pence=1_560_000),),
    payee="voluntary-sector",
    purpose="community-development",
    starts_on=dt.date(2015, 5, 1),
    ends_on=dt.date(2016, 4, 30),
)
COMMISSIONER = AskFunder(funder="commissioner", starts_on=dt.date(2015, 4, 1), ends_on=dt.date(2017, 3, 31))
SIGNPOST = AgreeMitigation(
    project="perpetrators", problem="no-take-up", mitigation="signpost", text="Signpost people.", owner="police"
)
