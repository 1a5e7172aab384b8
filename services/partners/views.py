"""What the partners' doors learn from the ledger: where the events stand that came of partners' events."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import BigInteger, Column, Table, Text
from sqlalchemy.dialects.postgresql import insert

from shared.runtime.following.follower import Entry
from shared.runtime.following.views import Views

views = Views("partners")

recorded = Table(
    "recorded",
    views.metadata,
    Column("event_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    schema=views.service,
)
"""Every event a partner is the actor of, and its position in the ledger."""


def keep_positions(connection: sqlalchemy.Connection, entries: list[Entry]) -> None:
    """Keep the positions of the events of a page that partners caused."""
    rows = [
        {"event_id": envelope.id, "position": position}
        for position, _, envelope in entries
        if envelope.actor.startswith("partner:")
    ]
    if rows:
        connection.execute(insert(recorded).on_conflict_do_nothing(), rows)
