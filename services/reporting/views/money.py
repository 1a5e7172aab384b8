"""Money by stream: every fact that moves it, as changes of four accounts that add up to what was received.

Committed money has been awarded and not yet been paid; paid money has gone out and not come back; returned money has
come back and lies apart until a decision frees it; free money can be awarded. A fact takes from one account what it
gives to another, so received = committed + paid + returned + free, on every day (CAN-3).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Date, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.reporting.views.sources import day_happened
from services.reporting.views.tables import views
from shared.contracts.event import Event
from shared.contracts.funding import (
    CommitmentReleased,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
    StreamReceived,
)
from shared.runtime.following.views import At, Row, row

ACCOUNTS = ("received", "committed", "paid", "returned", "free")

movement = views.table(
    "movement",
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Text, primary_key=True),
    Column("reserve", Text),
    Column("day", Date),
    *(Column(account, BigInteger) for account in ACCOUNTS),
)
"""By how many pence one event changed the accounts of one stream."""


MOVES: dict[type[Event], tuple[str, str]] = {
    StreamReceived: ("received", "free"),
    FundsAwarded: ("free", "committed"),
    PaymentMade: ("committed", "paid"),
    CommitmentReleased: ("committed", "free"),
    FundsReturned: ("paid", "returned"),
    ReturnedFundsFreed: ("returned", "free"),
}
"""From which account to which each event moves money; ``received`` only ever grows."""


def _moved(fact: Event, at: At) -> Iterator[Row]:
    source, target = MOVES[type(fact)]
    moved: Any = fact
    amounts: Counter[str] = Counter()
    for share in (moved,) if isinstance(fact, StreamReceived) else moved.shares:
        amounts[share.stream] += share.amount_pence
    day = day_happened(at.envelope)
    for stream, amount in amounts.items():
        changes = dict.fromkeys(ACCOUNTS, 0)
        changes[source] += amount if source == "received" else -amount
        changes[target] += amount
        yield row(movement, position=at.position, stream=stream, reserve=moved.reserve, day=day, **changes)


for _kind in MOVES:
    views.on(_kind)(_moved)


@dataclass(frozen=True)
class StreamPosition:
    """The accounts of one stream on a day, in pence, and the ledger positions of the events that made them so."""

    reserve: str
    stream: str
    received: int
    committed: int
    paid: int
    returned: int
    free: int
    sources: tuple[int, ...]


def positions_of_streams(connection: sqlalchemy.Connection, partnership: str, as_at: dt.date) -> list[StreamPosition]:
    """Every stream of every reserve at the end of a day, in the order in which their first money came."""
    statement = (
        select(
            movement.c.reserve,
            movement.c.stream,
            *(cast(func.sum(movement.c[account]), BigInteger).label(account) for account in ACCOUNTS),
            func.array_agg(aggregate_order_by(movement.c.position, movement.c.position)).label("sources"),
        )
        .where(movement.c.partnership == partnership, movement.c.day <= as_at)
        .group_by(movement.c.reserve, movement.c.stream)
        .order_by(func.min(movement.c.position))
    )
    found = connection.execute(statement).mappings()
    return [StreamPosition(**{**each, "sources": tuple(each["sources"])}) for each in found]
