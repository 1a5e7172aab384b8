"""Who may say and hear what on the bus: the whole matrix of users and subjects, on a real server.

``shared.contracts.bus_users`` is the only table: the server is configured from it, and every cell here is derived from
it. The facts below the matrix say in words what must be in no version of that table.
"""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from urllib.parse import urlsplit

import nats
import nats.errors
import pytest
from bus_matrix import STREAM_CALLS, SUBJECTS, WILDCARDS, Tried, allows

from services import catalogue
from shared.contracts.bus_users import (
    ADMIN,
    CONSUMER,
    DECIDING,
    DEMO,
    SERVICES,
    SOURCES,
    USERS,
    commands_subject,
    resend_subject,
)
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.settings import Settings


@pytest.mark.anyio
@pytest.mark.parametrize("user", [user for user in USERS if user != ADMIN])
async def test_a_user_may_do_what_its_rights_say_and_nothing_else(servers: EmbeddedServers, user: str) -> None:
    rights = USERS[user]
    async with Tried(servers.nats.url_for(user)) as tried:
        assert await tried.may_publish(SUBJECTS) == {s for s in SUBJECTS if allows(rights.publish, s)}
        heard = [*SUBJECTS, *WILDCARDS]
        assert await tried.may_subscribe(heard) == {s for s in heard if allows(rights.subscribe, s)}


def test_every_service_has_a_user() -> None:
    assert set(SERVICES) == set(catalogue.NAMES)
    assert set(DECIDING) == set(catalogue.DECIDING)
    assert set(SOURCES) == set(catalogue.SOURCES)


@pytest.mark.parametrize("source", catalogue.NAMES)
def test_only_a_source_publishes_its_events(source: str) -> None:
    subject = f"events.area.{source}.something_happened.v1"
    may = {user for user, rights in USERS.items() if allows(rights.publish, subject)}
    assert may == ({ADMIN, source} if source in SOURCES else {ADMIN})


@pytest.mark.parametrize("stream", ["EVENTS", "PARTNERS", "ANOTHER"])
@pytest.mark.parametrize("call", [call for call in STREAM_CALLS if call != "INFO"])
def test_only_the_migration_touches_a_stream(stream: str, call: str) -> None:
    subject = f"$JS.API.STREAM.{call}.{stream}"
    assert {user for user, rights in USERS.items() if allows(rights.publish, subject)} == {ADMIN}


@pytest.mark.parametrize("service", DECIDING)
def test_only_partners_and_for_meetings_reporting_hand_over_and_only_the_service_hears_it(service: str) -> None:
    subject = commands_subject(service)
    senders = {"partners", "reporting"} if service == "meetings" else {"partners"}
    assert {user for user, rights in USERS.items() if allows(rights.publish, subject)} == {ADMIN, *senders}
    assert {user for user, rights in USERS.items() if allows(rights.subscribe, subject)} == {ADMIN, service}


@pytest.mark.parametrize("user", SERVICES)
def test_nobody_else_hears_the_replies_to_a_service(user: str) -> None:
    inbox = f"_INBOX_{user}.abc.1"
    assert {other for other, rights in USERS.items() if allows(rights.subscribe, inbox)} == {ADMIN, user}


def test_only_the_ledger_asks_to_send_again_and_no_service_reads_the_stream_of_events() -> None:
    for source in SOURCES:
        assert {u for u, rights in USERS.items() if allows(rights.publish, resend_subject(source))} == {ADMIN, "ledger"}
    for user in (*SERVICES, DEMO):
        assert not allows(USERS[user].subscribe, "events.area.meetings.something_happened.v1")


@pytest.mark.anyio
@pytest.mark.parametrize("user", USERS)
async def test_a_user_needs_its_own_password(servers: EmbeddedServers, user: str) -> None:
    parts = urlsplit(servers.nats.url_for(user))
    other = urlsplit(servers.nats.url_for(ADMIN if user != ADMIN else "ledger"))
    for password in ("", "guess", other.password):
        with pytest.raises(nats.errors.Error, match="Authorization"):
            await nats.connect(
                f"nats://{parts.hostname}:{parts.port}", user=user, password=password, allow_reconnect=False
            )


def test_each_password_is_in_a_file_of_its_own_for_its_owner_alone(servers: EmbeddedServers) -> None:
    files = [servers._data / "secrets" / "nats" / user for user in USERS]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len({file.read_text() for file in files}) == len(USERS)


@pytest.mark.anyio
@pytest.mark.parametrize("call", ["PURGE", "DELETE"])
async def test_what_jetstream_delivers_on_request_reaches_no_call_of_its_own(
    servers: EmbeddedServers, nats_url: str, tmp_path: Path, call: str
) -> None:
    """JetStream delivers where a reader asks, whatever that reader may publish (decision 14)."""
    settings = Settings(data=tmp_path, secrets_directory=servers._data / "secrets")
    await catalogue.prepare_bus(servers.servers.nats_url, settings)
    async with Tried(nats_url) as admin, Tried(servers.nats.url_for("ledger")) as ledger:
        js = admin.bus.jetstream()
        await js.publish("events.area.meetings.something_happened.v1", b"")
        await ledger.bus.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{CONSUMER}", b'{"batch": 1}', reply=f"$JS.API.STREAM.{call}.EVENTS"
        )
        async with asyncio.timeout(10):
            while (await js.consumer_info("EVENTS", CONSUMER)).num_ack_pending == 0:
                await asyncio.sleep(0.01)
        assert (await js.stream_info("EVENTS")).state.messages == 1
