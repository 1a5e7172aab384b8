"""A witness's parts: its key and its memory in one directory, its logs, and its address."""

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
"""The most connections at once. Any more get the status 503."""


def open_key(data: Path, name: str | None = None) -> WitnessKey:
    """The key of the witness in this directory. If a name is given, the first use creates the key and the memory.

    Raises ``UnusableSecret``, or ``sqlite3.Error`` or ``OSError`` if the memory cannot be created.
    """
    file = data / KEY_FILE
    if name is not None and not file.exists():
        # Create the memory first, even in case of a crash in between: a key without memory means a lost memory.
        Memory.make(data / MEMORY_FILE)
    return WitnessKey.open(file, name)


def open_witness(data: Path, name: str | None, logs: KnownLogs, clock: Clock = now) -> Witness:
    """The witness whose key and memory are in this directory.

    Raises the same errors as ``open_key``, and ``LostMemory`` if there is a key without its memory.
    """
    key = open_key(data, name)
    return Witness(key, logs, Memory(data / MEMORY_FILE), clock)


async def serve(witness: Witness, host: str, port: int, started: Callable[[str], None]) -> None:
    """Answer requests until SIGINT or SIGTERM. ``started`` gets the address. Raises ``OSError`` if it is in use."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # With the protocol's number asyncio sends small answers at once; without it each waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            raise OSError(f"cannot listen on {host}:{port} ({error.strerror}): free it, or use another") from error
        started(f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            witness_app(witness),
            http="h11",  # the server is public: h11 limits a request's head, httptools does not
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        await uvicorn.Server(config).serve(sockets=[listener])
