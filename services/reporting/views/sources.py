"""The events themselves, kept so that a report can tell them, cite them and show them.

They are kept as they are, not spread over columns: a sentence is made from the typed fact, a new event needs no table,
and what a report said of an earlier day never changes, because nothing here is ever overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import BigInteger, Column, Date, Index, LargeBinary, Table, Text

from services.reporting.views.tables import views
from shared.contracts.envelope import CloudEvent, encode
from shared.contracts.event import EVENTS, declaration_of
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
    Index("source_told", "partnership", "type", "day"),
    schema=views.service,
)
"""Every event of the ledger, of kinds known here or not. ``day``: when it happened, see ``told_day``."""

# Binary, as only the driver itself sends it: an event spelt out as text is longer, and is read letter by letter.
_KEEP = """
INSERT INTO reporting.source (position, partnership, event_id, type, day, entry)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::date[], %b::bytea[])
    ON CONFLICT (position) DO NOTHING
"""

_own_days = {name: day for name, kind in EVENTS.items() if (day := declaration_of(kind).day)}
"""The field in which facts of a name say their own day, as declared with the event."""


def told_day(envelope: CloudEvent) -> dt.date:
    """The day on which an event happened: the one the fact itself tells, or else its time's, in London.

    The fact's own day counts, because who writes up on Friday what was reached on Monday says so in the fact.
    """
    field = _own_days.get(envelope.type)
    if field is not None:
        told: dt.date = getattr(envelope.event(), field)
        return told
    return day_of(envelope.time)


def keep_sources(connection: sqlalchemy.Connection, events: Sequence[tuple[int, CloudEvent]]) -> None:
    """Keep a page of the ledger, in the caller's transaction; a page that is read again changes nothing."""
    if not events:
        return
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None
    driver.execute(
        _KEEP,
        (
            [position for position, _ in events],
            [envelope.partnership for _, envelope in events],
            [envelope.id for _, envelope in events],
            [envelope.type for _, envelope in events],
            [told_day(envelope) for _, envelope in events],
            [encode(envelope) for _, envelope in events],
        ),
    )
