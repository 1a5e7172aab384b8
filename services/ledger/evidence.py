"""Messages that did not become entries: conflicts and parked messages, for people to investigate."""

from __future__ import annotations

import base64
import datetime as dt
from typing import NamedTuple

import msgspec

from services.ledger.pool import Connections


class ConflictRecord(msgspec.Struct, frozen=True):
    """An event by which a source contradicted the ledger. The ledger kept the entry it had."""

    number: int
    """In the order they were found."""
    source: str
    source_sequence: int
    event_id: str
    partnership: str
    held_source: str
    """The entry that the ledger has under that number or that id."""
    held_source_sequence: int
    held_event_id: str
    found_at: dt.datetime
    event: msgspec.Raw
    """The event that was not appended."""


class ParkedRecord(msgspec.Struct, frozen=True):
    """A message that cannot become an entry."""

    number: int
    """In the order they were parked."""
    origin: str
    reason: str
    payload: str
    """Its bytes, base64 (RFC 4648 §4)."""
    parked_at: dt.datetime


class EvidenceCounts(NamedTuple):
    """How many there are, for readiness and metrics. People must look at each."""

    conflicts: int
    parked: int


class Evidence:
    """Reads conflicts and parked messages."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    async def counts(self) -> EvidenceCounts:
        """How many conflicts and parked messages there are."""
        query = "SELECT (SELECT count(*) FROM ledger.conflict), (SELECT count(*) FROM ledger.parked)"
        async with self._pool.connection() as connection:
            (row,) = await (await connection.execute(query)).fetchall()
            return EvidenceCounts(*row)

    async def conflicts(self, after: int, most: int, partnership: str | None) -> list[ConflictRecord]:
        """Conflicts numbered above ``after``, of one partnership, or of all when it is None."""
        query = """
            SELECT number, source, source_sequence, event_id, partnership,
                   held_source, held_source_sequence, held_event_id, found_at, entry
              FROM ledger.conflict
             WHERE number > %s AND (partnership = %s OR %s::text IS NULL) ORDER BY number LIMIT %s
        """
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, (after, partnership, partnership, most))
            names = ConflictRecord.__struct_fields__
            return [
                ConflictRecord(**dict(zip(names, (*row[:-1], msgspec.Raw(row[-1])), strict=True)))
                for row in await cursor.fetchall()
            ]

    async def parked(self, after: int, most: int) -> list[ParkedRecord]:
        """Parked messages numbered above ``after``."""
        query = """
            SELECT number, origin, reason, payload, parked_at FROM ledger.parked
             WHERE number > %s ORDER BY number LIMIT %s
        """
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, (after, most))
            return [
                ParkedRecord(number, origin, reason, base64.b64encode(payload).decode(), parked_at)
                for number, origin, reason, payload, parked_at in await cursor.fetchall()
            ]
