"""The embedded platform's servers: a real PostgreSQL and a real NATS in a data directory, shared by all who use it.

Several commands may work on one data directory at once (``folkmoot up`` and a ``folkmoot replay`` beside it). The
first that needs the servers starts them, the others find them alive, the last to leave stops them. Each user holds a
shared ``flock`` on ``users.lock``; the kernel gives it back however a user ends, so a killed user is never counted.
Servers whose starter was killed live on until the next user leaves.

The data directory holds ``postgres/`` and ``nats/`` (the data), ``postgres.log`` and ``nats-server.log``,
``postgres.socket/`` (or a link to a shorter path), ``nats.conf``, and the locks.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.embedded.nats import EmbeddedNats
from shared.runtime.embedded.postgres import EmbeddedPostgres
from shared.runtime.embedded.process import EmbeddedFailure

__all__ = ["EmbeddedFailure", "EmbeddedServers", "Servers", "running"]


@dataclass(frozen=True)
class Servers:
    """Where the servers answer."""

    database_url: str
    """For libpq, psycopg and SQLAlchemy: the superuser on a private Unix socket."""
    nats_url: str
    """With user and password."""
    nats_monitor_url: str
    """``/varz`` and ``/healthz`` below it."""


class EmbeddedServers:
    """One user's hold on the servers of a data directory. Not for two threads at once; any thread will do.

    ``postgres`` and ``nats`` have ``start``, ``stop`` and ``kill`` of their own, for tests of what a failure does.
    """

    def __init__(self, data: Path) -> None:
        self._data = data.resolve()
        self._use: int | None = None
        self.postgres = EmbeddedPostgres(self._data)
        self.nats = EmbeddedNats(self._data)

    @property
    def servers(self) -> Servers:
        """Where they answer now. NATS moves only if it was restarted and its port had been taken meanwhile."""
        return Servers(self.postgres.url, self.nats.url, self.nats.monitor_url)

    def start(self) -> Servers:
        """Find the servers alive or start them; both answer on return. Raises EmbeddedFailure."""
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            with self._coming_and_going():
                if self._use is None:
                    self._use = os.open(self._data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                    fcntl.flock(self._use, fcntl.LOCK_SH)
                _both(self.postgres.start, self.nats.start)
        except OSError as error:
            self.stop()
            raise EmbeddedFailure(
                f"The data directory {self._data} cannot be used: {error}. It belongs to whoever used it first: run "
                "this as that account, or set FOLKMOOT_DATA to a directory of your own, on a disk with room."
            ) from error
        except BaseException:
            self.stop()
            raise
        return self.servers

    def mend(self) -> None:
        """Start again what has ended, or serves no more, since ``start``. Raises EmbeddedFailure when that fails."""
        with self._coming_and_going():
            if self._use is not None:
                _both(self.postgres.mend, self.nats.mend)

    def stop(self) -> None:
        """Leave; the last to leave stops the servers. Raises EmbeddedFailure."""
        if self._use is None:
            return
        with self._coming_and_going():
            use, self._use = self._use, None
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still works here
            finally:
                os.close(use)
            _both(self.postgres.stop, self.nats.stop)

    @contextmanager
    def _coming_and_going(self) -> Iterator[None]:
        # One at a time: nobody may arrive between "I am the last" and the servers' end.
        door = os.open(self._data / "door.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield
        finally:
            os.close(door)


@contextmanager
def running(data: Path) -> Iterator[Servers]:
    """The servers of a data directory, for as long as the block runs. Raises EmbeddedFailure."""
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
