"""Money by stream on any day, folded from what each fact posts (``shared/contracts/funding/postings.py``, CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Date, Text, cast, func, select

from services.reporting.views.sources import day_happened
from services.reporting.views.tables import views
from shared.contracts.event import Event
from shared.contracts.funding.postings import POSTS, Account, money_of, postings
from shared.contracts.funding.reserves import SETS_DAYS
from shared.runtime.following.views import At, Row, row

ACCOUNTS = ("received", "committed", "paid", "returned", "free", "lapsed", "clawed_back")
"""The figures of a stream; the first is the sum of the others."""

movement = views.table(
    "movement",
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("reserve", Text),
    Column("day", Date),
    Column("pence", BigInteger),
)
"""By how many pence one event changed one account of one stream."""
term = views.table(
    "stream_term",
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("reserve", Text),
    Column("stream", Text),
    Column("since", Date),
    Column("commit_by", Date),
    Column("spend_by", Date),
)
"""By which days a stream is to be committed and spent, from a day on."""


def _post(fact: Event, at: At) -> Iterator[Row]:
    pence: dict[tuple[str, Account], int] = {}
    for posting in postings(fact):
        for account, change in ((posting.source, -posting.pence), (posting.target, posting.pence)):
            pence[posting.stream, account] = pence.get((posting.stream, account), 0) + change
    of: dict[str, Any] = {"position": at.position, "reserve": fact.reserve, "day": day_happened(at.envelope)}  # type: ignore[attr-defined] # every fact about money has it
    for (stream, account), change in pence.items():
        yield row(movement, stream=stream, account=account, pence=change, **of)


def _days(fact: Any, at: At) -> Iterator[Row]:
    days = {"since": day_happened(at.envelope), "commit_by": fact.commit_by, "spend_by": fact.spend_by}
    yield row(term, position=at.position, reserve=fact.reserve, stream=fact.stream, **days)


for _setting in SETS_DAYS:
    views.on(_setting)(_days)
for _posting in POSTS:
    views.on(_posting)(_post)


@dataclass(frozen=True)
class StreamPosition:
    """Where the money of one stream is on a day, in pence, and the ledger positions of the events that made it so."""

    reserve: str
    stream: str
    received: int
    committed: int
    paid: int
    returned: int
    free: int
    lapsed: int
    """Not committed by the stream's day to commit by, or not spent by its day to spend by."""
    clawed_back: int
    commit_by: dt.date | None
    spend_by: dt.date | None
    sources: tuple[int, ...]


def positions_of_streams(connection: sqlalchemy.Connection, partnership: str, as_at: dt.date) -> list[StreamPosition]:
    """Every stream of every reserve at the end of a day, in the order in which their first money came."""
    sums = (
        select(
            movement.c.reserve,
            movement.c.stream,
            movement.c.account,
            cast(func.sum(movement.c.pence), BigInteger).label("pence"),
            func.array_agg(movement.c.position).label("positions"),
        )
        .where(movement.c.partnership == partnership, movement.c.day <= as_at)
        .group_by(movement.c.reserve, movement.c.stream, movement.c.account)
        .order_by(func.min(movement.c.position))
    )
    balances: dict[tuple[str, str], dict[Account, int]] = {}
    sources: dict[tuple[str, str], set[int]] = {}
    for found in connection.execute(sums):
        key = found.reserve, found.stream
        balances.setdefault(key, {})[Account(found.account)] = found.pence
        sources.setdefault(key, set()).update(found.positions)
    in_force = select(term).where(term.c.partnership == partnership, term.c.since <= as_at)
    days: dict[tuple[str, str], tuple[dt.date | None, dt.date | None]] = {}
    for found in connection.execute(in_force.order_by(term.c.since, term.c.position)):
        key = found.reserve, found.stream
        days[key] = found.commit_by, found.spend_by
        sources.setdefault(key, set()).add(found.position)
    return [_position(key, balances[key], days.get(key, (None, None)), as_at, sources[key]) for key in balances]


def _position(
    key: tuple[str, str],
    balances: dict[Account, int],
    days: tuple[dt.date | None, dt.date | None],
    as_at: dt.date,
    sources: set[int],
) -> StreamPosition:
    money = money_of(balances, *days, as_at)
    figures = {name: getattr(money, f"{name}_pence") for name in ACCOUNTS}
    return StreamPosition(*key, **figures, commit_by=days[0], spend_by=days[1], sources=tuple(sorted(sources)))
