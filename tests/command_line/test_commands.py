"""The command ``folkmoot`` on a data directory, whether the platform is running or not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest
from fixtures_platform import RunningPlatform
from typer.testing import CliRunner

from services.command_line.addresses import Addresses
from services.command_line.main import app
from shared.proofs.note import VerifierKey
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.signing import log_keys_of

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A fresh data directory, and nothing else set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT", "DATABASE", "NATS"))}
    return {**kept, "FOLKMOOT_DATA": str(tmp_path / "data")}


def folkmoot(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.command_line.main", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@contextmanager
def up(environment: dict[str, str]) -> Iterator[Addresses]:
    """The platform, served by ``folkmoot up`` until Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.command_line.main", "up"],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        for line in process.stdout:
            if "gRPC" in line:
                break
        path = Path(environment["FOLKMOOT_DATA"]) / "platform.json"
        yield msgspec.json.decode(path.read_bytes(), type=Addresses)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def establish(environment: dict[str, str], addresses: Addresses) -> None:
    token = folkmoot(environment, "token", "--role", "clerk", "--partnership", "our-town").stdout.strip()
    response = httpx2.post(
        f"{addresses.http}/membership/our-town/partnership",
        json={"name": "Our Town", "area_code": "E07000192"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert response.status_code == 201, response.text


def test_replay_gives_the_same_history_with_a_running_platform_and_without_one(environment: dict[str, str]) -> None:
    with up(environment) as addresses:
        establish(environment, addresses)
        beside = folkmoot(environment, "replay")
    after = folkmoot(environment, "replay")
    assert (beside.returncode, after.returncode) == (0, 0), after.stderr
    (line,) = after.stdout.splitlines()
    assert beside.stdout in (after.stdout, ""), "an event recorded a moment ago may not be in the ledger yet"
    assert json.loads(line)["event"]["type"] == "membership.partnership_established.v1"


def test_a_platform_that_ended_leaves_nothing_running(environment: dict[str, str]) -> None:
    with up(environment) as addresses:
        assert httpx2.get(f"{addresses.http}/health/ready", timeout=30).json()["ready"]
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{addresses.http}/health/live", timeout=5)
    assert not (Path(environment["FOLKMOOT_DATA"]) / "platform.json").exists()


def test_no_port_taken_on_the_machine_breaks_it(environment: dict[str, str]) -> None:
    with ExitStack() as stack:
        for port in (8400, 8401, 4222, 5432, 8222):
            taken = stack.enter_context(socket.socket())
            try:
                taken.bind(("127.0.0.1", port))
                taken.listen()
            except OSError:
                continue  # another process has taken it, which is as good
        addresses = stack.enter_context(up(environment))
        assert httpx2.get(f"{addresses.http}/health/live", timeout=30).status_code == 200
        assert not addresses.http.endswith(":8400")


def test_the_front_page_leads_to_every_service(platform: RunningPlatform) -> None:
    page = httpx2.get(platform.addresses.http, timeout=30).text
    for service in ("membership", "meetings", "funding", "projects", "partners", "ledger", "reporting"):
        assert f'href="/{service}/docs"' in page
        document = httpx2.get(f"{platform.addresses.http}/{service}/openapi.json", timeout=30)
        assert document.json()["paths"]


def test_a_command_loads_no_service_before_it_runs() -> None:
    code = "import sys, services.command_line.main; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(told.stdout.split())
    heavy = {"services.catalogue", "eventsourcing", "fastapi", "grpc", "nats", "opentelemetry", "psycopg", "sqlalchemy"}
    assert "services.command_line.main" in loaded
    assert not heavy & loaded


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["serve", "catering"], "is not a service"),
        (["token", "--role", "clerk"], "must name its partnership"),
        (["token", "--role", "partner", "--partnership", "our-town"], "organisation"),
        (["migrate"], "DATABASE_URL is not set"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(environment: dict[str, str], words: list[str], says: str) -> None:
    done = folkmoot(environment, *words)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_one_server_without_the_other_is_refused(environment: dict[str, str]) -> None:
    done = folkmoot({**environment, "NATS_URL": "nats://127.0.0.1:4222"}, "replay")
    assert done.returncode == 1
    assert "Set both" in done.stdout


def test_a_setting_that_means_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLKMOOT_WITNESS_INTERVAL", "often")
    for command in (["key", "show"], ["replay"]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 2
        assert "FOLKMOOT_WITNESS_INTERVAL is 'often'" in " ".join(result.output.replace("│", " ").split())


def test_the_ledgers_key_is_rotated_and_the_older_one_retired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOLKMOOT_DATA", str(tmp_path))

    def keys(*command: str) -> list[str]:
        result = CliRunner().invoke(app, ["key", *command])
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    unmade = CliRunner().invoke(app, ["key", "show"])
    assert "there is no secret at" in " ".join(unmade.output.replace("│", " ").split())
    log_keys_of(Settings(data=tmp_path))
    (old,) = keys("show")
    new, kept = keys("rotate")
    assert kept == old
    assert keys("retire", VerifierKey.parse(old).key_id.hex()) == [new]
    refused = CliRunner().invoke(app, ["key", "retire", VerifierKey.parse(new).key_id.hex()])
    assert refused.exit_code == 2
    assert "rotate first" in " ".join(refused.output.replace("│", " ").split())
