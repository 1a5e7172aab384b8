"""What a command costs on the whole platform: CPU of all processes, the answer's time, and how many at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.commands import CLIENTS, bare_library, service_commands
from bench.figures import TIMEOUT_S, Figure, free_port
from shared.runtime.embedded.servers import Servers
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import issuer_of
from shared.values.roles import Role

ALONE = 300
"""Commands of one client."""
AT_ONCE = 3_000
"""Commands of all clients together."""
SETTLE_S = 2.0
"""Seconds in which the views take what was recorded last."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Round:
    """What some clients measured together."""

    median: float
    """Seconds until an answer."""
    rate: float
    """Commands a second."""
    cpu: float
    """Seconds of CPU on a command, of the platform and of its servers."""


async def of_a_command(servers: Servers, settings: Settings) -> list[Figure]:
    """One client, then many, on a platform in a process of its own; against the same without HTTP and without ours."""
    with service_commands(servers, settings, "projects") as execute:

        def one(number: int) -> None:
            execute("set_priority", priority=f"inside-{number}", title="A priority", outcome="It is measured.")

        inside = statistics.median([await asyncio.to_thread(_timed, one, number) for number in range(ALONE)])
    threads = await asyncio.to_thread(_with_threads, servers)
    async with platform(servers, settings) as (address, cpu):
        await _clients(address, settings, cpu, "warm", 100, 1)
        alone = await _clients(address, settings, cpu, "alone", ALONE, 1)
        crowd = await _clients(address, settings, cpu, "crowd", AT_ONCE, CLIENTS)
    return [
        Figure(
            "one client over HTTP, answer's median",
            f"{alone.median * 1000:.1f} ms",
            f"the same command in one process: {inside * 1000:.1f} ms",
            f"{alone.median / inside:.1f} of it",
            "at most 3 times it",
            alone.median <= 3 * inside,
        ),
        Figure(
            f"{CLIENTS} clients over HTTP",
            f"{crowd.rate:,.0f} commands a second",
            f"bare eventsourcing, {CLIENTS} threads: {threads:,.0f}",
            f"{crowd.rate / threads:.2f} of it",
            "1.5 of it",
            crowd.rate >= 1.5 * threads,
        ),
        *(
            Figure(
                f"CPU on one command, all processes, {clients}",
                f"{found.cpu * 1000:.1f} ms",
                f"before followers were told what they want: {before} ms",
                f"{found.cpu * 1000 / before:.2f} of it",
                f"at most {most} ms",
                found.cpu * 1000 <= most,
            )
            for clients, found, before, most in (("one client", alone, 24, 8), (f"{CLIENTS} clients", crowd, 5, 2))
        ),
    ]


@asynccontextmanager
async def platform(servers: Servers, settings: Settings) -> AsyncIterator[tuple[str, Callable[[], float]]]:
    """The whole platform in a process of its own; gives its address, and what tells the CPU spent so far."""
    address = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "NATS_URL": servers.nats_url,
        "FOLKMOOT_DATA": str(settings.data),
        "FOLKMOOT_GRPC": "127.0.0.1:0",
        "FOLKMOOT_HTTP": address,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.command_line.main", "up"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://{address}") as client, asyncio.timeout(TIMEOUT_S):
            while not await _live(client):
                await asyncio.sleep(0.1)
        yield f"http://{address}", lambda: _cpu(process.pid, settings.data)
    finally:
        process.terminate()
        await process.wait()


async def _live(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/health/live")).is_success
    except httpx2.HTTPError:
        return False


async def _clients(
    address: str, settings: Settings, cpu: Callable[[], float], partnership: str, count: int, clients: int
) -> Round:
    token = issuer_of(settings).issue(
        roles=[Role.CLERK], subject="bench", partnership=partnership, lifetime=dt.timedelta(hours=1)
    )
    answered: list[float] = []
    async with httpx2.AsyncClient(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_S,
        limits=httpx2.Limits(max_connections=clients),
    ) as client:

        async def one(first: int) -> None:
            for number in range(first, count, clients):
                body = {"priority": f"p-{number}", "title": "A priority", "outcome": "It is measured."}
                began = time.perf_counter()
                (await client.post(f"/projects/{partnership}/priorities", json=body)).raise_for_status()
                answered.append(time.perf_counter() - began)

        spent, began = cpu(), time.perf_counter()
        await asyncio.gather(*(one(first) for first in range(clients)))
        rate = count / (time.perf_counter() - began)
    await asyncio.sleep(SETTLE_S)
    return Round(statistics.median(answered), rate, (cpu() - spent) / count)


def _with_threads(servers: Servers) -> float:
    """How many commands a second the bare library does with as many threads as there are clients."""
    with bare_library(servers) as bare, ThreadPoolExecutor(CLIENTS) as threads:
        began = time.perf_counter()
        for done in [threads.submit(bare, number) for number in range(AT_ONCE)]:
            done.exception()  # two threads on one register collide, and the bare library does not try again
        return AT_ONCE / (time.perf_counter() - began)


def _timed(command: Callable[[int], None], number: int) -> float:
    began = time.perf_counter()
    command(number)
    return time.perf_counter() - began


def _cpu(platform: int, data: Path) -> float:
    """Seconds of CPU that the platform and the servers of its data directory have spent, with all their children."""
    parents, spent = {}, {}
    roots = {platform}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                fields = (directory / "stat").read_text().rpartition(")")[2].split()
                command = (directory / "cmdline").read_text()
            except OSError:
                continue  # it has ended
            pid = int(directory.name)
            parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
            if str(data) in command and pid != os.getpid():
                roots.add(pid)
    return sum(found for pid, found in spent.items() if _descends(pid, parents, roots))


def _descends(pid: int, parents: dict[int, int], roots: set[int]) -> bool:
    while pid and pid not in roots:
        pid = parents.get(pid, 0)
    return pid != 0
