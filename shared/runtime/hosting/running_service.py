"""Services running in a process, composed of parts that start and stop together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import grpc
import sqlalchemy
from fastapi import APIRouter, FastAPI
from nats.aio.client import Client

from shared.runtime.deciding.application import Application
from shared.runtime.deciding.asking import Asking
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import open_store
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.command_routes import command_routes
from shared.runtime.endpoints.limits import Callers
from shared.runtime.endpoints.own_writes import OwnWrites
from shared.runtime.endpoints.partner_endpoint import PartnerEndpoint
from shared.runtime.endpoints.service_app import service_app
from shared.runtime.endpoints.set_aside import TellsSetAside, set_aside_routes
from shared.runtime.following.checked import CheckedPages
from shared.runtime.following.follower import Also, Condition, Follower
from shared.runtime.following.ledger_pages import Follow
from shared.runtime.following.relay import Relay
from shared.runtime.following.views import Views
from shared.runtime.ground.clock import Clock, NewId
from shared.runtime.ground.database import engine, url_for
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.supervision import Failure, Supervised, stop
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.hosting.record_routes import record_routes
from shared.runtime.hosting.service_definition import CommandService
from shared.runtime.identity.handover import HandoverEndpoint, keys_to_take
from shared.runtime.identity.principals import Verifier
from shared.runtime.identity.sealing import PeopleKey
from shared.runtime.identity.source_keys import source_key_of, source_keys_of


@dataclass(frozen=True)
class ServiceContext:
    """The dependencies of a service: addresses, verifier, keys and clock. Each process makes and owns one."""

    database_url: str
    bus: Callable[[str], Client]
    """A service's own connection to NATS. It is connected before the service starts."""
    ledger: Callable[[], grpc.aio.Channel]
    """A channel to the ledger. The caller must not close it."""
    follow: Follow
    """The ledger's pages, for followers."""
    people: Callable[[], grpc.aio.Channel]
    """A channel to membership's register of people. The caller must not close it."""
    funding: Callable[[], grpc.Channel]
    """A channel to funding, for the threads that decide. The caller must not close it."""
    token: Callable[[], str]
    """A token of the platform's own, for one service calling another."""
    verifier: Verifier
    callers: Callers
    """The limits of those who call this process."""
    people_key: PeopleKey
    own_writes: OwnWrites
    """What the callers of this process have recorded, so that their reads wait for it in every service."""
    otlp_endpoint: str | None
    settings: Settings
    """Settings for a single service: the ledger's key and origin, the partners' limits."""
    clock: Clock
    new_id: NewId


class Part(Protocol):
    """Something that a service starts and stops."""

    async def start(self) -> None:
        """Start, and return when it is ready. Further work runs in tasks."""

    async def stop(self) -> None:
        """Stop. Safe to call even if it never started."""


class RunningService:
    """A service in this process, made of parts that start in order and stop in reverse order."""

    app: FastAPI
    follow: Follow | None = None
    """The ledger's pages, if this service is the ledger."""

    def __init__(self, name: str, context: ServiceContext) -> None:
        self.name = name
        self.telemetry = Telemetry(name, context.otlp_endpoint)
        self._parts: list[Part] = []

    def has[P: Part](self, part: P) -> P:
        """Add a part."""
        self._parts.append(part)
        return part

    def serves(self, summary: str, *routers: APIRouter) -> None:
        """Make the service's HTTP application."""
        self.app = service_app(self.name, summary, *routers)
        for part in self._parts:
            if isinstance(part, Follows):
                self.app.add_middleware(TellsSetAside, follower=part.follower)
        self.telemetry.instrument(self.app)

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add its gRPC services, and return their names. By default it has none."""
        return ()

    @property
    def failing(self) -> list[Failure]:
        """The tasks that fail again and again."""
        return [failure for part in self._parts if isinstance(part, Tasks) for failure in part.failing]

    @property
    def following(self) -> list[Condition]:
        """What its followers say of themselves."""
        return [part.follower.condition for part in self._parts if isinstance(part, Follows)]

    def lag(self) -> int:
        """The number of ledger entries its views are behind, as far as it knows."""
        return sum(each.behind for each in self.following)

    async def condition(self) -> dict[str, object]:
        """Further items for readiness. May raise a ``database.DATABASE_UNAVAILABLE`` error."""
        return {}

    async def start(self) -> None:
        """Start all parts."""
        for part in self._parts:
            await part.start()

    async def stop(self) -> None:
        """Stop all parts. The next start continues from here."""
        for part in reversed(self._parts):
            await part.stop()
        await asyncio.to_thread(self.telemetry.shutdown)


class Tasks:
    """A part: work that runs as long as the service."""

    def __init__(self, works: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        """``works``: the work of each task, by the task's name."""
        self._works = [Supervised(name, work) for name, work in works.items()]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all tasks."""
        self._tasks = [work.start() for work in self._works]

    @property
    def failing(self) -> list[Failure]:
        """The tasks that fail again and again."""
        return [failure for work in self._works if (failure := work.failing)]

    async def stop(self) -> None:
        """Stop all tasks, and wait until they have ended."""
        await stop(*self._tasks)


class Follows(Tasks):
    """A part: a service's views, the follower that fills them, and the access for routes that read them."""

    def __init__(
        self,
        views: Views,
        engine: sqlalchemy.Engine,
        context: ServiceContext,
        telemetry: Telemetry,
        *,
        application: Application | None = None,
        reactions: Reactions | None = None,
        also: Also = Also(),  # noqa: B008 - it never changes
    ) -> None:
        """``application`` decides the commands of ``reactions``."""
        self._engine = engine
        self.follower = Follower(
            views,
            engine,
            context.follow,
            telemetry,
            application=application,
            reactions=reactions,
            also=also,
            # Where nothing is done because of an event, a forged one would change a view, which can be made again.
            verify=CheckedPages(partial(source_keys_of, context.settings))
            if reactions and reactions.event_types
            else None,
        )
        self.access = HttpAccess(
            engine, self.follower, context.callers, context.people_key, context.own_writes, context.clock
        )
        super().__init__({f"{views.service} follower": self.follower.run})

    async def stop(self) -> None:
        """Stop following, then close the database connections."""
        await super().stop()
        self._engine.dispose()


class Decides(Tasks):
    """A part: a service's application on its event store, and the relay that sends committed events."""

    def __init__(
        self, commands: Commands, engine: sqlalchemy.Engine, context: ServiceContext, telemetry: Telemetry
    ) -> None:
        name = commands.service
        self._store = open_store(
            name, url_for(context.database_url, name), source_key_of(context.settings, name, create=False)
        )
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
        self._relay = Relay(name, self._store, context.bus(name), telemetry, context.new_id)
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__({f"{name} relay": self._relay.run})

    async def start(self) -> None:
        """Start the relay."""
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
        self.access = access = follows.access
        if keys := keys_to_take(context.settings, service.name):
            handover = HandoverEndpoint(keys, context.clock)
            bus = context.bus(service.name)
            self.has(PartnerEndpoint(self.application, self.follower, bus, handover, self.telemetry))
        self.serves(
            service.summary,
            command_routes(access, self.application, self.telemetry),
            service.routes(access),
            record_routes(access, self.application),
            set_aside_routes(access),
        )
        self._service = service

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add the gRPC services this service offers, and name them."""
        return self._service.add_rpc(server, self.access, self.application)
