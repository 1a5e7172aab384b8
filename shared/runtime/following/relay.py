"""The relay: copies a source's committed events to JetStream, in order, and sends any of them again when asked.

The event store is the record; JetStream holds copies (design 8). The relay remembers how far JetStream has
acknowledged. If it crashes between an acknowledgement and remembering it, it publishes some events twice, and the
ledger, which knows every event id, appends them once. If JetStream loses acknowledged events, the ledger notices the
gap in the sequence and asks here (``sources.<service>.resend``). Whole signed batches are sent, and the last message of
each carries the batch's signature.
"""

from __future__ import annotations

import asyncio
import contextlib
from itertools import islice

import msgspec
import nats.errors
import structlog
from anyio import to_thread
from eventsourcing.persistence import Notification
from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from psycopg import Connection, sql

from shared.contracts.bus_users import resend_subject
from shared.contracts.envelope import (
    SEQUENCE_HEADER,
    SIGNATURE_HEADER,
    SOURCE_HEADER,
    STREAM,
    nats_subject,
    open_envelope,
)
from shared.runtime.deciding.event_store import EventStore, SignedEvents
from shared.runtime.following.bus import Resent, decode_resend_request, encode_resend_reply
from shared.runtime.ground.clock import NewId
from shared.runtime.ground.database import DATABASE_UNAVAILABLE
from shared.runtime.ground.telemetry import Telemetry

BATCH = 500
"""Events in a JetStream batch, of one or more signed batches. Its atomic batches hold at most 1,000."""
POLL_INTERVAL_S = 1.0
"""Seconds between checks for events that another process of the same service may have committed."""
PUBLISH_TIMEOUT_S = 5.0
RESEND_BYTES = 512 * 1024
DUPLICATE_IN_BATCH = 10201
"""The server's error code for an atomic batch with an event id that is already in its duplicate window."""

log = structlog.get_logger()


class NoStream(Exception):
    """The stream is missing. Only the migration makes it."""


class Relay:
    """One service's relay. Two running at once do no harm: by its event id the second copy is a duplicate."""

    def __init__(self, service: str, store: EventStore, bus: Client, telemetry: Telemetry, new_id: NewId) -> None:
        self._service = service
        self._store = store
        self._bus = bus
        self._telemetry = telemetry
        self._new_id = new_id
        self._wake = asyncio.Event()
        self._position = sql.Identifier(service, "relay")

    def wake(self) -> None:
        """Announce new events. Call this in the event loop's thread."""
        self._wake.set()

    async def open(self) -> None:
        """Answer requests to send again, as long as the connection lasts. The subscription survives any failure.

        Subscribe only once: nats-py may still send a subscription that was made and dropped while NATS was unreachable,
        and NATS would then send half of the requests to a subscriber that does not exist.
        """
        await self._bus.subscribe(resend_subject(self._service), queue=self._service, cb=self._answer_resend)

    async def run(self) -> None:
        """Publish new events until cancelled. Raises when a server fails; start it again."""
        published = await to_thread.run_sync(self._published)
        batch = await self._read(published)
        while True:
            if not batch.events:
                await self._wait()
                batch = await self._read(published)
                continue
            published = batch.signatures[-1].last
            # Read the next batch while this one is being published.
            _, batch = await asyncio.gather(self._publish(batch), self._read(published))
            await to_thread.run_sync(self._remember, published)

    async def _read(self, published: int) -> SignedEvents:
        # Cleared before reading: what is committed after the reading wakes the relay again.
        self._wake.clear()
        return await to_thread.run_sync(self._store.source_recorder.signed_after, published, BATCH)

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_INTERVAL_S)

    async def _publish(self, batch: SignedEvents) -> None:
        """Publish a batch atomically, or one by one if JetStream already has a part of it."""
        signatures = {signature.last: signature.format() for signature in batch.signatures}
        messages = [self._message(event, signatures.get(event.id)) for event in batch.events]
        batch_id = self._new_id()
        for number, (subject, payload, headers) in enumerate(messages, 1):
            headers = {**headers, "Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
            if number < len(messages):
                await self._bus.publish(subject, payload, headers=headers)
        try:
            reply = await self._bus.request(
                subject, payload, timeout=PUBLISH_TIMEOUT_S, headers={**headers, "Nats-Batch-Commit": "1"}
            )
        except nats.errors.NoRespondersError:
            raise NoStream(f"there is no stream {STREAM}: run `folkmoot migrate`") from None
        error = _error(reply)
        if error is None:
            return
        if error.err_code != DUPLICATE_IN_BATCH:
            raise nats.errors.Error(f"JetStream refused a batch of {len(messages)}: {error.description}")
        for subject, payload, headers in messages:
            error = _error(await self._bus.request(subject, payload, timeout=PUBLISH_TIMEOUT_S, headers=headers))
            if error is not None:
                raise nats.errors.Error(f"JetStream refused {headers['Nats-Msg-Id']}: {error.description}")

    def _message(self, notification: Notification, signature: str | None) -> tuple[str, bytes, dict[str, str]]:
        envelope = open_envelope(notification.state)
        headers = {
            "Nats-Msg-Id": envelope.id,
            SOURCE_HEADER: self._service,
            SEQUENCE_HEADER: str(notification.id),
            "content-type": "application/cloudevents+json",
        }
        if signature:
            headers[SIGNATURE_HEADER] = signature
        subject = nats_subject(envelope)
        if envelope.traceparent and self._telemetry.enabled:
            with self._telemetry.span("publish " + envelope.type, envelope.traceparent, kind=SpanKind.PRODUCER):
                headers["traceparent"] = self._telemetry.inject() or envelope.traceparent
        return subject, notification.state, headers

    async def _answer_resend(self, message: Msg) -> None:
        request = decode_resend_request(message.data)
        limit = min(request.limit, BATCH)
        try:
            found = await to_thread.run_sync(self._store.source_recorder.signed_after, request.after, limit)
        except DATABASE_UNAVAILABLE as error:
            log.warning("cannot send again: the database is unreachable", service=self._service, error=repr(error))
            return  # no answer: the ledger asks again
        await message.respond(encode_resend_reply(_as_many_as_fit(found)))

    def _published(self) -> int:
        with self._store.source_recorder.datastore.transaction() as cursor:
            row = cursor.execute(sql.SQL("SELECT published FROM {}").format(self._position)).fetchone()
        return int(row["published"]) if row else 0

    def _remember(self, sequence: int) -> None:
        with self._store.source_recorder.datastore.transaction(commit=True) as cursor:
            # Do not wait for the disk: if a crash loses this, some events are published twice.
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {} AS r (one, published) VALUES (true, %s)"
                    " ON CONFLICT (one) DO UPDATE SET published = greatest(r.published, excluded.published)"
                ).format(self._position),
                (sequence,),
            )


def _as_many_as_fit(found: SignedEvents) -> Resent:
    """Whole batches that fit into an answer, or one."""
    events: list[tuple[int, bytes]] = []
    lines: list[str] = []
    size = 0
    remaining = iter(found.events)
    for signature in found.signatures:
        batch = [(event.id, event.state) for event in islice(remaining, signature.size)]
        size += sum(len(entry) for _, entry in batch)
        if lines and size > RESEND_BYTES:
            break
        events += batch
        lines.append(signature.format())
    return Resent(events, lines)


class _Error(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _Ack(msgspec.Struct):
    error: _Error | None = None


def _error(reply: Msg) -> _Error | None:
    """JetStream's error for a publish, or None if it acknowledges."""
    return msgspec.json.decode(reply.data, type=_Ack).error


def create_relay(connection: Connection, service: str, role: str) -> None:
    """Create the table in which a relay remembers how far JetStream has acknowledged, as the owner."""
    table = sql.Identifier(service, "relay")
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (one boolean PRIMARY KEY CHECK (one), published bigint NOT NULL)"
        ).format(table)
    )
    connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE ON {} TO {}").format(table, sql.Identifier(role)))
