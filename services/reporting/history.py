"""What a report is made from: one partnership's facts up to the end of a period, read at one moment."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy import select

from services.reporting.views import views
from services.reporting.views.money import stream_money
from services.reporting.views.names import Names, names_of
from services.reporting.views.nouns import ROLES, WITHIN, kinds_of
from services.reporting.views.sources import source
from shared.contracts.envelope import CloudEvent, open_envelope
from shared.contracts.event import EVENTS, name_of
from shared.readmodels.money import StreamOnDay
from shared.runtime.following.follower import LEDGER


@dataclass(frozen=True)
class Period:
    """What happened after the day ``since`` (none: from the beginning) and up to the end of the day ``until``."""

    since: dt.date | None
    until: dt.date

    def covers(self, day: dt.date) -> bool:
        return day <= self.until and (self.since is None or day > self.since)


class Span(enum.StrEnum):
    """Which facts a part of a report includes."""

    PERIOD = "period"
    """Those that happened in the period."""
    AS_AT = "as_at"
    """Those that had happened by its end."""
    ALL = "all"
    """All that are recorded, whenever they happened: for facts about the report itself."""


@dataclass(frozen=True)
class Fact:
    """An event, the day on which it happened, and its position in the ledger."""

    event: Any
    day: dt.date
    position: int

    def is_a(self, role: str) -> bool:
        """Whether its event has this role in reports."""
        return name_of(type(self.event)) == ROLES[role]


@dataclass
class History:
    """The facts of one partnership. Everything is read in one snapshot, which covers the ledger to ``position``.

    Facts are asked for by the role of their event (see ``ROLES``), or by its name. ``having`` says which values its
    fields have. Both raise ``LookupError`` if there is no such role or field.
    """

    connection: sqlalchemy.Connection
    partnership: str
    period: Period
    position: int
    """The number of the ledger's events that are covered, which is the next position."""
    names: Names
    _read: dict[tuple[str, dt.date | None, dt.date | None], list[Fact]] = field(default_factory=dict)
    _found: dict[tuple[object, ...], dict[tuple[object, ...], list[Fact]]] = field(default_factory=dict)
    """Facts by some of their values, so that finding one takes the same time in a history of any length."""

    def in_period(self, role: str, **having: object) -> list[Fact]:
        """What happened in the period, in order of days."""
        return self.facts(role, Span.PERIOD, **having)

    def until_period_end(self, role: str, **having: object) -> list[Fact]:
        """What had happened by the end of the period, in order of days."""
        return self.facts(role, Span.AS_AT, **having)

    def all(self, role: str, **having: object) -> list[Fact]:
        """What is recorded, whenever it happened."""
        return self.facts(role, Span.ALL, **having)

    def is_new(self, fact: Fact) -> bool:
        """Whether it happened in the period."""
        return self.period.covers(fact.day)

    def first_of(self, noun: str, slug: str, within: str = "") -> Fact | None:
        """The event that a thing begins with, such as the award of that name; None if it is not recorded."""
        fields = {named: name for name, named in reversed(kinds_of(EVENTS[ROLES[noun]]).items())}
        having: dict[str, object] = {fields[noun]: slug}
        if noun in WITHIN and within:
            having[fields[WITHIN[noun]]] = within
        return next(reversed(self.all(noun, **having)), None)

    def new_among(self, positions: set[int]) -> set[int]:
        """Those of these positions whose events happened in the period."""
        found = select(source.c.position, source.c.day).where(source.c.position.in_(sorted(positions)))
        return {row.position for row in self.connection.execute(found) if self.period.covers(row.day)}

    def streams(self, as_at: dt.date) -> list[StreamOnDay]:
        """The money of every stream at the end of a day."""
        found = stream_money.on(lambda query: self.connection.execute(query).mappings().all(), self.partnership, as_at)
        return list(found.values())

    def kinds_read(self) -> set[str]:
        """The names of the events that were asked for."""
        return {name for name, _, _ in self._read}

    def facts(self, role: str, span: Span, **having: object) -> list[Fact]:
        """The facts of one role within a span, in order of days."""
        name = ROLES.get(role, role)
        if missing := having.keys() - set(EVENTS[name].__struct_fields__):
            raise LookupError(f"{name} has no field {min(missing)!r}.")
        since = self.period.since if span is Span.PERIOD else None
        until = None if span is Span.ALL else self.period.until
        facts = self._facts(name, since, until)
        if not having:
            return facts
        key = (name, since, until, *having)
        index = self._found.get(key)
        if index is None:
            index = self._found[key] = {}
            for fact in facts:
                index.setdefault(tuple(getattr(fact.event, field) for field in having), []).append(fact)
        return index.get(tuple(having.values()), [])

    def _facts(self, name: str, since: dt.date | None, until: dt.date | None) -> list[Fact]:
        found = self._read.get((name, since, until))
        if found is None:
            statement = select(source.c.position, source.c.day, source.c.entry).where(
                source.c.partnership == self.partnership, source.c.type == name
            )
            if since is not None:
                statement = statement.where(source.c.day > since)
            if until is not None:
                statement = statement.where(source.c.day <= until)
            rows = self.connection.execute(statement.order_by(source.c.day, source.c.position))
            found = [Fact(open_envelope(row.entry).event(), row.day, row.position) for row in rows]
            self._read[name, since, until] = found
        return found


def latest(facts: Iterable[Fact], *names: str) -> list[Fact]:
    """The last of the facts about each thing, from facts in order. ``names``: the fields that identify the thing."""
    return list({tuple(getattr(fact.event, name) for name in names): fact for fact in facts}.values())


@contextmanager
def snapshot(engine: sqlalchemy.Engine) -> Iterator[sqlalchemy.Connection]:
    """A connection whose reads all see the same moment, so that one position is right for the whole report."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection


def position_followed(connection: sqlalchemy.Connection) -> int:
    """The number of the ledger's events that reporting has read."""
    followed = views.metadata.tables[f"{views.service}.followed"]
    found = connection.execute(select(followed.c.sequence).where(followed.c.source == LEDGER)).scalar()
    return int(found or 0)


def history_of(connection: sqlalchemy.Connection, partnership: str, period: Period) -> History:
    """The history in this snapshot."""
    names = names_of(connection, partnership)
    return History(connection, partnership, period, position_followed(connection), names)


@dataclass(frozen=True)
class Source:
    """One event of the ledger, with its position."""

    position: int
    envelope: CloudEvent


def sources_at(connection: sqlalchemy.Connection, positions: set[int]) -> dict[int, Source]:
    """The events at these positions."""
    rows = connection.execute(select(source.c.position, source.c.entry).where(source.c.position.in_(sorted(positions))))
    return {row.position: Source(row.position, open_envelope(row.entry)) for row in rows}


def source_where(
    connection: sqlalchemy.Connection, partnership: str, *, position: int | None = None, event_id: str | None = None
) -> Source | None:
    """A partnership's event by its position or its id."""
    named = source.c.position == position if event_id is None else source.c.event_id == event_id
    found = connection.execute(
        select(source.c.position, source.c.entry).where(named, source.c.partnership == partnership)
    ).first()
    return Source(found.position, open_envelope(found.entry)) if found else None
