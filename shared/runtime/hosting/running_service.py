"""A deciding service at work in a process: its application, relay, follower and doors, started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
from fastapi import FastAPI
from nats.aio.client import Client

from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import open_store
from shared.runtime.endpoints.partner_endpoint import PartnerEndpoint
from shared.runtime.endpoints.web import HttpAccess, command_routes, service_app
from shared.runtime.following.follower import Follower
from shared.runtime.following.relay import Relay
from shared.runtime.ground.clock import Clock, NewId
from shared.runtime.ground.database import engine, url_for
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.hosting.record_routes import kept_routes
from shared.runtime.hosting.service_definition import CommandService
from shared.runtime.identity.principals import Verifier
from shared.runtime.identity.sealing import PeopleKey


@dataclass(frozen=True)
class ServiceContext:
    """What a service is given: where things are, who may call, and the clock. Made once a process, owned by it."""

    database_url: str
    bus: Client
    ledger: Callable[[], grpc.aio.Channel]
    """A channel to the ledger; not to be closed by who asks for it."""
    people: Callable[[], grpc.aio.Channel]
    """A channel to membership's register of people; not to be closed by who asks for it."""
    token: Callable[[], str]
    """A token of the platform's own, for one service calling another."""
    verifier: Verifier
    people_key: PeopleKey
    otlp_endpoint: str | None
    settings: Settings
    """What is only one service's: the ledger's key and origin, the partners' limits."""
    clock: Clock
    new_id: NewId


class RunningCommandService:
    """One deciding service in this process."""

    def __init__(self, service: CommandService, context: ServiceContext) -> None:
        self.name = service.name
        self.telemetry = Telemetry(service.name, context.otlp_endpoint)
        url = url_for(context.database_url, service.name)
        self.engine = engine(url)
        self.store = open_store(service.name, url)
        self.application = Application(
            service.commands,
            self.store,
            self.engine,
            clock=context.clock,
            new_id=context.new_id,
            people_key=context.people_key,
            telemetry=self.telemetry,
            saved=self._saved,
        )
        self.relay = Relay(service.name, self.store, context.bus, self.telemetry, context.new_id)
        self.follower = Follower(
            service.views,
            self.engine,
            context.ledger,
            context.token,
            self.telemetry,
            application=self.application,
            reactions=service.reactions,
            also=service.also,
        )
        self._partner_endpoint = PartnerEndpoint(
            self.application, self.follower, context.bus, context.verifier, self.telemetry
        )
        self.door = door = HttpAccess(self.engine, self.follower, context.verifier, context.people_key)
        self.app: FastAPI = service_app(
            service.name,
            service.summary,
            command_routes(door, self.application, self.telemetry),
            service.routes(door),
            kept_routes(door, self.application),
        )
        self.telemetry.instrument(self.app)
        self._service = service
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add the gRPC services this service offers, and name them."""
        return self._service.add_rpc(server, self.door)

    def lag(self) -> int:
        """How many entries of the ledger its views are behind, as far as it knows."""
        return max(0, self.follower.size - self.follower.marks.position)

    async def start(self) -> None:
        """Start relaying, following and answering partners; returns at once."""
        self._loop = asyncio.get_running_loop()
        await self._partner_endpoint.open()
        await self.relay.open()
        self._tasks = [
            supervise(f"{self.name} relay", self.relay.run),
            supervise(f"{self.name} follower", self.follower.run),
        ]

    async def stop(self) -> None:
        """Stop the tasks, then let go of the database. What is committed and not yet relayed goes out later."""
        await stop(*self._tasks)
        await asyncio.to_thread(self.store.close)
        self.engine.dispose()
        await asyncio.to_thread(self.telemetry.shutdown)

    def _saved(self, sequence: int) -> None:
        # Called from the thread that saved; the relay lives in the event loop.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.relay.wake)
