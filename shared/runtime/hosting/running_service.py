"""Services at work in a process, composed of parts that start and stop together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
import sqlalchemy
from fastapi import APIRouter, FastAPI
from nats.aio.client import Client

from shared.contracts.envelope import CloudEvent
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.asking import Asking
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import open_store
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.endpoints.partner_endpoint import PartnerEndpoint
from shared.runtime.endpoints.web import HttpAccess, command_routes, service_app
from shared.runtime.following.follower import Follower
from shared.runtime.following.relay import Relay
from shared.runtime.following.views import Views
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
    funding: Callable[[], grpc.Channel]
    """A channel to funding, for the threads that decide; not to be closed by who asks for it."""
    token: Callable[[], str]
    """A token of the platform's own, for one service calling another."""
    verifier: Verifier
    people_key: PeopleKey
    otlp_endpoint: str | None
    settings: Settings
    """What is only one service's: the ledger's key and origin, the partners' limits."""
    clock: Clock
    new_id: NewId


class Part(Protocol):
    """Something that a service starts and stops."""

    async def start(self) -> None:
        """Returns when it is open; what goes on afterwards goes on in tasks."""

    async def stop(self) -> None:
        """Also when it never started."""


class RunningService:
    """A service in this process, made of parts: they start in order and stop in reverse."""

    app: FastAPI

    def __init__(self, name: str, context: ServiceContext) -> None:
        self.name = name
        self.telemetry = Telemetry(name, context.otlp_endpoint)
        self._parts: list[Part] = []

    def has[P: Part](self, part: P) -> P:
        """Add a part."""
        self._parts.append(part)
        return part

    def serves(self, summary: str, *routers: APIRouter) -> None:
        """Make the application that it serves over HTTP."""
        self.app = service_app(self.name, summary, *routers)
        self.telemetry.instrument(self.app)

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add the gRPC services it offers, and name them. By default it answers over HTTP alone."""
        return ()

    def lag(self) -> int:
        """How many entries of the ledger its views are behind, as far as it knows."""
        return sum(part.lag() for part in self._parts if isinstance(part, Follows))

    async def condition(self) -> dict[str, object]:
        """What more it has to say at readiness. May raise a ``database.DATABASE_UNAVAILABLE`` error."""
        return {}

    async def start(self) -> None:
        """Start all parts."""
        for part in self._parts:
            await part.start()

    async def stop(self) -> None:
        """Stop all parts. The next start goes on where this one stopped."""
        for part in reversed(self._parts):
            await part.stop()
        await asyncio.to_thread(self.telemetry.shutdown)


class Tasks:
    """A part: work that goes on while the service does."""

    def __init__(self, works: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        """``works`` by the name of its task."""
        self._works = works
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin all of it."""
        self._tasks = [supervise(name, work) for name, work in self._works.items()]

    async def stop(self) -> None:
        """End all of it, and wait for the ends."""
        await stop(*self._tasks)


class Follows(Tasks):
    """A part: a service's views, the follower that fills them, and the access by which its routes read them."""

    def __init__(
        self,
        views: Views,
        engine: sqlalchemy.Engine,
        context: ServiceContext,
        telemetry: Telemetry,
        *,
        application: Application | None = None,
        reactions: Reactions | None = None,
        also: Callable[
            [sqlalchemy.Connection, list[tuple[int, bytes, CloudEvent]]], None
        ] = lambda connection, events: None,
    ) -> None:
        """``application`` decides what ``reactions`` ask for; ``also``: see ``Follower``."""
        self._engine = engine
        self.follower = Follower(
            views,
            engine,
            context.ledger,
            context.token,
            telemetry,
            application=application,
            reactions=reactions,
            also=also,
        )
        self.access = HttpAccess(engine, self.follower, context.verifier, context.people_key, context.clock)
        super().__init__({f"{views.service} follower": self.follower.run})

    def lag(self) -> int:
        """How many entries of the ledger the views are behind, as far as the follower knows."""
        return max(0, self.follower.size - self.follower.marks.position)

    async def stop(self) -> None:
        """Stop following, then let go of the database."""
        await super().stop()
        self._engine.dispose()


class Decides(Tasks):
    """A part: a service's application on its event store, and the relay that sends out what is committed."""

    def __init__(
        self, commands: Commands, engine: sqlalchemy.Engine, context: ServiceContext, telemetry: Telemetry
    ) -> None:
        name = commands.service
        self._store = open_store(name, url_for(context.database_url, name))
        self.application = Application(
            commands,
            self._store,
            engine,
            clock=context.clock,
            new_id=context.new_id,
            people_key=context.people_key,
            telemetry=telemetry,
            saved=self._saved,
            asking=Asking({"funding": context.funding}, context.token),
        )
        self._relay = Relay(name, self._store, context.bus, telemetry, context.new_id)
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__({f"{name} relay": self._relay.run})

    async def start(self) -> None:
        """Begin to relay."""
        self._loop = asyncio.get_running_loop()
        await self._relay.open()
        await super().start()

    async def stop(self) -> None:
        """Stop relaying. Committed events that are not relayed yet are sent after the next start."""
        await super().stop()
        await asyncio.to_thread(self._store.close)

    def _saved(self, sequence: int) -> None:
        # Called from the thread that saved; the relay lives in the event loop.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._relay.wake)


class RunningCommandService(RunningService):
    """A command service in this process."""

    def __init__(self, service: CommandService, context: ServiceContext) -> None:
        super().__init__(service.name, context)
        self.engine = engine(url_for(context.database_url, service.name))
        self.application = self.has(Decides(service.commands, self.engine, context, self.telemetry)).application
        follows = self.has(
            Follows(
                service.views,
                self.engine,
                context,
                self.telemetry,
                application=self.application,
                reactions=service.reactions,
                also=service.also,
            )
        )
        self.follower = follows.follower
        self.door = door = follows.access
        self.has(PartnerEndpoint(self.application, self.follower, context.bus, context.verifier, self.telemetry))
        self.serves(
            service.summary,
            command_routes(door, self.application, self.telemetry),
            service.routes(door),
            kept_routes(door, self.application),
        )
        self._service = service

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add the gRPC services this service offers, and name them."""
        return self._service.add_rpc(server, self.door, self.application)
