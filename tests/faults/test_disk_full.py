"""The disk is full while eight writers a service write: callers learn of it, and no acknowledged event is lost.

These platforms run as with ``folkmoot up``: they own their servers, and no one else restarts them.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import nats.errors
import psycopg
import pytest
import structlog.testing
import structlog.typing
from faults.disks import full, small_disk
from faults.writers import WriterLoad, until
from fixtures_platform import Caller, RunningPlatform, running_platform
from nats.aio.client import Client

from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.database import DATABASE_UNAVAILABLE

pytestmark = pytest.mark.slow

EACH = 150
LITTLE = 100_000
"""Bytes left: with none at all JetStream begins nothing, and what hurts is a write that fails in the middle."""
ALLOWED_PROBLEMS = {"/problems/disk-full", "/problems/database-away"}


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="faults-") as path:
        directory = Path(path)
        directory.chmod(0o755)  # started by root, PostgreSQL runs as another account
        yield directory


@pytest.mark.timeout(180)
def test_a_full_disk_is_reported_and_the_platform_continues_by_itself_once_there_is_room(
    directory: Path, partnership: str
) -> None:
    with small_disk(directory, 400), running_platform(directory) as platform:
        database_url = EmbeddedServers(directory).postgres.url
        load = WriterLoad(platform, partnership, EACH, DATABASE_UNAVAILABLE)
        load.prepare()
        clerk = platform.caller("clerk", "another-area")
        with structlog.testing.capture_logs() as said, load.writing():
            load.wait_until_acknowledged(0.3)
            with full(directory):
                until(lambda: _refused(clerk), "commands are still taken")
                # The worst of it: PostgreSQL can begin no new file of its log, ends, and cannot recover.
                with pytest.raises(psycopg.Error):
                    _fill_the_log_of(database_url)
                until(lambda: _says(said, "embedded servers", "Free some space"), "no log line says what to do")
                assert not _ready(platform)["ready"]
            load.wait_until_acknowledged(1)
        load.assert_nothing_lost_nothing_twice(database_url)
        load.assert_seen_by_callers()
        until(lambda: bool(_ready(platform)["ready"]), "it is not ready again")


@pytest.mark.timeout(180)
def test_while_jetstream_cannot_write_the_ledger_asks_and_with_room_it_is_restarted(
    directory: Path, partnership: str
) -> None:
    with small_disk(directory / "nats", 100, "700"), running_platform(directory) as platform:
        load = WriterLoad(platform, partnership, EACH)
        load.prepare()
        with structlog.testing.capture_logs() as said:
            with full(directory / "nats", but=LITTLE):
                asyncio.run(_publish_until_refused(EmbeddedServers(directory).servers.nats_admin_url))
                with load.writing():
                    load.wait_until_acknowledged(1)
                load.everything_followed()
                until(lambda: _says(said, "embedded servers", "Free some space"), "no log line says what to do")
                (problem,) = _ready(platform)["problems"]
                assert "no space left on device" in problem
            until(lambda: bool(_ready(platform)["ready"]), "it is not ready again")
        load.assert_nothing_lost_nothing_twice(EmbeddedServers(directory).postgres.url)
        load.assert_seen_by_callers()


def _fill_the_log_of(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        while True:
            connection.execute("SELECT pg_logical_emit_message(true, '', repeat('-', 2000000))")


async def _publish_until_refused(nats_url: str) -> None:
    """Another sender's messages take what is left. The ledger parks them."""
    bus = Client()
    await bus.connect(nats_url)
    refused = False
    while not refused:
        try:
            await bus.jetstream().publish("events.of.nobody", bytes(500))
        except nats.errors.Error:
            refused = True
    await bus.close()


def _refused(clerk: Caller) -> bool:
    """Whether a large command is refused, with a helpful message. Each command is a different one."""
    body = {"priority": uuid.uuid4().hex, "title": "A priority", "outcome": "An outcome. " * 300}
    response = clerk.post("projects", "/priorities", body)
    clerk.marks.clear()
    if response.status_code == 201:
        return False
    assert response.status_code == 503, response.text
    assert response.json()["type"] in ALLOWED_PROBLEMS
    return True


def _ready(platform: RunningPlatform) -> dict[str, list[str]]:
    found: dict[str, list[str]] = platform.caller("reader", "anybody").client.get("/health/ready").json()
    return found


def _says(said: list[structlog.typing.EventDict], task: str, words: str) -> bool:
    return any(entry.get("task") == task and words in entry["error"] for entry in said)
