"""Entries that a view cannot take: kept beside the views, so that one of them stops nothing and nobody overlooks it.

An entry is at fault, and not the database, if it does not fit its schema, if a projector cannot make rows of it, or if
PostgreSQL refuses its values. Rows are only ever assigned to, so an entry that fits later, after a correction of the
code, cannot simply be written then: it would overwrite what came after it. The partnership's rows are written again
from the start of the ledger instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.envelope import CloudEvent, open_envelope
from shared.runtime.following.views import Views

Entry = tuple[int, bytes, CloudEvent]
"""A position, the entry's exact bytes in the ledger, and the envelope in them."""

Write = Callable[[sqlalchemy.Connection, list[Entry]], None]
"""Writes entries to a service's views, in the caller's transaction."""

_FAULTS = ("22", "23", "54")
"""Classes of SQLSTATE that blame a value: it does not fit its column, breaks a constraint or is too long to index."""


def set_aside_table(views: Views) -> Table:
    """The table of entries that a service's views or reactions could not take."""
    return Table(
        "set_aside",
        views.metadata,
        Column("partnership", Text, primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("event_id", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("entry", LargeBinary, nullable=False),
    )


def blames_the_entry(error: Exception) -> bool:
    """Whether an error says that an entry cannot be taken, now or later, and not that a server is in trouble."""
    if not isinstance(error, sqlalchemy.exc.SQLAlchemyError | psycopg.Error):
        return not isinstance(error, OSError)
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    return isinstance(cause, psycopg.Error) and (cause.sqlstate or "").startswith(_FAULTS)


def settle(connection: sqlalchemy.Connection, entries: list[Entry], write: Write) -> dict[int, Exception]:
    """Write all entries that can be written, in order. Returns the positions of the others, and why.

    Written together if possible. Otherwise halves are tried, and halves of those, so that one misfit in a page costs a
    few statements more and not one for each entry. Raises what blames no entry.
    """
    if not entries:
        return {}
    try:
        with connection.begin_nested():
            write(connection, entries)
    except Exception as error:
        if not blames_the_entry(error):
            raise
        if len(entries) == 1:
            return {entries[0][0]: error}
        half = len(entries) // 2
        return settle(connection, entries[:half], write) | settle(connection, entries[half:], write)
    return {}


class SetAside:
    """What is set aside in one service."""

    def __init__(self, views: Views) -> None:
        metadata = views.metadata
        self.table = metadata.tables[f"{views.service}.set_aside"]
        kept = {"followed", "set_aside"}
        self._derived = [
            table for table in metadata.sorted_tables if table.name not in kept and "partnership" in table.c
        ]

    def count(self, connection: sqlalchemy.Connection) -> dict[str, int]:
        """How many entries of each partnership are set aside."""
        statement = sqlalchemy.select(self.table.c.partnership, sqlalchemy.func.count())
        return {name: count for name, count in connection.execute(statement.group_by(self.table.c.partnership))}

    def all(self, connection: sqlalchemy.Connection) -> list[Entry]:
        """The entries, in order."""
        statement = sqlalchemy.select(self.table.c.position, self.table.c.entry).order_by(self.table.c.position)
        return [(position, entry, open_envelope(entry)) for position, entry in connection.execute(statement)]

    def add(
        self,
        connection: sqlalchemy.Connection,
        entries: Sequence[Entry],
        why: Mapping[int, Exception],
        at: dt.datetime,
    ) -> None:
        """Set those of these entries aside that have an error."""
        rows = [
            {
                "partnership": envelope.partnership,
                "position": position,
                "event_id": envelope.id,
                "type": envelope.type,
                "error": _words(why[position]),
                "at": at,
                "entry": entry,
            }
            for position, entry, envelope in entries
            if position in why
        ]
        if rows:
            connection.execute(insert(self.table).on_conflict_do_nothing(), rows)

    def empty(self, connection: sqlalchemy.Connection, partnership: str) -> None:
        """Remove a partnership's rows of all views, and what is set aside of it, to write them again."""
        for table in (*self._derived, self.table):
            connection.execute(table.delete().where(table.c.partnership == partnership))


def _words(error: Exception) -> str:
    """An error in words that quote no value: people's texts must not be where operators read."""
    cause: Any = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(cause, psycopg.Error):
        cause = cause.diag.message_primary or type(cause).__name__
        return f"PostgreSQL: {cause}"[:500]
    return f"{type(error).__name__}: {error}"[:500].replace("\0", "")
