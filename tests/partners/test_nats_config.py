"""`folkmoot nats-config`, on a real nats-server: what each partner may do, and what it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import json
import os
import ssl
import stat
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest
from bus_matrix import SUBJECTS, WILDCARDS, Tried, allows
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fixtures_platform import Caller, RunningPlatform, running_platform
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import ServiceUnavailableError
from partners.harness import MEASURE, PROJECT, quarter, readings
from typer.testing import CliRunner

from services import catalogue
from services.command_line import nats_config
from services.command_line.main import app
from services.command_line.nats_config import NoSuchPartner, Partner, Server, read_passwords, write
from services.command_line.registered import organisations_of
from shared.contracts.bus_users import ADMIN, DEMO, SERVICES, USERS, partner_rights
from shared.runtime.embedded.nats import _free_ports, _program
from shared.runtime.ground.clock import now
from shared.runtime.ground.settings import Settings
from shared.runtime.hosting.process import check_durability
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.source_keys import register_sources

POLICE, FIRE = Partner("chase", "police"), Partner("chase", "fire-service")
SOON = 2.0
"""Seconds in which what is not forbidden would have arrived."""


@dataclass
class RunningServer:
    """A nats-server on the configuration."""

    port: int
    monitor: str
    passwords: dict[str, str]
    log: Path
    settings: Settings
    """The secrets that the services' passwords are in."""

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def url_for(self, user: str) -> str:
        return f"nats://{user}:{self.passwords[user]}@127.0.0.1:{self.port}"

    @asynccontextmanager
    async def connected(self, user: str) -> AsyncIterator[Client]:
        bus = await nats.connect(
            f"nats://127.0.0.1:{self.port}",
            user=user,
            password=self.passwords[user],
            error_cb=_quiet,
            allow_reconnect=False,
            connect_timeout=5,
        )
        try:
            yield bus
        finally:
            await bus.close()


async def _quiet(error: Exception) -> None:
    """Gets the refused permissions. The tests check what did not happen."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server for two organisations, with the streams that the migration makes."""
    directory = tmp_path_factory.mktemp("nats")
    port, monitor = _free_ports()
    settings = Settings(data=directory)
    path, passwords = directory / "nats.conf", directory / "nats.passwords"
    listening = Server(f"127.0.0.1:{port}", f"127.0.0.1:{monitor}", str(directory / "store"))
    write(settings, [POLICE, FIRE], path, passwords, listening)
    log = directory / "nats.log"
    process = subprocess.Popen([str(_program()), "--config", str(path), "--log", str(log)])
    found = RunningServer(port, f"http://127.0.0.1:{monitor}", dict(read_passwords(passwords)), log, settings)
    try:
        asyncio.run(asyncio.wait_for(catalogue.prepare_bus(found.url, settings), 30))
        yield found
    finally:
        process.terminate()
        process.wait(10)


def test_the_servers_jetstream_syncs_before_it_acknowledges(server: RunningServer) -> None:
    asyncio.run(check_durability(server.monitor))


def test_a_partner_asks_and_is_answered(server: RunningServer) -> None:
    async def work() -> None:
        async with server.connected(ADMIN) as platform, server.connected(POLICE.name) as police:

            async def answer(message: Msg) -> None:
                assert (message.headers or {})["Authorization"] == "Bearer token"
                await message.respond(b"answer to " + message.subject.encode())

            await platform.subscribe("partners.*.*.*", cb=answer)
            await platform.flush()
            reply = await police.request(
                "partners.chase.police.projects", b"event", timeout=5, headers={"Authorization": "Bearer token"}
            )
            assert reply.data == b"answer to partners.chase.police.projects"

    asyncio.run(work())


def test_a_partner_publishes_to_the_stream_and_is_acknowledged(server: RunningServer) -> None:
    async def work() -> None:
        async with server.connected(ADMIN) as platform, server.connected(POLICE.name) as police:
            before = (await platform.jetstream().stream_info("PARTNERS")).state.messages
            acknowledged = await police.jetstream().publish("submissions.chase.police.projects", b"event", timeout=5)
            assert acknowledged.stream == "PARTNERS"
            held = await platform.jetstream().stream_info("PARTNERS", subjects_filter=">")
            assert held.state.messages == before + 1
            assert set(held.state.subjects or {}) == {"submissions.chase.police.projects"}

    asyncio.run(work())


def test_a_partner_receives_only_its_own_answers(server: RunningServer) -> None:
    async def work() -> None:
        async with (
            server.connected(ADMIN) as platform,
            server.connected(POLICE.name) as police,
            server.connected(FIRE.name) as fire,
        ):
            mine = await police.subscribe("answers.chase.police")
            others = [await fire.subscribe(subject) for subject in ("answers.chase.police", "answers.>", ">")]
            await asyncio.gather(police.flush(), fire.flush())
            await platform.publish("answers.chase.police", b"answer")
            assert (await mine.next_msg(timeout=5)).data == b"answer"
            for subscription in others:
                with pytest.raises(nats.errors.Error):
                    await subscription.next_msg(timeout=SOON / 4)

    asyncio.run(work())


def test_a_partner_cannot_publish_as_another(server: RunningServer) -> None:
    async def work() -> None:
        async with server.connected(ADMIN) as platform, server.connected(FIRE.name) as fire:
            heard: list[str] = []

            async def hear(message: Msg) -> None:
                heard.append(message.subject)

            await platform.subscribe(">", cb=hear)
            await platform.flush()
            before = (await platform.jetstream().stream_info("PARTNERS")).state.messages
            for subject in (
                "submissions.chase.police.projects",
                "partners.chase.police.projects",
                "submissions.elsewhere.fire-service.projects",
                "answers.chase.police",
                "answers.chase.fire-service",
                "commands.projects",
                "events.chase.meetings.decision_recorded.v1",
                "sources.projects.resend",
            ):
                await fire.publish(subject, b"forged")
            await fire.publish("submissions.chase.fire-service.projects", b"its own, which comes after them")
            await fire.flush()
            await asyncio.wait_for(_until(lambda: "submissions.chase.fire-service.projects" in heard), 5)
            assert [s for s in heard if not s.startswith(("_INBOX", "$JS"))] == [
                "submissions.chase.fire-service.projects"
            ]
            assert (await platform.jetstream().stream_info("PARTNERS")).state.messages == before + 1

    asyncio.run(work())


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)  # what is awaited is what a callback wrote down


@pytest.mark.parametrize(
    "call",
    [
        "STREAM.PURGE.PARTNERS",
        "STREAM.DELETE.PARTNERS",
        "STREAM.UPDATE.PARTNERS",
        "STREAM.CREATE.MINE",
        "STREAM.INFO.PARTNERS",
        "STREAM.MSG.GET.PARTNERS",
        "STREAM.MSG.DELETE.PARTNERS",
        "STREAM.NAMES",
        "CONSUMER.CREATE.PARTNERS",
        "CONSUMER.DURABLE.CREATE.PARTNERS.MINE",
        "CONSUMER.MSG.NEXT.PARTNERS.MINE",
        "DIRECT.GET.PARTNERS",
        "INFO",
    ],
)
def test_a_partner_reaches_no_jetstream_but_by_publishing(server: RunningServer, call: str) -> None:
    async def work() -> None:
        async with server.connected(ADMIN) as platform, server.connected(POLICE.name) as police:
            before = await platform.jetstream().stream_info("PARTNERS")
            with pytest.raises((nats.errors.Error, ServiceUnavailableError)):
                await police.request(f"$JS.API.{call}", json.dumps({"name": "PARTNERS"}).encode(), timeout=0.3)
            after = await platform.jetstream().stream_info("PARTNERS")
            assert (after.config, after.state.messages) == (before.config, before.state.messages)
            assert after.state.last_seq == before.state.last_seq

    asyncio.run(work())


def test_a_partner_cannot_read_requests_to_others(server: RunningServer) -> None:
    async def work() -> None:
        async with server.connected(FIRE.name) as fire, server.connected(POLICE.name) as police:
            heard = [await fire.subscribe(s) for s in ("partners.>", "submissions.>", "_INBOX.>")]
            await fire.flush()
            await police.publish("submissions.chase.police.projects", b"event", reply="_INBOX.police")
            await police.flush()
            for subscription in heard:
                with pytest.raises(nats.errors.Error):
                    await subscription.next_msg(timeout=SOON / 4)

    asyncio.run(work())


def test_connecting_needs_a_password(server: RunningServer) -> None:
    async def work(connect: Awaitable[Client]) -> None:
        with pytest.raises((nats.errors.Error, OSError)):
            await connect

    address = f"nats://127.0.0.1:{server.port}"
    for options in ({}, {"user": POLICE.name, "password": "guess"}, {"user": POLICE.name, "password": ""}):
        asyncio.run(
            work(nats.connect(address, allow_reconnect=False, error_cb=_quiet, max_reconnect_attempts=0, **options))
        )


def test_passwords_are_the_owners_alone_and_stay_when_it_is_made_again(tmp_path: Path) -> None:
    path, passwords = tmp_path / "nats.conf", tmp_path / "secrets" / "nats.passwords"
    passwords.parent.mkdir()
    settings = Settings(data=tmp_path / "data")
    write(settings, [POLICE], path, passwords, Server())
    first = read_passwords(passwords)
    assert set(first) == {ADMIN, *SERVICES, "chase.police"}
    assert stat.S_IMODE(os.stat(passwords).st_mode) == 0o600
    assert not any(password in path.read_text() for password in first.values())
    write(settings, [FIRE, POLICE, POLICE], path, passwords, Server(demo=True))
    again = read_passwords(passwords)
    assert {name: again[name] for name in first} == first
    assert set(again) == {*first, "chase.fire-service", DEMO}


def test_each_service_finds_its_own_password_in_a_file_of_its_own(tmp_path: Path) -> None:
    settings, passwords = Settings(data=tmp_path / "data"), tmp_path / "nats.passwords"
    write(settings, [], tmp_path / "nats.conf", passwords, Server())
    files = {path.name: path for path in (settings.secrets / "nats").iterdir()}
    assert {name: path.read_text().strip() for name, path in files.items()} == read_passwords(passwords)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}


@pytest.mark.anyio
@pytest.mark.parametrize("user", [*SERVICES, POLICE.name, FIRE.name])
async def test_on_this_server_too_a_user_may_do_what_its_rights_say_and_nothing_else(
    server: RunningServer, user: str
) -> None:
    rights = USERS.get(user) or partner_rights(*user.split("."))
    subjects = [*SUBJECTS, *(s.replace("area.police", user) for s in SUBJECTS if "area.police" in s)]
    async with Tried(server.url_for(user)) as tried:
        assert await tried.may_publish(subjects) == {s for s in subjects if allows(rights.publish, s)}
        heard = [*subjects, *WILDCARDS]
        assert await tried.may_subscribe(heard) == {s for s in heard if allows(rights.subscribe, s)}


def test_the_user_of_the_demo_is_there_only_when_asked_for(server: RunningServer) -> None:
    assert DEMO not in server.passwords
    assert f'"{DEMO}"' not in nats_config.configuration([POLICE], "passwords", Server())
    assert f'"{DEMO}"' in nats_config.configuration([POLICE], "passwords", Server(demo=True))


def test_the_file_says_that_it_has_no_tls() -> None:
    """Operators should not have to learn it from a network trace."""
    text = nats_config.configuration([Partner("area", "police")], "passwords", Server())
    assert "It has no TLS" in text
    assert not [line for line in text.splitlines() if "tls" in line and not line.startswith("#")]


def test_with_a_certificate_nobody_connects_without_tls(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    port, monitor = _free_ports()
    path, passwords = tmp_path / "nats.conf", tmp_path / "nats.passwords"
    listening = Server(f"127.0.0.1:{port}", f"127.0.0.1:{monitor}", str(tmp_path / "store"), str(certificate), str(key))
    write(Settings(data=tmp_path), [POLICE], path, passwords, listening)
    assert "It has no TLS" not in path.read_text()
    password = read_passwords(passwords)[POLICE.name]
    process = subprocess.Popen([str(_program()), "--config", str(path), "--log", str(tmp_path / "nats.log")])

    async def work() -> None:
        trusting = ssl.create_default_context(cafile=str(certificate))
        user: dict[str, Any] = {"user": POLICE.name, "password": password, "allow_reconnect": False, "error_cb": _quiet}
        for _ in range(100):
            with contextlib.suppress(OSError, nats.errors.Error):
                bus = await nats.connect(f"tls://127.0.0.1:{port}", tls=trusting, **user)
                await bus.flush()
                await bus.close()
                break
            await asyncio.sleep(0.1)  # nats-server has no way to say that it listens
        else:
            raise AssertionError((tmp_path / "nats.log").read_text())
        with pytest.raises(ssl.SSLError):  # who does not know the certificate is not deceived
            await nats.connect(f"tls://127.0.0.1:{port}", tls=ssl.create_default_context(), **user)
        # Without TLS nothing of the client's passes: not its password, not a token.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert json.loads((await reader.readline()).removeprefix(b"INFO "))["tls_required"]
        writer.write(b'CONNECT {"user":"chase.police","pass":"' + password.encode() + b'"}\r\nPING\r\n')
        assert b"PONG" not in await reader.read()
        writer.close()

    try:
        asyncio.run(work())
    finally:
        process.terminate()
        process.wait(10)


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    private = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nats")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - dt.timedelta(days=1))
        .not_valid_after(now() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(private, None)
    )
    certificate, key = directory / "nats.crt", directory / "nats.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


def test_two_organisations_never_share_a_password() -> None:
    alike = [Partner("a--b", "c"), Partner("a", "b--c"), Partner("a", "b-c"), Partner("a-b", "c")]
    assert len({nats_config._variable(partner.name) for partner in alike}) == len(alike)


@pytest.mark.parametrize(
    "wrong", ["police", "chase/police/x", "Chase/police", "chase/*", "chase/>", "chase/po.lice", ""]
)
def test_an_unknown_organisation_is_named(wrong: str) -> None:
    with pytest.raises(NoSuchPartner):
        Partner.parse(wrong)


def test_the_organisations_may_be_asked_of_membership(platform: RunningPlatform, partnership: str) -> None:
    clerk: Caller = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    for organisation in ("police", "fire-service"):
        clerk.does(
            "membership",
            "/organisations",
            {"organisation": organisation, "name": organisation.title(), "sector": "police"},
        )
    assert clerk.get("membership", "/organisations").status_code == 200
    membership = f"{platform.addresses.http}/membership"
    assert set(organisations_of(membership, issuer_of(platform.settings), partnership)) == {"police", "fire-service"}


def test_the_command_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOLKMOOT_DATA", str(tmp_path / "data"))
    (tmp_path / "partners.txt").write_text("# those of the chase\nchase/fire-service\n\n")
    result = CliRunner().invoke(app, ["nats-config", "chase/police", "--listed", "partners.txt"])
    assert result.exit_code == 0, result.output
    assert "2 organisations" in result.output
    checked = subprocess.run(
        [str(_program()), "--config", "nats.conf", "-t"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    wrong = CliRunner().invoke(app, ["nats-config", "police"])
    assert wrong.exit_code == 1
    half = CliRunner().invoke(app, ["nats-config", "chase/police", "--tls-certificate", "nats.crt"])
    assert (half.exit_code, "--tls-key" in half.output) == (2, True)


def test_the_platform_serves_partners_in_accounts_of_their_own(
    server: RunningServer, database_url: str, tmp_path: Path
) -> None:
    """From a partner's account to the ledger and back: a request, a publication, the answers to both."""
    catalogue.migrate(database_url)
    register_sources(server.settings, catalogue.SOURCES)
    serving = running_platform(
        tmp_path,
        database_url=database_url,
        nats_url=server.url,
        secrets_directory=server.settings.secrets,
        nats_monitor_url=server.monitor,
    )
    with serving as platform:
        clerk = platform.caller("clerk", "chase")
        clerk.does("projects", "/projects", PROJECT | {"delivered_by": "police"})
        clerk.does("projects", "/projects/programme/measures", MEASURE)
        headers = {"Authorization": f"Bearer {platform.token('partner', 'chase', 'police')}"}
        asked, published = (
            json.dumps(quarter(number) | {"data": quarter(number)["data"] | {"reported_by": "police"}}).encode()
            for number in (1, 2)
        )

        async def work() -> None:
            async with server.connected(POLICE.name) as police:
                answers = await police.subscribe("answers.chase.police")
                reply = await police.request("partners.chase.police.projects", asked, timeout=10, headers=headers)
                assert json.loads(reply.data)["accepted"], reply.data
                await police.jetstream().publish("submissions.chase.police.projects", published, headers=headers)
                while json.loads((await answers.next_msg(timeout=10)).data).get("id") != "quarter-2":
                    pass  # what the tests before this one left in the stream is answered first

        asyncio.run(work())
        assert len(readings(clerk)) == 2
        assert clerk.client.get("/health/ready").json()["ready"]
