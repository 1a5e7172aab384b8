"""What every reserve holds on a day, in a sentence and in a table; Cabinet and scrutiny both read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from services.reporting.english import as_words, day, listing
from services.reporting.history import History, latest
from services.reporting.statements import Statement, Table, TableRow
from services.reporting.views.money import ACCOUNTS, StreamPosition
from services.reporting.views.names import Names
from shared.contracts.funding import StreamReceived, StreamShare
from shared.values.money import pounds

COLUMNS = ("Stream", "Received", "Committed", "Paid", "Returned", "Free", "May be spent on")


def reserves(history: History, as_at: dt.date) -> dict[str, list[StreamPosition]]:
    """The streams of each reserve."""
    found: dict[str, list[StreamPosition]] = {}
    for stream in history.streams(as_at):
        found.setdefault(stream.reserve, []).append(stream)
    return found


def reserve_sentences(history: History, as_at: dt.date) -> tuple[Statement, ...]:
    """One sentence a reserve, whose figures add up to what was received."""
    told = []
    for reserve, streams in reserves(history, as_at).items():
        received, committed, paid, returned, free = (pounds(total) for total in totals(streams))
        told.append(
            Statement(
                f"On {day(as_at)} the {history.names.reserve(reserve)} stood as follows: of the {received} received,"
                f" {committed} was committed, {paid} had been paid, {returned} had been returned and not yet been"
                f" freed, and {free} was free.",
                every_source(streams),
            )
        )
    return tuple(told)


def reserve_tables(history: History, as_at: dt.date) -> tuple[Table, ...]:
    """One table a reserve, a row for each stream and one for all."""
    received = latest(history.ever(StreamReceived), "reserve", "stream")
    purposes = {(fact.what.reserve, fact.what.stream): fact.what for fact in received}
    tables = []
    for reserve, streams in reserves(history, as_at).items():
        rows = [
            TableRow(
                (
                    history.names.stream(reserve, stream.stream),
                    *_amounts(getattr(stream, account) for account in ACCOUNTS),
                    _may_be_spent_on(purposes.get((reserve, stream.stream))),
                ),
                stream.sources,
            )
            for stream in streams
        ]
        rows.append(TableRow(("All streams", *_amounts(totals(streams)), ""), every_source(streams)))
        tables.append(Table(f"{history.names.reserve(reserve)} on {day(as_at)}", COLUMNS, tuple(rows)))
    return tuple(tables)


def total(shares: Iterable[StreamShare]) -> str:
    """What shares of streams come to: ``£1,300``."""
    return pounds(sum(share.amount_pence for share in shares))


def streams_in_words(names: Names, reserve: str, shares: Sequence[StreamShare]) -> str:
    """Which streams: ``Locality Funds``, ``Locality Funds (£800) and LPSA 2 (£500)``."""
    each = " ({})" if len(shares) > 1 else ""
    return listing([names.stream(reserve, s.stream) + each.format(pounds(s.amount_pence)) for s in shares])


def shares_in_words(names: Names, reserve: str, shares: Sequence[StreamShare]) -> str:
    """How much of which streams: ``£1,300 of Locality Funds``."""
    return f"{total(shares)} of {streams_in_words(names, reserve, shares)}"


def totals(streams: Iterable[StreamPosition]) -> list[int]:
    """The accounts of several streams together, in the order of ``ACCOUNTS``."""
    streams = list(streams)
    return [sum(getattr(stream, account) for stream in streams) for account in ACCOUNTS]


def every_source(streams: Iterable[StreamPosition]) -> tuple[int, ...]:
    """The events behind several streams."""
    return tuple(sorted({position for stream in streams for position in stream.sources}))


def _amounts(pence: Iterable[int]) -> list[str]:
    return [pounds(amount) for amount in pence]


def _may_be_spent_on(received: StreamReceived | None) -> str:
    if received is None:
        return ""
    on = listing([as_words(purpose) for purpose in received.purposes]) if received.purposes else "anything"
    return f"{on}, until {day(received.ends_on)}" if received.ends_on else on
