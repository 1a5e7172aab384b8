"""The entries of the ledger, kept byte for byte so that a report can describe, cite and show their events.

A sentence is made from the typed event, so a new event needs no table. Nothing here is overwritten, so a report about
an earlier day does not change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import BigInteger, Column, Date, Index, LargeBinary, Table, Text

from services.reporting.views.tables import views
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import EVENTS, declaration_of
from shared.runtime.following.follower import Entry
from shared.values.partial_date import settled_day
from shared.values.periods import day_of

source = Table(
    "source",
    views.metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("partnership", Text, nullable=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Index("source_by_day", "partnership", "type", "day"),
    schema=views.service,
)
"""Every entry of the ledger, even if its event is not known here. ``day``: when it happened, see ``day_happened``."""

# Binary, which only the driver itself sends: an event as text is longer and slower to read.
_KEEP = """
INSERT INTO reporting.source (position, partnership, event_id, type, day, entry)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::date[], %b::bytea[])
    ON CONFLICT (position) DO NOTHING
"""


def day_happened(envelope: CloudEvent) -> dt.date:
    """The day on which an event happened: the day in the event itself, or else the day of its time, in London.

    The event's own day counts: an event recorded on Friday can be about Monday. A month counts as its last day, or as
    the day of recording if that was earlier.
    """
    declared = EVENTS.get(envelope.type)
    field = declaration_of(declared).day if declared else None
    if field is None:
        return day_of(envelope.time)
    day: dt.date | str = getattr(envelope.event(), field)
    return settled_day(day, day_of(envelope.recordedtime)) if isinstance(day, str) else day


def keep_sources(connection: sqlalchemy.Connection, entries: Sequence[Entry]) -> None:
    """Keep a page of the ledger, in the caller's transaction. Keeping a page again changes nothing."""
    if not entries:
        return
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None
    driver.execute(
        _KEEP,
        (
            [position for position, _, _ in entries],
            [envelope.partnership for _, _, envelope in entries],
            [envelope.id for _, _, envelope in entries],
            [envelope.type for _, _, envelope in entries],
            [day_happened(envelope) for _, _, envelope in entries],
            [entry for _, entry, _ in entries],
        ),
    )
