"""The figures of the transparency log: appending with tree and checkpoint, and how soon an event is in."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import nats
import psycopg

from bench.figures import EVENTS, Figure, ledger_process, ledger_stub, pull
from bench.history import recorded
from bench.signing import SIGNED_TOGETHER, batches
from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate
from shared.contracts.envelope import SEQUENCE_HEADER, SIGNATURE_HEADER, SOURCE_HEADER, nats_subject, open_envelope
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.deciding.event_store import StoredFact, open_store
from shared.runtime.embedded.servers import Servers
from shared.runtime.following.relay import POLL_INTERVAL_S, Relay
from shared.runtime.following.streams import StreamBounds, ensure_events
from shared.runtime.ground import database
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.source_keys import source_key_of

WRITERS = 64
WRITTEN_BY_EACH = 40


async def append_through_nats(servers: Servers, settings: Settings) -> Figure:
    """A restarted ledger appends what waits in JetStream, with leaf hashes, tree and one root for each commit."""
    bus = await nats.connect(servers.nats_admin_url)
    js = bus.jetstream()
    await ensure_events(js, StreamBounds.of(settings))
    entries = (each.entry for each in recorded("meetings", EVENTS))
    for batch in batches(source_key_of(settings, "meetings"), Head(), entries, SIGNED_TOGETHER):
        await asyncio.gather(*(js.publish(*_message(each, batch)) for each in batch.candidates))
    own = await pull(js, EVENTS)
    with psycopg.connect(database.conninfo(servers.database_url)) as connection:
        before = connection.execute(_SIZE).fetchone()
        assert before is not None
        async with ledger_process(servers, settings) as address, ledger_stub(address, settings) as (stub, metadata):
            async for page in stub.Follow(ledger_pb2.FollowRequest(from_position=before[0]), metadata=metadata):
                if page.next_position >= before[0] + EVENTS:
                    break
        # The ledger appends from its start, before it answers calls, so its own commits say how fast it was.
        row = connection.execute(_RATE, before).fetchone()
        assert row is not None
        rate = float(row[0])
    await bus.close()
    return Figure(
        f"append through NATS, {SIGNED_TOGETHER} events a signature",
        f"{rate:,.0f} events a second",
        f"JetStream's pull alone: {own:,.0f}",
        f"{rate / own:.2f} of it",
        "20,000 a second",
        rate >= 20_000,
    )


def _message(candidate: Candidate, batch: Batch) -> tuple[str, bytes, float | None, str | None, dict[str, str]]:
    """What a relay gives to ``publish``."""
    headers = {
        "Nats-Msg-Id": candidate.event_id,
        SOURCE_HEADER: candidate.source,
        SEQUENCE_HEADER: str(candidate.sequence),
        "content-type": "application/cloudevents+json",
    }
    if candidate.sequence == batch.signature.last:
        headers[SIGNATURE_HEADER] = batch.signature.format()
    return nats_subject(candidate.event), candidate.entry, None, None, headers


_SIZE = "SELECT coalesce(max(position) + 1, 0) FROM ledger.entry"
_RATE = """
SELECT (max(size) - min(size)) / extract(epoch FROM max(appended_at) - min(appended_at))
  FROM ledger.checkpoint WHERE size > %s
"""


async def from_commit_to_ledger(servers: Servers, settings: Settings) -> Figure:
    """64 writers at once, one commit for each event: from a commit's answer until the ledger has the event.

    Writers and their relay are one process, like a service. The ledger is another, and the observer is a third.
    """
    loop = asyncio.get_running_loop()
    arrived: dict[str, float] = {}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as service:
        async with ledger_process(servers, settings) as address, ledger_stub(address, settings) as (stub, metadata):
            writing = loop.run_in_executor(service, _write, servers.database_url, servers.nats_admin_url, settings)
            request = ledger_pb2.FollowRequest(filter=ledger_pb2.Filter(service="membership"))
            async for page in stub.Follow(request, metadata=metadata):
                now = time.time()
                arrived.update({open_envelope(entry.entry).id: now for entry in page.entries})
                if len(arrived) >= WRITERS * WRITTEN_BY_EACH:
                    break
            committed, took = await writing
    waits = [max(0.0, arrived[each] - committed[each]) * 1000 for each in arrived]
    p99 = statistics.quantiles(waits, n=100)[98]
    return Figure(
        f"from commit to ledger, {WRITERS} writers, p99",
        f"{p99:,.0f} ms (median {statistics.median(waits):,.0f})",
        f"the commit itself, median: {took * 1000:,.0f} ms",
        f"{p99 / took / 1000:.2f} of it",
        "under 50 ms",
        p99 < 50,
    )


def _write(database_url: str, nats_url: str, settings: Settings) -> tuple[dict[str, float], float]:
    """The service: when each of its events was committed, by id, and how long a commit took at the median."""
    return asyncio.run(_written(database_url, nats_url, settings))


async def _written(database_url: str, nats_url: str, settings: Settings) -> tuple[dict[str, float], float]:
    key = source_key_of(settings, "membership")
    store = open_store("membership", database.url_for(database_url, "membership"), key, pool_size=WRITERS)
    facts = recorded("membership", WRITERS * WRITTEN_BY_EACH)
    work = [list(itertools.islice(facts, WRITTEN_BY_EACH)) for _ in range(WRITERS)]
    committed: dict[str, float] = {}
    took: list[float] = []
    loop = asyncio.get_running_loop()
    bus = await nats.connect(nats_url)
    relay = Relay("membership", store, bus, Telemetry("bench"), new_id)

    def write(own: list[StoredFact]) -> None:
        for each in own:
            began = time.time()
            store.save(each)
            committed[each.envelope.id] = time.time()
            took.append(committed[each.envelope.id] - began)
            loop.call_soon_threadsafe(relay.wake)

    relaying = asyncio.create_task(relay.run())
    with ThreadPoolExecutor(WRITERS) as threads:
        await asyncio.gather(*(loop.run_in_executor(threads, write, own) for own in work))
    await asyncio.sleep(2 * POLL_INTERVAL_S)  # the relay does not report its progress; by now it has sent everything
    relaying.cancel()
    await bus.close()
    store.close()
    return committed, statistics.median(took)
