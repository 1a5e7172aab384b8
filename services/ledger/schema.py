"""The ledger's tables. The migration creates them as their owner. Not even the owner can change or remove a row."""

from __future__ import annotations

import psycopg
from psycopg import sql

from services.ledger import mentions
from shared.contracts.envelope import MAX_BYTES

TABLES = ("entry", "signature", "conflict", "parked", "node", "checkpoint", "cosignature", "mention")


def create(connection: psycopg.Connection, role: str) -> None:
    """Create the tables in the schema ``ledger`` and let ``role`` read and append. Safe to run again."""
    with connection.transaction():
        for statement in (_ENTRY, _SIGNATURE, _CONFLICT, _PARKED, _NODE, _CHECKPOINT, _COSIGNATURE, _REFUSAL):
            connection.execute(statement)
        if not mentions.exists(connection):
            connection.execute(mentions.TABLE)
            mentions.fill(connection)  # the database may hold entries older than this table
        for table in TABLES:
            connection.execute(_protection(table))
            name = sql.Identifier("ledger", table)
            # Revoke first: someone may have granted too much.
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(name, sql.Identifier(role)))
            connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(name, sql.Identifier(role)))


# Text sorts by bytes ("C"), so a prefix of a subject is the same range of the index on every machine.
_ENTRY = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.entry (
    position        bigint      NOT NULL PRIMARY KEY CHECK (position >= 0),
    event_id        text        COLLATE "C" NOT NULL UNIQUE,
    source          text        COLLATE "C" NOT NULL,
    source_sequence bigint      NOT NULL CHECK (source_sequence >= 1),
    type            text        COLLATE "C" NOT NULL,
    partnership     text        COLLATE "C" NOT NULL,
    subject         text        COLLATE "C" NOT NULL,
    happened_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    entry           bytea       NOT NULL CHECK (octet_length(entry) <= {most_bytes}),
    leaf_hash       bytea       NOT NULL,
    CONSTRAINT leaf_hash_is_of_the_entry CHECK (leaf_hash = sha256('\\x00'::bytea || entry)),
    UNIQUE (source, source_sequence)
);
CREATE INDEX IF NOT EXISTS entry_of_source ON ledger.entry (source, position);
CREATE INDEX IF NOT EXISTS entry_of_partnership ON ledger.entry (partnership, position);
CREATE INDEX IF NOT EXISTS entry_of_type ON ledger.entry (type, position);
CREATE INDEX IF NOT EXISTS entry_of_subject ON ledger.entry (subject, position);
""").format(most_bytes=sql.Literal(MAX_BYTES))

# What the sources signed: one row for each batch, in the transaction that appends its entries (ADR 13).
_SIGNATURE = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.signature (
    source    text    COLLATE "C" NOT NULL,
    last      bigint  NOT NULL,
    size      integer NOT NULL CHECK (size BETWEEN 1 AND last),
    key_id    bytea   NOT NULL CHECK (octet_length(key_id) = 4),
    signature bytea   NOT NULL CHECK (octet_length(signature) = 64),
    head      bytea   NOT NULL CHECK (octet_length(head) = 32),
    PRIMARY KEY (source, last)
)
""")

# Evidence for people: what arrived and could not be appended, and why. A repeat is listed once.
_CONFLICT = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.conflict (
    number          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source          text        COLLATE "C" NOT NULL,
    source_sequence bigint      NOT NULL,
    event_id        text        COLLATE "C" NOT NULL,
    partnership     text        COLLATE "C" NOT NULL,
    leaf_hash       bytea       NOT NULL,
    entry           bytea       NOT NULL,
    held_source          text       COLLATE "C" NOT NULL,
    held_source_sequence bigint     NOT NULL,
    held_event_id        text       COLLATE "C" NOT NULL,
    found_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_sequence, event_id, leaf_hash)
)
""")

_PARKED = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.parked (
    number    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin    text        NOT NULL,
    reason    text        NOT NULL,
    payload   bytea       NOT NULL,
    digest    bytea       NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (digest)
)
""")

# The hashes of tiles above level 0. Each covers a perfect subtree of 256**level leaves and is written when that is
# complete. The hashes of level 0 are the entries' own (C2SP tlog-tiles, § Merkle Tree).
_NODE = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.node (
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 7),
    index bigint   NOT NULL CHECK (index >= 0),
    hash  bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, index)
)
""")

# One row for every commit that appended, so that a signature on a size is always on the root committed with it.
_CHECKPOINT = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.checkpoint (
    size        bigint      NOT NULL PRIMARY KEY CHECK (size >= 0),
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    appended_at timestamptz NOT NULL DEFAULT now()
)
""")

# The cosignatures of a checkpoint: one line for each key of a witness.
_COSIGNATURE = sql.SQL("""
CREATE TABLE IF NOT EXISTS ledger.cosignature (
    size        bigint      NOT NULL REFERENCES ledger.checkpoint,
    witness     text        NOT NULL,
    line        text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (size, witness)
)
""")

_REFUSAL = sql.SQL("""
CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on ledger.% is refused: the ledger is append only.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'A recorded event never changes (design 9). Record a new event that corrects it.';
END
$$
""")


def _protection(table: str) -> sql.Composed:
    # ALWAYS, because session_replication_role can switch ordinary triggers off.
    return sql.SQL("""
        CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only
    """).format(table=sql.Identifier("ledger", table))
