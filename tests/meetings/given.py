"""What the facts about meetings start from: an invented board of eleven seats, its terms, and a meeting of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from services.meetings.domain.meeting import Meeting
from services.meetings.domain.membership import Membership, Seat
from services.meetings.domain.quorum import worked_out
from services.meetings.domain.resolution import Resolution
from shared.contracts.event import Event
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings import (
    AgendaItemAdded,
    AttendanceRecorded,
    AwardTerms,
    Capacity,
    Deferral,
    FunderExploration,
    MeetingOpened,
    MeetingScheduled,
    MitigationTerms,
    Outcome,
    Reference,
    ReferenceKind,
)
from shared.contracts.membership.terms_of_reference import QuorumNumber, QuorumShare, Rounding, TermsOfReference

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


def attended(*seats: str, deputies: Iterable[str] = ()) -> list[AttendanceRecorded]:
    """These seats by their representatives, those by a deputy."""
    return [
        AttendanceRecorded(
            meeting="board-november", seat=seat, person=f"person-{seat}", capacity=Capacity.REPRESENTATIVE
        )
        for seat in seats
    ] + [
        AttendanceRecorded(meeting="board-november", seat=seat, person=f"deputy-{seat}", capacity=Capacity.DEPUTY)
        for seat in deputies
    ]


def meeting(*facts: Event) -> Meeting:
    """The November meeting with two items on its agenda, after these facts."""
    return happened(Meeting("area", "board-november"), SCHEDULED, REQUESTS, PROGRAMME, *facts)


def happened(found: Meeting, *facts: Event) -> Meeting:
    """The meeting after these facts."""
    for fact in facts:
        found.apply(fact)
        found.version += 1
    return found


def opened(*seats: str, membership: Membership | None = None, deputies: Iterable[str] = ()) -> Meeting:
    """The November meeting, opened with these seats present."""
    sitting = meeting(*attended(*seats, deputies=deputies))
    quorum = worked_out(membership or board(), sitting.attendance)
    return happened(sitting, MeetingOpened(meeting="board-november", quorum=quorum))


def quorate() -> Meeting:
    """The November meeting, opened with three present of the three that eleven seats need."""
    return opened("council", "police", "fire")


def resolution(
    outcome: Outcome = Outcome.AGREED,
    *,
    item: str = "requests",
    decision: str = "blake-worker-deferred",
    about: Reference | None = None,
    deferral: Deferral | None = None,
    award: AwardTerms | None = None,
    exploration: FunderExploration | None = None,
    mitigations: tuple[MitigationTerms, ...] = (),
) -> Resolution:
    return Resolution(
        decision=decision,
        item=item,
        outcome=outcome,
        text="That it be so.",
        reasons="It was thought best.",
        about=about,
        deferral=deferral,
        award=award,
        exploration=exploration,
        mitigations=mitigations,
    )


RETURNS = Deferral(
    returns_to="A future meeting of the board",
    must_know=("What the community development work offers the post",),
    awaits_project="community",
)
AWARD = AwardTerms(
    reserve="reserve",
    award="blake-worker",
    shares=(StreamShare(stream="locality", amount_pence=1_560_000),),
    payee="voluntary-sector",
    purpose="community-development",
    starts_on=dt.date(2015, 5, 1),
    ends_on=dt.date(2016, 4, 30),
)
COMMISSIONER = FunderExploration(funder="commissioner", starts_on=dt.date(2015, 4, 1), ends_on=dt.date(2017, 3, 31))
SIGNPOST = MitigationTerms(
    project="perpetrators", problem="no-take-up", mitigation="signpost", text="Signpost people.", owner="police"
)
