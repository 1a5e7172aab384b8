"""A part of the platform in a process of its own, as in a container, so that it can be killed alone."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import grpc

from shared.runtime.embedded import Servers
from shared.runtime.embedded_nats import PORTS

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds a process may take until it answers; usual are two."""


class Apart:
    """``folkmoot serve`` of some services, always at the same two addresses, with its log in the data directory."""

    def __init__(self, data: Path, servers: Servers, *names: str, **settings: str) -> None:
        """``settings``: more of the environment."""
        self.log = data / f"{'-'.join(names)}.log"
        self.grpc = f"127.0.0.1:{_port()}"
        http = f"127.0.0.1:{_port()}"
        self.http = f"http://{http}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT_", "OTEL_"))}
        self._environment = kept | {
            "DATABASE_URL": servers.database_url,
            "NATS_URL": servers.nats_url,
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
            grpc.channel_ready_future(channel).result(PATIENCE)

    def kill(self) -> None:
        """With SIGKILL: no farewell to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """As an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)


def _port() -> int:
    """A free port that no outgoing connection is given while nobody listens at it."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
