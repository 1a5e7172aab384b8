"""The log: the only code that appends, in batches, and that knows how long the ledger is.

An append is one transaction under an advisory lock. The lock is released after the commit is visible, so the next
holder sees everything before it. Positions are dense: no position appears behind a reader later. Committed entries
survive a crash; JetStream or the source sends the others again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import structlog
from opentelemetry.context import Context
from opentelemetry.metrics import Meter, get_meter
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from services.ledger import mentions
from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate
from services.ledger.order import Arrangement, Conflict, KnownEntry, arrange
from services.ledger.pool import Connections
from services.ledger.recent import Recent
from services.ledger.tree import Tree
from shared.proofs.sources import START

LOCK = 0x6C656467  # "ledg"

log = structlog.get_logger()


class LedgerStopped(Exception):
    """The ledger in this process is stopping. Continue reading from another process, or from this one later."""

    def __init__(self) -> None:
        super().__init__("The ledger is stopping. Call again from the last page's next_position.")


class UnsignedEntries(Exception):
    """The ledger has entries without their sources' signatures. Nothing is appended."""


class ParkedMessage(NamedTuple):
    """A message that cannot become an entry."""

    origin: str
    """Where it came from, in words for people."""
    reason: str
    payload: bytes


class Log:
    """The ledger's entries. Each process has one instance, and all its tasks run in one event loop."""

    def __init__(self, pool: Connections, *, tracer: Tracer | None = None, meter: Meter | None = None) -> None:
        """``tracer`` makes a span for every entry whose event belongs to a trace; None skips that work.

        ``meter`` counts entries, conflicts and parked messages. It defaults to the meter of the process.
        """
        self._pool = pool
        self._tracer = tracer
        meter = meter or get_meter("folkmoot.ledger")
        self._count_appended = meter.create_counter("ledger.appended", description="Entries appended")
        self._count_conflicts = meter.create_counter("ledger.conflicts", description="Conflicts found, each once")
        self._count_parked = meter.create_counter("ledger.parked", description="Messages parked, each once")
        self._tree = Tree()
        self.recent = Recent()
        """What was appended here last, for readers."""
        self._size = 0
        self._growth = asyncio.Event()
        self._stopped = False

    async def open(self) -> None:
        """Complete the tree and check it and the signatures against the entries. Call this first.

        Raises ``TreeBroken`` or ``UnsignedEntries``.
        """
        async with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            size, _ = await _heads(cursor, [""])
            await cursor.execute("SELECT coalesce(sum(size), 0) FROM ledger.signature")
            signed = _first(await cursor.fetchone())
            if signed != size:
                raise UnsignedEntries(
                    f"The ledger has {size} entries, and {signed} are signed. It was filled before events were signed,"
                    " or somebody changed rows of ledger.entry or ledger.signature. Restore it from a backup."
                )
            await self._tree.complete(cursor, size)
        self.recent.add(size, [])
        self._grown(size)

    async def size(self) -> int:
        """The number of committed entries, which is the next position."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SIZE)
            self._grown(_first(await cursor.fetchone()))
        return self._size

    async def heads(self, sources: Collection[str]) -> dict[str, Head]:
        """How far the ledger has each of these sources."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            size, heads = await _heads(cursor, sources)
        self._grown(size)
        return heads

    async def head_at(self, source: str, last: int) -> bytes | None:
        """A source's head after a batch that ends with this number; None if there is no such batch."""
        if last == 0:
            return START
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_HEAD_AT, (source, last))
            row = await cursor.fetchone()
        return bytes(row[0]) if row else None

    async def leaves(self, source: str, numbers: Collection[int]) -> dict[int, bytes]:
        """The leaf hashes that the ledger has under these numbers of a source."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_LEAVES, (source, list(numbers)))
            return {number: bytes(leaf) for number, leaf in await cursor.fetchall()}

    async def beyond(self, position: int) -> int:
        """Wait until there is an entry at this position, then return the ledger's size.

        All followers wait here. Only this process appends, so there is no need to poll PostgreSQL or to listen to it.
        If two processes overlap in a rolling restart, the older one learns of the other's entries when its intake
        next looks up a source's last number. Raises ``LedgerStopped`` on ``stop``.
        """
        while self._size <= position and not self._stopped:
            await self._growth.wait()
        if self._stopped:
            raise LedgerStopped
        return self._size

    def stop(self) -> None:
        """End every wait in ``beyond`` with ``LedgerStopped``."""
        self._stopped = True
        self._growth.set()

    async def append(self, batches: Sequence[Batch]) -> Arrangement:
        """Append the batches that come next, with their signatures, in one transaction. They are durable on return.

        Conflicts are recorded and logged, not raised, so they do not delay other sources. Raises
        ``psycopg.OperationalError`` when PostgreSQL is unreachable. Then nothing, or rarely everything, was appended,
        and it is safe to append the same batches again.
        """
        if not batches:
            return Arrangement({})
        async with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            # A separate statement, because it must see what the lock's last holder committed.
            size, heads = await _heads(cursor, sorted({batch.source for batch in batches}))
            arranged = arrange(batches, heads, await _known(cursor, batches, heads))
            new = arranged.candidates
            if new:
                await _insert(cursor, size, new)
                await _sign(cursor, arranged.new)
                await mentions.append(cursor, size, (candidate.event for candidate in new))
                grown = await self._tree.grow(cursor, size, [candidate.leaf_hash for candidate in new])
            found = [conflict for conflict in arranged.conflicts if await _record(cursor, conflict)]
        if new:
            self._tree.keep(grown)
            self.recent.add(size, new)
        self._grown(size + len(new))
        self._count_appended.add(len(new))
        self._count_conflicts.add(len(found))
        for conflict in found:
            log.error("conflict: a source contradicts the ledger", conflict=str(conflict), see="GET /ledger/conflicts")
        if self._tracer is not None:
            self._trace(self._tracer, size, new)
        return arranged

    async def park(self, parked: Iterable[ParkedMessage]) -> None:
        """Keep messages that cannot become entries, for people to look at. A repeat is not parked again."""
        for origin, reason, payload in parked:
            # Both may quote the message: PostgreSQL refuses U+0000, and a log line must have no line breaks.
            origin, reason = (text[:500].encode("unicode_escape").decode() for text in (origin, reason))
            digest = hashlib.sha256(f"{origin}\n{reason}\n".encode() + payload).digest()
            async with self._pool.connection() as connection:
                cursor = await connection.execute(_PARK, (origin, reason, payload, digest))
            if cursor.rowcount:
                self._count_parked.add(1)
                log.error("parked: this cannot become an entry", origin=origin, reason=reason, see="GET /ledger/parked")

    def _grown(self, size: int) -> None:
        if size > self._size:
            self._size = size
            growth, self._growth = self._growth, asyncio.Event()
            growth.set()

    def _trace(self, tracer: Tracer, first: int, appended: Sequence[Candidate]) -> None:
        for position, candidate in enumerate(appended, first):
            if candidate.traceparent:
                tracer.start_span(
                    "ledger append",
                    context=_propagator.extract({"traceparent": candidate.traceparent}, Context()),
                    kind=SpanKind.CONSUMER,
                    attributes={
                        "ledger.position": position,
                        "ledger.source": candidate.source,
                        "ledger.source_sequence": candidate.sequence,
                        "cloudevents.event_id": candidate.event_id,
                        "cloudevents.event_type": candidate.event.type,
                    },
                ).end()


_propagator = TraceContextTextMapPropagator()

_SIZE = "SELECT coalesce(max(position) + 1, 0) FROM ledger.entry"

_HEADS = f"""
SELECT ({_SIZE}), s, signed.last, signed.head
  FROM unnest(%s::text[]) AS s
  LEFT JOIN LATERAL (SELECT last, head FROM ledger.signature WHERE source = s ORDER BY last DESC LIMIT 1) AS signed
         ON true
"""

_HEAD_AT = "SELECT head FROM ledger.signature WHERE source = %s AND last = %s"

_LEAVES = """
SELECT source_sequence, leaf_hash FROM ledger.entry WHERE source = %s AND source_sequence = ANY(%s::bigint[])
"""

_KNOWN = """
SELECT event_id, source, source_sequence, leaf_hash FROM ledger.entry WHERE event_id = ANY(%s::text[])
 UNION
SELECT event_id, source, source_sequence, leaf_hash FROM ledger.entry
  JOIN unnest(%s::text[], %s::bigint[]) AS asked (source, source_sequence) USING (source, source_sequence)
"""

_INSERT = """
INSERT INTO ledger.entry (position, event_id, source, source_sequence, type, partnership, subject,
                          happened_at, recorded_at, entry, leaf_hash)
SELECT %s + row.ordinality - 1, event_id, source, source_sequence, type, partnership, subject,
       happened_at, recorded_at, entry, leaf_hash
  FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[],
              %b::timestamptz[], %b::timestamptz[], %b::bytea[], %b::bytea[]) WITH ORDINALITY
    AS row (event_id, source, source_sequence, type, partnership, subject,
            happened_at, recorded_at, entry, leaf_hash, ordinality)
"""

_SIGN = """
INSERT INTO ledger.signature (source, last, size, key_id, signature, head)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::integer[], %b::bytea[], %b::bytea[], %b::bytea[])
"""

_CONFLICT = """
INSERT INTO ledger.conflict (source, source_sequence, event_id, partnership, leaf_hash, entry,
                             held_source, held_source_sequence, held_event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

_PARK = "INSERT INTO ledger.parked (origin, reason, payload, digest) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"


async def _heads(cursor: AsyncCursor[TupleRow], sources: Collection[str]) -> tuple[int, dict[str, Head]]:
    await cursor.execute(_HEADS, (list(sources),))
    rows = await cursor.fetchall()
    return rows[0][0], {source: Head(last, bytes(head)) if last else Head() for _, source, last, head in rows}


async def _known(cursor: AsyncCursor[TupleRow], batches: Sequence[Batch], heads: dict[str, Head]) -> list[KnownEntry]:
    candidates = [candidate for batch in batches for candidate in batch.candidates]
    known = [candidate for candidate in candidates if candidate.sequence <= heads[candidate.source].last]
    ids = [candidate.event_id for candidate in candidates]
    await cursor.execute(_KNOWN, (ids, [each.source for each in known], [each.sequence for each in known]))
    return [KnownEntry(*row) for row in await cursor.fetchall()]


async def _sign(cursor: AsyncCursor[TupleRow], batches: Sequence[Batch]) -> None:
    columns = zip(*((batch.source, *batch.signature, batch.head) for batch in batches), strict=True)
    await cursor.execute(_SIGN, [list(column) for column in columns])


async def _insert(cursor: AsyncCursor[TupleRow], first: int, new: Sequence[Candidate]) -> None:
    events = [candidate.event for candidate in new]
    await cursor.execute(
        _INSERT,
        (
            first,
            [event.id for event in events],
            [candidate.source for candidate in new],
            [candidate.sequence for candidate in new],
            [event.type for event in events],
            [event.partnership for event in events],
            [event.subject for event in events],
            [event.time for event in events],
            [event.recordedtime for event in events],
            [candidate.entry for candidate in new],
            [candidate.leaf_hash for candidate in new],
        ),
    )


async def _record(cursor: AsyncCursor[TupleRow], conflict: Conflict) -> bool:
    candidate, held = conflict
    await cursor.execute(
        _CONFLICT,
        (
            candidate.source,
            candidate.sequence,
            candidate.event_id,
            candidate.event.partnership,
            candidate.leaf_hash,
            candidate.entry,
            held.source,
            held.source_sequence,
            held.event_id,
        ),
    )
    return cursor.rowcount > 0


def _first(row: TupleRow | None) -> int:
    assert row is not None
    return int(row[0])
