"""A proxy between a service and PostgreSQL that breaks a connection at the worst moment: during a commit."""

from __future__ import annotations

import enum
import socket
import threading
from contextlib import suppress
from pathlib import Path


class Break(enum.Enum):
    """When the connection breaks."""

    BEFORE_THE_COMMIT = enum.auto()
    """PostgreSQL never hears of the commit."""
    AFTER_THE_COMMIT = enum.auto()
    """PostgreSQL has done it; who asked for it never hears."""


class BreakingConnections:
    """Forwards everything, both ways, and breaks a given number of connections at their next commit.

    It listens on a Unix socket of its own directory, under the name that PostgreSQL's clients look for.
    """

    def __init__(self, directory: Path, server: Path) -> None:
        """``server``: the directory of PostgreSQL's own socket."""
        self._server = server / NAME
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / NAME))
        self._listener.listen(50)
        self._to_break: list[Break] = []
        self.broken = 0
        """How many it has broken."""
        threading.Thread(target=self._accept, daemon=True).start()

    def break_next(self, *breaks: Break) -> None:
        """Break at the next commits, one after another, in these ways."""
        self._to_break = list(breaks)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                pair = _Pair(self, client, server)
                threading.Thread(target=pair.ask, daemon=True).start()
                threading.Thread(target=pair.answer, daemon=True).start()

    def next_break(self) -> Break | None:
        """How the current commit breaks, if it does."""
        if not self._to_break:
            return None
        self.broken += 1
        return self._to_break.pop(0)


class _Pair:
    def __init__(self, between: BreakingConnections, client: socket.socket, server: socket.socket) -> None:
        self._between = between
        self._client = client
        self._server = server
        self._silent = False

    def ask(self) -> None:
        with suppress(OSError):
            while sent := self._client.recv(65536):
                if b"COMMIT\0" in sent:
                    match self._between.next_break():
                        case Break.BEFORE_THE_COMMIT:
                            break
                        case Break.AFTER_THE_COMMIT:
                            self._silent = True
                        case None:
                            pass
                self._server.sendall(sent)
        self._end()

    def answer(self) -> None:
        said = b""
        with suppress(OSError):
            while received := self._server.recv(65536):
                if not self._silent:
                    self._client.sendall(received)
                    continue
                said += received
                if b"COMMIT\0" in said:  # PostgreSQL's word that it is done
                    break
        self._end()

    def _end(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


NAME = ".s.PGSQL.5432"
