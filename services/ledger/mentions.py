"""Mentions: an index from an actor or a decision to the entries that belong to it.

The actor, the decision and the causing event are inside the entry's JSON, where PostgreSQL has no index on them. A
search for a rare actor would read every entry. So each append writes here, in its own transaction, what its entries
mention and at which positions. It writes one row for each mention in the batch: 500 entries by five actors cost five
rows, not 500. (An indexed column, or a row for each entry, slowed appending by a quarter when measured.) The table is
separate because an entry's row never changes, not even to fill a new column. In an older database the migration
creates the table and fills it.

A mention is 16 bytes of a hash. The texts come from outside and may have any length and any character; a hash fits
every index.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec
import psycopg
from psycopg import AsyncCursor, sql
from psycopg.rows import TupleRow

from shared.contracts.envelope import CloudEvent, open_envelope

PAGE = 5000
"""Entries whose mentions the migration writes in one statement."""


class Kind(StrEnum):
    """What an entry mentions."""

    ACTOR = "actor"
    DECISION = "decision"
    CAUSE = "cause"
    """The id of the event that caused it."""


@lru_cache(4096)  # a few actors cause most events
def mention(kind: Kind, text: str) -> bytes:
    """The key of a mention in the table. ``OF_DECISION`` computes the same in SQL."""
    return hashlib.sha256(f"{kind}\n{text}".encode()).digest()[:16]


def mentions_of(event: CloudEvent) -> set[bytes]:
    """Everything an event mentions."""
    found = {mention(Kind.ACTOR, event.actor)}
    for decision in decisions_named(event):
        found.add(mention(Kind.DECISION, decision))
    if event.causationid:
        found.add(mention(Kind.CAUSE, event.causationid))
    return found


def decisions_named(event: CloudEvent) -> set[str]:
    """The decisions an event names: in the field ``decision`` of its data, and in its authority (``decision x``)."""
    # Most authorities name no decision. Looking for the word first costs a tenth of the pattern.
    text = event.authority.lower()
    named = set(_AUTHORITY.findall(text)) if "decision " in text else set()
    if b'"decision"' in bytes(event.data):
        try:
            decision = _data.decode(event.data).decision
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decision = None  # a newer service's data may have another shape; the ledger keeps it anyway
        if isinstance(decision, str):
            named.add(decision)
    return named


class _Data(msgspec.Struct):
    decision: object = None


_data = msgspec.json.Decoder(_Data)
_AUTHORITY = re.compile(r"\bdecision ([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?![\w-])")

TABLE = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.mention (
    mention   bytea    NOT NULL CHECK (octet_length(mention) = 16),
    first     bigint   NOT NULL,
    positions bigint[] NOT NULL CHECK (positions[1] = first),
    PRIMARY KEY (mention, first)
)
""")
"""Positions ascend within a row and across the rows of one mention, because appends do."""

# A few mentions with many positions each: PostgreSQL takes an array of arrays only as texts.
_INSERT = """
INSERT INTO ledger.mention (mention, first, positions)
SELECT mention, (positions::bigint[])[1], positions::bigint[]
  FROM unnest(%b::bytea[], %b::text[]) AS row (mention, positions)
"""

# Starts at the row that may hold the first position wanted.
OF_ACTOR = """
SELECT position FROM ledger.mention CROSS JOIN LATERAL unnest(positions) AS each (position)
 WHERE mention = %(mention)s AND first < %(until)s
   AND first >= coalesce((SELECT max(first) FROM ledger.mention WHERE mention = %(mention)s AND first <= %(start)s), 0)
   AND position >= %(start)s AND position < %(until)s
 ORDER BY first, position LIMIT %(most)s
"""

# OFFSET 0 makes every step an index lookup. Without statistics PostgreSQL would join whole tables.
OF_DECISION = """
WITH RECURSIVE belonging (position) AS (
    SELECT unnest(positions) FROM ledger.mention WHERE mention = %(mention)s
    UNION
    SELECT effect.position FROM belonging
     CROSS JOIN LATERAL (SELECT event_id FROM ledger.entry WHERE position = belonging.position OFFSET 0) AS cause
     CROSS JOIN LATERAL (
            SELECT unnest(positions) AS position FROM ledger.mention
             WHERE mention = substr(sha256(convert_to(E'cause\\n' || cause.event_id, 'UTF8')), 1, 16) OFFSET 0
           ) AS effect
)
SELECT position FROM belonging WHERE position >= %(start)s AND position < %(until)s
"""


class MentionedPositions(NamedTuple):
    """The next positions of a mention, ascending, and the position up to which the ledger was searched."""

    positions: list[int]
    next_position: int


async def of_actor(cursor: AsyncCursor[TupleRow], actor: str, start: int, until: int, most: int) -> MentionedPositions:
    """The first positions in a range with events by this actor, at most ``most``."""
    parameters = {"mention": mention(Kind.ACTOR, actor), "start": start, "until": until, "most": most}
    await cursor.execute(OF_ACTOR, parameters)
    found = [position for (position,) in await cursor.fetchall()]
    return MentionedPositions(found, found[-1] + 1 if len(found) == most else until)


async def of_decision(
    cursor: AsyncCursor[TupleRow], decision: str, start: int, until: int, most: int
) -> MentionedPositions:
    """The first positions in a range that belong to a decision, at most ``most``.

    These are the decision's own event, the events that name it, and every event that any of these caused.
    """
    parameters = {"mention": mention(Kind.DECISION, decision), "start": start, "until": until}
    await cursor.execute(OF_DECISION, parameters)
    found = sorted(position for (position,) in await cursor.fetchall())
    return (
        MentionedPositions(found[:most], found[most - 1] + 1)
        if len(found) >= most
        else MentionedPositions(found, until)
    )


def exists(connection: psycopg.Connection) -> bool:
    """Whether this database has the table."""
    return bool(_one(connection.execute("SELECT to_regclass('ledger.mention') IS NOT NULL").fetchone()))


def fill(connection: psycopg.Connection) -> None:
    """Write the mentions of every entry, in the transaction that creates the table. A lock stops appends meanwhile."""
    connection.execute("LOCK TABLE ledger.entry IN SHARE ROW EXCLUSIVE MODE")
    start = 0
    while True:
        rows = connection.execute(
            "SELECT position, entry FROM ledger.entry WHERE position >= %s ORDER BY position LIMIT %s", (start, PAGE)
        ).fetchall()
        if not rows:
            return
        connection.execute(_INSERT, _columns((position, open_envelope(entry)) for position, entry in rows))
        start = rows[-1][0] + 1


async def append(cursor: AsyncCursor[TupleRow], first: int, events: Iterable[CloudEvent]) -> None:
    """Write the mentions of entries that start at a position, in the transaction that appends them."""
    await cursor.execute(_INSERT, _columns(enumerate(events, first)))


def _columns(events: Iterable[tuple[int, CloudEvent]]) -> tuple[list[bytes], list[str]]:
    found: dict[bytes, list[int]] = {}
    for position, event in events:
        for each in mentions_of(event):
            found.setdefault(each, []).append(position)
    return list(found), [f"{{{','.join(map(str, positions))}}}" for positions in found.values()]


def _one(row: TupleRow | None) -> object:
    assert row is not None
    return row[0]
