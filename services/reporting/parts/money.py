"""The money in every reserve on a day, in a sentence and in a table, for Cabinet and for scrutiny."""

from __future__ import annotations

from collections.abc import Iterable

from services.reporting.history import History, latest
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrases.engine import phrased, said
from services.reporting.phrases.statements import Statement, Table, TableRow, Text, amount, words
from services.reporting.phrases.values import Pence, Reading, Ref
from services.reporting.views.money import ACCOUNTS
from services.reporting.wording import as_words, capital
from shared.contracts.funding.postings import Money, all_of
from shared.readmodels.money import StreamOnDay

ALWAYS_SHOWN = {"received_pence", "committed_pence", "paid_pence", "returned_pence", "free_pence"}
"""The other figures are shown only if they are not zero."""


@computed("reserves")
def reserves(scope: Scope) -> Found:
    """For each reserve, a sentence whose figures add up to what was received, and a table with a row a stream."""
    history = scope.history_as_at
    found: dict[str, list[StreamOnDay]] = {}
    for stream in history.streams(scope.as_at):
        found.setdefault(stream.reserve, []).append(stream)
    return Found(
        tuple(_sentence(scope, reserve, streams) for reserve, streams in found.items()),
        tuple(_table(scope, history, reserve, streams) for reserve, streams in found.items()),
    )


def _sentence(scope: Scope, reserve: str, streams: list[StreamOnDay]) -> Statement:
    return phrased(
        "money.reserve",
        scope.history,
        [],
        _sources(streams),
        as_at=scope.as_at,
        reserve=Ref("reserve", reserve),
        **{account: Pence(getattr(_total(streams), account)) for account in ACCOUNTS},
    )


def _table(scope: Scope, history: History, reserve: str, streams: list[StreamOnDay]) -> Table:
    received = latest(history.all("stream", reserve=reserve), "stream")
    shown = [name for name in ACCOUNTS if name in ALWAYS_SHOWN or any(getattr(each.money, name) for each in streams)]
    days = {each.stream: {"commit_by": each.commit_by, "until": each.spend_by} for each in streams}
    spent_on = {
        stream: said(fact, history, "money.may_be_spent_on", **days.get(stream, {"until": None})).parts
        for fact in received
        for stream in [fact.event.stream]
    }
    reading = Reading(history.names)
    rows = [
        TableRow(
            (
                (Ref("stream", each.stream, reserve, reading).part(),),
                *_amounts(getattr(each.money, name) for name in shown),
                spent_on.get(each.stream, ()),
            ),
            tuple(each.sources),
        )
        for each in streams
    ]
    total = _amounts(getattr(_total(streams), name) for name in shown)
    rows.append(TableRow(((words("All streams"),), *total, ()), _sources(streams)))
    caption = phrased("money.caption", history, [scope.asked_by], as_at=scope.as_at, reserve=Ref("reserve", reserve))
    columns = ("Stream", *(capital(as_words(name.removesuffix("_pence"))) for name in shown), "May be spent on")
    return Table(caption.text, columns, tuple(rows))


def _total(streams: Iterable[StreamOnDay]) -> Money:
    return all_of(stream.money for stream in streams)


def _sources(streams: Iterable[StreamOnDay]) -> tuple[int, ...]:
    return tuple(sorted({position for stream in streams for position in stream.sources}))


def _amounts(pence: Iterable[int]) -> list[Text]:
    return [(amount(each),) for each in pence]


@computed("refused awards")
def refused_awards(scope: Scope) -> Found:
    """Awards that were decided but that the reserve did not allow (CAN-3)."""
    refused = scope.history.in_period("refused award")
    return Found(tuple(said(fact, scope.history, "money.refused") for fact in refused))
