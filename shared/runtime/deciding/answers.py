"""The answers under idempotency keys, kept for ever together with the facts that their commands recorded."""

from __future__ import annotations

import hashlib

import msgspec
import psycopg
from psycopg import sql

from shared.contracts.command import Asked, Occasion
from shared.runtime.deciding.event_store import EventStore, Statement, StoredFact
from shared.runtime.identity.sealing import PeopleKey, keyed_digest
from shared.values.refusals import Refusal


class KeyReused(Refusal):
    """An idempotency key always stands for the same command."""

    clause = "design 12"
    remedy = "Send a new Idempotency-Key for a new command."
    status = 422


class RecordedEvent(msgspec.Struct, frozen=True):
    """One event of an answer."""

    id: str
    type: str
    subject: str
    version: int


class Answer(msgspec.Struct, frozen=True):
    """The answer to a command, once its facts are committed."""

    events: tuple[RecordedEvent, ...]
    """The recorded events, in order; empty if the command changed nothing."""

    @property
    def version(self) -> int:
        """The version of the first subject touched: its ETag."""
        first = self.events[0].subject if self.events else None
        return max((e.version for e in self.events if e.subject == first), default=0)


def answer_of(recorded: list[StoredFact]) -> Answer:
    """The answer that names these facts."""
    return Answer(
        tuple(
            RecordedEvent(r.envelope.id, r.envelope.type, r.envelope.subject, r.envelope.subjectversion)
            for r in recorded
        )
    )


class Answers:
    """One service's answers."""

    def __init__(self, service: str, store: EventStore, people_key: PeopleKey) -> None:
        self._store = store
        self._table = sql.Identifier(service, "answer")
        # Keyed, because a command's body may hold a name, and digests are stored (design 10).
        self._secret = people_key.secret_for("digests of commands")

    def key(self, partnership: str, actor: str, key: str) -> str:
        """The key of a stored answer. Each caller has its own keys, so two callers can use the same one."""
        # Hashed, so that its length is fixed.
        return hashlib.sha256(f"{partnership}\n{actor}\n{key}".encode()).hexdigest()

    def digest(self, name: str, command: Asked, occasion: Occasion) -> bytes:
        """The digest by which a repeated command is recognised."""
        return keyed_digest(self._secret, name.encode() + msgspec.json.encode([command, occasion]))

    def earlier(self, key: str, digest: bytes) -> Answer | None:
        """The earlier answer under a key. Raises ``KeyReused`` if it was to another command."""
        query = sql.SQL("SELECT digest, answer FROM {} WHERE key = %s").format(self._table)
        with self._store.source_recorder.datastore.transaction() as cursor:
            row = cursor.execute(query, (key,)).fetchone()
        if row is None:
            return None
        if bytes(row["digest"]) != digest:
            raise KeyReused("This Idempotency-Key was used before with another command or body.")
        return msgspec.json.decode(bytes(row["answer"]), type=Answer)

    def keep(self, key: str, digest: bytes, answer: Answer) -> Statement:
        """The statement that stores an answer, to run in the transaction of its facts."""
        statement = sql.SQL("INSERT INTO {} (key, digest, answer) VALUES (%s, %s, %s)").format(self._table)
        return statement, (key, digest, msgspec.json.encode(answer))


def create_answers(connection: psycopg.Connection, service: str, role: str) -> None:
    """Create the table of answers, as the owner. Answers hold ids only, and are kept for ever."""
    table = sql.Identifier(service, "answer")
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (key text PRIMARY KEY, digest bytea NOT NULL, answer bytea NOT NULL,"
            " recorded_at timestamptz NOT NULL DEFAULT now())"
        ).format(table)
    )
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(table, sql.Identifier(role)))
