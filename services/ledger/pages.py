"""Reading: pages of entries in the order of their positions, from PostgreSQL by keyset."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from psycopg import sql

from services.ledger.mentions import of_actor, of_decision
from services.ledger.pool import Connections
from services.ledger.recent import Page, Recent, Row
from shared.contracts.envelope import CloudEvent, open_envelope

MAX_ENTRIES = 500
"""Entries in one query."""
WINDOW = 50_000
"""Positions searched in one query where no index leads from one match to the next. It limits the time of a query, and
a reader whose filter matches nothing still learns how far the search has come."""


class EntryFilter(msgspec.Struct, frozen=True):
    """The entries a reader wants. An empty field does not filter. The fields are those of ``ledger.proto``."""

    partnership: str = ""
    service: str = ""
    subject: str = ""
    """One subject, or all that begin with a prefix ending in ``/``."""
    type: str = ""
    actor: str = ""
    decision: str = ""
    recorded_until: dt.datetime | None = None
    happened_until: dt.datetime | None = None
    types: frozenset[str] = frozenset()
    """Only these types; empty: all."""

    def admits(self, source: str, event: CloudEvent) -> bool:
        """Whether an entry is wanted, by everything but ``actor`` and ``decision``."""
        subject = self.subject
        return (
            (not self.types or event.type in self.types)
            and (not self.partnership or event.partnership == self.partnership)
            and (not self.service or source == self.service)
            and (not self.type or event.type == self.type)
            and (not subject or (event.subject.startswith(subject) if subject[-1] == "/" else event.subject == subject))
            and (self.recorded_until is None or event.recordedtime <= self.recorded_until)
            and (self.happened_until is None or event.time <= self.happened_until)
        )

    @property
    def led_by_index(self) -> bool:
        """Whether an index leads from each match to the next: for all entries, for a single equality, or for types."""
        equalities = [text for text in (self.partnership, self.service, self.subject, self.type) if text]
        dated = self.recorded_until is not None or self.happened_until is not None
        led = len(equalities) + bool(self.types)
        return led <= 1 and not self.subject.endswith("/") and not dated

    def conditions(self) -> list[sql.SQL]:
        """The SQL conditions on an entry, apart from mentions. Their values are in ``parameters``."""
        given = []
        if self.partnership:
            given.append(sql.SQL("partnership = %(partnership)s"))
        if self.service:
            given.append(sql.SQL("source = %(service)s"))
        if self.subject.endswith("/"):
            given.append(sql.SQL("subject >= %(subject)s AND subject < %(after_subject)s"))
        elif self.subject:
            given.append(sql.SQL("subject = %(subject)s"))
        if self.type:
            given.append(sql.SQL("type = %(type)s"))
        if self.types:
            given.append(sql.SQL("type = ANY(%(types)s)"))
        if self.recorded_until is not None:
            given.append(sql.SQL("recorded_at <= %(recorded_until)s"))
        if self.happened_until is not None:
            given.append(sql.SQL("happened_at <= %(happened_until)s"))
        return given

    def parameters(self) -> dict[str, Any]:
        """The values of ``conditions``."""
        # "0" is the character after "/": from the prefix to there are exactly the subjects that begin with it.
        return {
            "after_subject": self.subject[:-1] + "0",
            **msgspec.structs.asdict(self),
            "types": sorted(self.types),
        }


_SELECT = sql.SQL(
    "SELECT position, source, source_sequence, entry, leaf_hash FROM ledger.entry"
    " WHERE {} ORDER BY position LIMIT %(most)s"
)

# One walk along the index for each type, so that entries of other types cost nothing, however many they are.
_SELECT_TYPES = sql.SQL("""
SELECT position, source, source_sequence, entry, leaf_hash
  FROM (SELECT led.position
          FROM unnest(%(types)s::text[]) AS wanted (type)
         CROSS JOIN LATERAL (SELECT position FROM ledger.entry AS e
                              WHERE e.type = wanted.type AND position >= %(start)s AND position < %(until)s
                              ORDER BY position LIMIT %(most)s) AS led
         ORDER BY led.position LIMIT %(most)s) AS found
  JOIN ledger.entry USING (position) ORDER BY position
""")

# The sources are found from one to the next along an index, and then the last entry of each.
_REACHED = """
WITH RECURSIVE known (source) AS (
    (SELECT source FROM ledger.entry ORDER BY source LIMIT 1)
     UNION ALL
    SELECT (SELECT e.source FROM ledger.entry AS e WHERE e.source > known.source ORDER BY e.source LIMIT 1)
      FROM known WHERE known.source IS NOT NULL
)
SELECT known.source, last.source_sequence
  FROM known
 CROSS JOIN LATERAL (SELECT e.source_sequence FROM ledger.entry AS e
                      WHERE e.source = known.source AND position < %s ORDER BY position DESC LIMIT 1) AS last
"""


class Pages:
    """Reads the ledger. It holds a connection only during a query, never while a reader is slow."""

    def __init__(self, pool: Connections, recent: Recent | None = None) -> None:
        """``recent``: the entries that need no query."""
        self._pool = pool
        self._recent = recent or Recent()

    async def read(self, start: int, end: int, which: EntryFilter, most: int = MAX_ENTRIES) -> Page:
        """The first matching entries from ``start`` to before ``end``, which is at most the ledger's size."""
        if which.actor or which.decision:
            return await self._read_mentioned(start, end, which, most)
        if (page := self._recent.read(start, end, which.admits, most)) is not None:
            return page
        until = end if which.led_by_index else min(end, start + WINDOW)
        if start >= until:
            return Page([], max(start, until))
        in_range = sql.SQL("position >= %(start)s AND position < %(until)s")
        query: sql.SQL | sql.Composed = _SELECT_TYPES
        if not which.types or not which.led_by_index:
            query = _SELECT.format(sql.SQL(" AND ").join([in_range, *which.conditions()]))
        parameters = {"start": start, "until": until, "most": most, **which.parameters()}
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(query, parameters)
            rows = await cursor.fetchall()
        return Page([Row(*row) for row in rows], rows[-1][0] + 1 if len(rows) == most else until)

    async def _read_mentioned(self, start: int, end: int, which: EntryFilter, most: int) -> Page:
        """The same for a filter by actor or decision: mentions lead to the entries, which are then filtered further."""
        if start >= end:
            return Page([], start)
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            if which.decision:
                led = await of_decision(cursor, which.decision, start, end, most)
            else:
                led = await of_actor(cursor, which.actor, start, end, most)
            query = _SELECT.format(
                sql.SQL(" AND ").join([sql.SQL("position = ANY(%(positions)s)"), *which.conditions()])
            )
            await cursor.execute(query, {"positions": led.positions, "most": most, **which.parameters()})
            rows = [Row(*row) for row in await cursor.fetchall()]
        if which.decision and which.actor:
            rows = [row for row in rows if open_envelope(row.entry).actor == which.actor]
        return Page(rows, led.next_position)

    async def reached(self, position: int) -> dict[str, int]:
        """How far each source is before a position: its own number of its last entry there."""
        if (heads := self._recent.heads(position)) is not None:
            return heads
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_REACHED, (position,))
            heads = dict(await cursor.fetchall())
        self._recent.learn(position, heads)
        return heads

    async def all(self, start: int, end: int, which: EntryFilter) -> AsyncIterator[Page]:
        """Page after page until ``end``. There is at least one, so that a reader learns its position."""
        while True:
            page = await self.read(start, end, which)
            yield page
            start = page.next_position
            if start >= end:
                return
