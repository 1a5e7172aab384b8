"""The Merkle tree over the entries. Its nodes and roots are appended in the same transaction as the entries.

Level 0 of the tiles holds the entries' leaf hashes. Every perfect subtree of 256, 65,536, … leaves is one row of
``ledger.node``. Every commit adds one row to ``ledger.checkpoint``: the root over all entries so far. From these, any
proof takes only a few short reads (RFC 6962 §2.1, C2SP tlog-tiles).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from copy import deepcopy
from typing import NamedTuple

import structlog
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from shared.proofs.merkle import EMPTY, CompactRange, Node
from shared.proofs.tiles import HEIGHT, WIDTH, Place, fold

Cursor = AsyncCursor[TupleRow]
READ_AT_ONCE = 64 * WIDTH

log = structlog.get_logger()


class TreeBroken(Exception):
    """The tree in the ledger's tables is inconsistent: someone changed the tables. Nothing is appended."""


class Tree:
    """The tree in the memory of the appending process. Only the holder of the ledger's lock uses it."""

    def __init__(self) -> None:
        self._range = CompactRange()

    async def grow(self, cursor: Cursor, size: int, leaves: Sequence[bytes]) -> CompactRange:
        """Write what new leaves add to a tree of ``size``. Pass the result to ``keep`` after the commit."""
        grown = deepcopy(self._range) if self._range.size == size else await _range_of(cursor, size)
        await _write_nodes(cursor, [node for leaf in leaves for node in grown.add(leaf)])
        await _write_root(cursor, grown)
        return grown

    def keep(self, grown: CompactRange) -> None:
        """Make this the current tree."""
        self._range = grown

    async def complete(self, cursor: Cursor, size: int) -> None:
        """Write missing nodes and the root for entries older than the tree, and check them.

        Raises ``TreeBroken`` when the root committed for this size is not the root over the entries.
        """
        await cursor.execute("SELECT count(*) FROM ledger.node WHERE level = 1")
        row = await cursor.fetchone()
        if row is None or row[0] < size // WIDTH:
            log.warning("building the missing tree over the entries", entries=size)
            self._range = CompactRange()
            async for leaves in _leaves(cursor, size):
                await _write_nodes(cursor, [node for leaf in leaves for node in self._range.add(leaf)])
        else:
            self._range = await _range_of(cursor, size)
        await _write_root(cursor, self._range)
        await cursor.execute("SELECT root FROM ledger.checkpoint WHERE size = %s", (size,))
        kept = await cursor.fetchone()
        if kept is None or bytes(kept[0]) != self._range.root():
            raise TreeBroken(
                f"The root over the ledger's {size} entries is not the one committed with them. Someone changed rows"
                " of ledger.entry, ledger.node or ledger.checkpoint. Restore the database from a backup and verify it"
                " against an export (folkmoot verify)."
            )


async def with_nodes[T](cursor: Cursor, work: Callable[[Node], T]) -> T:
    """The result of ``work``, which asks for nodes of the tree by height and index.

    It runs twice: first to learn which nodes it needs, then with their hashes. Which nodes it needs must not depend
    on the hashes.
    """
    wanted: list[tuple[int, int]] = []

    def note(height: int, index: int) -> bytes:
        wanted.append((height, index))
        return EMPTY

    work(note)
    found = await _nodes(cursor, wanted)
    return work(lambda height, index: found[height, index])


async def hashes_of_tile(cursor: Cursor, place: Place) -> list[bytes]:
    """The hashes of a tile; fewer than its width if the tree has not grown that far."""
    return await _hashes(cursor, place.level or 0, place.index * WIDTH, place.width)


async def _range_of(cursor: Cursor, size: int) -> CompactRange:
    return await with_nodes(cursor, lambda node: CompactRange.of(size, node))


async def _nodes(cursor: Cursor, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hashes of perfect subtrees. Each is folded from at most 128 hashes of the tile level below it."""
    spans = [_Span.of(height, index) for height, index in dict.fromkeys(wanted)]
    if not spans:
        return {}
    await cursor.execute(_SPANS, [list(column) for column in zip(*spans, strict=True)])
    hashes: dict[tuple[int, int], list[bytes]] = {(span.height, span.place): [] for span in spans}
    for height, index, found in await cursor.fetchall():
        hashes[height, index].append(bytes(found))
    for span in spans:
        if len(hashes[span.height, span.place]) != span.last - span.first + 1:
            raise TreeBroken(
                f"The subtree {span.place} of height {span.height} needs the hashes {span.first} to {span.last} of"
                f" level {span.level}; only {len(hashes[span.height, span.place])} exist."
            )
    return {place: fold(row) for place, row in hashes.items()}


class _Span(NamedTuple):
    """The hashes of one tile level from which a perfect subtree is folded."""

    height: int
    place: int
    level: int
    first: int
    last: int

    @classmethod
    def of(cls, height: int, index: int) -> _Span:
        level, above = divmod(height, HEIGHT)
        return cls(height, index, level, index << above, ((index + 1) << above) - 1)


async def _leaves(cursor: Cursor, size: int) -> AsyncIterator[list[bytes]]:
    for first in range(0, size, READ_AT_ONCE):
        yield await _hashes(cursor, 0, first, min(READ_AT_ONCE, size - first))


async def _hashes(cursor: Cursor, level: int, first: int, count: int) -> list[bytes]:
    await cursor.execute(_NODES if level else _LEAVES, {"level": level, "first": first, "last": first + count - 1})
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def _write_nodes(cursor: Cursor, nodes: Sequence[tuple[int, int, bytes]]) -> None:
    if nodes:
        await cursor.execute(_WRITE_NODES, [list(column) for column in zip(*nodes, strict=True)])


async def _write_root(cursor: Cursor, tree: CompactRange) -> None:
    await cursor.execute(_WRITE_ROOT, (tree.size, tree.root()))


_LEAVES = "SELECT leaf_hash FROM ledger.entry WHERE position BETWEEN %(first)s AND %(last)s ORDER BY position"

_NODES = """
SELECT hash FROM ledger.node WHERE level = %(level)s AND index BETWEEN %(first)s AND %(last)s ORDER BY index
"""

_SPANS = """
  WITH span AS (
    SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[])
        AS span (height, place, level, first, last)
)
SELECT height, place, hash FROM span,
       LATERAL (SELECT index, hash FROM ledger.node WHERE node.level = span.level AND index BETWEEN first AND last
                UNION ALL
                SELECT position, leaf_hash FROM ledger.entry WHERE span.level = 0 AND position BETWEEN first AND last
                 ORDER BY 1) AS hashes
"""

_WRITE_NODES = """
INSERT INTO ledger.node (level, index, hash)
SELECT * FROM unnest(%b::smallint[], %b::bigint[], %b::bytea[]) ON CONFLICT DO NOTHING
"""

_WRITE_ROOT = "INSERT INTO ledger.checkpoint (size, root) VALUES (%s, %s) ON CONFLICT DO NOTHING"
