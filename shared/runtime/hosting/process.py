"""A process of the platform: the services it hosts, behind one HTTP address and one gRPC address.

``folkmoot up`` hosts all services in one process, and a container hosts one. The code is the same. The process owns the
channels, the sockets, and a NATS connection for each service that needs one. The services own their tasks and database
connections. httptools reads HTTP, and commands run on uvloop's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence

import grpc
import httpx2
import psycopg
import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from nats.aio.client import Client

from shared.rpc.ledger.v1.ledger_pb2 import FollowRequest, Page
from shared.runtime.endpoints.limits import Callers
from shared.runtime.endpoints.own_writes import OwnWrites
from shared.runtime.endpoints.problems import install
from shared.runtime.following import bus
from shared.runtime.following.ledger_pages import over_grpc
from shared.runtime.ground.clock import Clock, NewId, new_id, now
from shared.runtime.ground.database import DATABASE_UNAVAILABLE, conninfo, url_for
from shared.runtime.ground.grpc_options import CHANNEL_OPTIONS, SERVER_OPTIONS
from shared.runtime.ground.settings import Settings
from shared.runtime.hosting.bounded_http import BoundedHttp
from shared.runtime.hosting.by_service import ByService
from shared.runtime.hosting.limited_http import LimitedHttp
from shared.runtime.hosting.running_service import RunningService, ServiceContext
from shared.runtime.identity.bus_passwords import bus_password_of
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.openid import OpenIdIssuer
from shared.runtime.identity.principals import Issuer, Verifier
from shared.runtime.identity.sealing import people_key_of
from shared.values.roles import Role

HTTP_PORT = 8400
GRPC_PORT = 8401
TOKEN_LIFETIME = dt.timedelta(days=1)
"""Lifetime of the services' own tokens. They are renewed after half of it, so two clocks may differ by that much."""


Host = Callable[[ServiceContext], Sequence[RunningService]]
"""Builds the services of a process in their context."""


class NotDurable(Exception):
    """JetStream acknowledges messages that a power cut would lose (design 8)."""


class Process:
    """The hosted services and their addresses, between ``start`` and ``stop``."""

    def __init__(
        self,
        settings: Settings,
        database_url: str,
        nats_url: str,
        host: Host,
        *,
        nats_monitor_url: str | None = None,
        clock: Clock = now,
        ids: NewId = new_id,
    ) -> None:
        self._settings = settings
        self._database_url = database_url
        self._nats_url = nats_url
        self._nats_monitor_url = nats_monitor_url
        self._host = host
        self._clock = clock
        self._ids = ids
        self._issuer = issuer_of(settings, clock)
        self._token = ("", clock())
        self._buses: dict[str, Client] = {}
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._funding: grpc.Channel | None = None
        self.services: Sequence[RunningService] = ()
        self.http = ""
        """``http://127.0.0.1:8400`` once started."""
        self.grpc = ""
        """``127.0.0.1:8401`` once started."""

    async def start(self) -> None:
        """Start everything, and return when HTTP and gRPC answer. If anything fails, everything is stopped again."""
        async with contextlib.AsyncExitStack() as running:
            await self._start(running)
            self._running = running.pop_all()

    async def stop(self) -> None:
        """Stop accepting requests, then stop the services, then close everything else."""
        await self._running.aclose()

    async def _start(self, running: contextlib.AsyncExitStack) -> None:
        settings = self._settings
        # First, because a port in use is the most likely failure.
        listener = running.enter_context(_listen(*_address(settings.http, HTTP_PORT)))
        issuers: list[Issuer] = [self._issuer]
        if settings.oidc_issuer:
            issuers.append(OpenIdIssuer(settings.oidc_issuer))
        running.push_async_callback(self._close_buses)
        self._server = grpc.aio.server(options=SERVER_OPTIONS)
        running.push_async_callback(self._server.stop, grace=0.5)
        running.push_async_callback(self._close_channels)
        verifier = Verifier(issuers, self._clock)
        self._callers = Callers(verifier, settings)
        context = ServiceContext(
            database_url=self._database_url,
            bus=self._bus,
            ledger=self._ledger,
            follow=self._follow,
            people=lambda: self._channel(settings.people or self.grpc),
            funding=self._channel_to_funding,
            token=self._service_token,
            verifier=verifier,
            callers=self._callers,
            people_key=await to_thread.run_sync(people_key_of, settings),
            own_writes=OwnWrites(),
            otlp_endpoint=settings.otlp_endpoint,
            settings=settings,
            clock=self._clock,
            new_id=self._ids,
        )
        self.services = await to_thread.run_sync(self._host, context)
        for user, client in self._buses.items():
            password = await to_thread.run_sync(bus_password_of, settings, user)
            await bus.connect(self._nats_url, user, password, client)
        for service in self.services:
            running.push_async_callback(service.stop)
        await self._start_grpc()
        for service in self.services:
            await service.start()
        await self._start_http(listener)
        running.push_async_callback(self._stop_http)

    async def _close_channels(self) -> None:
        for channel in self._channels.values():
            await channel.close(None)
        if self._funding is not None:
            self._funding.close()

    def _bus(self, user: str) -> Client:
        return self._buses.setdefault(user, Client())

    async def _close_buses(self) -> None:
        for client in self._buses.values():
            if client.is_closed or not (client.is_connected or client.is_connecting or client.is_reconnecting):
                continue  # it never got that far, and nats-py cannot close what it has not begun
            # nats-py's drain() hangs to its time-out after a pull fetch: flush and close instead.
            with contextlib.suppress(Exception):
                await client.flush(timeout=1)
            await client.close()

    def _service_token(self) -> str:
        token, until = self._token
        if self._clock() >= until:
            token = self._issuer.issue(roles=[Role.SERVICE], subject="platform", lifetime=TOKEN_LIFETIME)
            self._token = token, self._clock() + TOKEN_LIFETIME / 2
        return token

    def _ledger(self) -> grpc.aio.Channel:
        return self._channel(self._settings.ledger or self.grpc)

    def _follow(self, request: FollowRequest) -> AsyncGenerator[Page, None]:
        """The ledger's pages: straight from it if it is in this process, which costs a fraction of a gRPC call."""
        here = None if self._settings.ledger else next((each.follow for each in self.services if each.follow), None)
        return (here or over_grpc(self._ledger, self._service_token))(request)

    def _channel(self, target: str) -> grpc.aio.Channel:
        if target not in self._channels:
            self._channels[target] = grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS)
        return self._channels[target]

    def _channel_to_funding(self) -> grpc.Channel:
        if self._funding is None:
            target = self._settings.funding or self.grpc
            self._funding = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        return self._funding

    async def _start_grpc(self) -> None:
        names = [name for service in self.services for name in service.add_to(self._server)]
        checks = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs leave health.aio out
        health_pb2_grpc.add_HealthServicer_to_server(checks, self._server)
        for name in ("", *names):
            await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        host, port, fixed = _address(self._settings.grpc, GRPC_PORT)
        # gRPC reports a port in use by an exception (or 0, by version). A free port then replaces the default one.
        bound = 0
        with contextlib.suppress(RuntimeError):
            bound = self._server.add_insecure_port(f"{host}:{port}")
        if not bound:
            if fixed:
                raise OSError(f"{host}:{port} is in use: free it, or set FOLKMOOT_GRPC to another address")
            bound = self._server.add_insecure_port(f"{host}:0")
        self.grpc = f"{_reachable(host)}:{bound}"
        await self._server.start()

    async def _start_http(self, listener: socket.socket) -> None:
        app = FastAPI(title="Folkmoot", openapi_url=None, docs_url=None, redoc_url=None)
        install(app)
        _add_front(app, self)
        # The applications' lifespans are not run; services start and stop here instead.
        site = LimitedHttp(ByService(app, {each.name: each.app for each in self.services}), self._callers)
        self._http_server = _ServerWithoutSignals(
            uvicorn.Config(site, http=BoundedHttp, ws="none", log_config=None, access_log=False, lifespan="off")
        )
        self._serving = asyncio.create_task(self._http_server.serve(sockets=[listener]), name="http")
        while not self._http_server.started:
            if self._serving.done():
                self._serving.result()
            await asyncio.sleep(0.01)  # uvicorn offers no event to wait for
        host, *_ = _address(self._settings.http, HTTP_PORT)
        self.http = f"http://{_reachable(host)}:{listener.getsockname()[1]}"

    async def _stop_http(self) -> None:
        self._http_server.should_exit = True
        await self._serving

    async def readiness(self) -> dict[str, object]:
        """The answer for an operator's probe. ``ready`` is true when the platform can accept traffic."""
        problems: list[str] = []
        if not all(client.is_connected for client in self._buses.values()):
            problems.append("NATS is unreachable. Events are kept, and sent when it is back.")
        elif self._nats_monitor_url:
            try:
                await check_durability(self._nats_monitor_url)
            except (NotDurable, httpx2.HTTPError) as error:
                problems.append(str(error))
        if self.services:
            problem = await to_thread.run_sync(_unanswered, url_for(self._database_url, self.services[0].name))
            problems += [problem] if problem else []
        return {
            "ready": not problems,
            "problems": problems,
            "services": {service.name: await _condition(service) for service in self.services},
        }


async def _condition(service: RunningService) -> dict[str, object]:
    found: dict[str, object] = {"behind_ledger_by": service.lag()}
    # A service without its database says nothing more. The probe asks about the process, not the database.
    with contextlib.suppress(*DATABASE_UNAVAILABLE):
        found |= await service.condition()
    return found


async def check_durability(monitor_url: str) -> None:
    """Raise ``NotDurable`` unless JetStream syncs before it acknowledges (``sync_interval: always``), and can store."""
    async with httpx2.AsyncClient(timeout=2.0) as client:
        # Not /varz: if that was first asked before JetStream had started, its answers never have this part.
        jetstream = (await client.get(f"{monitor_url.rstrip('/')}/jsz")).json()
        health = (await client.get(f"{monitor_url.rstrip('/')}/healthz")).json()
    if not jetstream.get("config", {}).get("sync_always"):
        raise NotDurable(
            "NATS acknowledges before it syncs. Set `sync_interval: always` in its jetstream block, or a power cut"
            " loses acknowledged messages."
        )
    if health.get("status") != "ok":
        raise NotDurable(
            f"NATS reports a problem: {health.get('error', 'unhealthy')}. Fix it and restart NATS, because after a"
            " failed write JetStream stores nothing more. Meanwhile the ledger asks the services for their events."
        )


def _unanswered(database_url: str) -> str | None:
    """A sentence if PostgreSQL does not answer, else None."""
    try:
        psycopg.connect(conninfo(database_url), connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return f"PostgreSQL does not answer. No command can run until it does: {str(error).splitlines()[0]}"
    return None


class _ServerWithoutSignals(uvicorn.Server):
    """uvicorn without signal handlers: the command that runs the process decides when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _address(setting: str | None, port: int) -> tuple[str, int, bool]:
    """Host, port, and whether the setting names this very port."""
    if setting is None:
        return "127.0.0.1", port, False
    host, _, number = setting.rpartition(":")
    return host or "127.0.0.1", int(number), number != "0"


def _reachable(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host


def _listen(host: str, port: int, fixed: bool) -> socket.socket:
    for candidate in (port, 0):
        # asyncio sends small answers at once (TCP_NODELAY) only if it sees that the socket is a TCP one. Without the
        # protocol's number every answer on a kept connection waits 40 ms for the caller's acknowledgement.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()  # the port is ours only now: two processes can bind a port that neither listens on
        except OSError as error:
            listener.close()
            if fixed:
                raise OSError(f"{host}:{port} is in use: free it, or set FOLKMOOT_HTTP to another address") from error
        else:
            return listener
    raise OSError(f"no port is free on {host}")


def _add_front(app: FastAPI, process: Process) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, bool]:
        return {"live": True}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        found = await process.readiness()
        return JSONResponse(found, 200 if found["ready"] else 503)

    @app.get("/", include_in_schema=False)
    async def front() -> HTMLResponse:
        return HTMLResponse(_front_page([service.name for service in process.services], process.grpc))


def _front_page(names: Collection[str], grpc_address: str) -> str:
    items = "".join(f'<li><a href="/{name}/docs">/{name}</a></li>' for name in names)
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Folkmoot</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:1.125rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}</style>"
        "</head><body><main><h1>Folkmoot</h1><p>The services of this platform, each with its OpenAPI page:</p>"
        f"<ul>{items}</ul><p>gRPC answers at <code>{grpc_address}</code>.</p></main></body></html>"
    )
