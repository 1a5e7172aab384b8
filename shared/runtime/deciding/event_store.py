"""A service's own record: the ``eventsourcing`` library on PostgreSQL, with five things of ours on top.

1. It stores the CloudEvent itself, byte for byte as it is published and hashed later.
2. Commands that wait at the same moment are committed together (``group_commit.py``), and what is committed together
   is signed as one batch (``signed_batches.py``).
3. The notification id is the source's sequence number, and it is *dense*: it continues the last signature's, under a
   lock by which the processes of a service take turns. So a refused insert leaves no hole, and a reader that has seen
   ``n`` has seen everything before ``n``.
4. Facts are saved only while what they were decided on stands: if a subject that was read has grown since (``read``),
   nothing is saved, and the command is decided again.
5. Rows that must live or die with the facts (answers under an idempotency key, a person's key) go into the same
   transaction (``companions``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import count, islice
from typing import Any, NamedTuple

import msgspec
import psycopg
import stamina
import structlog
from eventsourcing.application import AggregateNotFoundError, Application, Cache
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    InterfaceError,
    Mapper,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import sql
from sqlalchemy.engine import make_url

from shared.contracts.envelope import CloudEvent, open_envelope
from shared.contracts.event import Event
from shared.proofs.sources import SourceSignature
from shared.runtime.deciding.group_commit import GroupCommit
from shared.runtime.deciding.signed_batches import SignedBatches, create_signed_batches
from shared.runtime.deciding.snapshots import INTERVAL, TOPIC, Snapshot, StaleSnapshot, fold, take
from shared.runtime.ground.database import has_no_room
from shared.runtime.identity.signing import SigningKey
from shared.values.aggregate import Aggregate
from shared.values.identifiers import subject_of

log = structlog.get_logger()

TIMEOUT_S = 10.0
"""Seconds for which a save is tried again when connections break."""

MOST_EVENTS = 250
MOST_BYTES = 256 * 1024
"""What may be committed and signed together, so that a batch fits into an answer to a request to send again."""

_persistently = stamina.RetryingCaller(
    attempts=None, timeout=TIMEOUT_S, wait_initial=0.1, wait_max=0.3, wait_jitter=0.1
)

NOTHING: Mapping[str, int] = {}
Statement = tuple[sql.SQL | sql.Composed, Sequence[Any]]


def _connection_was_lost(error: Exception) -> bool:
    if isinstance(error.__cause__, psycopg.errors.PipelineAborted):  # a statement before it was refused
        return False
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


class Work(NamedTuple):
    """What one command commits: its events, and rows that live or die with them."""

    stored_events: Sequence[StoredEvent]
    companions: Sequence[Statement]
    read: Mapping[str, int]
    """The subjects that it was decided on and that get no event, each with its version at that time."""


def _fits(turn: Sequence[Work], another: Work) -> bool:
    """Whether a work may be committed after those of a turn, in the same transaction.

    It may not have been decided on a subject that one of them changes: then it is decided again after that.
    """
    events = [event for work in turn for event in work.stored_events]
    if another.read and not another.read.keys().isdisjoint(event.originator_id for event in events):
        return False
    events += another.stored_events
    return len(events) <= MOST_EVENTS and sum(len(event.state) for event in events) <= MOST_BYTES


class SourceRecorder(PostgresApplicationRecorder):
    """The library's recorder with group commit, dense sequence numbers, signatures and companions."""

    key: SigningKey
    """The key that signs what is committed."""

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        # A number that is null is refused: nothing is saved if a subject that was read has changed.
        self.insert_events_statement = sql.SQL(
            "WITH changed AS (SELECT FROM unnest(%s::text[], %s::bigint[]) AS seen(subject, version)"
            " JOIN {table} AS later ON later.originator_id = seen.subject AND later.originator_version > seen.version)"
            " INSERT INTO {table} (originator_id, originator_version, topic, state, notification_id)"
            " SELECT e.originator_id, e.originator_version, e.topic, e.state,"
            " CASE WHEN NOT EXISTS (SELECT FROM changed) THEN %s + e.ordinality END"
            " FROM unnest(%s::{stored_event}[]) WITH ORDINALITY AS e"
        ).format(
            table=sql.Identifier(datastore.schema, events_table_name),
            stored_event=sql.Identifier(datastore.schema, self.stored_event_type_name),
        )
        self.signatures = SignedBatches(datastore.schema)
        self._group = GroupCommit(self._commit, _fits)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        companions: Sequence[Statement] = (),
        read: Mapping[str, int] = NOTHING,
        **_: Any,
    ) -> Sequence[int]:
        """Append, together with what others append at the same moment. Returns the assigned sequence numbers.

        ``read``: the subjects that the events were decided on and that get none, with their versions at that time.

        It replaces the library's method, which takes one caller's events at a time, continues after a refused statement
        inside its pipeline, often reports "pipeline aborted" instead of the broken constraint, and tries ten times
        more. No process listens in PostgreSQL, so there is no NOTIFY.

        Raises the library's ``IntegrityError`` if a version, an answer's key or a claimed name already exists or one of
        ``read`` has changed, or a ``database.DATABASE_UNAVAILABLE`` error if PostgreSQL stays unreachable, at once if
        its disk is full.
        """
        return self._group.commit(Work(stored_events, companions, read))

    def _commit(self, turn: Sequence[Work]) -> Sequence[Sequence[int] | BaseException]:
        """Commit the work of a turn in one transaction. If a part of it is refused, each is committed on its own."""
        try:
            return _persistently(_connection_was_lost, lambda: self._together(turn))
        except PersistenceError as error:
            if _connection_was_lost(error) or has_no_room(error):
                return [error] * len(turn)
        return [self._alone(work) for work in turn]

    def _alone(self, work: Work) -> Sequence[int] | BaseException:
        try:
            # A lambda, because stamina logs the arguments of a repeated call, and these hold people's texts.
            (numbers,) = _persistently(_connection_was_lost, lambda: self._together([work], pipelined=False))
        except PersistenceError as error:
            return error
        return numbers

    def _together(self, turn: Sequence[Work], *, pipelined: bool = True) -> Sequence[Sequence[int]]:
        """One transaction. ``pipelined``: in two round trips; a refusal then does not say which statement it was."""
        with self.datastore.get_connection() as connection, ExitStack() as open_until_committed:
            if pipelined:
                open_until_committed.enter_context(connection.pipeline())
            open_until_committed.enter_context(connection.transaction())
            cursor = open_until_committed.enter_context(connection.cursor())
            self.signatures.lock(cursor)
            last, head = self.signatures.head(cursor)
            for statement, parameters in (companion for work in turn for companion in work.companions):
                cursor.execute(statement, parameters, prepare=True)
            events = [event for work in turn for event in work.stored_events]
            if events:
                read = [seen for work in turn for seen in work.read.items()]
                subjects, versions = zip(*read, strict=True) if read else ((), ())
                parameters = (list(subjects), list(versions), last, self._composites(events))
                cursor.execute(self.insert_events_statement, parameters, prepare=True)
                self.signatures.add(cursor, self.key, last, head, [event.state for event in events])
        numbers = count(last + 1)
        return [list(islice(numbers, len(work.stored_events))) for work in turn]

    def _composites(self, stored_events: Sequence[StoredEvent]) -> list[Any]:
        return [
            self.construct_pg_stored_event(event.originator_id, event.originator_version, event.topic, event.state)
            for event in stored_events
        ]

    def signed_after(self, sequence: int, most: int) -> SignedEvents:
        """Whole batches after an event, with their signatures: ``most`` events in all, or one batch at least."""
        with self.datastore.transaction() as cursor:
            signatures = self.signatures.after(cursor, sequence, most)
        if not signatures:
            return SignedEvents([], [])
        last = signatures[-1].last
        return SignedEvents(self.select_notifications(sequence + 1, last - sequence, last), signatures)


class SignedEvents(NamedTuple):
    """Events of a source in whole batches, with the signature of each batch."""

    events: Sequence[Notification]
    signatures: Sequence[SourceSignature]


class EventStore(Application[str]):
    """One service's event store. ``save(*recorded, companions=…)`` appends; ``facts_of`` loads one subject."""

    def __init__(self, service: str, env: dict[str, str]) -> None:
        self.name = service
        super().__init__(env)

    def construct_mapper(self) -> Mapper[str]:
        return CloudEventMapper(self.construct_transcoder())

    def state_of[A: Aggregate](
        self, kind: type[A], partnership: str, key: tuple[str, ...], *, remembered: bool = False
    ) -> A:
        """The state of a thing from its facts. A thing that does not exist has version 0.

        The library keeps the state in memory, adds facts recorded since, and starts from a snapshot if there is one.
        ``remembered``: take the state in memory as it is. Another process may have recorded facts since; the save finds
        that out. The state is shared: read it, never change it.
        """
        subject = subject_of(partnership, kind.noun, *key)
        if remembered:
            try:
                known: A = self._cache.get(subject)
                return known
            except KeyError:
                pass
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


def open_store(
    service: str, url: str, key: SigningKey | None, *, create_table: bool = False, pool_size: int = 5
) -> EventStore:
    """The event store in a service's schema. ``key`` signs what is saved; without one, nothing can be.

    Use ``create_table`` only in the migration: parallel starts would race.
    """
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
    if key is not None:
        store.source_recorder.key = key
    return store


def create_store(service: str, owner_url: str, connection: psycopg.Connection, role: str) -> None:
    """Create a service's event store as the owner. Its role may only read and append."""
    open_store(service, owner_url, None, create_table=True).close()
    table = sql.Identifier(service, events_table(service))
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(table, sql.Identifier(role)))
    create_signed_batches(connection, service, role)
    snapshots = sql.Identifier(service, f"{service}_snapshots")
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(snapshots, sql.Identifier(role)))


def events_table(service: str) -> str:
    """The name the library gives the table of a service's events."""
    return f"{service}_events"
