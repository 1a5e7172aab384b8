"""What a connection may cost: time for a request's head and body, headers, connections, and readers who do not read."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from fixtures_platform import RunningPlatform

from shared.runtime.endpoints import requests
from shared.runtime.hosting.bounded_http import MAX_HEADERS, BoundedHttp

CHUNK = 64 * 1024
MOST = 10


class Narrow(BoundedHttp):
    """The same with limits that a test need not wait for."""

    max_connections = MOST
    head_timeout_s = 1.0
    send_timeout_s = 1.0


class Endless:
    """An application that answers ``/`` at once, and everything else without end."""

    def __init__(self) -> None:
        self.sending = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/":
            await send({"type": "http.response.body", "body": b"here"})
            return
        self.sending += 1
        try:
            while (await receive())["type"] != "http.disconnect":
                for _ in range(10_000):
                    await send({"type": "http.response.body", "body": b"a" * CHUNK, "more_body": True})
        finally:
            self.sending -= 1


@pytest.fixture
def application() -> Endless:
    return Endless()


@pytest.fixture
def port(application: Endless) -> Iterator[int]:
    """The port of a server with narrow limits."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, http=Narrow, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1]
    server.force_exit = server.should_exit = True
    thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=15)


def answered(client: socket.socket) -> bytes:
    """All that the server sends until it ends the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := client.recv(CHUNK):
            found += part
    return found


def gets_an_answer(port: int) -> bool:
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        return b"here" in answered(client)


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: here\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(port: int, beginning: bytes) -> None:
    with connect(port) as client:
        client.sendall(beginning)
        began = time.monotonic()
        assert answered(client).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5


def test_a_head_that_trickles_ends_the_connection_also_after_a_first_request(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert client.recv(CHUNK)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for each in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 1000:
                client.sendall(bytes([each]))
                time.sleep(0.05)
        assert time.monotonic() - began < 10


def test_half_open_connections_keep_nobody_out(port: int) -> None:
    idle = [connect(port) for _ in range(5 * MOST)]
    try:
        assert all(gets_an_answer(port) for _ in range(3))
        idle[0].settimeout(5)
        with contextlib.suppress(ConnectionError):
            assert idle[0].recv(1) == b"", "the one that has waited longest is ended"
    finally:
        for each in idle:
            each.close()


def test_too_many_headers_are_refused_with_the_reason(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n")
        refused = answered(client)
    assert refused.startswith(b"HTTP/1.1 431 ")
    assert refused.count(b"HTTP/1.1") == 1
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n" + b"a: b\r\n" * (MAX_HEADERS - 1) + b"\r\n")
        assert answered(client).startswith(b"HTTP/1.1 200 ")


def test_a_reader_who_takes_nothing_is_disconnected(port: int, application: Endless) -> None:
    with connect(port) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
        assert client.recv(1)
        deadline = time.monotonic() + 10
        while not application.sending:
            time.sleep(0.01)
        while application.sending and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not application.sending


def test_a_slow_reader_who_takes_something_is_not(port: int, application: Endless) -> None:
    with connect(port) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert client.recv(16 * CHUNK)
            time.sleep(0.01)
        assert application.sending


def test_a_body_that_trickles_is_ended(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_TIMEOUT_S", 1.0)
    address = urlsplit(platform.addresses.http)
    token = platform.token("clerk", "slow-area")
    head = (
        "POST /membership/slow-area/groups HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    with connect(address.port or 80) as client:
        client.sendall(head.encode())
        began = time.monotonic()
        client.settimeout(0.1)
        refused = b""
        while not refused and time.monotonic() - began < 10:
            client.sendall(b" ")
            with contextlib.suppress(TimeoutError):
                refused = client.recv(CHUNK)
        assert refused.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in refused.lower()
        assert b"/problems/body-too-slow" in refused
