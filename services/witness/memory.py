"""The memory of a witness: the latest checkpoint of each log, and the evidence of refusals.

It is one SQLite file. A commit is on disk, with its directory entry, before any answer that depends on it
(``synchronous = EXTRA`` is ``FULL`` plus the directory). Any number of processes can share the file: a writer holds
SQLite's write lock from reading the latest checkpoint to committing the next, so one answer never rolls another back.
The database itself refuses to let a log shrink, and to change or lose evidence. The file is created once, before the
witness's key. If it is missing later, no new one is started in its place.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from shared.proofs.checkpoint import Checkpoint

TIMEOUT_S = 5.0
"""Seconds to wait for the write lock; ``sqlite3.OperationalError`` after that."""
MAX_REFUSALS = 1000
"""The most refusals of one kind kept for one log. Anyone can send requests repeatedly; they must not fill the disk."""


class LostMemory(sqlite3.DatabaseError):
    """The memory is missing, although it was created. The message names the file and says what to do."""


class Kind(StrEnum):
    """The kind of a refusal, the worst first."""

    FORK = "fork"
    """Two checkpoints of one size with different roots, both signed by the log: proof."""
    REWRITE = "rewrite"
    """A signed checkpoint without a proof that it continues the known history."""
    ROLLBACK = "rollback"
    """A signed checkpoint smaller than the known history."""


class Latest(NamedTuple):
    """The last cosigned checkpoint of a log."""

    size: int
    root: bytes
    note: str
    """Signed by the log and by this witness."""
    at: int
    """The time of the cosignature, in seconds since 1970."""

    @property
    def text(self) -> str:
        """The note without its signatures."""
        return self.note.rpartition("\n\n")[0] + "\n"


class Refusal(NamedTuple):
    """Evidence: the refused checkpoint, and the checkpoint it contradicts."""

    origin: str
    kind: Kind
    offered: str
    """The refused note, with the log's signatures."""
    offered_size: int
    held: str
    """The note that this witness had cosigned; empty if none."""
    held_size: int
    old: int
    proof: str
    """The proof sent with it: hashes in Base64, one on each line."""
    reason: str
    """A sentence."""
    first_at: int
    last_at: int
    times: int = 1


class Book:
    """The memory, while holding its write lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def latest(self, origin: str) -> Latest | None:
        """The last cosigned checkpoint, or None."""
        row = self._connection.execute("SELECT size, root, note, at FROM latest WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Latest(*row)

    def keep(self, checkpoint: Checkpoint, note: str, at: int) -> None:
        """Make this the latest checkpoint."""
        self._connection.execute(_KEEP, (checkpoint.origin, checkpoint.size, checkpoint.root, note, at))

    def refuse(self, refusal: Refusal) -> None:
        """Keep the evidence. A repeat is only counted, and so is any beyond ``MAX_REFUSALS`` of its kind."""
        if self._connection.execute(_COUNT_AGAIN, refusal._asdict()).rowcount == 0:
            (known,) = self._connection.execute(_HOW_MANY, refusal._asdict()).fetchone()
            self._connection.execute(_REFUSE if known < MAX_REFUSALS else _COUNT_BEYOND, refusal._asdict())


class Memory:
    """The file of the memory. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the memory that ``make`` created. Raises ``LostMemory``, or another ``sqlite3.Error`` if unusable."""
        self._path = path
        if not (path.exists() and self._was_made()):
            raise LostMemory(
                f"{path} does not hold this witness's memory, and without it the witness would cosign a rewritten"
                " history. Do not put an older copy there: make a new witness in a new directory, with a new name, and"
                " ask for the policy to be changed"
            )

    @classmethod
    def make(cls, path: Path) -> Memory:
        """The empty memory of a new witness. An existing memory stays unchanged.

        Raises ``sqlite3.Error`` or ``OSError`` if the file cannot be created.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.closing(_connect(path, "rwc")) as connection, _writing(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
        return cls(path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Book]:
        """Hold the write lock for a block. When the block has ended, all of its writes are on disk, or none."""
        with contextlib.closing(_connect(self._path)) as connection, _writing(connection):
            yield Book(connection)

    def latest(self) -> dict[str, Latest]:
        """The last checkpoint of each log, by origin."""
        with contextlib.closing(_connect(self._path)) as connection:
            rows = connection.execute("SELECT origin, size, root, note, at FROM latest ORDER BY origin")
            return {origin: Latest(*latest) for origin, *latest in rows}

    def refusals(self) -> list[Refusal]:
        """The evidence, newest first."""
        with contextlib.closing(_connect(self._path)) as connection:
            names = ", ".join(Refusal._fields)
            rows = connection.execute(f"SELECT {names} FROM refusal ORDER BY last_at DESC, number DESC")
            return [Refusal(row[0], Kind(row[1]), *row[2:]) for row in rows]

    def _was_made(self) -> bool:
        with contextlib.closing(_connect(self._path)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'latest'").fetchone() is not None


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    # A connection for each use: SQLite's locks are between connections, so threads need no other lock. The mode "rw"
    # fails if the file was removed meanwhile; otherwise SQLite would create another.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", TIMEOUT_S, isolation_level=None, uri=True)
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


@contextlib.contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS latest (
        origin TEXT    NOT NULL PRIMARY KEY,
        size   INTEGER NOT NULL CHECK (size >= 0),
        root   BLOB    NOT NULL CHECK (length(root) = 32),
        note   TEXT    NOT NULL,
        at     INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS refusal (
        number       INTEGER PRIMARY KEY,
        origin       TEXT    NOT NULL,
        kind         TEXT    NOT NULL,
        offered      TEXT    NOT NULL,
        offered_size INTEGER NOT NULL,
        held         TEXT    NOT NULL,
        held_size    INTEGER NOT NULL,
        old          INTEGER NOT NULL,
        proof        TEXT    NOT NULL,
        reason       TEXT    NOT NULL,
        first_at     INTEGER NOT NULL,
        last_at      INTEGER NOT NULL,
        times        INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS refusal_of_log ON refusal (origin, kind, offered_size)",
    """
    CREATE TRIGGER IF NOT EXISTS a_log_never_shrinks BEFORE UPDATE ON latest
    WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root) OR new.origin <> old.origin
    BEGIN SELECT RAISE(ABORT, 'a known log never shrinks and never changes'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS a_log_is_never_forgotten BEFORE DELETE ON latest
    BEGIN SELECT RAISE(ABORT, 'a known log is never forgotten'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS evidence_stays_as_it_is BEFORE UPDATE ON refusal
    WHEN (new.origin, new.kind, new.offered, new.held, new.old, new.proof, new.reason, new.first_at)
      <> (old.origin, old.kind, old.offered, old.held, old.old, old.proof, old.reason, old.first_at)
    BEGIN SELECT RAISE(ABORT, 'evidence never changes'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS evidence_stays BEFORE DELETE ON refusal
    BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END
    """,
)

_KEEP = """
INSERT INTO latest (origin, size, root, note, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note, at = excluded.at
"""

_OF_ITS_KIND = "origin = :origin AND kind = :kind"

_COUNT_AGAIN = f"""
UPDATE refusal SET times = times + 1, last_at = max(last_at, :last_at)
 WHERE {_OF_ITS_KIND} AND offered_size = :offered_size AND offered = :offered
"""

_HOW_MANY = f"SELECT count(*) FROM refusal WHERE {_OF_ITS_KIND}"

_REFUSE = f"""
INSERT INTO refusal ({", ".join(Refusal._fields)}) VALUES ({", ".join(f":{name}" for name in Refusal._fields)})
"""

_COUNT_BEYOND = f"""
UPDATE refusal SET times = times + 1, last_at = max(last_at, :last_at)
 WHERE number = (SELECT max(number) FROM refusal WHERE {_OF_ITS_KIND})
"""
