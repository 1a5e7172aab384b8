"""How far a follower has come: in memory, and in a table next to the views that it fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy
from sqlalchemy import BigInteger, Column, Table, Text, text

from shared.runtime.following.views import Views

LEDGER = "ledger"
"""The name of the ledger's own position among the positions of the sources."""


class PositionsChanged(Exception):
    """The views are not at the position where their follower left them. It must read their position and continue."""


@dataclass
class Positions:
    """A follower's progress: the highest sequence number of each source, and the ledger's next position."""

    reached: dict[str, int] = field(default_factory=dict)

    def cover(self, wanted: Mapping[str, int]) -> bool:
        """Whether the progress goes as far as this."""
        return all(self.reached.get(name, 0) >= number for name, number in wanted.items())

    @property
    def position(self) -> int:
        """Everything in the ledger before this has been followed."""
        return self.reached.get(LEDGER, 0)


def positions_table(views: Views) -> Table:
    """The table of a service's positions, next to its views."""
    return Table(
        "followed",
        views.metadata,
        Column("source", Text, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
    )


class KeptPositions:
    """The positions in the table. They change in the same transaction as the views."""

    def __init__(self, views: Views) -> None:
        self._service = views.service
        self._table = views.metadata.tables[f"{views.service}.followed"]
        self._move = text(_MOVE.format(table=f"{views.service}.followed"))

    def read(self, connection: sqlalchemy.Connection) -> Positions:
        """What is kept. The ledger's own position is always there, so that moving it is always an update."""
        connection.execute(text(f"INSERT INTO {self._table} VALUES ('{LEDGER}', 0) ON CONFLICT DO NOTHING"))
        rows = connection.execute(sqlalchemy.select(self._table.c.source, self._table.c.sequence))
        return Positions({source: sequence for source, sequence in rows})

    def move(self, connection: sqlalchemy.Connection, start: int, to: Positions, *, durable: bool) -> None:
        """Move the positions in this transaction. Raises ``PositionsChanged`` if the views are not at ``start``.

        PostgreSQL may have lost the previous page in a crash unnoticed here, or a second process of this service may
        have moved on. Writing this page anyway would leave a hole. ``durable``: whether the commit waits for the disk.
        """
        others = {source: sequence for source, sequence in to.reached.items() if source != LEDGER}
        given = {
            "start": start,
            "position": to.position,
            "sources": list(others),
            "sequences": list(others.values()),
            "durable": "on" if durable else "off",
        }
        if connection.execute(self._move, given).first() is None:
            raise PositionsChanged(f"The views of {self._service} are not at the ledger's position {start} any more.")


# One statement, because every page pays for it.
_MOVE = f"""
WITH moved AS (
    UPDATE {{table}} SET sequence = :position WHERE source = '{LEDGER}' AND sequence = :start
    RETURNING set_config('synchronous_commit', :durable, true)
), reached AS (
    INSERT INTO {{table}} AS f (source, sequence)
    SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:sequences AS bigint[])) WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT (source) DO UPDATE SET sequence = excluded.sequence WHERE f.sequence <> excluded.sequence
)
SELECT * FROM moved
"""
