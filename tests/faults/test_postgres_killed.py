"""PostgreSQL is stopped or killed while eight writers a service write: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest
from faults.harness import FaultHarness
from faults.writers import TIMEOUT_S, WriterLoad, until
from nats.aio.client import Client

from shared.runtime.embedded.postgres import EmbeddedPostgres
from shared.runtime.ground.database import DATABASE_UNAVAILABLE

pytestmark = pytest.mark.slow

EACH = 250
"""Commands for each service: 1,000 in all."""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("end", [EmbeddedPostgres.stop, EmbeddedPostgres.kill])
def test_every_command_is_recorded_once_however_postgresql_ends(
    harness: FaultHarness, partnership: str, end: Callable[[EmbeddedPostgres], None]
) -> None:
    load = WriterLoad(harness.platform, partnership, EACH, DATABASE_UNAVAILABLE)
    load.prepare()
    with load.writing():
        for share in (0.25, 0.6):
            load.wait_until_acknowledged(share)
            end(harness.servers.postgres)
            harness.servers.postgres.start()
    load.assert_nothing_lost_nothing_twice(harness.database_url)
    load.assert_seen_by_callers()


@pytest.mark.timeout(120)
def test_while_postgresql_is_away_every_endpoint_says_so_and_the_same_key_is_recorded_once(
    harness: FaultHarness, partnership: str
) -> None:
    clerk = harness.platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    clerk.marks.clear()
    police = {"organisation": "police", "name": "The police", "sector": "police"}
    harness.servers.postgres.kill()
    refused = clerk.post("membership", "/organisations", police, Idempotency_Key="k-1")
    unread = clerk.client.get(f"/membership/{partnership}/organisations")
    reply = asyncio.run(_a_partner_registers_a_person(harness, partnership))
    harness.servers.postgres.start()
    for response in (refused, unread):
        assert response.status_code == 503, response.text
        assert response.json()["type"] == "/problems/database-away"
        assert response.headers["retry-after"]
    assert reply["problem"]["type"] == "/problems/database-away"
    # As the answer asks: again, with the same key, until there is an answer. Connections return one by one.
    until(
        lambda: clerk.post("membership", "/organisations", police, Idempotency_Key="k-1").status_code == 201,
        "the command is not taken",
    )
    clerk.does("membership", "/organisations", police, Idempotency_Key="k-1")
    assert len(clerk.get("membership", "/organisations").json()) == 1
    reply = asyncio.run(_a_partner_registers_a_person(harness, partnership))
    again = asyncio.run(_a_partner_registers_a_person(harness, partnership))
    assert reply["accepted"]
    assert again == reply


def test_what_readers_were_shown_is_there_after_a_crash_though_nothing_more_happens(
    harness: FaultHarness, partnership: str
) -> None:
    clerk = harness.platform.caller("clerk", partnership)
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        # What is committed without waiting for the disk is now written there much later, and does not survive.
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
    clerk.does("funding", "/reserves", {"reserve": "only", "name": "The only reserve"})
    assert len(clerk.get("funding", "/reserves").json()) == 1
    harness.servers.postgres.kill()
    harness.servers.postgres.start()
    assert len(clerk.get("funding", "/reserves").json()) == 1


def test_a_page_that_a_crash_took_from_the_views_is_read_again_before_the_next(
    harness: FaultHarness, partnership: str
) -> None:
    """The follower did not notice the crash: its next connection was new, and its position in memory was ahead."""
    clerk = harness.platform.caller("clerk", partnership)
    with psycopg.connect(harness.database_url, autocommit=True) as connection:
        kept = dict(connection.execute("SELECT source, sequence FROM funding.followed").fetchall())
        clerk.does("funding", "/reserves", {"reserve": "lost", "name": "A reserve"})
        assert len(clerk.get("funding", "/reserves").json()) == 1
        # What a lost commit leaves: views and place as they were.
        connection.execute("DELETE FROM funding.reserve WHERE partnership = %s", (partnership,))
        moved = connection.execute("SELECT source FROM funding.followed").fetchall()
        connection.cursor().executemany(
            "UPDATE funding.followed SET sequence = %s WHERE source = %s",
            [(kept.get(source, 0), source) for (source,) in moved],
        )
    clerk.does("funding", "/reserves", {"reserve": "next", "name": "Another reserve"})
    assert {reserve["reserve"] for reserve in clerk.get("funding", "/reserves").json()} == {"lost", "next"}


async def _a_partner_registers_a_person(harness: FaultHarness, partnership: str) -> dict[str, Any]:
    """The same event each time, as a partner's system sends it again until it is answered."""
    bus = Client()
    await bus.connect(harness.nats_url)
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/police",
        "type": "membership.register_person.v1",
        "data": {"person": "p-1", "name": "Robin Example", "organisation": "police"},
    }
    token = harness.platform.token("partner", partnership, "police")
    reply = await bus.request(
        f"partners.{partnership}.police.membership",
        msgspec.json.encode(event),
        timeout=TIMEOUT_S,
        headers={"Authorization": f"Bearer {token}"},
    )
    await bus.close()
    found: dict[str, Any] = msgspec.json.decode(reply.data)
    return found
