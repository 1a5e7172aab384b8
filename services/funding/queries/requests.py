"""The requests for funding, and how far each has come (CAN-2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Table, select

from services.funding.views import RequestStatus, exploration, pledge, request
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class StandingDeferral:
    """When a request comes back and what must be known by then."""

    decision: str
    returns_on: dt.date | None
    returns_to: str
    must_know: list[str]
    awaits_project: str | None


@dataclass(frozen=True)
class OtherFunder:
    """Another funder who is asked, for which term and by which decision."""

    funder: str
    starts_on: dt.date
    ends_on: dt.date
    decision: str


@dataclass(frozen=True)
class Pledge:
    """What a funder pledged beside what is requested of the reserve."""

    funder: str
    amount_pence: int


@dataclass(frozen=True)
class MatchFunding:
    """Others' money for what is requested. It counts towards the request, and is no part of the reserve (CAN-3)."""

    expected_pence: int
    """As the applicant said."""
    pledged_pence: int
    pledges: list[Pledge]


@dataclass(frozen=True)
class FundingRequest:
    """A request for funding: what is asked for, and how far it has come."""

    request: str
    reserve: str
    applicant: str
    title: str
    purpose: str
    purpose_text: str
    basis: str
    amount_pence: int
    """For each time it falls due."""
    starts_on: dt.date
    ends_on: dt.date | None
    """Null: open-ended."""
    total_pence: int | None
    """Over the whole term; null where it is open-ended."""
    present_funding_ends_on: dt.date | None
    requested_on: dt.date
    status: RequestStatus
    decision: str | None
    """The decision that brought it to this status; null while it is open."""
    reasons: str | None
    """Why it was declined or reconsidered."""
    award: str | None
    """The award that met it."""
    deferral: StandingDeferral | None
    """While it is deferred."""
    other_funders: list[OtherFunder]
    match: MatchFunding
    sources: list[int]
    """Ledger positions of the events this comes from."""


def funding_requests(reading: ReadContext, status: RequestStatus | None, part: Page) -> list[FundingRequest]:
    """The requests of the partnership, all or those of a status, the oldest first."""
    query = select(request).where(request.c.partnership == reading.partnership)
    if status is not None:
        query = query.where(request.c.status == status)
    return _with_parts(reading, reading.rows(part.of(query.order_by(request.c.requested_on, request.c.request))))


def funding_request(reading: ReadContext, slug: str) -> FundingRequest:
    """One request. Raises ``Unknown``."""
    query = select(request).where(request.c.partnership == reading.partnership, request.c.request == slug)
    found = _with_parts(reading, reading.rows(query))
    if not found:
        raise Unknown(f"There is no funding request {slug!r} in {reading.partnership!r}.")
    return found[0]


def _with_parts(reading: ReadContext, rows: Sequence[RowMapping]) -> list[FundingRequest]:
    slugs = [r["request"] for r in rows]
    sought = _of(reading, exploration, slugs)
    pledged = _of(reading, pledge, slugs)
    return [
        _entry(
            r,
            [e for e in sought if e["request"] == r["request"]],
            [p for p in pledged if p["request"] == r["request"]],
        )
        for r in rows
    ]


def _of(reading: ReadContext, table: Table, slugs: list[str]) -> Sequence[RowMapping]:
    query = select(table).where(table.c.partnership == reading.partnership, table.c.request.in_(slugs))
    return reading.rows(query.order_by(table.c.sources[1]))


def _entry(r: RowMapping, sought: Sequence[RowMapping], pledged: Sequence[RowMapping]) -> FundingRequest:
    deferral = None
    if r["status"] == RequestStatus.DEFERRED:
        deferral = StandingDeferral(
            r["decision"], r["returns_on"], r["returns_to"], r["must_know"], r["awaits_project"]
        )
    return FundingRequest(
        request=r["request"],
        reserve=r["reserve"],
        applicant=r["applicant"],
        title=r["title"],
        purpose=r["purpose"],
        purpose_text=r["purpose_text"],
        basis=r["basis"],
        amount_pence=r["amount_pence"],
        starts_on=r["starts_on"],
        ends_on=r["ends_on"],
        total_pence=r["total_pence"],
        present_funding_ends_on=r["present_funding_ends_on"],
        requested_on=r["requested_on"],
        status=RequestStatus(r["status"]),
        decision=r["decision"],
        reasons=r["reasons"],
        award=r["award"],
        deferral=deferral,
        other_funders=[OtherFunder(e["funder"], e["starts_on"], e["ends_on"], e["decision"]) for e in sought],
        match=MatchFunding(
            expected_pence=r["match_pence"],
            pledged_pence=sum(p["amount_pence"] for p in pledged),
            pledges=[Pledge(p["funder"], p["amount_pence"]) for p in pledged],
        ),
        sources=sorted({at for each in (r, *sought, *pledged) for at in each["sources"]}),
    )
