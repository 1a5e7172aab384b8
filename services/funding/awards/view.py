"""What readers see of awards, and which awards the reserve could not bear (CAN-2, CAN-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Text

from services.funding.reserves.view import postings_of, reserve_view
from services.funding.views import queries, views
from shared.contracts.funding.awards import (
    AwardRefused,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
    ReturnEstimated,
)
from shared.contracts.funding.postings import Account
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.decisions import DecisionRecorded
from shared.contracts.meetings.effects import AwardDecided
from shared.contracts.nouns import AwardSlug, DecisionSlug, Reason, ReserveSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, event_id, row
from shared.values.identifiers import Name
from shared.values.money import Pence, PositivePence

award_view = views.keeps("award", FundsAwarded, key=("reserve", "award"), leaves_out=("shares",))
refused_view = views.keeps("refused_award", AwardRefused, key=("event",), event=event_id)
payment_view = views.keeps("payment", PaymentMade, key=("reserve", "award", "payment"), leaves_out=("shares", "payee"))
return_view = views.keeps(
    "money_return",
    ReturnEstimated,
    FundsReturned,
    key=("reserve", "award", "return"),
    leaves_out=("shares",),
    freed_by=DecisionSlug | None,
)
decision_view = views.table("decision", Column("decision", Text, primary_key=True), Column("outcome", Text))
decided_view = views.keeps("decided_award", AwardDecided, key=("decision", "reserve", "award"), leaves_out=("meeting",))
"""What meetings decided, so that an award made by hand has the terms of the decision it names."""


@views.on(ReturnedFundsFreed)
def _(fact: ReturnedFundsFreed, at: At) -> Iterator[Row]:
    key = {"reserve": fact.reserve, "award": fact.award, "return": fact.return_}
    yield row(return_view, **key, freed_by=fact.decision)


@views.on(DecisionRecorded)
def _(fact: DecisionRecorded, at: At) -> Iterator[Row]:
    yield row(decision_view, decision=fact.decision, outcome=fact.outcome)


@entry(payment_view, leaves_out=("reserve", "award"))
class Payment:
    """A payment of an award."""

    amount_pence: PositivePence
    shares: list[StreamShare]


@entry(return_view, leaves_out=("reserve", "award"))
class MoneyReturn:
    """Money that comes back: estimated, then reconciled to the penny, then freed by a decision.

    ``returned_on`` is null while it is only estimated, ``freed_by`` while it is kept apart.
    """

    estimate_pence: PositivePence | None
    wording: Name | None
    reason: Reason | None
    returned_pence: Pence
    shares: list[StreamShare]


@entry(award_view)
class FundingAward:
    """An award and what became of its money: awarded is always released, paid (kept or returned) and committed."""

    awarded_pence: Pence
    released_pence: Pence
    paid_pence: Pence
    """All that was paid, whether it came back or not."""
    returned_pence: Pence
    committed_pence: Pence
    """Not yet paid or released."""
    shares: list[StreamShare]
    """What was awarded of each stream."""
    payments: list[Payment]
    returns: list[MoneyReturn]


@entry(refused_view, leaves_out=("event", "reserve"))
class RefusedAward:
    """An award that a meeting decided and a rule forbade: nothing was committed."""


refused_awards = queries.lists(
    "/reserves/{reserve}/refused-awards",
    RefusedAward,
    summary="What meetings awarded and a rule forbade, the oldest first",
    order=(refused_view.c.sources[1],),
    within=reserve_view,
)


@queries.gets("/reserves/{reserve}/awards")
def funding_awards(reading: ReadContext, page: Page, reserve: ReserveSlug) -> list[FundingAward]:
    """A reserve's awards, the oldest first."""
    reading.one(reserve_view, reserve=reserve)
    rows = page.rows(reading, reading.select(award_view, reserve=reserve), award_view.c.sources[1])
    return _entries(reading, reserve, rows)


@queries.gets("/reserves/{reserve}/awards/{award}")
def funding_award(reading: ReadContext, reserve: ReserveSlug, award: AwardSlug) -> FundingAward:
    """An award with its payments and returns."""
    return _entries(reading, reserve, [reading.one(award_view, reserve=reserve, award=award)])[0]


def _entries(reading: ReadContext, reserve: str, rows: Sequence[Mapping[Any, Any]]) -> list[FundingAward]:
    named = [row["award"] for row in rows]
    posted = postings_of(reading, reserve, named)
    paid, back = (
        reading.rows(reading.select(view, reserve=reserve, award=named).order_by(view.c.sources[1]))
        for view in (payment_view, return_view)
    )
    by_award = [_by("award", each) for each in (posted, paid, back)]
    return [_entry(row, *(each[row["award"]] for each in by_award)) for row in rows]


def _by(name: str, rows: Iterable[Mapping[Any, Any]]) -> defaultdict[str, list[Mapping[Any, Any]]]:
    gathered: defaultdict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for each in rows:
        gathered[each[name]].append(each)
    return gathered


def _entry(row: Mapping[Any, Any], posted: list[Any], paid: list[Any], back: list[Any]) -> FundingAward:
    awarded = [posting for posting in posted if posting["payment"] is None and posting["return"] is None]
    by_payment, by_return = _by("payment", posted), _by("return", posted)
    moved = {account: [posting for posting in posted if posting["account"] == account] for account in Account}
    return as_entry(
        FundingAward,
        row,
        awarded_pence=_gained(moved[Account.COMMITTED]),
        released_pence=_gained(moved[Account.RELEASED]),
        paid_pence=_gained(moved[Account.PAID]),
        returned_pence=_gained(moved[Account.RETURNED]),
        committed_pence=sum(posting["pence"] for posting in moved[Account.COMMITTED]),
        shares=_shares(awarded, Account.COMMITTED),
        payments=[
            as_entry(Payment, each, amount_pence=_pence(shares), shares=shares)
            for each in paid
            for shares in [_shares(by_payment[each["payment"]], Account.PAID)]
        ],
        returns=[
            as_entry(MoneyReturn, each, returned_pence=_pence(shares), shares=shares)
            for each in back
            for shares in [_shares(by_return[each["return"]], Account.RETURNED)]
        ],
        sources=sorted({position for each in (row, *posted, *paid, *back) for position in each["sources"]}),
    )


def _gained(postings: Iterable[Mapping[Any, Any]]) -> int:
    return sum(posting["pence"] for posting in postings if posting["pence"] > 0)


def _shares(postings: Iterable[Mapping[Any, Any]], account: Account) -> list[StreamShare]:
    """What the account gained, by stream."""
    return [
        StreamShare(stream=posting["stream"], amount_pence=posting["pence"])
        for posting in postings
        if posting["account"] == account and posting["pence"] > 0
    ]


def _pence(shares: Iterable[StreamShare]) -> int:
    return sum(share.amount_pence for share in shares)
