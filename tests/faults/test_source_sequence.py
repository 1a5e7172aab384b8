"""A source's numbers are dense and appear in order: a reader who has seen n has seen everything before n."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError
from psycopg import sql

from services.membership.service import service
from shared.contracts.envelope import CloudEvent, encode, encode_data
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.runtime.deciding.event_store import EventStore, StoredFact, open_store
from shared.runtime.ground import clock
from shared.runtime.ground.database import migrate, url_for
from shared.runtime.identity.signing import SigningKey

WRITERS = 8
ROUNDS = 40
FACT = PartnershipEstablished(name="An area's partnership", area_code="E07000192")


@pytest.fixture
def stores(database_url: str) -> Iterator[tuple[EventStore, EventStore]]:
    """Membership's event store, opened by two processes' worth of connections: one writes, one reads."""
    migrate(database_url, [(service.name, lambda connection, role: service.create(database_url, connection, role))])
    url = url_for(database_url, service.name)
    key = SigningKey.generate(service.name)
    writing, reading = open_store(service.name, url, key), open_store(service.name, url, key)
    yield writing, reading
    writing.close()
    reading.close()


def test_a_reader_at_the_end_is_passed_by_no_number_though_inserts_are_refused(
    stores: tuple[EventStore, EventStore],
) -> None:
    writing, reading = stores
    written = threading.Event()

    def write(writer: int) -> tuple[int, int]:
        saved = refused = 0
        for number in range(1, ROUNDS + 1):
            for size in range(1, 1 + (writer + number) % 3):
                own = [fact(f"area/partnership/w-{writer}-{number}-{size}", version) for version in range(1, size + 1)]
                writing.save(*own)
                saved += size
            try:
                # All want the same versions of one subject, and every other one brings a companion first.
                companions = [companion(writer, number)] if writer % 2 else []
                writing.save(fact("area/partnership/shared", number), companions=companions)
                saved += 1
            except IntegrityError:
                refused += 1
        return saved, refused

    def read() -> list[int]:
        seen: list[int] = []
        while True:
            last_look = written.is_set()
            found = [n.id for n in reading.recorder.select_notifications(len(seen) + 1, 7)]
            assert found == list(range(len(seen) + 1, len(seen) + 1 + len(found))), "a number appeared late, or never"
            seen += found
            if last_look and not found:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        reader = threads.submit(read)
        writers = [threads.submit(write, writer) for writer in range(WRITERS)]
        try:
            results = [writer.result() for writer in writers]
        finally:
            written.set()
        seen = reader.result()
    assert sum(refused for _, refused in results) == (WRITERS - 1) * ROUNDS
    assert seen == list(range(1, sum(saved for saved, _ in results) + 1))


def fact(subject: str, version: int) -> StoredFact:
    """Something recorded."""
    envelope = CloudEvent(
        id=clock.new_id(),
        source="/membership",
        type="membership.partnership_established.v1",
        subject=subject,
        subjectversion=version,
        partnership="area",
        time=clock.now(),
        recordedtime=clock.now(),
        actor="clerk",
        authority="TSP-1",
        correlationid=clock.new_id(),
        data=encode_data(FACT),
    )
    return StoredFact(envelope, FACT, encode(envelope))


def companion(writer: int, number: int) -> tuple[sql.Composed, tuple[str, bytes, bytes]]:
    """A row that must be committed with a fact or not at all: an answer under an idempotency key."""
    statement = sql.SQL("INSERT INTO {} (key, digest, answer) VALUES (%s, %s, %s)").format(
        sql.Identifier(service.name, "answer")
    )
    return statement, (f"{writer}-{number}", b"", msgspec.json.encode({}))
