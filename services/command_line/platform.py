"""Finds the running platform or starts one, for commands that need it.

One platform serves a data directory at a time. It holds a lock on ``platform.lock`` there, which the kernel frees
however the process ends, and writes its addresses into ``platform.json``. A command that needs the platform looks
there. If there is none, the command starts one and stops it at its own end.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import msgspec
from anyio import to_thread

from services import catalogue
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.hosting.process import Process
from shared.runtime.identity.source_keys import register_sources

START_TIMEOUT_S = 60.0
"""Seconds a command waits while another process starts or stops the platform."""
POLL_INTERVAL_S = 0.1
MEND_INTERVAL_S = 1.0
"""Seconds between checks of the embedded servers."""


class Addresses(msgspec.Struct, frozen=True):
    """A platform's addresses."""

    http: str
    """Base address of all services: ``http://127.0.0.1:8400``."""
    grpc: str
    """``127.0.0.1:8401``."""
    nats: str
    """With user and password, if NATS needs them."""


@dataclass(frozen=True)
class Servers:
    """The PostgreSQL and NATS servers that a platform uses."""

    database_url: str
    nats_url: str
    nats_monitor_url: str | None
    mend: Callable[[], None] | None = None
    """Restarts servers that have ended, if they are embedded."""


class AlreadyServed(Exception):
    """Another process serves the data directory. The message says which one, where, and what to do."""


class MissingSetting(Exception):
    """One of DATABASE_URL and NATS_URL is set and the other is not."""


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    """The servers in the settings, or migrated embedded ones, for the length of the block."""
    if settings.database_url and settings.nats_url:
        yield Servers(settings.database_url, settings.nats_url, settings.nats_monitor_url)
        return
    if settings.database_url or settings.nats_url:
        raise MissingSetting("Set both DATABASE_URL and NATS_URL to use your own servers, or neither to embed them.")
    embedded = EmbeddedServers(settings.data)
    found = embedded.start()
    try:
        catalogue.migrate(found.database_url)
        register_sources(settings, catalogue.SOURCES)
        yield Servers(found.database_url, found.nats_url, found.nats_monitor_url, embedded.mend)
    finally:
        embedded.stop()


@asynccontextmanager
async def serving(
    settings: Settings, names: Collection[str] = catalogue.NAMES, clock: Clock = now
) -> AsyncIterator[tuple[Process, Addresses]]:
    """Host these services in this process. With all of them, it is the platform of the data directory.

    Raises ``AlreadyServed`` when the data directory already has a platform.
    """
    whole = set(names) == set(catalogue.NAMES)
    async with AsyncExitStack() as stack:
        if whole:
            stack.enter_context(_lock(settings))
        context = servers(settings)
        found = await asyncio.to_thread(context.__enter__)
        stack.push_async_callback(asyncio.to_thread, context.__exit__, None, None, None)
        if found.mend:
            stack.push_async_callback(stop, supervise("embedded servers", partial(_keep, found.mend)))
        process = Process(
            settings,
            found.database_url,
            found.nats_url,
            catalogue.host(names),
            nats_monitor_url=found.nats_monitor_url,
            clock=clock,
        )
        await process.start()
        stack.push_async_callback(process.stop)
        addresses = Addresses(process.http, process.grpc, found.nats_url)
        if whole:
            _announce(settings, addresses)
            stack.callback(_path(settings).unlink, missing_ok=True)
        yield process, addresses


async def _keep(mend: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(MEND_INTERVAL_S)
        await to_thread.run_sync(mend)  # unlike asyncio's, cancelling this waits for a server that is starting


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[Addresses]:
    """The platform of this data directory: the running one, or one started for the length of the block."""
    async with AsyncExitStack() as stack:
        yield await _found_or_started(settings, stack)


async def _found_or_started(settings: Settings, stack: AsyncExitStack) -> Addresses:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        if found := await running(settings):
            return found
        try:
            _, addresses = await stack.enter_async_context(serving(settings))
            return addresses
        except AlreadyServed:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_INTERVAL_S)  # another process is starting its platform, or stopping it


async def running(settings: Settings) -> Addresses | None:
    """The running platform of this data directory, if it answers."""
    try:
        addresses = msgspec.json.decode(_path(settings).read_bytes(), type=Addresses)
        async with httpx2.AsyncClient(timeout=2.0) as client:
            (await client.get(f"{addresses.http}/health/live")).raise_for_status()
    except (FileNotFoundError, msgspec.DecodeError, httpx2.HTTPError):
        return None
    return addresses


def _path(settings: Settings) -> Path:
    return settings.data / "platform.json"


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """Be the only platform of the data directory for the length of the block. Raises ``AlreadyServed``."""
    settings.data.mkdir(parents=True, exist_ok=True)
    # The embedded servers do not inherit it, so it is free as soon as this process ends, even by kill -9.
    with (settings.data / "platform.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyServed(_who_serves(settings, file.read())) from None
        _path(settings).unlink(missing_ok=True)  # a killed platform may have left it
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _who_serves(settings: Settings, pid: str) -> str:
    who = f"Process {pid} is serving" if pid else "Another process is serving"
    try:
        addresses = msgspec.json.decode(_path(settings).read_bytes(), type=Addresses)
        where = f", at {addresses.http} and for gRPC at {addresses.grpc}"
    except (FileNotFoundError, msgspec.DecodeError):
        where = ", and is starting or stopping"
    return (
        f"{who} the data directory {settings.data}{where}. Use that platform, stop it (press Ctrl-C in its terminal, or"
        f" run `kill {pid or '<its number>'}`), or set FOLKMOOT_DATA to another directory."
    )


def _announce(settings: Settings, addresses: Addresses) -> None:
    draft = _path(settings).with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)  # the address of NATS holds its password
    draft.write_bytes(msgspec.json.encode(addresses))
    draft.replace(_path(settings))
