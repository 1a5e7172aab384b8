"""A part of the platform in a separate process, as in a container, so that it can be killed alone."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
from fixtures_platform import RunningPlatform, running_platform

from services import catalogue
from services.command_line.addresses import Addresses
from shared.runtime.embedded.nats import PORTS
from shared.runtime.embedded.servers import Servers, running
from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.source_keys import register_sources

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60.0
"""Seconds a process may take until it answers; usual are two."""


class Apart:
    """``folkmoot serve`` of some services, always at the same two addresses, with its log in the data directory."""

    def __init__(self, data: Path, servers: Servers | None, *names: str, **settings: str) -> None:
        """``servers``: None for embedded ones. ``names``: none for all. ``settings``: more of the environment."""
        self.log = data / f"{'-'.join(names or ('all',))}.log"
        self.grpc = f"127.0.0.1:{_port()}"
        http = f"127.0.0.1:{_port()}"
        self.http = f"http://{http}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT_", "OTEL_"))}
        given = {"DATABASE_URL": servers.database_url, "NATS_URL": servers.nats_url} if servers else {}
        self._environment = kept | {
            **given,
            "FOLKMOOT_DATA": str(data),
            "FOLKMOOT_HTTP": http,
            "FOLKMOOT_GRPC": self.grpc,
            "FOLKMOOT_LOG": "json",
            **settings,
        }
        self._names = names
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.command_line.main", "serve", *self._names],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_it_answers(self) -> None:
        with grpc.insecure_channel(self.grpc, (("grpc.max_reconnect_backoff_ms", 100),)) as channel:
            grpc.channel_ready_future(channel).result(TIMEOUT_S)

    def kill(self) -> None:
        """Kill it with SIGKILL, without a shutdown."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def processes(self) -> list[int]:
        """The process and all its descendants: embedded servers and their own processes."""
        assert self._process is not None
        children: dict[int, list[int]] = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # The name, in brackets, may hold anything; the parent is the second field after it.
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(status.parent.name))
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def stop(self) -> None:
        """As an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(TIMEOUT_S)


@dataclass
class Divided:
    """A platform in this process, without its ledger."""

    platform: RunningPlatform
    ledger: Apart
    database_url: str


@contextmanager
def divided_platform(data: Path, clock: Clock = now) -> Iterator[Divided]:
    """A platform with a separate ledger process and its own servers. ``clock``: of everything except the ledger."""
    with running(data) as servers:
        catalogue.migrate(servers.database_url)
        asyncio.run(catalogue.prepare_bus(servers.nats_url, Settings(data=data)))
        register_sources(Settings(data=data), catalogue.SOURCES)
        ledger = Apart(data, servers, "ledger")
        ledger.start()
        try:
            with running_platform(
                data,
                (*catalogue.DECIDING, "reporting"),
                clock,
                ledger=ledger.grpc,
                database_url=servers.database_url,
                nats_url=servers.nats_url,
            ) as platform:
                # Callers of the ledger use its present address.
                addresses = Addresses(platform.addresses.http, ledger.grpc, servers.nats_url)
                yield Divided(dataclasses.replace(platform, addresses=addresses), ledger, servers.database_url)
        finally:
            ledger.kill()


def _port() -> int:
    """A free port that no outgoing connection gets while no process listens on it."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
