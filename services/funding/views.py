"""Funding's tables, and what each event changes in them.

Money is never counted up in a row: every movement is a row of its own, keyed by its event, and queries add up.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import BigInteger, Column, Date, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.contracts.funding import (
    AwardRefused,
    CommitmentReleased,
    ContributionPaid,
    FundsAwarded,
    FundsRequested,
    FundsReturned,
    MatchFundingPledged,
    OtherFunderSought,
    PaymentMade,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
    ReserveOpened,
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamReceived,
    StreamShare,
)
from shared.runtime.following.views import At, Row, Views, row
from shared.values.periods import day_of


class Movement(enum.StrEnum):
    """How money moves once it was received."""

    AWARDED = "awarded"
    RELEASED = "released"
    PAID = "paid"
    RETURNED = "returned"
    FREED = "freed"


class RequestStatus(enum.StrEnum):
    """How far a request has come."""

    OPEN = "open"
    NOTED = "noted"
    DEFERRED = "deferred"
    DECLINED = "declined"
    AWARDED = "awarded"


views = Views("funding")

reserve = views.table("reserve", Column("reserve", Text, primary_key=True), Column("name", Text))
stream = views.table(
    "stream",
    Column("reserve", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("name", Text),
    Column("kind", Text),
    Column("source", Text),
    Column("amount_pence", BigInteger),
    Column("purposes", ARRAY(Text)),
    Column("ends_on", Date),
)
contribution = views.table(
    "contribution",
    Column("reserve", Text, primary_key=True),
    Column("contribution", Text, primary_key=True),
    Column("organisation", Text),
    Column("amount_pence", BigInteger),
    Column("paid_on", Date),
)
movement = views.table(
    "movement",
    Column("event", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("reserve", Text),
    Column("kind", Text),
    Column("amount_pence", BigInteger),
    Column("award", Text),
    Column("payment", Text),
    Column("return", Text),
)
request = views.table(
    "request",
    Column("request", Text, primary_key=True),
    Column("reserve", Text),
    Column("applicant", Text),
    Column("title", Text),
    Column("purpose", Text),
    Column("purpose_text", Text),
    Column("basis", Text),
    Column("amount_pence", BigInteger),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("total_pence", BigInteger),
    Column("present_funding_ends_on", Date),
    Column("match_pence", BigInteger),
    Column("requested_on", Date),
    Column("status", Text),
    Column("decision", Text, comment="the one that made the status; null while open"),
    Column("reasons", Text, comment="of a refusal or a reconsideration"),
    Column("returns_on", Date),
    Column("returns_to", Text),
    Column("must_know", ARRAY(Text)),
    Column("awaits_project", Text),
    Column("award", Text),
)
pledge = views.table(
    "match_funding",
    Column("event", Text, primary_key=True),
    Column("request", Text),
    Column("funder", Text),
    Column("amount_pence", BigInteger),
)
exploration = views.table(
    "other_funder",
    Column("request", Text, primary_key=True),
    Column("funder", Text, primary_key=True),
    Column("decision", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
)
award = views.table(
    "award",
    Column("reserve", Text, primary_key=True),
    Column("award", Text, primary_key=True),
    Column("request", Text),
    Column("payee", Text),
    Column("purpose", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("decision", Text),
)
refused_award = views.table(
    "refused_award",
    Column("event", Text, primary_key=True),
    Column("reserve", Text),
    Column("award", Text),
    Column("request", Text),
    Column("decision", Text),
    Column("shares", JSONB),
    Column("reason", Text),
    Column("rule", Text),
    Column("clause", Text),
    Column("stream", Text),
    Column("short_by_pence", BigInteger),
)
payment = views.table(
    "payment",
    Column("reserve", Text, primary_key=True),
    Column("award", Text, primary_key=True),
    Column("payment", Text, primary_key=True),
    Column("paid_on", Date),
)
money_return = views.table(
    "money_return",
    Column("reserve", Text, primary_key=True),
    Column("return", Text, primary_key=True),
    Column("award", Text),
    Column("estimate_pence", BigInteger),
    Column("wording", Text),
    Column("reason", Text),
    Column("returned_on", Date),
    Column("difference_from_estimate_pence", BigInteger),
    Column("freed_by", Text),
)


def _moved(kind: Movement, reserve_slug: str, shares: Iterable[StreamShare], at: At, **whose: str) -> Iterator[Row]:
    for share in shares:
        yield row(
            movement,
            event=at.envelope.id,
            stream=share.stream,
            reserve=reserve_slug,
            kind=kind,
            amount_pence=share.amount_pence,
            **whose,
        )


@views.on(ReserveOpened)
def _(fact: ReserveOpened, at: At) -> Iterator[Row]:
    yield row(reserve, reserve=fact.reserve, name=fact.name)


@views.on(ContributionPaid)
def _(fact: ContributionPaid, at: At) -> Iterator[Row]:
    yield row(
        contribution,
        reserve=fact.reserve,
        contribution=fact.contribution,
        organisation=fact.organisation,
        amount_pence=fact.amount_pence,
        paid_on=fact.paid_on,
    )


@views.on(StreamReceived)
def _(fact: StreamReceived, at: At) -> Iterator[Row]:
    yield row(
        stream,
        reserve=fact.reserve,
        stream=fact.stream,
        name=fact.name,
        kind=fact.kind,
        source=fact.source,
        amount_pence=fact.amount_pence,
        purposes=list(fact.purposes),
        ends_on=fact.ends_on,
    )


@views.on(FundsRequested)
def _(fact: FundsRequested, at: At) -> Iterator[Row]:
    values = {name: getattr(fact, name) for name in fact.__struct_fields__}
    yield row(request, **values, requested_on=day_of(at.envelope.time), status=RequestStatus.OPEN)


@views.on(RequestDeferred)
def _(fact: RequestDeferred, at: At) -> Iterator[Row]:
    yield row(
        request,
        request=fact.request,
        status=RequestStatus.DEFERRED,
        decision=fact.decision,
        reasons=None,
        returns_on=fact.returns_on,
        returns_to=fact.returns_to,
        must_know=list(fact.must_know),
        awaits_project=fact.awaits_project,
    )


@views.on(RequestReconsidered)
def _(fact: RequestReconsidered, at: At) -> Iterator[Row]:
    yield row(request, request=fact.request, status=RequestStatus.OPEN, decision=None, reasons=fact.reasons)


@views.on(RequestNoted)
def _(fact: RequestNoted, at: At) -> Iterator[Row]:
    yield row(request, request=fact.request, status=RequestStatus.NOTED, decision=fact.decision)


@views.on(OtherFunderSought)
def _(fact: OtherFunderSought, at: At) -> Iterator[Row]:
    yield row(
        exploration,
        request=fact.request,
        funder=fact.funder,
        decision=fact.decision,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
    )


@views.on(RequestDeclined)
def _(fact: RequestDeclined, at: At) -> Iterator[Row]:
    yield row(
        request, request=fact.request, status=RequestStatus.DECLINED, decision=fact.decision, reasons=fact.reasons
    )


@views.on(MatchFundingPledged)
def _(fact: MatchFundingPledged, at: At) -> Iterator[Row]:
    yield row(pledge, event=at.envelope.id, request=fact.request, funder=fact.funder, amount_pence=fact.amount_pence)


@views.on(FundsAwarded)
def _(fact: FundsAwarded, at: At) -> Iterator[Row]:
    values = {name: getattr(fact, name) for name in fact.__struct_fields__ if name != "shares"}
    yield row(award, **values)
    yield from _moved(Movement.AWARDED, fact.reserve, fact.shares, at, award=fact.award)
    if fact.request is not None:
        yield row(request, request=fact.request, status=RequestStatus.AWARDED, decision=fact.decision, award=fact.award)


@views.on(AwardRefused)
def _(fact: AwardRefused, at: At) -> Iterator[Row]:
    values = {name: getattr(fact, name) for name in fact.__struct_fields__ if name != "shares"}
    yield row(refused_award, event=at.envelope.id, **values, shares=msgspec.to_builtins(fact.shares))


@views.on(PaymentMade)
def _(fact: PaymentMade, at: At) -> Iterator[Row]:
    yield row(payment, reserve=fact.reserve, award=fact.award, payment=fact.payment, paid_on=fact.paid_on)
    yield from _moved(Movement.PAID, fact.reserve, fact.shares, at, award=fact.award, payment=fact.payment)


@views.on(CommitmentReleased)
def _(fact: CommitmentReleased, at: At) -> Iterator[Row]:
    yield from _moved(Movement.RELEASED, fact.reserve, fact.shares, at, award=fact.award)


@views.on(ReturnEstimated)
def _(fact: ReturnEstimated, at: At) -> Iterator[Row]:
    yield row(
        money_return,
        **{"return": fact.return_},
        reserve=fact.reserve,
        award=fact.award,
        estimate_pence=fact.estimate_pence,
        wording=fact.wording,
        reason=fact.reason,
    )


@views.on(FundsReturned)
def _(fact: FundsReturned, at: At) -> Iterator[Row]:
    slug = {"return": fact.return_}
    yield row(
        money_return,
        **slug,
        reserve=fact.reserve,
        award=fact.award,
        returned_on=fact.returned_on,
        difference_from_estimate_pence=fact.difference_from_estimate_pence,
    )
    yield from _moved(Movement.RETURNED, fact.reserve, fact.shares, at, award=fact.award, **slug)


@views.on(ReturnedFundsFreed)
def _(fact: ReturnedFundsFreed, at: At) -> Iterator[Row]:
    slug = {"return": fact.return_}
    yield row(money_return, **slug, reserve=fact.reserve, freed_by=fact.decision)
    yield from _moved(Movement.FREED, fact.reserve, fact.shares, at, **slug)
