"""Checkpoints: the signed heads of the ledger, their cosignatures, and the proofs that lead to them.

A checkpoint is signed when a caller asks for it. The root of each size was committed with its entries, and Ed25519
gives the same signature every time. So appending needs no secret, and after a change of keys the current keys sign
every checkpoint. The *published* checkpoint is the newest one that enough witnesses have cosigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from services.ledger.pool import Connections
from services.ledger.tree import hashes_of_tile, with_nodes
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import consistency_proof, inclusion_proof
from shared.proofs.note import Note, Signature
from shared.proofs.policy import NONE, Policy
from shared.proofs.tiles import Place
from shared.runtime.identity.signing import SigningKeys
from shared.values.refusals import Refusal, Unknown

LOOK_BACK = 1_000
"""How many cosigned sizes one query reads to find the newest that satisfies the policy."""


class SignedCheckpoint(NamedTuple):
    """A signed checkpoint, as readers get it."""

    size: int
    root: bytes
    note: Note


class Inclusion(NamedTuple):
    """An entry's position, and the hashes that lead from it to a checkpoint's root."""

    position: int
    event_id: str
    leaf_hash: bytes
    hashes: list[bytes]


class NotYetPublished(Refusal):
    """A proof is given once enough witnesses have cosigned a checkpoint that covers it."""

    clause = "design 9"
    remedy = "Ask again shortly."
    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=1)


class Checkpoints:
    """Reads checkpoints, tiles and proofs; keeps cosignatures."""

    def __init__(self, pool: Connections, keys: SigningKeys, witnesses: Policy | None = None) -> None:
        """``witnesses``: who must cosign a checkpoint before it is published; None needs no cosignature."""
        self._pool = pool
        self.keys = keys
        self.policy = replace(witnesses or Policy(), logs=Policy.of(key.verifier for key in keys.keys).logs)
        """The policy by which others check this ledger's checkpoints: its keys, and the witnesses."""
        # Cosignatures were verified on arrival. The published checkpoint is read often, so they are not verified again.
        self._names = {_key_of(each.key.name, each.key.key_id): name for name, each in self.policy.witnesses.items()}
        self._quorate = 0
        """The newest size known to satisfy the policy."""

    async def newest(self) -> SignedCheckpoint:
        """The checkpoint over all committed entries, signed by the log alone."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute("SELECT size, root FROM ledger.checkpoint ORDER BY size DESC LIMIT 1")
            row = await cursor.fetchone()
        if row is None:
            raise NotYetPublished("The ledger has no checkpoint yet.")
        return self._signed(row[0], row[1], [])

    async def published(self) -> SignedCheckpoint:
        """The newest checkpoint that satisfies the policy, with its cosignatures. Raises ``NotYetPublished``."""
        if self.policy.quorum == NONE:
            return await self.newest()
        async with self._pool.connection() as connection:
            below = None
            while rows := await self._cosigned(connection, below):
                for size, root, lines, witnesses in rows:
                    if self.policy.satisfied({self._names[key] for key in witnesses if key in self._names}):
                        self._quorate = max(self._quorate, size)
                        return self._signed(size, root, lines)
                # A quorum signs the newest checkpoint or never, so older ones are searched only once, at the start.
                below = self._quorate + 1 if self._quorate else rows[-1][0]
        raise NotYetPublished("No checkpoint has yet been cosigned by as many witnesses as the policy requires.")

    async def _cosigned(self, connection: AsyncConnection[TupleRow], below: int | None) -> list[TupleRow]:
        cursor = await connection.execute(
            _COSIGNED, {"below": below or 2**63 - 1, "from": self._quorate, "most": LOOK_BACK}
        )
        return await cursor.fetchall()

    async def at(self, size: int) -> SignedCheckpoint:
        """The checkpoint of exactly this size. Raises ``Unknown`` when no commit ended there."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_AT, (size,))
            row = await cursor.fetchone()
        if row is None:
            raise Unknown(f"There is no checkpoint of size {size}.")
        return self._signed(*row)

    async def keep(self, size: int, cosignatures: Sequence[Signature]) -> None:
        """Keep cosignatures of a checkpoint, which the caller has verified. Keeping one again does no harm."""
        rows = [(size, _key_of(each.name, each.key_id), each.format()) for each in cosignatures]
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.executemany(_KEEP, rows)

    async def tile(self, place: Place) -> bytes:
        """A tile's hashes. Raises ``Unknown`` when the tree has not grown that far."""
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            hashes = await hashes_of_tile(cursor, place)
        if len(hashes) < place.width:
            raise Unknown(f"{place.path} does not exist: the tile has {len(hashes)} hashes so far.")
        return b"".join(hashes)

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of size ``new`` begins with the tree of size ``old`` (RFC 6962 §2.1.2)."""
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            return await with_nodes(cursor, lambda node: consistency_proof(old, new, node))

    async def inclusions(self, size: int, positions: Sequence[int], event_ids: Sequence[str] = ()) -> list[Inclusion]:
        """Proofs for these entries in the tree of this size. Raises ``Unknown``, ``NotYetPublished``."""
        if any("\0" in event_id for event_id in event_ids):
            raise Unknown("No event has an id with the character U+0000.")
        async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            # Two queries without an order: for one combined query PostgreSQL would read the whole ledger in order.
            places: dict[int, TupleRow] = {}
            for query, asked in (
                (_AT_POSITIONS, [each for each in positions if each < 2**63]),
                (_OF_EVENTS, list(event_ids)),
            ):
                await cursor.execute(query, (asked,))
                places.update((row[0], row) for row in await cursor.fetchall())
            found = [places[position] for position in sorted(places)]
            missing = ({*positions} - {row[0] for row in found}) | ({*event_ids} - {row[1] for row in found})
            if missing:
                raise Unknown(f"There is no entry {sorted(missing, key=str)[0]!r} in the ledger.")
            beyond = next((row for row in found if row[0] >= size), None)
            if beyond is not None:
                raise NotYetPublished(
                    f"Entry {beyond[0]} is recorded, but the published checkpoint covers only {size} entries so far."
                )
            return await with_nodes(
                cursor,
                lambda node: [
                    Inclusion(position, event_id, bytes(leaf), inclusion_proof(position, size, node))
                    for position, event_id, leaf in found
                ],
            )

    def _signed(self, size: int, root: bytes, lines: Sequence[str]) -> SignedCheckpoint:
        note = self.keys.sign_note(Checkpoint(self.keys.name, size, bytes(root)).format())
        cosignatures = tuple(Signature.parse(line.rstrip("\n")) for line in lines)
        return SignedCheckpoint(size, bytes(root), Note(note.text, note.signatures + cosignatures))


def _key_of(name: str, key_id: bytes) -> str:
    return f"{name}+{key_id.hex()}"


_COSIGNED = """
SELECT size, root, array_agg(line ORDER BY witness), array_agg(witness)
  FROM ledger.checkpoint JOIN ledger.cosignature USING (size)
 WHERE size >= %(from)s AND size < %(below)s GROUP BY size, root ORDER BY size DESC LIMIT %(most)s
"""

_AT = """
SELECT size, root, array_remove(array_agg(line ORDER BY witness), NULL)
  FROM ledger.checkpoint LEFT JOIN ledger.cosignature USING (size) WHERE size = %s GROUP BY size, root
"""

_KEEP = "INSERT INTO ledger.cosignature (size, witness, line) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"

_AT_POSITIONS = "SELECT position, event_id, leaf_hash FROM ledger.entry WHERE position = ANY(%s::bigint[])"
_OF_EVENTS = "SELECT position, event_id, leaf_hash FROM ledger.entry WHERE event_id = ANY(%s::text[])"
