"""A service's own record: the ``eventsourcing`` library on PostgreSQL, with four things of ours on top.

1. It stores the CloudEvent itself, byte for byte as it is published and hashed later.
2. The notification id is the source's sequence number, and it is *dense*: it is assigned from the highest one inside
   the table lock that the library's recorder takes. So a refused insert leaves no hole, and a reader that has seen
   ``n`` has seen everything before ``n``.
3. Rows that must live or die with the facts (answers under an idempotency key, a person's key) go into the same
   transaction (``companions``).
4. Facts are saved only while what they were decided on stands: if a subject that was read has grown since (``read``),
   nothing is saved, and the command is decided again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
import stamina
import structlog
from eventsourcing.application import AggregateNotFoundError, Application, Cache
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    Mapper,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import sql
from sqlalchemy.engine import make_url

from shared.contracts.envelope import CloudEvent, open_envelope
from shared.contracts.event import Event
from shared.runtime.deciding.snapshots import INTERVAL, TOPIC, Snapshot, StaleSnapshot, fold, take
from shared.runtime.ground.database import has_no_room
from shared.values.aggregate import Aggregate
from shared.values.identifiers import subject_of

log = structlog.get_logger()

TIMEOUT_S = 10.0
"""Seconds for which a save is tried again when connections break."""

_persistently = stamina.RetryingCaller(
    attempts=None, timeout=TIMEOUT_S, wait_initial=0.1, wait_max=0.3, wait_jitter=0.1
)

EMPTY: Mapping[str, int] = {}
Statement = tuple[sql.SQL | sql.Composed, Sequence[Any]]


def _connection_was_lost(error: Exception) -> bool:
    return isinstance(error, InterfaceError | OperationalError) and not has_no_room(error)


class StoredFact(msgspec.Struct, frozen=True):
    """A fact in its envelope, as the library's event store takes and gives it."""

    envelope: CloudEvent
    fact: Event
    entry: bytes

    @property
    def originator_id(self) -> str:
        return self.envelope.subject

    @property
    def originator_version(self) -> int:
        return self.envelope.subjectversion


class CloudEventMapper(Mapper[str]):
    """Stored state is the CloudEvent's bytes; the topic is the event's declared name, never a class path."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        if isinstance(domain_event, Snapshot):
            return StoredEvent(**msgspec.structs.asdict(domain_event))
        assert isinstance(domain_event, StoredFact)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.envelope.type,
            state=domain_event.entry,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> StoredFact | Snapshot:
        if stored_event.topic.startswith(TOPIC):
            return Snapshot(
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                bytes(stored_event.state),
            )
        envelope = open_envelope(stored_event.state)
        return StoredFact(envelope, envelope.event(), stored_event.state)


class SourceRecorder(PostgresApplicationRecorder):
    """The library's recorder with dense sequence numbers and companions in the same transaction."""

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.insert_events_statement = sql.SQL(
            "INSERT INTO {table} AS t (originator_id, originator_version, topic, state, notification_id)"
            " SELECT e.originator_id, e.originator_version, e.topic, e.state,"
            " (SELECT coalesce(max(notification_id), 0) FROM {table}) + e.ordinality"
            " FROM unnest(%s::{stored_event}[]) WITH ORDINALITY AS e WHERE NOT EXISTS ("
            "SELECT FROM unnest(%s::text[], %s::bigint[]) AS seen(subject, version) JOIN {table} AS later"
            " ON later.originator_id = seen.subject AND later.originator_version > seen.version)"
            " RETURNING notification_id"
        ).format(
            table=sql.Identifier(datastore.schema, events_table_name),
            stored_event=sql.Identifier(datastore.schema, self.stored_event_type_name),
        )

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        companions: Sequence[Statement] = (),
        read: Mapping[str, int] = EMPTY,
        **_: Any,
    ) -> Sequence[int]:
        """Append, and run ``companions`` in the same transaction. Returns the assigned sequence numbers.

        ``read``: the subjects that were read and get no fact, with their versions at that time.

        It replaces the library's method, which continues after a refused statement inside its pipeline, often reports
        "pipeline aborted" instead of the broken constraint, and tries ten times more. Here the first error is raised at
        once, and only a lost connection is tried again. The lock comes first: its holder waits for no other, so two
        writers cannot wait for each other. No process listens in PostgreSQL, so there is no NOTIFY.

        Raises the library's ``IntegrityError`` if a version, an answer's key or a claimed name already exists or one of
        ``read`` has changed, or a ``database.DATABASE_UNAVAILABLE`` error if PostgreSQL stays unreachable, at once if
        its disk is full.
        """
        # A lambda, because stamina logs the arguments of a repeated call, and these hold people's texts.
        return _persistently(_connection_was_lost, lambda: self._insert_at_once(stored_events, companions, read))

    def _insert_at_once(
        self, stored_events: Sequence[StoredEvent], companions: Sequence[Statement], read: Mapping[str, int]
    ) -> Sequence[int]:
        with self.datastore.get_connection() as connection, connection.transaction(), connection.cursor() as cursor:
            self._lock_table(cursor)
            for statement, parameters in companions:
                cursor.execute(statement, parameters)
            events = self._composites(stored_events)
            cursor.execute(self.insert_events_statement, (events, [*read], [*read.values()]))
            numbers = [row["notification_id"] for row in cursor.fetchall()]
            if len(numbers) < len(events):
                raise IntegrityError(f"one of {', '.join(read)} has changed since it was read")
            return numbers

    def _composites(self, stored_events: Sequence[StoredEvent]) -> list[Any]:
        return [
            self.construct_pg_stored_event(event.originator_id, event.originator_version, event.topic, event.state)
            for event in stored_events
        ]


class EventStore(Application[str]):
    """One service's event store. ``save(*recorded, companions=…)`` appends; ``facts_of`` loads one subject."""

    def __init__(self, service: str, env: dict[str, str]) -> None:
        self.name = service
        super().__init__(env)

    def construct_mapper(self) -> Mapper[str]:
        return CloudEventMapper(self.construct_transcoder())

    def state_of[A: Aggregate](self, kind: type[A], partnership: str, key: tuple[str, ...]) -> A:
        """The state of a thing from its facts. A thing that does not exist has version 0.

        The library keeps the state in memory, adds facts recorded since, and starts from a snapshot if there is one.
        The state is shared: read it, never change it.
        """
        subject = subject_of(partnership, kind.noun, *key)
        project = fold(kind, partnership, "/".join(key))
        try:
            found: A = self.repository.get(subject, projector_func=project)
        except AggregateNotFoundError:
            return kind(partnership, "/".join(key))
        except StaleSnapshot:
            found = project(None, self.events.get(subject))
            self._cache.put(subject, found)
        return found

    def keep_state(self, subject: str, state: Aggregate, before: int) -> None:
        """Keep a state in memory for the next command, and as a snapshot every ``INTERVAL`` facts.

        ``before``: the version before the facts just saved. The facts are already committed. A snapshot that cannot be
        written is logged, and a later one is written.
        """
        self._cache.put(subject, state)
        if state.version // INTERVAL > before // INTERVAL and self.snapshots is not None:
            try:
                self.snapshots.put([take(state, subject)])
            except PersistenceError as error:
                log.warning("snapshot not kept", subject=subject, error=str(error))

    @property
    def _cache(self) -> Cache[str, Any]:
        assert self.repository.cache is not None
        return self.repository.cache

    def facts_of(self, subject: str) -> list[StoredFact]:
        """The subject's facts in order; empty when it does not exist."""
        return [recorded for recorded in self.events.get(subject) if isinstance(recorded, StoredFact)]

    @property
    def source_recorder(self) -> SourceRecorder:
        assert isinstance(self.recorder, SourceRecorder)
        return self.recorder


def open_store(service: str, url: str, *, create_table: bool = False, pool_size: int = 5) -> EventStore:
    """The event store in a service's schema. Use ``create_table`` only in the migration: parallel starts would race."""
    address = make_url(url)
    host = address.query.get("host", address.host) or "localhost"
    store = EventStore(
        service,
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "APPLICATION_RECORDER_TOPIC": f"{__name__}:{SourceRecorder.__qualname__}",
            "POSTGRES_DBNAME": address.database or "folkmoot",
            "POSTGRES_HOST": host if isinstance(host, str) else host[0],
            "POSTGRES_PORT": str(address.port or 5432),
            "POSTGRES_USER": address.username or "folkmoot",
            "POSTGRES_PASSWORD": str(address.password or "unused"),
            "POSTGRES_SCHEMA": service,
            "POSTGRES_POOL_SIZE": str(pool_size),
            "POSTGRES_MAX_OVERFLOW": "10",
            "POSTGRES_CONNECT_TIMEOUT": "5",
            "POSTGRES_CONN_MAX_AGE": "600",
            "POSTGRES_PRE_PING": "y",
            "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "30",
            "ORIGINATOR_ID_TYPE": "text",
            "AGGREGATE_CACHE_MAXSIZE": "2000",
            # Nothing changes a state in place (shared/values/aggregate.py), so it needs no copy for each command.
            "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
            "IS_SNAPSHOTTING_ENABLED": "y",
            "CREATE_TABLE": "y" if create_table else "n",
        },
    )
    # Reconnect soon after PostgreSQL returns: by default the pool's own pauses grow to minutes. While it is
    # unreachable, fail soon: the library asks the pool ten times, and the caller would give up before that.
    store.source_recorder.datastore.pool.reconnect_timeout = 2.0
    store.source_recorder.datastore.pool.timeout = 2.0
    return store


def create_store(service: str, owner_url: str, connection: psycopg.Connection, role: str) -> None:
    """Create a service's event store as the owner. Its role may only read and append.

    LOCK TABLE needs the right MAINTAIN (PostgreSQL 17), which changes no row.
    """
    open_store(service, owner_url, create_table=True).close()
    table = sql.Identifier(service, events_table(service))
    connection.execute(sql.SQL("GRANT SELECT, INSERT, MAINTAIN ON {} TO {}").format(table, sql.Identifier(role)))
    snapshots = sql.Identifier(service, f"{service}_snapshots")
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(snapshots, sql.Identifier(role)))


def events_table(service: str) -> str:
    """The name the library gives the table of a service's events."""
    return f"{service}_events"
