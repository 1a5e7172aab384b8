"""Mentions: what leads straight from an actor or a decision to the entries that belong to them.

Who did something, which decision it names and which event caused it stand inside the entry, where no index of
PostgreSQL finds them: a rare actor in a million entries would be sought through all of them. Each append therefore
writes here, in its transaction, who and what is mentioned in it and at which positions; one row a mention and append,
so that a batch of 500 entries by five actors costs five rows and not 500 (a column with an index, or a row an entry,
was seen to cost a quarter of the speed of appending). It is a table of its own because an entry's row never changes,
not even to have a new column filled: to a database from before, the migration adds the table and fills it.

A mention is 16 bytes of a hash. The texts come from outside, of any length and with any character; hashes fit every
index.
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
"""Entries whose mentions the migration writes at once."""


class Kind(StrEnum):
    """What an entry mentions."""

    ACTOR = "actor"
    DECISION = "decision"
    CAUSE = "cause"
    """The id of the event that caused it."""


@lru_cache(4096)  # a few actors do most of what is done
def mention(kind: Kind, text: str) -> bytes:
    """What stands in the table for it; ``OF_DECISION`` has the same in SQL."""
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
    # Most authorities name none; to look for the word first costs a tenth of the pattern.
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
"""Positions ascend within a row and from row to row of one mention, because appends do."""

# Few mentions with many positions: an array of arrays, which PostgreSQL takes as texts.
_INSERT = """
INSERT INTO ledger.mention (mention, first, positions)
SELECT mention, (positions::bigint[])[1], positions::bigint[]
  FROM unnest(%b::bytea[], %b::text[]) AS row (mention, positions)
"""

# From the row that may hold the first position wanted on.
OF_ACTOR = """
SELECT position FROM ledger.mention CROSS JOIN LATERAL unnest(positions) AS each (position)
 WHERE mention = %(mention)s AND first < %(until)s
   AND first >= coalesce((SELECT max(first) FROM ledger.mention WHERE mention = %(mention)s AND first <= %(start)s), 0)
   AND position >= %(start)s AND position < %(until)s
 ORDER BY first, position LIMIT %(most)s
"""

# OFFSET 0 keeps every step a look into an index: without statistics PostgreSQL would join whole tables.
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
    """The next positions that a mention leads to, ascending, and how far that covers the ledger."""

    positions: list[int]
    next_position: int


async def of_actor(cursor: AsyncCursor[TupleRow], actor: str, start: int, until: int, most: int) -> MentionedPositions:
    """The first positions in a range that this actor did, at most ``most``."""
    parameters = {"mention": mention(Kind.ACTOR, actor), "start": start, "until": until, "most": most}
    await cursor.execute(OF_ACTOR, parameters)
    found = [position for (position,) in await cursor.fetchall()]
    return MentionedPositions(found, found[-1] + 1 if len(found) == most else until)


async def of_decision(
    cursor: AsyncCursor[TupleRow], decision: str, start: int, until: int, most: int
) -> MentionedPositions:
    """The first positions in a range of all that belongs to a decision, at most ``most``: its own event, what names it,
    and what any of these caused, however far down the chain."""
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
    """Write the mentions of every entry, in the transaction that makes the table. Nobody appends meanwhile."""
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
    """Write the mentions of entries from a position on, in the transaction that appends them."""
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
