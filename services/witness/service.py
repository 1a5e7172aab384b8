"""A witness put together: its key and its memory in one directory, its logs, and the address it answers at."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from services.witness.key import WitnessKey
from services.witness.known import KnownLogs
from services.witness.memory import Memory
from services.witness.web import witness_app
from services.witness.witness import Witness
from shared.runtime.ground.clock import Clock, now

KEY_FILE = "witness.key"
MEMORY_FILE = "witness.db"
MAX_CONNECTIONS = 256
"""At once; who comes beyond is told so (503)."""


def open_key(data: Path, name: str | None = None) -> WitnessKey:
    """The key of the witness in this directory; made at first use together with its memory, if a name is given.

    Raises ``UnusableSecret``, or ``sqlite3.Error`` or ``OSError`` when the memory cannot be made.
    """
    file = data / KEY_FILE
    if name is not None and not file.exists():
        # The memory is made first: a key without one is a witness that has lost it, after a crash in between as well.
        Memory.make(data / MEMORY_FILE)
    return WitnessKey.open(file, name)


def open_witness(data: Path, name: str | None, logs: KnownLogs, clock: Clock = now) -> Witness:
    """The witness whose key and memory lie in this directory.

    Raises as ``open_key`` does, and ``LostMemory`` when there is a key and no memory to it.
    """
    key = open_key(data, name)
    return Witness(key, logs, Memory(data / MEMORY_FILE), clock)


async def serve(witness: Witness, host: str, port: int, started: Callable[[str], None]) -> None:
    """Answer until SIGINT or SIGTERM; ``started`` is told the address. Raises ``OSError`` when it is taken."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # With the protocol's number asyncio sends small answers at once; without it each waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            raise OSError(
                f"{host}:{port} cannot be listened at ({error.strerror}): free it, or name another"
            ) from error
        started(f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            witness_app(witness),
            http="h11",  # strangers call: h11 bounds a request's head, httptools does not
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        await uvicorn.Server(config).serve(sockets=[listener])
