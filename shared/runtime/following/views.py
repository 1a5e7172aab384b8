"""Read models: relational tables derived only from the ledger.

The ``view.py`` of a noun declares each table by the events whose fields it keeps::

    gate = views.keeps("gate", GateBuilt, GateOpened, key=("park", "gate"), built_on=happened_day)

The columns are the events' fields, and the events set them. The first event makes the row. A function of that event and
its position computes further columns. The same file declares what readers see (``shared.runtime.following.entries``)
and how they ask for it (``shared.runtime.endpoints.queries``).

If copying is not enough, declare a projector. Here a park's plan becomes separate rows, whose columns are the fields of
a ``Bed``, those of the event that a bed was planted, and ``number``::

    bed = views.keeps("bed", Bed, BedPlanted, key=("park", "bed"), number=int)

    @views.on(ParkLaidOut)
    def _(fact: ParkLaidOut, at: At) -> Iterator[Row]:
        for number, planned in enumerate(fact.beds, start=1):
            yield row(bed, park=fact.park, number=number, **asdict(planned))

A row only *assigns* columns. So a page of events can be merged in memory and written with one statement for each table,
and reading the ledger again from its start gives the same tables. Every table gets ``partnership`` as the first part
of its key, and ``sources``: the ledger positions of all events that changed the row. Columns other than the key are
nullable, because an event sets only the columns for its own fields.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import msgspec
import sqlalchemy
from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Table, Text

from shared.contracts.envelope import CloudEvent
from shared.contracts.event import EVENTS, Event, name_of
from shared.contracts.nouns import Day
from shared.runtime.following.columns import column_of, kinds_of
from shared.values.periods import day_of


@dataclass(frozen=True)
class At:
    """An event's position in the ledger, and its envelope."""

    position: int
    envelope: CloudEvent


@dataclass(frozen=True)
class Row:
    """The columns of one row that an event sets. The key columns identify the row."""

    table: Table
    values: Mapping[str, Any]


def row(table: Table, /, **values: Any) -> Row:
    """A row whose columns now have these values."""
    return Row(table, values)


def happened_day(fact: Event, at: At) -> Day:
    """The day an event happened, for a column of ``Views.keeps``."""
    return day_of(at.envelope.time)


def event_id(fact: Event, at: At) -> str:
    """The event's own id, for the key of a table that has a row for each event."""
    return at.envelope.id


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
        """Declare a table. Its key is ``partnership`` and the columns marked as primary key."""
        return Table(
            name,
            self.metadata,
            Column("partnership", Text, primary_key=True),
            *columns,
            Column("sources", ARRAY(BigInteger), nullable=False),
        )

    def keeps(
        self,
        name: str,
        first: type[msgspec.Struct],
        /,
        *later: type[msgspec.Struct],
        key: Collection[str],
        leaves_out: Collection[str] = (),
        **more: Any,
    ) -> Table:
        """Declare a table that keeps the fields of events, and let these events set them.

        ``key`` names the columns that identify the row; every event has them. ``leaves_out`` names fields without a
        column. ``more`` are further columns: a function of (event, ``At``) computes one when the first event makes
        the row; a type makes one for projectors to set. A class that is not an event gives only its columns.

        Raises ``ValueError`` if the declaration contradicts itself.
        """
        computed = {column: found for column, found in more.items() if inspect.isfunction(found)}
        if computed and not issubclass(first, Event):
            raise ValueError(f"{name} computes {min(computed)!r} from {first.__name__}, which is no event")
        kinds = {column: kind for column, kind in kinds_of(name, first, *later).items() if column not in leaves_out}
        for column, found in more.items():
            kinds[column] = get_type_hints(found, include_extras=True)["return"] if column in computed else found
        missing = {*key} - {*kinds}
        if missing:
            raise ValueError(f"{name} has no column {min(missing)!r}, which its key names")
        # The key comes first, in its order, because rows are in the index by it.
        kinds = {column: kinds[column] for column in (*key, *kinds)}
        table = self.table(name, *(column_of(column, kind, key=column in key) for column, kind in kinds.items()))
        for shape in (first, *later):
            if issubclass(shape, Event):
                self._copy(shape, table, computed if shape is first else {})
        return table

    def _copy(self, event_type: type[Event], table: Table, computed: Mapping[str, Callable[[Any, At], Any]]) -> None:
        """Let an event set the columns of its own fields, and those that are computed from it."""
        columns = [(f.encode_name, f.name) for f in msgspec.structs.fields(event_type) if f.encode_name in table.c]
        missing = {*table.primary_key.columns.keys()} - {"partnership", *(c for c, _ in columns), *computed}
        if missing:
            raise ValueError(f"{event_type.__name__} has no {min(missing)!r}, which the key of {table.name} names")

        @self.on(event_type)
        def _(fact: Event, at: At) -> Iterator[Row]:
            values = {column: getattr(fact, attribute) for column, attribute in columns}
            yield Row(table, values | {column: compute(fact, at) for column, compute in computed.items()})

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
        """The names of the events that change these views."""
        return set(self._projectors) & set(EVENTS)

    def project(self, connection: sqlalchemy.Connection, events: Iterable[tuple[int, CloudEvent]]) -> None:
        """Write the changes of a page of events, in the caller's transaction."""
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
        """One statement for all rows that set the same columns. PostgreSQL reads them from JSON by the table's types.

        Separate parameters for each column and row, as ``executemany`` sends them, take three times as long.
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
