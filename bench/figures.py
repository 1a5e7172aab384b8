"""The figures, each against a named reference of the same run."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import httpx2
import nats
import psycopg
from nats.js import JetStreamContext

from bench.history import fill
from services import catalogue
from services.command_line.serving import serving
from shared.contracts.envelope import STREAM
from shared.contracts.event import EVENTS as EVENTS_KNOWN
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.deciding.event_store import open_store
from shared.runtime.embedded.servers import Servers
from shared.runtime.following.relay import Relay
from shared.runtime.following.streams import StreamBounds, ensure_events
from shared.runtime.ground import database
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.grpc_options import CHANNEL_OPTIONS
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.source_keys import source_key_of
from shared.values.roles import Role

EVENTS = 40_000
ANSWERS = 200
FOREIGN = 100_000
TIMES = 50
TIMEOUT_S = 300.0

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Figure:
    """One line of the result."""

    what: str
    measured: str
    reference: str
    ratio: str
    aim: str
    met: bool


async def from_outbox_to_ledger(servers: Servers, settings: Settings) -> Figure:
    """Committed events through a relay here, JetStream, and the ledger in a process of its own, as in containers."""
    store = open_store("funding", database.url_for(servers.database_url, "funding"), source_key_of(settings, "funding"))
    await asyncio.to_thread(fill, store, EVENTS)
    own = await pull_alone(servers.nats_admin_url, settings)
    bus = await nats.connect(servers.nats_admin_url)
    async with ledger_process(servers, settings) as address:
        relay = Relay("funding", store, bus, Telemetry("bench"), new_id)
        began = time.perf_counter()
        running = asyncio.create_task(relay.run())
        async with ledger_stub(address, settings) as (stub, metadata):
            async for page in stub.Follow(ledger_pb2.FollowRequest(), metadata=metadata):
                if page.next_position >= EVENTS:
                    break
        rate = EVENTS / (time.perf_counter() - began)
        running.cancel()
    await bus.close()
    store.close()
    return Figure(
        "outbox to ledger",
        f"{rate:,.0f} events a second",
        f"JetStream's pull alone: {own:,.0f}",
        f"{rate / own:.2f} of it",
        "10,000 a second",
        rate >= 10_000,
    )


async def replay_over_grpc(servers: Servers, settings: Settings) -> Figure:
    """The whole ledger over gRPC, against reading the same rows from PostgreSQL."""
    owner = database.conninfo(servers.database_url)

    def read() -> float:
        with psycopg.connect(owner) as connection, connection.cursor("history", binary=True) as cursor:
            cursor.itersize = 2000
            began = time.perf_counter()
            cursor.execute(
                "SELECT position, source, source_sequence, entry, leaf_hash FROM ledger.entry ORDER BY position"
            )
            return sum(1 for _ in cursor) / (time.perf_counter() - began)

    async with serving(settings, ("ledger",)) as (process, _), ledger_stub(process.grpc, settings) as (stub, metadata):
        rows = await asyncio.to_thread(read)
        began = time.perf_counter()
        count = 0
        async for page in stub.Replay(ledger_pb2.ReplayRequest(), metadata=metadata):
            count += len(page.entries)
        rate = count / (time.perf_counter() - began)
    return Figure(
        "replay over gRPC",
        f"{rate:,.0f} events a second",
        f"PostgreSQL's cursor: {rows:,.0f}",
        f"{rate / rows:.2f} of it",
        "100,000 a second",
        rate >= 100_000,
    )


async def projecting(servers: Servers, settings: Settings) -> Figure:
    """Reporting, in a separate process, follows a new ledger into its tables."""
    async with ledger_process(servers, settings) as address:
        async with ledger_stub(address, settings) as (stub, metadata):
            size = (await stub.Head(ledger_pb2.HeadRequest(), metadata=metadata)).size
            began = time.perf_counter()
            async for _ in stub.Replay(ledger_pb2.ReplayRequest(), metadata=metadata):
                pass
            replayed = size / (time.perf_counter() - began)
        began = time.perf_counter()
        async with serving(settings.model_copy(update={"ledger": address}), ("reporting",)) as (process, _):
            (reporting,) = process.services
            await reporting.follower.wait_for({"ledger": size}, TIMEOUT_S)  # type: ignore[attr-defined]  # only it has one
            rate = size / (time.perf_counter() - began)
    return Figure(
        "projecting into reporting's tables",
        f"{rate:,.0f} events a second",
        f"replay alone: {replayed:,.0f}",
        f"{rate / replayed:.2f} of it",
        "20,000 a second",
        rate >= 20_000,
    )


async def behind_foreign_events(servers: Servers, settings: Settings) -> Figure:
    """How long a follower takes to the end of a ledger, behind 100,000 events of types that it does not take.

    Against a follower that is behind one such event, in turn: both ask the ledger's database once.
    """
    types = [name for name in EVENTS_KNOWN if name.startswith("membership.")]
    spent: dict[bool, list[float]] = {True: [], False: []}
    async with ledger_process(servers, settings) as address, ledger_stub(address, settings) as (stub, metadata):
        size = (await stub.Head(ledger_pb2.HeadRequest(), metadata=metadata)).size
        assert size >= FOREIGN, f"the ledger has only {size} entries"
        for number in range(2 * TIMES):
            behind = number % 2 == 0
            request = ledger_pb2.FollowRequest(from_position=size - (FOREIGN if behind else 1), types=types)
            began = time.perf_counter()
            call = stub.Follow(request, metadata=metadata)
            async for page in call:
                if page.next_position == size:
                    break
            spent[behind].append(time.perf_counter() - began)
            call.cancel()
    there, one = (statistics.median(spent[behind]) * 1000 for behind in (True, False))
    return Figure(
        f"a view behind {FOREIGN:,} foreign events",
        f"{there:.1f} ms",
        f"behind one: {one:.1f} ms",
        f"{there / one:.2f} of it",
        "1.5 of it",
        there <= 1.5 * one,
    )


async def from_answer_to_report(settings: Settings) -> Figure:
    """From a command's answer until reporting shows it, one after another, over HTTP on the whole platform."""
    issuer = issuer_of(settings)
    token = issuer.issue(roles=[Role.CLERK], subject="bench", partnership="latency", lifetime=dt.timedelta(hours=1))
    answered: list[float] = []
    shown: list[float] = []
    async with (
        serving(settings, catalogue.NAMES) as (_, addresses),
        httpx2.AsyncClient(
            base_url=addresses.http, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S
        ) as client,
    ):
        for number in range(ANSWERS):
            began = time.perf_counter()
            body = {"priority": f"p-{number}", "title": "A priority", "outcome": "It is measured."}
            response = await client.post("/projects/latency/priorities", json=body)
            response.raise_for_status()
            answered_at = time.perf_counter()
            after = {"Folkmoot-After": response.headers["folkmoot-at"]}
            (await client.get("/reporting/latency/position", headers=after)).raise_for_status()
            answered.append(answered_at - began)
            shown.append(time.perf_counter() - answered_at)
    p99 = statistics.quantiles(shown, n=100)[98] * 1000
    median = statistics.median(answered) * 1000
    return Figure(
        "from the answer to the report, p99",
        f"{p99:,.0f} ms (median {statistics.median(shown) * 1000:,.0f})",
        f"the command's own answer, median: {median:,.0f} ms",
        f"{p99 / median:.1f} of it",
        "under 500 ms",
        p99 < 500,
    )


async def pull_alone(nats_url: str, settings: Settings) -> float:
    """How fast JetStream gives messages of the same size to a puller that does nothing with them."""
    bus = await nats.connect(nats_url)
    js = bus.jetstream()
    await ensure_events(js, StreamBounds.of(settings))
    payload = bytes(600)
    for number in range(0, EVENTS, 500):
        await asyncio.gather(*(js.publish("events.bench.pull", payload) for _ in range(number, number + 500)))
    rate = await pull(js, EVENTS)
    await js.purge_stream(STREAM)
    await bus.close()
    return rate


async def pull(js: JetStreamContext, count: int) -> float:
    """How many messages a second come to a puller that does nothing with them."""
    subscription = await js.pull_subscribe("events.>", durable="bench", stream=STREAM)
    came = 0
    began = time.perf_counter()
    while came < count:
        messages = await subscription.fetch(500, timeout=5)
        for message in messages:
            await message.ack()
        came += len(messages)
    spent = time.perf_counter() - began
    await js.delete_consumer(STREAM, "bench")
    return count / spent


@asynccontextmanager
async def ledger_stub(address: str, settings: Settings) -> AsyncIterator[tuple[LedgerStub, Metadata]]:
    """An auditor's calls to a ledger."""
    token = issuer_of(settings).issue(roles=[Role.AUDITOR], subject="bench", lifetime=dt.timedelta(hours=1))
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        yield LedgerStub(channel), (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def ledger_process(servers: Servers, settings: Settings) -> AsyncIterator[str]:
    """``folkmoot serve ledger``, ready; gives its gRPC address."""
    address = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "NATS_URL": servers.nats_url,
        "FOLKMOOT_DATA": str(settings.data),
        "FOLKMOOT_GRPC": address,
        "FOLKMOOT_HTTP": "127.0.0.1:0",
        "FOLKMOOT_CALLER_RATE": str(settings.caller_rate),
        "FOLKMOOT_CALLER_BURST": str(settings.caller_burst),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.command_line.main", "serve", "ledger"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with ledger_stub(address, settings) as (stub, metadata):
            await stub.Head(ledger_pb2.HeadRequest(), metadata=metadata, wait_for_ready=True, timeout=TIMEOUT_S)
        yield address
    finally:
        process.terminate()
        await process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
