"""What readers see of requests for funding, and how far each has come (CAN-2)."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.funding.views import queries, views
from shared.contracts.funding.requests import (
    FundsRequested,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestMet,
    RequestNoted,
    RequestReconsidered,
)
from shared.contracts.funding.shares import ReturnsTo
from shared.contracts.nouns import AwardSlug, Day, DecisionSlug, ProjectSlug, RequestSlug, Texts
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, event_id, happened_day, row
from shared.values.money import Pence


class RequestStatus(enum.StrEnum):
    """How far a request has come."""

    OPEN = "open"
    NOTED = "noted"
    DEFERRED = "deferred"
    DECLINED = "declined"
    AWARDED = "awarded"


def _open(fact: FundsRequested, at: At) -> RequestStatus:
    return RequestStatus.OPEN


request_view = views.keeps(
    "request",
    FundsRequested,
    RequestDeferred,
    RequestReconsidered,
    RequestDeclined,
    RequestMet,
    key=("request",),
    leaves_out=("meeting",),
    requested_on=happened_day,
    status=_open,
)
pledge_view = views.keeps("match_funding", MatchFundingPledged, key=("event",), event=event_id)
funder_view = views.keeps("other_funder", OtherFunderSought, key=("request", "funder"))


@views.on(RequestDeferred)
def _(fact: RequestDeferred, at: At) -> Iterator[Row]:
    yield row(request_view, request=fact.request, status=RequestStatus.DEFERRED, reasons=None)


@views.on(RequestReconsidered)
def _(fact: RequestReconsidered, at: At) -> Iterator[Row]:
    yield row(request_view, request=fact.request, status=RequestStatus.OPEN, decision=None)


@views.on(RequestDeclined)
def _(fact: RequestDeclined, at: At) -> Iterator[Row]:
    yield row(request_view, request=fact.request, status=RequestStatus.DECLINED)


@views.on(RequestMet)
def _(fact: RequestMet, at: At) -> Iterator[Row]:
    yield row(request_view, request=fact.request, status=RequestStatus.AWARDED)


@views.on(RequestNoted)
def _(fact: RequestNoted, at: At) -> Iterator[Row]:
    settled = {} if fact.still_deferred else {"status": RequestStatus.NOTED, "decision": fact.decision}
    yield row(request_view, request=fact.request, **settled)


class CurrentDeferral(msgspec.Struct, frozen=True):
    """When a request comes back and what must be known by then."""

    decision: DecisionSlug
    returns_on: Day | None
    returns_to: ReturnsTo
    must_know: Texts
    awaits_project: ProjectSlug | None


@entry(funder_view, leaves_out=("request",))
class OtherFunder:
    """Another funder who is asked, for which term and by which decision."""


@entry(pledge_view, leaves_out=("event", "request"))
class Pledge:
    """What a funder pledged in addition to what is requested of the reserve."""


class MatchFunding(msgspec.Struct, frozen=True):
    """Others' money for what is requested. It counts towards the request, and is no part of the reserve (CAN-3)."""

    expected_pence: Pence
    """As the applicant said."""
    pledged_pence: int
    pledges: list[Pledge]


@entry(request_view, leaves_out=("match_pence", "returns_on", "returns_to", "must_know", "awaits_project"))
class FundingRequest:
    """A request for funding, and how far it has come. ``decision`` is the one that brought it to its status."""

    award: AwardSlug | None
    """The award that met it."""
    deferral: CurrentDeferral | None
    """While it is deferred."""
    other_funders: list[OtherFunder]
    match: MatchFunding


@queries.gets("/requests")
def funding_requests(reading: ReadContext, page: Page, status: RequestStatus | None = None) -> list[FundingRequest]:
    """The requests for funding, all or those of a status, the oldest first."""
    wanted = {} if status is None else {"status": status.value}
    return _entries(reading, page.rows(reading, reading.select(request_view, **wanted), request_view.c.requested_on))


@queries.gets("/requests/{request}")
def funding_request(reading: ReadContext, request: RequestSlug) -> FundingRequest:
    """A request for funding, and how far it has come."""
    return _entries(reading, [reading.one(request_view, request=request)])[0]


def _entries(reading: ReadContext, rows: Sequence[Mapping[Any, Any]]) -> list[FundingRequest]:
    named = [row["request"] for row in rows]
    funders = reading.entries_by("request", OtherFunder, funder_view.c.sources[1], request=named)
    pledges = reading.entries_by("request", Pledge, pledge_view.c.sources[1], request=named)
    return [_entry(row, funders[row["request"]], pledges[row["request"]]) for row in rows]


def _entry(row: Mapping[Any, Any], funders: list[Any], pledges: list[Any]) -> FundingRequest:
    deferred = row["status"] == RequestStatus.DEFERRED
    return as_entry(
        FundingRequest,
        row,
        deferral=as_entry(CurrentDeferral, row) if deferred else None,
        other_funders=funders,
        match=MatchFunding(row["match_pence"], sum(pledge.amount_pence for pledge in pledges), pledges),
        sources=sorted({*row["sources"], *(at for each in (*funders, *pledges) for at in each.sources)}),
    )
