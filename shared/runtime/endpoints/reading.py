"""Who reads, and the views they read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy

from shared.runtime.following.entries import as_entry, source_of
from shared.runtime.ground.clock import Clock, now
from shared.runtime.identity.principals import Principal
from shared.values.periods import day_of
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class ReadContext:
    """A reader who may read, and the views they read."""

    engine: sqlalchemy.Engine
    principal: Principal
    partnership: str
    clock: Clock = now

    @property
    def today(self) -> dt.date:
        """The day on which it is asked."""
        return day_of(self.clock())

    def rows(self, statement: sqlalchemy.Select[Any]) -> Sequence[sqlalchemy.RowMapping]:
        """All rows of a query."""
        with self.engine.connect() as connection:
            return connection.execute(statement).mappings().all()

    def select(self, what: sqlalchemy.Table | type, /, **columns: object) -> sqlalchemy.Select[Any]:
        """The partnership's rows of a table or of a kind of entry, with these values in these columns.

        A list gives several values.
        """
        table, rows = (what, sqlalchemy.select(what)) if isinstance(what, sqlalchemy.Table) else source_of(what)
        rows = rows.where(table.c.partnership == self.partnership)
        for name, value in columns.items():
            rows = rows.where(table.c[name].in_(value) if isinstance(value, list) else table.c[name] == value)
        return rows

    def one(self, table: sqlalchemy.Table, /, **key: str) -> sqlalchemy.RowMapping:
        """The row with this key. Raises ``Unknown``."""
        rows = self.rows(self.select(table, **key))
        if not rows:
            noun, slug = table.name.replace("_", " "), list(key.values())[-1]
            raise Unknown(f"There is no {noun} {slug!r} in {self.partnership!r}.")
        return rows[0]

    def entries[E](self, kind: type[E], /, *order: sqlalchemy.ColumnElement[Any], **columns: object) -> list[E]:
        """The entries of a kind with these values in these columns, in this order, and then by key."""
        return [as_entry(kind, row) for row in self._ordered(kind, order, columns)]

    def entries_by[E](
        self, column: str, kind: type[E], /, *order: sqlalchemy.ColumnElement[Any], **columns: object
    ) -> defaultdict[Any, list[E]]:
        """The same, gathered by the value of one column."""
        gathered: defaultdict[Any, list[E]] = defaultdict(list)
        for row in self._ordered(kind, order, columns):
            gathered[row[column]].append(as_entry(kind, row))
        return gathered

    def _ordered(
        self, kind: type, order: Sequence[sqlalchemy.ColumnElement[Any]], columns: Mapping[str, object]
    ) -> Sequence[sqlalchemy.RowMapping]:
        table, _ = source_of(kind)
        return self.rows(self.select(kind, **columns).order_by(*order, *table.primary_key))
