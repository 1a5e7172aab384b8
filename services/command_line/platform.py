"""Finding the platform or starting it: what every command does before it does its own work.

A running platform writes its addresses into ``platform.json`` of the data directory. A command that needs the
platform asks there whether it answers; if not, it starts what it needs for as long as it runs.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
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

LOOK = 1.0
"""Seconds after which embedded servers are looked after again."""


class Addresses(msgspec.Struct, frozen=True):
    """Where a platform answers."""

    http: str
    """Base address of all services: ``http://127.0.0.1:8400``."""
    grpc: str
    """``127.0.0.1:8401``."""
    nats: str
    """With user and password where it has them."""


@dataclass(frozen=True)
class Servers:
    """The PostgreSQL and the NATS a platform works on."""

    database_url: str
    nats_url: str
    nats_monitor_url: str | None
    mend: Callable[[], None] | None = None
    """Starts again what of them has ended, when they are ours to start."""


class MissingSetting(Exception):
    """One of DATABASE_URL and NATS_URL is set and the other is not."""


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    """The servers the settings name, or embedded ones, migrated, for as long as the block lasts."""
    if settings.database_url and settings.nats_url:
        yield Servers(settings.database_url, settings.nats_url, settings.nats_monitor_url)
        return
    if settings.database_url or settings.nats_url:
        raise MissingSetting("Set both DATABASE_URL and NATS_URL to use your servers, or neither for embedded ones.")
    embedded = EmbeddedServers(settings.data)
    found = embedded.start()
    try:
        catalogue.migrate(found.database_url)
        yield Servers(found.database_url, found.nats_url, found.nats_monitor_url, embedded.mend)
    finally:
        embedded.stop()


@asynccontextmanager
async def serving(
    settings: Settings, names: Collection[str] = catalogue.NAMES, clock: Clock = now
) -> AsyncIterator[tuple[Process, Addresses]]:
    """Host these services in this process, and say so in the data directory when it is all of them."""
    context = servers(settings)
    found = await asyncio.to_thread(context.__enter__)
    keeping = [supervise("embedded servers", partial(_keep, found.mend))] if found.mend else []
    try:
        process = Process(
            settings,
            found.database_url,
            found.nats_url,
            catalogue.host(names),
            nats_monitor_url=found.nats_monitor_url,
            clock=clock,
        )
        await process.start()
        addresses = Addresses(process.http, process.grpc, found.nats_url)
        whole = set(names) == set(catalogue.NAMES)
        try:
            if whole:
                _announce(settings, addresses)
            yield process, addresses
        finally:
            if whole:
                _path(settings).unlink(missing_ok=True)
            await process.stop()
    finally:
        await stop(*keeping)
        await asyncio.to_thread(context.__exit__, None, None, None)


async def _keep(mend: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(LOOK)
        await to_thread.run_sync(mend)  # not asyncio's: who cancels this waits until a server that starts has started


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[Addresses]:
    """The platform of this data directory: the running one, or one started for as long as the block lasts."""
    found = await running(settings)
    if found is not None:
        yield found
        return
    async with serving(settings) as (_, addresses):
        yield addresses


async def running(settings: Settings) -> Addresses | None:
    """The platform that is running on this data directory, if it answers."""
    try:
        addresses = msgspec.json.decode(_path(settings).read_bytes(), type=Addresses)
        async with httpx2.AsyncClient(timeout=2.0) as client:
            (await client.get(f"{addresses.http}/health/live")).raise_for_status()
    except (FileNotFoundError, msgspec.DecodeError, httpx2.HTTPError):
        return None
    return addresses


def _path(settings: Settings) -> Path:
    return settings.data / "platform.json"


def _announce(settings: Settings, addresses: Addresses) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    draft = _path(settings).with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)  # the address of NATS holds its password
    draft.write_bytes(msgspec.json.encode(addresses))
    draft.replace(_path(settings))
