"""A port on which another program listens is never shared: each would get half of the other's calls."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from services import catalogue
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.source_keys import register_sources


@pytest.fixture(params=["FOLKMOOT_GRPC", "FOLKMOOT_HTTP"])
def taken(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A setting, and an address that it cannot have because a server of its kind listens there."""
    if request.param == "FOLKMOOT_GRPC":
        server = grpc.server(ThreadPoolExecutor(1))  # as gRPC has it by default: ready to share
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield request.param, f"127.0.0.1:{port}"
        server.stop(None)
    else:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield request.param, f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_service_does_not_start_at_an_address_that_is_taken_and_says_so(
    taken: tuple[str, str], database_url: str, servers: EmbeddedServers, tmp_path: Path
) -> None:
    setting, address = taken
    catalogue.migrate(database_url)
    settings = Settings(data=tmp_path, secrets_directory=servers._data / "secrets")
    register_sources(settings, catalogue.SOURCES)
    own = {"FOLKMOOT_HTTP": "127.0.0.1:0", "FOLKMOOT_GRPC": "127.0.0.1:0", "FOLKMOOT_DATA": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "services.command_line.main", "serve", "membership"],
        env=os.environ
        | own
        | {
            "DATABASE_URL": database_url,
            "NATS_URL": servers.servers.nats_url,
            "FOLKMOOT_SECRETS": str(settings.secrets),
            setting: address,
        },
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert f"{address} is in use" in ended.stdout.replace("\n", " ")
