"""What the partners service reads from the ledger: the positions of events that partners caused."""

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
"""Every event with a partner as its actor, and its position in the ledger."""


def keep_positions(connection: sqlalchemy.Connection, entries: list[Entry]) -> None:
    """Keep the positions of a page's events that partners caused."""
    rows = [
        {"event_id": envelope.id, "position": position}
        for position, _, envelope in entries
        if envelope.actor.startswith("partner:")
    ]
    if rows:
        connection.execute(insert(recorded).on_conflict_do_nothing(), rows)
