"""HTTP is served by uvloop and httptools, and a request's head is bounded."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import pytest
import uvloop
from fixtures_platform import RunningPlatform

from services.command_line import main
from shared.runtime.hosting.bounded_http import MAX_HEAD_BYTES


def test_commands_run_on_uvloop() -> None:
    found: list[object] = []

    async def work() -> None:
        found.append(asyncio.get_running_loop())

    main._run(work())
    assert isinstance(found[0], uvloop.Loop)


def connect(platform: RunningPlatform) -> socket.socket:
    address = urlsplit(platform.addresses.http)
    assert address.hostname
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def send_for_ever(client: socket.socket) -> None:
    for _ in range(100 * MAX_HEAD_BYTES // 4096):
        client.sendall(b"a" * 4096)


@pytest.mark.parametrize("beginning", [b"GET /", b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: "])
def test_a_head_without_an_end_is_refused(platform: RunningPlatform, beginning: bytes) -> None:
    with connect(platform) as client:
        client.sendall(beginning)
        with pytest.raises(ConnectionError):
            send_for_ever(client)


def test_a_head_that_is_too_long_is_refused_with_the_reason(platform: RunningPlatform) -> None:
    with connect(platform) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * MAX_HEAD_BYTES)
        assert client.recv(4096).startswith(b"HTTP/1.1 431 ")


def test_bodies_on_one_connection_are_not_taken_for_heads(platform: RunningPlatform) -> None:
    head = f"POST /membership/chase/partnership HTTP/1.1\r\nHost: here\r\nContent-Length: {MAX_HEAD_BYTES}\r\n\r\n"
    with connect(platform) as client:
        for _ in range(5):
            client.sendall(head.encode() + b" " * MAX_HEAD_BYTES)
            assert client.recv(4096).startswith(b"HTTP/1.1 401 ")
