"""What the partners service reads from the ledger: the positions of events that partners caused."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import BigInteger, Column, Table, Text
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.envelope import CloudEvent
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


def by_a_partner(envelope: CloudEvent) -> bool:
    """Whether a partner caused an event."""
    return envelope.actor.startswith("partner:")


def keep_positions(connection: sqlalchemy.Connection, entries: list[Entry]) -> None:
    """Keep the positions of events that partners caused."""
    rows = [{"event_id": envelope.id, "position": position} for position, _, envelope in entries]
    connection.execute(insert(recorded).on_conflict_do_nothing(), rows)
