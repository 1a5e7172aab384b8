"""A deciding service at work in a process: its application, relay, follower and doors, started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
from fastapi import FastAPI
from nats.aio.client import Client

from shared.runtime.application import Application
from shared.runtime.clock import Clock, NewId
from shared.runtime.database import engine, url_for
from shared.runtime.event_store import open_store
from shared.runtime.follower import Follower
from shared.runtime.identity import Verifier
from shared.runtime.partner_door import PartnerDoor
from shared.runtime.record import kept_routes
from shared.runtime.relay import Relay
from shared.runtime.sealing import PeopleKey
from shared.runtime.service import DecidingService
from shared.runtime.settings import Settings
from shared.runtime.supervision import stop, supervise
from shared.runtime.telemetry import Telemetry
from shared.runtime.web import Door, command_routes, service_app


@dataclass(frozen=True)
class Surroundings:
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
    partner_rate: float = 20.0
    """Events a second that each partner's organisation may send in the long run."""
    partner_burst: int = 1000
    """Events it may send at once after a pause."""


class RunningDecidingService:
    """One deciding service in this process."""

    def __init__(self, service: DecidingService, around: Surroundings) -> None:
        self.name = service.name
        self.telemetry = Telemetry(service.name, around.otlp_endpoint)
        url = url_for(around.database_url, service.name)
        self.engine = engine(url)
        self.store = open_store(service.name, url)
        self.application = Application(
            service.commands,
            self.store,
            self.engine,
            clock=around.clock,
            new_id=around.new_id,
            people_key=around.people_key,
            telemetry=self.telemetry,
            saved=self._saved,
        )
        self.relay = Relay(service.name, self.store, around.bus, self.telemetry, around.new_id)
        self.follower = Follower(
            service.views,
            self.engine,
            around.ledger,
            around.token,
            self.telemetry,
            application=self.application,
            reactions=service.reactions,
            also=service.also,
        )
        self._partner_door = PartnerDoor(self.application, self.follower, around.bus, around.verifier, self.telemetry)
        self.door = door = Door(self.engine, self.follower, around.verifier, around.people_key)
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
        await self._partner_door.open()
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
