"""Read models: relational tables derived from the ledger, and nothing but.

A service's ``views.py`` declares its tables and, for each event, which columns of which row it sets::

    views = Views("membership")
    seat = views.table("seat", Column("group", Text, primary_key=True), Column("seat", Text, primary_key=True),
                       Column("office", Text))

    @views.on(SeatCreated)
    def _(fact: SeatCreated, at: At) -> Iterator[Row]:
        yield row(seat, group=fact.group, seat=fact.seat, office=fact.office)

A row only ever *assigns* columns, so a page of events can be merged in memory and written with one statement a table,
and reading the ledger again from its start gives the same tables. Every table gets ``partnership`` as the first part
of its key, and ``sources``: the ledger positions of all events that made the row what it is. Columns other than the
key are nullable, because an event sets only those it speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy
from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Table, Text

from shared.contracts.envelope import CloudEvent
from shared.contracts.event import EVENTS, Event, name_of


@dataclass(frozen=True)
class At:
    """Where and in what circumstances an event stands in the ledger."""

    position: int
    envelope: CloudEvent


@dataclass(frozen=True)
class Row:
    """Columns of one row that an event sets; the key columns say which row."""

    table: Table
    values: Mapping[str, Any]


def row(table: Table, /, **values: Any) -> Row:
    """These columns of this row now have these values."""
    return Row(table, values)


Projector = Callable[[Any, At], Iterable[Row]]


@dataclass
class Views:
    """A service's tables and how events change them."""

    service: str
    metadata: MetaData = field(init=False)
    _projectors: dict[str, list[Projector]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metadata = MetaData(schema=self.service)
        self._upserts: dict[tuple[str, frozenset[str]], sqlalchemy.Executable] = {}

    def table(self, name: str, *columns: Column[Any]) -> Table:
        """Declare a table; its key is ``partnership`` and the columns marked as primary key."""
        return Table(
            name,
            self.metadata,
            Column("partnership", Text, primary_key=True),
            *columns,
            Column("sources", ARRAY(BigInteger), nullable=False),
        )

    def on[E: Event](
        self, event_type: type[E]
    ) -> Callable[[Callable[[E, At], Iterable[Row]]], Callable[[E, At], Iterable[Row]]]:
        """Declare what an event changes."""

        def declare(projector: Callable[[E, At], Iterable[Row]]) -> Callable[[E, At], Iterable[Row]]:
            self._projectors.setdefault(name_of(event_type), []).append(projector)
            return projector

        return declare

    @property
    def event_types(self) -> set[str]:
        """The names of the events these views know."""
        return set(self._projectors) & set(EVENTS)

    def project(self, connection: sqlalchemy.Connection, events: Iterable[tuple[int, CloudEvent]]) -> None:
        """Write what a page of events changes, in the caller's transaction."""
        merged: dict[tuple[str, tuple[Any, ...]], tuple[Table, dict[str, Any]]] = {}
        for position, envelope in events:
            projectors = self._projectors.get(envelope.type)
            if not projectors:
                continue
            fact = envelope.event()
            at = At(position, envelope)
            for projector in projectors:
                for change in projector(fact, at):
                    table = change.table
                    values = {"partnership": envelope.partnership, **change.values}
                    key = table.name, tuple(values[column.name] for column in table.primary_key)
                    found = merged.get(key)
                    if found is None:
                        merged[key] = table, {**values, "sources": [position]}
                    else:
                        found[1].update(values)
                        if found[1]["sources"][-1] != position:
                            found[1]["sources"].append(position)
        groups: dict[tuple[str, frozenset[str]], tuple[Table, list[dict[str, Any]]]] = {}
        for table, values in merged.values():
            groups.setdefault((table.name, frozenset(values)), (table, []))[1].append(values)
        for (_, columns), (table, rows) in groups.items():
            connection.execute(self._upsert(table, columns), {"rows": msgspec.json.encode(rows).decode()})

    def _upsert(self, table: Table, columns: frozenset[str]) -> sqlalchemy.Executable:
        """One statement for all rows that set the same columns: PostgreSQL reads them from JSON by the table's types.

        A parameter a column and row, as ``executemany`` sends them, takes three times as long.
        """
        found = self._upserts.get((table.name, columns))
        if found is None:
            names = sorted(columns)
            keys = [column.name for column in table.primary_key]
            changes = [f"{name} = excluded.{name}" for name in _quoted(set(names) - {*keys, "sources"})]
            changes.append("sources = t.sources || excluded.sources")
            found = self._upserts[table.name, columns] = sqlalchemy.text(
                f"INSERT INTO {table.schema}.{table.name} AS t ({', '.join(_quoted(names))})"
                f" SELECT {', '.join(_quoted(names))}"
                f" FROM json_populate_recordset(CAST(NULL AS {table.schema}.{table.name}), CAST(:rows AS json))"
                f" ON CONFLICT ({', '.join(_quoted(keys))}) DO UPDATE SET {', '.join(changes)}"
            )
        return found


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
