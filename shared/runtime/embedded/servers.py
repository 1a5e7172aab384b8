"""The embedded platform's servers: a real PostgreSQL and a real NATS in a data directory, shared by all its users.

Several commands can use one data directory at the same time (``folkmoot up`` and ``folkmoot replay``). The first that
needs the servers starts them, the others find them running, and the last to leave stops them. Each user holds a shared
``flock`` on ``users.lock``. The kernel releases it however a user ends, so a killed user is never counted. Servers
whose starter was killed run on until the next user leaves.

The data directory holds ``postgres/`` and ``nats/`` (the data), ``postgres.log`` and ``nats-server.log``,
``postgres.socket/`` (or a link to a shorter path), ``nats.conf``, and the locks. The passwords of NATS's users are in
``secrets/nats/``, or in another directory of secrets.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.bus_users import ADMIN
from shared.runtime.embedded.nats import EmbeddedNats
from shared.runtime.embedded.postgres import EmbeddedPostgres
from shared.runtime.embedded.process import EmbeddedFailure

__all__ = ["EmbeddedFailure", "EmbeddedServers", "Servers", "running"]


@dataclass(frozen=True)
class Servers:
    """The addresses of the servers."""

    database_url: str
    """For libpq, psycopg and SQLAlchemy: the superuser on a private Unix socket."""
    nats_url: str
    """Without a user: each connects as its own."""
    nats_admin_url: str
    """With the user that may do anything."""
    nats_monitor_url: str
    """``/varz`` and ``/healthz`` below it."""


class EmbeddedServers:
    """One user's hold on the servers of a data directory. Use it from any thread, but not from two at once.

    ``postgres`` and ``nats`` have their own ``start``, ``stop`` and ``kill``, for tests of failures.
    """

    def __init__(self, data: Path, secrets: Path | None = None) -> None:
        """``secrets``: the directory of secrets, if it is not in the data directory."""
        self._data = data.resolve()
        self._use: int | None = None
        self.postgres = EmbeddedPostgres(self._data)
        self.nats = EmbeddedNats(self._data, (secrets or self._data / "secrets") / "nats")

    @property
    def servers(self) -> Servers:
        """Their present addresses. NATS moves only if it was restarted and its port was taken meanwhile."""
        return Servers(self.postgres.url, self.nats.url, self.nats.url_for(ADMIN), self.nats.monitor_url)

    def start(self) -> Servers:
        """Find the servers running or start them. Both answer on return. Raises EmbeddedFailure."""
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            with self._one_at_a_time():
                if self._use is None:
                    self._use = os.open(self._data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                    fcntl.flock(self._use, fcntl.LOCK_SH)
                _both(self.postgres.start, self.nats.start)
        except OSError as error:
            self.stop()
            raise EmbeddedFailure(
                f"The data directory {self._data} cannot be used: {error}. It belongs to the account that used it "
                "first. Use that account, or set FOLKMOOT_DATA to your own directory, on a disk with free space."
            ) from error
        except BaseException:
            self.stop()
            raise
        return self.servers

    def mend(self) -> None:
        """Restart servers that have ended or stopped working since ``start``. Raises EmbeddedFailure if that fails."""
        with self._one_at_a_time():
            if self._use is not None:
                _both(self.postgres.mend, self.nats.mend)

    def stop(self) -> None:
        """Leave. The last user to leave stops the servers. Raises EmbeddedFailure."""
        if self._use is None:
            return
        with self._one_at_a_time():
            use, self._use = self._use, None
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another user is still here
            finally:
                os.close(use)
            _both(self.postgres.stop, self.nats.stop)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        # One at a time: no user may arrive between "I am the last" and the servers' end.
        lock = os.open(self._data / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


@contextmanager
def running(data: Path) -> Iterator[Servers]:
    """The servers of a data directory, for the length of the block. Raises EmbeddedFailure."""
    embedded = EmbeddedServers(data)
    servers = embedded.start()
    try:
        yield servers
    finally:
        embedded.stop()


def _both(first: Callable[[], None], second: Callable[[], None]) -> None:
    with ThreadPoolExecutor(2, "embedded") as threads:
        begun = [threads.submit(first), threads.submit(second)]
    for one in begun:
        one.result()
