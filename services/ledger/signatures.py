"""What the sources signed, for auditors and for readers that check what they act on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from services.ledger.pool import Connections
from services.ledger.recent import Row
from shared.proofs.sources import START, SourceSignature

LINES_AT_ONCE = 5_000


class BatchProof(NamedTuple):
    """A batch as a reader needs it to check an entry of it. The fields are those of ``ledger.proto``."""

    source: str
    last: int
    size: int
    key_id: bytes
    signature: bytes
    head_before: bytes
    leaf_hashes: bytes


Place = tuple[str, int]
"""A source and the number of one of its events."""


class Signatures:
    """Reads the table of signatures."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    async def lines(self, source: str, after: int, most: int | None = None) -> AsyncIterator[bytes]:
        """Signatures of a source for what follows its event ``after``, one a line, in pieces. None: all."""
        while most is None or most > 0:
            limit = LINES_AT_ONCE if most is None else min(most, LINES_AT_ONCE)
            async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
                await cursor.execute(_LINES, (source, after, limit))
                rows = [SourceSignature(*row) for row in await cursor.fetchall()]
            if not rows:
                return
            yield "".join(f"{row.format()}\n" for row in rows).encode()
            after = rows[-1].last
            most = None if most is None else most - len(rows)

    async def of(self, rows: Sequence[Row]) -> dict[Place, BatchProof]:
        """The batch of each entry."""
        if not rows:
            return {}
        asked = [row.source for row in rows], [row.source_sequence for row in rows]
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(_ENDS, asked)
            ends = {(source, number): (source, last) for source, number, last in await cursor.fetchall()}
            wanted = list(dict.fromkeys(ends.values()))
            await cursor.execute(_BATCHES, (START, [source for source, _ in wanted], [last for _, last in wanted]))
            batches = {(row[0], row[1]): BatchProof(*row) for row in await cursor.fetchall()}
        return {place: batches[end] for place, end in ends.items()}


_LINES = """
SELECT last, size, key_id, signature FROM ledger.signature WHERE source = %s AND last > %s ORDER BY last LIMIT %s
"""

_ENDS = """
SELECT asked.source, number, signed.last
  FROM unnest(%s::text[], %s::bigint[]) AS asked (source, number)
 CROSS JOIN LATERAL (SELECT last FROM ledger.signature
                      WHERE source = asked.source AND last >= number ORDER BY last LIMIT 1) AS signed
"""

_BATCHES = """
SELECT signed.source, signed.last, signed.size, signed.key_id, signed.signature, coalesce(before.head, %s),
       (SELECT string_agg(leaf_hash, ''::bytea ORDER BY source_sequence) FROM ledger.entry AS e
         WHERE e.source = signed.source AND source_sequence BETWEEN signed.last - signed.size + 1 AND signed.last)
  FROM unnest(%s::text[], %s::bigint[]) AS asked (source, last)
  JOIN ledger.signature AS signed USING (source, last)
  LEFT JOIN ledger.signature AS before ON before.source = signed.source AND before.last = signed.last - signed.size
"""
