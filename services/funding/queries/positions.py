"""Where the money of a reserve is, stream by stream, and which streams are about to end (CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, RowMapping, cast, func, select, type_coerce

from services.funding.views import Movement, contribution, movement, reserve, stream
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class ReserveEntry:
    """A reserve by its name."""

    reserve: str
    name: str


@dataclass(frozen=True)
class Money:
    """Where money is, in whole pence: received is always committed, paid, returned and free together (CAN-3)."""

    received_pence: int
    committed_pence: int
    """Awarded, and not yet paid or released."""
    paid_pence: int
    """Paid, and kept by the payees."""
    returned_pence: int
    """Came back, and lies apart until it is freed."""
    free_pence: int
    """The rest, which can be awarded."""


@dataclass(frozen=True)
class StreamPosition:
    """One stream of a reserve: where it came from, what it may be spent on and until when, and where it is now."""

    stream: str
    name: str
    kind: str
    source: str
    purposes: list[str]
    """What it may be spent on; empty means on anything."""
    ends_on: dt.date | None
    money: Money


@dataclass(frozen=True)
class ReservePosition:
    """A reserve's money by stream and in all."""

    reserve: str
    name: str
    streams: list[StreamPosition]
    total: Money
    sources: list[int]
    """Ledger positions of the events this position comes from."""


@dataclass(frozen=True)
class PaidContribution:
    """What an organisation says it has paid; it counts in no position before it is received (CAN-3)."""

    contribution: str
    organisation: str
    amount_pence: int
    paid_on: dt.date
    sources: list[int]


@dataclass(frozen=True)
class EndingStream:
    """A stream that ends soon: everything that is paid from it is about to lose its money (CAN-3, LOC-2)."""

    reserve: str
    stream: str
    name: str
    source: str
    ends_on: dt.date
    days_left: int
    """From the day asked about to its last day."""
    money: Money
    """As it is now, whatever the day asked about."""
    sources: list[int]


def where_it_is(received: int, moved: Mapping[str, int]) -> Money:
    """Where what was received is, after what has moved: pence by the kind of ``Movement``."""
    awarded, released = moved.get(Movement.AWARDED, 0), moved.get(Movement.RELEASED, 0)
    paid, returned, freed = moved.get(Movement.PAID, 0), moved.get(Movement.RETURNED, 0), moved.get(Movement.FREED, 0)
    return Money(
        received_pence=received,
        committed_pence=awarded - released - paid,
        paid_pence=paid - returned,
        returned_pence=returned - freed,
        free_pence=received - awarded + released + freed,
    )


def all_of(parts: Iterable[Money]) -> Money:
    """Several amounts of money together."""
    sums: dict[str, int] = dict.fromkeys(Money.__dataclass_fields__, 0)
    for part in parts:
        for name in sums:
            sums[name] += getattr(part, name)
    return Money(**sums)


def contributions(reading: ReadContext, reserve_slug: str, part: Page) -> list[PaidContribution]:
    """What organisations say they have paid to a reserve, the oldest first."""
    table = contribution.c
    query = (
        select(table.contribution, table.organisation, table.amount_pence, table.paid_on, table.sources)
        .where(table.partnership == reading.partnership, table.reserve == reserve_slug)
        .order_by(table.paid_on, table.contribution)
    )
    return [PaidContribution(**found) for found in reading.rows(part.of(query))]


def reserves(reading: ReadContext, part: Page) -> list[ReserveEntry]:
    """The partnership's reserves, by name."""
    query = (
        select(reserve.c.reserve, reserve.c.name)
        .where(reserve.c.partnership == reading.partnership)
        .order_by(reserve.c.name, reserve.c.reserve)
    )
    return [ReserveEntry(**found) for found in reading.rows(part.of(query))]


def reserve_position(reading: ReadContext, reserve_slug: str) -> ReservePosition:
    """Where a reserve's money is now. Raises ``Unknown``."""
    found = reserve_row(reading, reserve_slug)
    streams = reading.rows(
        select(stream)
        .where(stream.c.partnership == reading.partnership, stream.c.reserve == reserve_slug)
        .order_by(stream.c.name, stream.c.stream)
    )
    moved = _moved(reading, {reserve_slug})
    positions = [
        StreamPosition(
            stream=r["stream"],
            name=r["name"],
            kind=r["kind"],
            source=r["source"],
            purposes=r["purposes"],
            ends_on=r["ends_on"],
            money=where_it_is(r["amount_pence"], moved[reserve_slug, r["stream"]].pence),
        )
        for r in streams
    ]
    return ReservePosition(
        reserve=reserve_slug,
        name=found["name"],
        streams=positions,
        total=all_of(position.money for position in positions),
        sources=sorted(
            {*found["sources"]}
            | {at for r in streams for at in r["sources"]}
            | {at for each in moved.values() for at in each.sources}
        ),
    )


def streams_ending(reading: ReadContext, as_at: dt.date, within_days: int, part: Page) -> list[EndingStream]:
    """The streams whose last day lies within so many days of a day, the first to end first."""
    days_left = type_coerce(stream.c.ends_on - as_at, Integer)  # in PostgreSQL a date less a date is a number of days
    query = (
        select(stream, days_left.label("days_left"))
        .where(stream.c.partnership == reading.partnership, days_left.between(0, within_days))
        .order_by(stream.c.ends_on, stream.c.reserve, stream.c.stream)
    )
    found = reading.rows(part.of(query))
    moved = _moved(reading, {r["reserve"] for r in found})
    return [
        EndingStream(
            reserve=r["reserve"],
            stream=r["stream"],
            name=r["name"],
            source=r["source"],
            ends_on=r["ends_on"],
            days_left=r["days_left"],
            money=where_it_is(r["amount_pence"], moved[r["reserve"], r["stream"]].pence),
            sources=sorted({*r["sources"], *moved[r["reserve"], r["stream"]].sources}),
        )
        for r in found
    ]


def reserve_row(reading: ReadContext, reserve_slug: str) -> RowMapping:
    """The reserve of that name. Raises ``Unknown``."""
    query = select(reserve).where(reserve.c.partnership == reading.partnership, reserve.c.reserve == reserve_slug)
    found = reading.rows(query)
    if not found:
        raise Unknown(f"There is no reserve {reserve_slug!r} in {reading.partnership!r}.")
    return found[0]


class _Moved:
    """What has moved of one stream: pence by kind, and the ledger positions that say so."""

    def __init__(self) -> None:
        self.pence: dict[str, int] = {}
        self.sources: list[int] = []


def _moved(reading: ReadContext, reserves: set[str]) -> defaultdict[tuple[str, str], _Moved]:
    """What has moved of each stream (by reserve and stream) of these reserves."""
    query = (
        select(
            movement.c.reserve,
            movement.c.stream,
            movement.c.kind,
            cast(func.sum(movement.c.amount_pence), BigInteger).label("pence"),
            func.array_agg(movement.c.sources[1]).label("positions"),
        )
        .where(movement.c.partnership == reading.partnership, movement.c.reserve.in_(reserves))
        .group_by(movement.c.reserve, movement.c.stream, movement.c.kind)
    )
    moved: defaultdict[tuple[str, str], _Moved] = defaultdict(_Moved)
    for r in reading.rows(query):
        each = moved[r["reserve"], r["stream"]]
        each.pence[r["kind"]] = r["pence"]
        each.sources += r["positions"]
    return moved
