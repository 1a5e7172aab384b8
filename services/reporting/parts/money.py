"""What every reserve holds on a day, in a sentence and in a table; Cabinet and scrutiny both read it."""

from __future__ import annotations

from collections.abc import Iterable

from services.reporting.history import History, latest
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrases.engine import phrased, said
from services.reporting.phrases.statements import Statement, Table, TableRow, Text, amount, words
from services.reporting.phrases.values import Pence, Reading, Ref
from services.reporting.views.money import ACCOUNTS, StreamPosition

ALWAYS_SHOWN = {"received", "committed", "paid", "returned", "free"}
"""The other figures are shown where they are more than nothing."""


@computed("reserves")
def reserves(scope: Scope) -> Found:
    """For each reserve a sentence whose figures add up to what was received, and a table with a row for each stream."""
    history = scope.history_as_at
    found: dict[str, list[StreamPosition]] = {}
    for stream in history.streams(scope.as_at):
        found.setdefault(stream.reserve, []).append(stream)
    return Found(
        tuple(_sentence(scope, reserve, streams) for reserve, streams in found.items()),
        tuple(_table(scope, history, reserve, streams) for reserve, streams in found.items()),
    )


def _sentence(scope: Scope, reserve: str, streams: list[StreamPosition]) -> Statement:
    figures = {account: Pence(total) for account, total in zip(ACCOUNTS, _totals(streams, ACCOUNTS), strict=True)}
    sources = _sources(streams)
    return phrased(
        "money.reserve", scope.history, [], sources, as_at=scope.as_at, reserve=Ref("reserve", reserve), **figures
    )


def _table(scope: Scope, history: History, reserve: str, streams: list[StreamPosition]) -> Table:
    received = latest(history.all("stream", reserve=reserve), "stream")
    shown = [name for name in ACCOUNTS if name in ALWAYS_SHOWN or any(getattr(each, name) for each in streams)]
    until = {each.stream: each.spend_by for each in streams}
    spent_on = {
        stream: said(fact, history, "money.may_be_spent_on", until=until.get(stream)).parts
        for fact in received
        for stream in [fact.event.stream]
    }
    reading = Reading(history.names)
    rows = [
        TableRow(
            (
                (Ref("stream", each.stream, reserve, reading).part(),),
                *_amounts(getattr(each, name) for name in shown),
                spent_on.get(each.stream, ()),
            ),
            each.sources,
        )
        for each in streams
    ]
    rows.append(TableRow(((words("All streams"),), *_amounts(_totals(streams, shown)), ()), _sources(streams)))
    caption = phrased("money.caption", history, [scope.asked_by], as_at=scope.as_at, reserve=Ref("reserve", reserve))
    columns = ("Stream", *(name.replace("_", " ").capitalize() for name in shown), "May be spent on")
    return Table(caption.text, columns, tuple(rows))


def _totals(streams: Iterable[StreamPosition], figures: Iterable[str]) -> list[int]:
    each = list(streams)
    return [sum(getattr(stream, figure) for stream in each) for figure in figures]


def _sources(streams: Iterable[StreamPosition]) -> tuple[int, ...]:
    return tuple(sorted({position for stream in streams for position in stream.sources}))


def _amounts(pence: Iterable[int]) -> list[Text]:
    return [(amount(each),) for each in pence]


@computed("refused awards")
def refused_awards(scope: Scope) -> Found:
    """Awards that were decided and that the reserve did not allow (CAN-3)."""
    refused = scope.history.in_period("refused award")
    return Found(tuple(said(fact, scope.history, "money.refused") for fact in refused))
