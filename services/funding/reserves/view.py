"""What readers see of reserves: where their money is on a day, and which streams lapse (CAN-3, LOC-2)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import BigInteger, Column, Date, Text, cast, func, select

from services.funding.views import queries, views
from shared.contracts.event import Event, declaration_of
from shared.contracts.funding.postings import POSTS, Account, Money, all_of, money_of, postings
from shared.contracts.funding.reserves import (
    SETS_DAYS,
    CommitBy,
    ContributionPaid,
    ReserveOpened,
    SpendBy,
    StreamReceived,
)
from shared.contracts.nouns import Day, LastDay, ReserveSlug
from shared.runtime.endpoints.web import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, happened_day, row

reserve_view = views.keeps("reserve", ReserveOpened, key=("reserve",))
stream_view = views.keeps(
    "stream", StreamReceived, key=("reserve", "stream"), leaves_out=("amount_pence", "commit_by", "spend_by")
)
contribution_view = views.keeps("contribution", ContributionPaid, key=("reserve", "contribution"))
term_view = views.table(
    "stream_term",
    Column("event", Text, primary_key=True),
    Column("reserve", Text),
    Column("stream", Text),
    Column("since", Date),
    Column("commit_by", Date),
    Column("spend_by", Date),
)
"""The days of each stream, by the day from which they hold."""
posting_view = views.table(
    "posting",
    Column("event", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("reserve", Text),
    Column("day", Date),
    Column("pence", BigInteger, comment="below nothing where the account loses it"),
    Column("award", Text),
    Column("payment", Text),
    Column("return", Text),
)


def _days(fact: Any, at: At) -> Iterator[Row]:
    yield row(
        term_view,
        event=at.envelope.id,
        reserve=fact.reserve,
        stream=fact.stream,
        since=happened_day(fact, at),
        commit_by=fact.commit_by,
        spend_by=fact.spend_by,
    )


def _post(fact: Event, at: At) -> Iterator[Row]:
    own_day = declaration_of(type(fact)).day
    day = getattr(fact, own_day) if own_day else happened_day(fact, at)
    more = {name.rstrip("_"): getattr(fact, name, None) for name in ("reserve", "award", "payment", "return_")}
    more |= {"event": at.envelope.id, "day": day}
    for each in postings(fact):
        yield row(posting_view, stream=each.stream, account=each.source, pence=-each.pence, **more)
        yield row(posting_view, stream=each.stream, account=each.target, pence=each.pence, **more)


for _setting in SETS_DAYS:
    views.on(_setting)(_days)
for _posting in POSTS:
    views.on(_posting)(_post)


@entry(reserve_view)
class ReserveEntry:
    """A reserve by its name."""


@entry(contribution_view)
class PaidContribution:
    """What an organisation says it has paid; it counts in no position before it is received (CAN-3)."""


@entry(stream_view)
class StreamPosition:
    """One stream of a reserve: where it came from, what it may be spent on and until when, and where its money is."""

    commit_by: CommitBy | None
    spend_by: SpendBy | None
    money: Money


@entry(reserve_view)
class ReservePosition:
    """A reserve's money on a day, by stream and in all."""

    as_at: Day
    streams: list[StreamPosition]
    total: Money


@entry(stream_view, leaves_out=("kind", "purposes"))
class EndingStream:
    """A stream of which money lapses soon, or has lapsed (CAN-3, LOC-2)."""

    commit_by: CommitBy | None
    spend_by: SpendBy | None
    lapses_on: LastDay | None
    """The next day at whose end money of it lapses; null where all such days have passed."""
    days_left: int | None
    """From the day asked about to that day."""
    money: Money


class _Position(msgspec.Struct):
    """One stream on a day."""

    row: Mapping[Any, Any]
    commit_by: dt.date | None
    spend_by: dt.date | None
    money: Money
    sources: list[int]


reserves = queries.lists("/reserves", ReserveEntry, summary="The reserves, by name", order=(reserve_view.c.name,))
contributions = queries.lists(
    "/reserves/{reserve}/contributions",
    PaidContribution,
    summary="What organisations say they have paid, the oldest first",
    order=(contribution_view.c.paid_on,),
    within=reserve_view,
)


@queries.gets("/reserves/{reserve}")
def reserve_position(reading: ReadContext, reserve: ReserveSlug, as_at: Day | None = None) -> ReservePosition:
    """Where a reserve's money is on a day, by stream and in all. Without a day: today."""
    day = as_at or reading.today
    found = reading.one(reserve_view, reserve=reserve)
    positions = _positions(reading, day, reserve=reserve)
    return as_entry(
        ReservePosition,
        found,
        as_at=day,
        streams=[
            as_entry(
                StreamPosition,
                each.row,
                commit_by=each.commit_by,
                spend_by=each.spend_by,
                money=each.money,
                sources=each.sources,
            )
            for each in positions
        ],
        total=all_of(each.money for each in positions),
        sources=sorted({*found["sources"], *(at for each in positions for at in each.sources)}),
    )


@queries.gets("/streams-ending")
def streams_ending(
    reading: ReadContext,
    as_at: Day | None = None,
    within_days: Annotated[int, Meta(ge=0, le=3660, description="How far ahead.")] = 90,
) -> list[EndingStream]:
    """Streams of which money lapses within so many days, or has lapsed, the first to lapse first."""
    day = as_at or reading.today
    ending = []
    for each in _positions(reading, day):
        days = [last for last in (each.commit_by or each.spend_by, each.spend_by) if last and last >= day]
        next_ = min(days, default=None)
        left = (next_ - day).days if next_ else None
        if each.money.lapsed_pence or (left is not None and left <= within_days):
            more = {"commit_by": each.commit_by, "spend_by": each.spend_by, "money": each.money}
            ending.append(
                as_entry(EndingStream, each.row, lapses_on=next_, days_left=left, sources=each.sources, **more)
            )
    return sorted(ending, key=lambda each: each.lapses_on or each.spend_by or each.commit_by or day)


def _positions(reading: ReadContext, as_at: dt.date, **of: str) -> list[_Position]:
    """The streams that had been received by a day, by name, and where their money was at its end."""
    balances: defaultdict[tuple[str, str], dict[Account, int]] = defaultdict(dict)
    sources: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    sums = reading.select(posting_view, **of).where(posting_view.c.day <= as_at).subquery()
    each = select(
        sums.c.reserve,
        sums.c.stream,
        sums.c.account,
        cast(func.sum(sums.c.pence), BigInteger).label("pence"),
        func.array_agg(sums.c.sources[1]).label("positions"),
    ).group_by(sums.c.reserve, sums.c.stream, sums.c.account)
    for found in reading.rows(each):
        key = found["reserve"], found["stream"]
        balances[key][Account(found["account"])] = found["pence"]
        sources[key].update(found["positions"])
    terms: dict[tuple[str, str], Mapping[Any, Any]] = {}
    in_force = (
        reading.select(term_view, **of)
        .where(term_view.c.since <= as_at)
        .order_by(term_view.c.since, term_view.c.sources[1])
    )
    for found in reading.rows(in_force):
        terms[found["reserve"], found["stream"]] = found
        sources[found["reserve"], found["stream"]].update(found["sources"])
    positions = []
    for found in reading.rows(reading.select(stream_view, **of).order_by(stream_view.c.name, stream_view.c.stream)):
        key = found["reserve"], found["stream"]
        if key in terms:
            days = terms[key]["commit_by"], terms[key]["spend_by"]
            money = money_of(balances[key], *days, as_at)
            positions.append(_Position(found, *days, money, sorted(sources[key])))
    return positions


def postings_of(reading: ReadContext, reserve_slug: str, awards: Collection[str]) -> list[Mapping[Any, Any]]:
    """What the facts about some awards posted, in the order of the ledger."""
    rows = reading.select(posting_view, reserve=reserve_slug, award=list(awards))
    return [*reading.rows(rows.order_by(posting_view.c.sources[1], posting_view.c.stream))]
