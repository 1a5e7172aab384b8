"""The accounts of every stream on a day, folded from the postings of each fact (``contracts/funding/postings.py``).

A service that needs it includes it in its own schema::

    stream_money = StreamMoney(Views("reporting"))

    stream_money.on(reading.rows, reading.partnership, day, reserve="partnership-reserve")
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Date, RowMapping, Select, Text, cast, func, select

from shared.contracts.event import declaration_of
from shared.contracts.funding.postings import POSTS, Account, Money, money_of, postings
from shared.contracts.funding.reserves import SETS_DAYS
from shared.runtime.following.views import At, Row, Views, happened_day, row

type Read = Callable[[Select[Any]], Sequence[RowMapping]]
"""Runs a query."""


class StreamOnDay(msgspec.Struct, frozen=True):
    """The accounts of one stream on a day, its deadlines in force then, and the positions of the events behind them."""

    reserve: str
    stream: str
    commit_by: dt.date | None
    spend_by: dt.date | None
    money: Money
    sources: list[int]


class StreamMoney:
    """The postings of every fact, and the deadlines of streams, in one service's schema."""

    def __init__(self, views: Views) -> None:
        term = self._term = views.table(
            "stream_term",
            Column("event", Text, primary_key=True),
            Column("reserve", Text),
            Column("stream", Text),
            Column("since", Date),
            Column("commit_by", Date),
            Column("spend_by", Date),
        )
        """The deadlines of each stream, by the day from which they apply."""
        posting = self.posting = views.table(
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

        def set_days(fact: Any, at: At) -> Iterator[Row]:
            named = {name: getattr(fact, name) for name in ("reserve", "stream", "commit_by", "spend_by")}
            yield row(term, event=at.envelope.id, since=happened_day(fact, at), **named)

        def post(fact: Any, at: At) -> Iterator[Row]:
            own_day = declaration_of(type(fact)).day
            of = {name.rstrip("_"): getattr(fact, name, None) for name in ("reserve", "award", "payment", "return_")}
            of |= {"event": at.envelope.id, "day": getattr(fact, own_day) if own_day else happened_day(fact, at)}
            pence: defaultdict[tuple[str, Account], int] = defaultdict(int)
            for each in postings(fact):
                pence[each.stream, each.source] -= each.pence
                pence[each.stream, each.target] += each.pence
            for (stream, account), change in pence.items():
                yield row(posting, stream=stream, account=account, pence=change, **of)

        for setting in SETS_DAYS:
            views.on(setting)(set_days)
        for moving in POSTS:
            views.on(moving)(post)

    def on(self, read: Read, partnership: str, as_at: dt.date, **of: str) -> dict[tuple[str, str], StreamOnDay]:
        """Every stream at the end of a day by reserve and slug, in the order in which their first money came.

        ``of``: only those with these values, such as one ``reserve``.
        """
        balances: defaultdict[tuple[str, str], dict[Account, int]] = defaultdict(dict)
        sources: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        here = {"partnership": partnership, **of}
        posted = select(self.posting).filter_by(**here).where(self.posting.c.day <= as_at).subquery().c
        sums = select(
            posted.reserve,
            posted.stream,
            posted.account,
            cast(func.sum(posted.pence), BigInteger).label("pence"),
            func.array_agg(posted.sources[1]).label("positions"),
        ).group_by(posted.reserve, posted.stream, posted.account)
        for found in read(sums.order_by(func.min(posted.sources[1]))):
            key = found["reserve"], found["stream"]
            balances[key][Account(found["account"])] = found["pence"]
            sources[key].update(found["positions"])
        days: dict[tuple[str, str], Mapping[Any, Any]] = {}
        in_force = select(self._term).filter_by(**here).where(self._term.c.since <= as_at)
        for found in read(in_force.order_by(self._term.c.since, self._term.c.sources[1])):
            key = found["reserve"], found["stream"]
            days[key] = found
            sources[key].update(found["sources"])
        streams = {}
        for key, pence in balances.items():
            commit_by, spend_by = (days.get(key, {}).get(day) for day in ("commit_by", "spend_by"))
            money = money_of(pence, commit_by, spend_by, as_at)
            streams[key] = StreamOnDay(*key, commit_by, spend_by, money, sorted(sources[key]))
        return streams
