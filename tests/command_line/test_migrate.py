"""`folkmoot migrate` leaves everything there that the services find and may not make themselves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nats
import pytest
from typer.testing import CliRunner, Result

from services.command_line.main import app
from shared.contracts.bus_users import HANDS_OVER, SOURCES
from shared.runtime.embedded.servers import EmbeddedServers


@pytest.fixture
def migrating(
    servers: EmbeddedServers, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The environment for it: a database and a NATS server without streams, and the secrets that the server has."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("NATS_URL", servers.servers.nats_url)
    monkeypatch.setenv("FOLKMOOT_SECRETS", str(servers._data / "secrets"))
    return monkeypatch


def migrate() -> Result:
    return CliRunner().invoke(app, ["migrate"])


async def _bounds(nats_url: str) -> dict[str, tuple[int | None, float | None]]:
    bus = await nats.connect(nats_url)
    found = [stream.config for stream in await bus.jetstream().streams_info()]
    await bus.close()
    return {str(config.name): (config.max_bytes, config.max_age) for config in found}


def test_it_makes_streams_and_secrets_and_makes_them_again(
    migrating: pytest.MonkeyPatch, servers: EmbeddedServers, nats_url: str
) -> None:
    assert migrate().exit_code == 0
    assert asyncio.run(_bounds(nats_url)) == {
        "EVENTS": (256 * 1024 * 1024, 7 * 24 * 3600.0),
        "PARTNERS": (64 * 1024 * 1024, 0),
    }
    secrets = servers._data / "secrets"
    for sender, services in HANDS_OVER.items():
        assert {path.name for path in (secrets / "handover" / sender).iterdir()} == set(services)
    assert {path.name for path in (secrets / "sources").iterdir()} == {"register", *(f"{s}.key" for s in SOURCES)}
    migrating.setenv("FOLKMOOT_STREAM_BYTES", "1000000")
    migrating.setenv("FOLKMOOT_STREAM_HOURS", "1")
    assert migrate().exit_code == 0
    assert asyncio.run(_bounds(nats_url))["EVENTS"] == (1_000_000, 3600.0)


def test_without_the_password_it_says_who_makes_it(migrating: pytest.MonkeyPatch, tmp_path: Path) -> None:
    migrating.setenv("FOLKMOOT_SECRETS", str(tmp_path))
    ended = migrate()
    assert ended.exit_code == 1
    said = " ".join(ended.output.split())
    assert "no password of the NATS user admin" in said
    assert "`folkmoot nats-config` makes it" in said
