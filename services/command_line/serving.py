"""Serves the platform, or a part of it, from a data directory.

One platform serves a data directory at a time. It holds a lock on ``platform.lock`` there, which the kernel frees
however the process ends, and writes its addresses into ``platform.json``.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import msgspec
from anyio import to_thread
from rich.console import Console
from rich.table import Table

from services import catalogue
from services.command_line.addresses import Addresses, announced, as_partner, path_of
from services.command_line.environment import CommandFailed
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.hosting.process import Process
from shared.runtime.identity.source_keys import register_sources

MEND_INTERVAL_S = 1.0
"""Seconds between checks of the embedded servers."""


@dataclass(frozen=True)
class Servers:
    """The PostgreSQL and NATS servers that a platform uses."""

    database_url: str
    nats_url: str
    nats_monitor_url: str | None
    embedded: EmbeddedServers | None = None
    """Those in the data directory, if they are embedded."""


class AlreadyServed(CommandFailed):
    """Another process serves the data directory. The message says which one, where, and what to do."""


class MissingSetting(CommandFailed):
    """One of DATABASE_URL and NATS_URL is set and the other is not."""


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    """The servers in the settings, or migrated embedded ones, for the length of the block."""
    if settings.database_url and settings.nats_url:
        yield Servers(settings.database_url, settings.nats_url, settings.nats_monitor_url)
        return
    if settings.database_url or settings.nats_url:
        raise MissingSetting("Set both DATABASE_URL and NATS_URL to use your own servers, or neither to embed them.")
    embedded = EmbeddedServers(settings.data, settings.secrets)
    found = embedded.start()
    try:
        catalogue.migrate(found.database_url)
        register_sources(settings, catalogue.SOURCES)
        asyncio.run(catalogue.prepare_bus(found.nats_url, settings))
        yield Servers(found.database_url, found.nats_url, found.nats_monitor_url, embedded)
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
        if found.embedded:
            keep = {
                "embedded servers": partial(_keep, found.embedded.mend),
                # Someone may delete a stream. Elsewhere `folkmoot migrate` creates it again.
                "embedded streams": partial(catalogue.prepare_bus, found.nats_url, settings, MEND_INTERVAL_S),
            }
            stack.push_async_callback(stop, *(supervise(name, work) for name, work in keep.items()))
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
        addresses = Addresses(process.http, process.grpc, as_partner(found.nats_url, settings))
        if whole:
            _announce(settings, addresses)
            stack.callback(path_of(settings).unlink, missing_ok=True)
        yield process, addresses


async def serve_until_stopped(settings: Settings, names: Collection[str], console: Console) -> None:
    """Host these services until Ctrl-C or SIGTERM. Shows on the console where they are, unless the log is JSON."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with serving(settings, names) as (_, addresses):
        if not settings.json_logs:
            _show(names, addresses, settings, console)
        await stopping.wait()


def _show(names: Collection[str], addresses: Addresses, settings: Settings, console: Console) -> None:
    table = Table(title="Folkmoot is running. Press Ctrl-C to stop it.", title_justify="left")
    table.add_column("what")
    table.add_column("where")
    for name in names:
        table.add_row(name, f"{addresses.http}/{name}/docs")
    table.add_row("readiness", f"{addresses.http}/health/ready")
    # Without the password, because printed text ends up in logs.
    table.add_row("NATS", addresses.nats.rpartition("@")[2].removeprefix("nats://"))
    table.add_row("gRPC", addresses.grpc)
    console.print(table)
    if set(names) == set(catalogue.NAMES):
        console.print(f"{path_of(settings)} has the address of NATS for partners' systems.", soft_wrap=True)


async def _keep(mend: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(MEND_INTERVAL_S)
        await to_thread.run_sync(mend)  # unlike asyncio's, cancelling this waits for a server that is starting


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
        path_of(settings).unlink(missing_ok=True)  # a killed platform may have left it
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _who_serves(settings: Settings, pid: str) -> str:
    who = f"Process {pid} is serving" if pid else "Another process is serving"
    if addresses := announced(settings):
        where = f", at {addresses.http} and for gRPC at {addresses.grpc}"
    else:
        where = ", and is starting or stopping"
    return (
        f"{who} the data directory {settings.data}{where}. Use that platform, stop it (press Ctrl-C in its terminal, or"
        f" run `kill {pid or '<its number>'}`), or set FOLKMOOT_DATA to another directory."
    )


def _announce(settings: Settings, addresses: Addresses) -> None:
    draft = path_of(settings).with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)  # the address of NATS holds its password
    draft.write_bytes(msgspec.json.encode(addresses))
    draft.replace(path_of(settings))
