"""One platform serves a data directory: a second one names the first, and disturbs nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from services.command_line.addresses import Addresses

pytestmark = pytest.mark.timeout(240)
FOLKMOOT = (sys.executable, "-m", "services.command_line.main")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A fresh data directory, a requested HTTP port, and any gRPC port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT", "DATABASE", "NATS"))}
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    data = str(tmp_path / "data")
    return kept | {
        "PYTHONUNBUFFERED": "1",
        "FOLKMOOT_DATA": data,
        "FOLKMOOT_HTTP": address,
        "FOLKMOOT_GRPC": "127.0.0.1:0",
    }


def begin(environment: dict[str, str]) -> subprocess.Popen[str]:
    """``folkmoot up``, when it serves."""
    process = subprocess.Popen([*FOLKMOOT, "up"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert any("gRPC" in line for line in process.stdout), "it ended without serving"
    return process


@pytest.fixture
def first(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The platform of the data directory."""
    process = begin(environment)
    yield process
    process.terminate()
    process.communicate(timeout=60)


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FOLKMOOT, *words], env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def announced(environment: dict[str, str]) -> Addresses:
    return msgspec.json.decode(Path(environment["FOLKMOOT_DATA"], "platform.json").read_bytes(), type=Addresses)


def test_a_second_platform_says_who_serves_and_ends(environment: dict[str, str], first: subprocess.Popen[str]) -> None:
    before = announced(environment)
    second = run(environment, "up")
    assert second.returncode == 1
    said = " ".join(second.stdout.split())
    assert f"Process {first.pid} is serving the data directory" in said
    assert f"at {before.http} and for gRPC at {before.grpc}" in said
    assert "set FOLKMOOT_DATA to another directory" in said
    assert announced(environment) == before
    assert httpx2.get(f"{before.http}/health/ready", timeout=30).json()["ready"]
    assert run(environment, "replay").returncode == 0, "other commands go on using the first one"


def test_a_killed_platform_does_not_block_the_next_one(
    environment: dict[str, str], first: subprocess.Popen[str]
) -> None:
    first.kill()
    first.wait()
    assert announced(environment), "it could not say that it ended"
    third = begin(environment)
    try:
        assert httpx2.get(f"{announced(environment).http}/health/ready", timeout=30).json()["ready"]
    finally:
        third.terminate()
        third.communicate(timeout=60)
    assert third.returncode == 0


def test_a_port_that_another_program_has_taken_ends_a_platform_that_has_a_history(
    environment: dict[str, str], first: subprocess.Popen[str]
) -> None:
    first.terminate()
    first.communicate(timeout=60)
    host, _, port = environment["FOLKMOOT_HTTP"].partition(":")
    with socket.create_server((host, int(port))):
        ended = run(environment, "up")
    assert ended.returncode == 1
    assert f"{host}:{port} is in use: free it, or set FOLKMOOT_HTTP" in " ".join(ended.stdout.split())
