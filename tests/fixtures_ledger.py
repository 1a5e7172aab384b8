"""A pytest plugin: a running ledger, its database, and sources that feed it.

A test module asks for it with ``pytest_plugins = ["fixtures_ledger"]``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import grpc
import pytest
from fixtures_databases import Databases
from ledger_sources import SOURCES, Source, register
from nats.aio.client import Client
from nats.js.errors import NotFoundError, ServiceUnavailableError

from services.ledger.log import Log
from services.ledger.pool import Connections, connections
from services.ledger.service import LedgerService
from shared.contracts.bus_users import ADMIN
from shared.contracts.envelope import STREAM
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.endpoints.limits import Callers
from shared.runtime.endpoints.own_writes import OwnWrites
from shared.runtime.following.bus import connect
from shared.runtime.following.streams import StreamBounds, ensure_events
from shared.runtime.ground.clock import new_id, now
from shared.runtime.ground.database import url_for
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.hosting.running_service import ServiceContext
from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.principals import Verifier
from shared.runtime.identity.sealing import PeopleKey
from shared.values.roles import Role

QUIET = 0.2


class RunningLedger:
    """A ledger with its gRPC endpoint, and how a reader calls it."""

    def __init__(self, context: ServiceContext, issuer: LocalIssuer, quiet: float = QUIET) -> None:
        self.service = LedgerService(context, sources=SOURCES, quiet=quiet)
        self._issuer = issuer
        self._js = context.bus(ADMIN).jetstream()
        self._server = grpc.aio.server()
        self.service.add_to(self._server)
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}")
        self.stub = LedgerStub(self._channel)

    async def __aenter__(self) -> Self:
        """Start, and return when it reads published events."""
        await self._server.start()
        await self.service.start()
        async with asyncio.timeout(30):
            while not await self.takes_in():
                await asyncio.sleep(0.02)
        return self

    async def takes_in(self) -> bool:
        """Whether the intake waits for messages."""
        try:
            return bool((await self._js.consumer_info(STREAM, "ledger")).num_waiting)
        except (NotFoundError, ServiceUnavailableError):
            return False

    async def __aexit__(self, *_: object) -> None:
        await self.service.stop()
        await self._channel.close(None)
        await self._server.stop(0.5)

    def token(self, role: Role, partnership: str | None = None, organisation: str | None = None) -> str:
        return self._issuer.issue(
            roles=[role],
            subject="somebody",
            partnership=partnership,
            organisation=organisation,
            lifetime=dt.timedelta(hours=1),
        )

    def as_(self, role: Role, partnership: str | None = None, organisation: str | None = None) -> list[tuple[str, str]]:
        """The metadata of a caller."""
        return [("authorization", f"Bearer {self.token(role, partnership, organisation)}")]

    async def size(self) -> int:
        reply = await self.stub.Head(ledger_pb2.HeadRequest(), metadata=self.as_(Role.AUDITOR))
        return int(reply.size)

    async def replay(self, caller: list[tuple[str, str]] | None = None, **asked: object) -> list[ledger_pb2.Page]:
        """All pages of a replay."""
        request = ledger_pb2.ReplayRequest(**asked)  # type: ignore[arg-type]  # a test chooses what fits
        return [page async for page in self.stub.Replay(request, metadata=caller or self.as_(Role.AUDITOR))]

    async def follow_to(self, size: int) -> list[ledger_pb2.Entry]:
        """The first entries, as soon as there are this many."""
        found: list[ledger_pb2.Entry] = []
        call = self.stub.Follow(ledger_pb2.FollowRequest(), metadata=self.as_(Role.SERVICE))
        async with asyncio.timeout(60):
            async for page in call:
                found += page.entries
                if len(found) >= size:
                    call.cancel()
                    return found
        raise AssertionError("a follower was sent away")


@pytest.fixture
def ledger_database(databases: Databases) -> Iterator[str]:
    """A fresh database with the ledger's tables, as their owner."""
    with databases.fresh("ledger") as url:
        yield url


@pytest.fixture
async def pool(ledger_database: str) -> AsyncIterator[Connections]:
    """Connections of the ledger's role."""
    pool = connections(url_for(ledger_database, "ledger"))
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
def log(pool: Connections) -> Log:
    return Log(pool)


async def connected(url: str) -> Client:
    """The connection of the user in an address, as the platform makes it."""
    parts = urlsplit(url)
    return await connect(f"nats://{parts.hostname}:{parts.port}", parts.username or "", parts.password or "")


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Client]:
    """The connection of the user that may do anything, who keeps the stream there as the embedded platform does."""
    client = await connected(nats_url)

    async def keep() -> None:
        while True:
            await ensure_events(client.jetstream(), StreamBounds.of(Settings()))
            await asyncio.sleep(0.1)

    await ensure_events(client.jetstream(), StreamBounds.of(Settings()))
    keeping = supervise("streams", keep)
    yield client
    await stop(keeping)
    await client.close()


@pytest.fixture
async def ledger_bus(servers: EmbeddedServers, bus: Client) -> AsyncIterator[Client]:
    """The connection of the ledger's own user."""
    client = await connected(servers.nats.url_for("ledger"))
    yield client
    await client.close()


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return LocalIssuer.open(tmp_path / "issuer.jwk", now)


@pytest.fixture
def context(
    ledger_database: str, bus: Client, ledger_bus: Client, issuer: LocalIssuer, tmp_path: Path
) -> ServiceContext:
    """The ledger's dependencies."""

    def nowhere(*_: object) -> Any:
        raise AssertionError("the ledger makes no calls")

    def no_token() -> str:
        raise AssertionError("the ledger makes no calls")

    settings = Settings(data=tmp_path)
    settings.source_register.parent.mkdir(parents=True)
    settings.source_register.write_text(register().format())
    return ServiceContext(
        database_url=ledger_database,
        bus={ADMIN: bus, "ledger": ledger_bus}.__getitem__,
        ledger=nowhere,
        follow=nowhere,
        people=nowhere,
        funding=nowhere,
        token=no_token,
        verifier=(verifier := Verifier([issuer], now)),
        callers=Callers(verifier, Settings()),
        people_key=PeopleKey.open(tmp_path / "people.key"),
        own_writes=OwnWrites(),
        otlp_endpoint=None,
        settings=settings,
        clock=now,
        new_id=new_id,
    )


@pytest.fixture
async def ledger(context: ServiceContext, issuer: LocalIssuer) -> AsyncIterator[RunningLedger]:
    """A running ledger."""
    async with RunningLedger(context, issuer) as running:
        yield running


@pytest.fixture
async def patient_ledger(
    context: ServiceContext, issuer: LocalIssuer, sources: dict[str, Source]
) -> AsyncIterator[RunningLedger]:
    """A ledger that appends what arrives, and asks a source only if it sees a gap."""
    async with RunningLedger(context, issuer, quiet=600) as running:
        async with asyncio.timeout(30):
            for source in sources.values():
                await source.was_asked.wait()
        for source in sources.values():
            source.asked.clear()
        yield running


@pytest.fixture
async def sources(bus: Client) -> dict[str, Source]:
    """The four sources, answering."""
    sources = {name: Source(name, bus) for name in SOURCES}
    for source in sources.values():
        await source.answer()
    await bus.flush()
    return sources
