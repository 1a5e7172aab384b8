"""A source's signatures on what it commits, in a table next to its events (ADR 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from shared.proofs.merkle import leaf_hash
from shared.proofs.sources import START, SourceSignature, head_after, statement
from shared.runtime.identity.signing import SigningKey


class SignedBatches:
    """One source's table of signatures. Rows are added in the transaction of the events they are for."""

    def __init__(self, schema: str, table: str = "signature") -> None:
        self._table = sql.Identifier(schema, table)

    def lock(self, cursor: psycopg.Cursor[DictRow]) -> None:
        """Let no other process of this source commit until this transaction ends, and ask for the head."""
        cursor.execute(sql.SQL("SELECT pg_advisory_xact_lock({}::regclass::oid::bigint)").format(self._literal))
        # A separate statement, because it must see what the lock's last holder committed.
        cursor.execute(sql.SQL("SELECT last, head FROM {} ORDER BY last DESC LIMIT 1").format(self._table))

    def head(self, cursor: psycopg.Cursor[DictRow]) -> tuple[int, bytes]:
        """The number of the source's last event and the head after it: what ``lock`` asked for."""
        row = cursor.fetchone()
        return (row["last"], bytes(row["head"])) if row else (0, START)

    def add(
        self, cursor: psycopg.Cursor[DictRow], key: SigningKey, last: int, before: bytes, entries: Sequence[bytes]
    ) -> None:
        """Sign the entries that follow ``last`` as one batch."""
        head = head_after(before, b"".join(map(leaf_hash, entries)))
        last += len(entries)
        signature = key.sign(statement(key.verifier.name, last, head))
        cursor.execute(
            sql.SQL("INSERT INTO {} (last, size, key_id, signature, head) VALUES (%s, %s, %s, %s, %s)").format(
                self._table
            ),
            (last, len(entries), key.verifier.key_id, signature, head),
            prepare=True,
        )

    def after(self, cursor: psycopg.Cursor[DictRow], sequence: int, most: int) -> list[SourceSignature]:
        """The signatures of whole batches after an event, for ``most`` events in all, or of one batch at least."""
        query = sql.SQL("SELECT last, size, key_id, signature FROM {} WHERE last > %s ORDER BY last LIMIT %s")
        rows = cursor.execute(query.format(self._table), (sequence, most), prepare=True).fetchall()
        found = [SourceSignature(r["last"], r["size"], bytes(r["key_id"]), bytes(r["signature"])) for r in rows]
        return [signature for signature in found if signature.last - sequence <= most] or found[:1]

    @property
    def _literal(self) -> sql.Literal:
        return sql.Literal(self._table.as_string(None))


def create_signed_batches(connection: psycopg.Connection[Any], service: str, role: str) -> None:
    """Create the table of a source's signatures, as the owner. The source's role may only read and append."""
    table = sql.Identifier(service, "signature")
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (last bigint PRIMARY KEY, size integer NOT NULL CHECK (size >= 1),"
            " key_id bytea NOT NULL, signature bytea NOT NULL, head bytea NOT NULL)"
        ).format(table)
    )
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(table, sql.Identifier(role)))
