"""What readers see of reserves: where their money is on a day, and which streams lapse (CAN-3, LOC-2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from msgspec import Meta

from services.funding.views import queries, views
from shared.contracts.funding.postings import Money, all_of
from shared.contracts.funding.reserves import CommitBy, ContributionPaid, ReserveOpened, SpendBy, StreamReceived
from shared.contracts.nouns import Day, LastDay, ReserveSlug
from shared.readmodels.money import StreamMoney, StreamOnDay
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry

reserve_view = views.keeps("reserve", ReserveOpened, key=("reserve",))
stream_view = views.keeps(
    "stream", StreamReceived, key=("reserve", "stream"), leaves_out=("amount_pence", "commit_by", "spend_by")
)
contribution_view = views.keeps("contribution", ContributionPaid, key=("reserve", "contribution"))
stream_money = StreamMoney(views)


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
    streams = _streams(reading, day, reserve=reserve)
    return as_entry(
        ReservePosition,
        found,
        as_at=day,
        streams=[as_entry(StreamPosition, row, **_stands(stream)) for row, stream in streams],
        total=all_of(stream.money for _, stream in streams),
        sources=sorted({*found["sources"], *(at for _, stream in streams for at in stream.sources)}),
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
    for row, each in _streams(reading, day):
        days = [last for last in (each.commit_by or each.spend_by, each.spend_by) if last and last >= day]
        next_ = min(days, default=None)
        left = (next_ - day).days if next_ else None
        if each.money.lapsed_pence or (left is not None and left <= within_days):
            ending.append(as_entry(EndingStream, row, lapses_on=next_, days_left=left, **_stands(each)))
    return sorted(ending, key=lambda each: each.lapses_on or each.spend_by or each.commit_by or day)


def _streams(reading: ReadContext, as_at: dt.date, **of: str) -> list[tuple[Mapping[Any, Any], StreamOnDay]]:
    """The streams that had been received by a day, by name, and where their money was at its end."""
    known = stream_money.on(reading.rows, reading.partnership, as_at, **of)
    rows = reading.rows(reading.select(stream_view, **of).order_by(stream_view.c.name, stream_view.c.stream))
    return [(row, known[key]) for row in rows if (key := (row["reserve"], row["stream"])) in known]


def _stands(stream: StreamOnDay) -> dict[str, Any]:
    return {name: getattr(stream, name) for name in ("commit_by", "spend_by", "money", "sources")}


def postings_of(reading: ReadContext, reserve_slug: str, awards: Collection[str]) -> list[Mapping[Any, Any]]:
    """What the facts about some awards posted, in the order of the ledger."""
    rows = reading.select(stream_money.posting, reserve=reserve_slug, award=list(awards))
    return [*reading.rows(rows.order_by(stream_money.posting.c.sources[1], stream_money.posting.c.stream))]
