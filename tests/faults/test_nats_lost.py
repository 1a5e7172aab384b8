"""NATS is killed, and JetStream's stream deleted by hand, while eight writers a service write: nothing is lost.

The servers are somebody else's here. So nobody makes the stream again until ``folkmoot migrate`` does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path

import httpx2
import msgspec
import psycopg
import pytest
import structlog.testing
from faults.harness import FaultHarness
from faults.writers import TIMEOUT_S, WriterLoad, until
from fixtures_platform import running_platform
from nats.aio.client import Client
from psycopg import sql

from services import catalogue
from services.catalogue import DECIDING
from services.ledger.log import LOCK
from shared.contracts.bus_users import ADMIN, commands_subject, inbox_prefix, resend_subject
from shared.contracts.envelope import STREAM
from shared.runtime.deciding.event_store import events_table
from shared.runtime.following.bus import ask_to_resend

pytestmark = pytest.mark.slow

EACH = 600
"""Commands for each service: 2,400 in all."""
FEWER = 250


@pytest.mark.timeout(240)
def test_nothing_is_lost_and_nothing_comes_twice_while_nats_is_killed_again_and_again(
    harness: FaultHarness, partnership: str
) -> None:
    load = WriterLoad(harness.platform, partnership, EACH)
    load.prepare()
    with load.writing():
        for share in (0.2, 0.45):
            load.wait_until_acknowledged(share)
            harness.servers.nats.kill()
            harness.servers.nats.start()
        load.wait_until_acknowledged(0.7)
        harness.servers.nats.kill()
        # Commands need no NATS: all that are left are acknowledged while it is away.
        load.wait_until_acknowledged(1)
    harness.servers.nats.start()
    load.assert_nothing_lost_nothing_twice(harness.database_url)
    load.assert_seen_by_callers()


@pytest.mark.timeout(120)
def test_a_stream_deleted_while_writers_write_costs_nothing_and_the_migration_makes_it_again(
    harness: FaultHarness, partnership: str
) -> None:
    load = WriterLoad(harness.platform, partnership, FEWER)
    load.prepare()
    with load.writing():
        load.wait_until_acknowledged(0.5)
        assert asyncio.run(_delete_stream(harness.nats_url)) > 0
    load.assert_nothing_lost_nothing_twice(harness.database_url)
    load.assert_seen_by_callers()
    _migrate(harness)
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        _wait_until_relayed(connection)


@pytest.mark.timeout(120)
def test_a_stream_deleted_after_the_last_event_is_repaired_though_nothing_more_happens(
    harness: FaultHarness, partnership: str
) -> None:
    load = WriterLoad(harness.platform, partnership, FEWER)
    load.prepare()
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        # Holding the ledger's lock stops it from appending, so what it lacks is only in JetStream.
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        size = _count(connection, _SIZE)
        with load.writing():
            load.wait_until_acknowledged(1)
        _wait_until_relayed(connection)
        assert asyncio.run(_delete_stream(harness.nats_url)) >= FEWER * len(DECIDING)
        assert _count(connection, _SIZE) == size
    load.assert_nothing_lost_nothing_twice(harness.database_url)
    load.assert_seen_by_callers()
    _migrate(harness)


@pytest.mark.timeout(120)
def test_the_embedded_platform_makes_a_deleted_stream_again_itself(tmp_path: Path) -> None:
    with running_platform(tmp_path) as platform:
        admin = platform.nats_as(ADMIN)
        asyncio.run(_delete_stream(admin))
        until(lambda: asyncio.run(_has_stream(admin)), "the stream is not made again")
        clerk = platform.caller("clerk", "area")
        clerk.does("projects", "/priorities", {"priority": "roads", "title": "Roads", "outcome": "They are safe."})
        assert clerk.get("projects", "/priorities").status_code == 200


@pytest.mark.timeout(120)
@pytest.mark.parametrize("running", [False, True], ids=["while-stopped", "while-running"])
def test_a_bit_that_flips_in_a_block_of_the_stream_costs_nothing(
    harness: FaultHarness, partnership: str, running: bool
) -> None:
    load = WriterLoad(harness.platform, partnership, FEWER)
    load.prepare()
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # the ledger is to read what is damaged
        with load.writing():
            load.wait_until_acknowledged(1)
        _wait_until_relayed(connection)
        if not running:
            harness.servers.nats.kill()
        _flip_a_bit_in_the_newest_block(harness)
        if not running:
            harness.servers.nats.start()
    load.everything_followed()
    if running:  # what it has in memory is whole; it finds the damage when it is started the next time
        harness.servers.nats.kill()
        harness.servers.nats.start()
    load.assert_nothing_lost_nothing_twice(harness.database_url)
    load.assert_seen_by_callers()
    another = WriterLoad(harness.platform, f"{partnership}-2", 8)
    another.prepare()
    with another.writing():
        another.wait_until_acknowledged(1)
    another.assert_nothing_lost_nothing_twice(harness.database_url)


@pytest.mark.timeout(120)
def test_when_nats_is_back_each_service_answers_on_it_and_only_once(harness: FaultHarness, partnership: str) -> None:
    load = WriterLoad(harness.platform, partnership, 8)
    load.prepare()
    with structlog.testing.capture_logs() as said:
        harness.servers.nats.kill()
        with load.writing():
            load.wait_until_acknowledged(1)
        # What a failing relay leaves behind shows from its second failure on.
        relays = Counter(2 * [f"{service} relay" for service in DECIDING])
        until(lambda: relays <= Counter(entry.get("task") for entry in said), "not every relay has failed twice")
    harness.servers.nats.start()
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        _wait_until_relayed(connection)
    assert asyncio.run(_answering(harness.servers.servers.nats_monitor_url)) == {
        subject: 1 for service in DECIDING for subject in (resend_subject(service), commands_subject(service))
    }
    asyncio.run(_sources_and_endpoints_answer(harness, partnership))


def _flip_a_bit_in_the_newest_block(harness: FaultHarness) -> None:
    """Run it while this test's writers are writing."""
    blocks = (harness.directory / "nats").glob(f"jetstream/*/streams/{STREAM}/msgs/*.blk")
    newest = max((block for block in blocks if block.stat().st_size), key=lambda block: int(block.stem))
    content = bytearray(newest.read_bytes())
    middle = len(content) * 9 // 10
    content[middle] ^= 1
    with newest.open("r+b") as file:
        file.seek(middle)
        file.write(content[middle : middle + 1])


def _migrate(harness: FaultHarness) -> None:
    asyncio.run(catalogue.prepare_bus(harness.servers.servers.nats_url, harness.platform.settings))


async def _has_stream(nats_url: str) -> bool:
    bus = Client()
    await bus.connect(nats_url)
    found = [stream.config.name for stream in await bus.jetstream().streams_info()]
    await bus.close()
    return STREAM in found


async def _delete_stream(nats_url: str) -> int:
    """Delete the stream, and return the number of its messages."""
    bus = Client()
    await bus.connect(nats_url)
    js = bus.jetstream()
    held = (await js.stream_info(STREAM)).state.messages
    assert await js.delete_stream(STREAM)
    await bus.close()
    return held


async def _answering(monitor_url: str) -> Counter[str]:
    """The number of NATS subscriptions to each subject on which services answer."""
    wanted = {subject for service in DECIDING for subject in (resend_subject(service), commands_subject(service))}
    async with httpx2.AsyncClient() as client:
        shown = (await client.get(f"{monitor_url}/connz?subs=1")).json()
    subjects = [subject for connection in shown["connections"] for subject in connection.get("subscriptions_list", ())]
    return Counter(subject for subject in subjects if subject in wanted)


async def _sources_and_endpoints_answer(harness: FaultHarness, partnership: str) -> None:
    bus, ledger = Client(), Client()
    await bus.connect(harness.nats_url)
    # A source answers nobody but the ledger.
    await ledger.connect(harness.servers.nats.url_for("ledger"), inbox_prefix=inbox_prefix("ledger"))
    token = harness.platform.token("partner", partnership, "police")
    for service in DECIDING:
        ((sequence, _),) = (await ask_to_resend(ledger, service, 0, 1, TIMEOUT_S)).events
        assert sequence == 1
        event = {
            "specversion": "1.0",
            "id": f"e-{service}",
            "source": "/police",
            "type": f"{service}.jump.v1",
            "data": {},
        }
        reply = await bus.request(
            f"partners.{partnership}.police.{service}",
            msgspec.json.encode(event),
            timeout=TIMEOUT_S,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert msgspec.json.decode(reply.data)["problem"]["type"] == "/problems/unknown"
    await bus.close()
    await ledger.close()


_SIZE = sql.SQL("SELECT count(*) FROM ledger.entry")


def _wait_until_relayed(connection: psycopg.Connection) -> None:
    """Wait until JetStream has acknowledged everything. A relay does not report that, but stores how far it is."""
    for service in DECIDING:
        behind = sql.SQL("SELECT (SELECT max(notification_id) FROM {}) - (SELECT published FROM {})").format(
            sql.Identifier(service, events_table(service)), sql.Identifier(service, "relay")
        )
        until(partial(_nothing, connection, behind), f"the relay of {service} is behind")


def _nothing(connection: psycopg.Connection, query: sql.Composed) -> bool:
    return _count(connection, query) == 0


def _count(connection: psycopg.Connection, query: sql.SQL | sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
