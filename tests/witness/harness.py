"""Partner agencies with their own witnesses: real servers on real ports."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from services.witness.known import KnownLogs
from services.witness.memory import Memory
from services.witness.service import MEMORY_FILE, open_key
from services.witness.web import witness_app
from services.witness.witness import Answer, Witness
from shared.proofs.note import VerifierKey


class RestartableServer:
    """An application whose address stays the same when it is stopped and started again."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread: threading.Thread | None = None

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return listener

    def start(self) -> None:
        if self._thread is None:
            if self._listener.fileno() < 0:
                self._listener = self._listen(self.port)
            config = uvicorn.Config(
                self._app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
            self._server = uvicorn.Server(config)
            self._thread = threading.Thread(target=self._server.run, args=([self._listener],))
            self._thread.start()
            while not self._server.started:
                time.sleep(0.005)  # uvicorn offers no event to wait for

    def stop(self) -> None:
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        self._listener.close()


class AgencyWitness(RestartableServer):
    """A partner that runs a witness."""

    def __init__(self, name: str, data: Path, keys: Sequence[VerifierKey]) -> None:
        self.name = name
        self.answers: list[Answer] = []
        key = open_key(data / name, f"{name}.example/witness")
        agency = self

        class Counted(Witness):
            def add_checkpoint(self, body: bytes) -> Answer:
                answer = super().add_checkpoint(body)
                agency.answers.append(answer)
                return answer

        self.witness = Counted(key, KnownLogs(keys), Memory(data / name / MEMORY_FILE))
        super().__init__(witness_app(self.witness))

    @property
    def policy_line(self) -> str:
        return f"witness {self.name} {self.witness.verifier.format()} {self.url}/"


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
