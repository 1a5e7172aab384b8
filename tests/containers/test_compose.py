"""The platform in containers, for real: it comes up by itself, and the demo plays against it."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from services import catalogue

ROOT = Path(__file__).parents[2]
FREE_PORTS = {f"{name.upper()}_PORT": "0" for name in (*catalogue.NAMES, "ledger_grpc", "partners_grpc")}

pytestmark = [pytest.mark.containers, pytest.mark.slow, pytest.mark.timeout(1500)]


@dataclass(frozen=True)
class Stack:
    """One project of Docker Compose, apart from any other on this machine."""

    project: str

    def compose(self, *arguments: str, timeout: float = 120) -> str:
        """Run ``docker compose`` and return its standard output. An error fails the test with all its output."""
        done = subprocess.run(
            ["docker", "compose", "--progress", "quiet", *arguments],
            cwd=ROOT,
            env=os.environ | FREE_PORTS | {"COMPOSE_PROJECT_NAME": self.project},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode:
            pytest.fail(f"docker compose {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def up(self, *options: str) -> None:
        """Return when every container is healthy."""
        try:
            self.compose("up", "--detach", "--wait", *options, timeout=1200)
        except pytest.fail.Exception as failure:
            pytest.fail(f"{failure}\n{self.compose('ps', '--all')}\n{self.compose('logs', '--tail', '60')}")

    def address(self, service: str, port: int = 8400) -> str:
        """The address of a container's port on this machine."""
        return self.compose("port", service, str(port)).strip()

    def demo(self, output: Path) -> dict[str, object]:
        """Play the demo; the Cabinet report it wrote, as JSON."""
        self.compose("--profile", "demo", "run", "--rm", "--no-TTY", "--volume", f"{output}:/out", "demo", timeout=300)
        report: dict[str, object] = json.loads((output / "cabinet-2015-01-29.json").read_text())
        return report


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The platform, up and ready, on volumes of its own that are gone afterwards."""
    _require_docker()
    running = Stack(f"folkmoot-test-{uuid.uuid4().hex[:8]}")
    try:
        running.up("--build")
        yield running
    finally:
        running.compose("--profile", "demo", "down", "--volumes", "--remove-orphans")


def _require_docker() -> None:
    try:
        asked = subprocess.run(["docker", "info", "--format", "{{.ServerVersion}}"], capture_output=True, timeout=60)
        found = asked.returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        found = False
    if not found:
        pytest.skip("`docker info` finds no Docker here; start one to see the platform run in containers.")


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_container_serves_its_service_and_is_ready(stack: Stack, name: str) -> None:
    ready = httpx2.get(f"http://{stack.address(name)}/health/ready").json()
    assert ready["ready"], ready
    assert list(ready["services"]) == [name]


def test_a_service_can_neither_write_its_files_nor_become_root(stack: Stack) -> None:
    tried = "id -u; touch /app/x /opt/folkmoot/x /secrets/x /tmp/x 2>/dev/null || echo kept out; ls -lR /secrets"
    listed = stack.compose("exec", "--no-TTY", "meetings", "sh", "-c", tried)
    assert listed.splitlines()[:2] == ["10001", "kept out"]
    assert sorted(line.split()[-1] for line in listed.splitlines() if line.startswith("-rw-------")) == [
        "issuer.jwk",
        "meetings",  # its password for NATS
        "meetings",  # what it shares with partners
        "meetings",  # what it shares with reporting
        "meetings.key",
        "people.key",
    ]


def test_the_demo_leaves_its_reports_to_the_directorys_owner(stack: Stack, tmp_path: Path) -> None:
    if os.geteuid() == 0:  # what root runs would be root's anyway
        os.chown(tmp_path, 4711, 4711)
    report = stack.demo(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "cabinet-2015-01-29.html",
        "cabinet-2015-01-29.json",
        "scrutiny.html",
    }
    assert {path.stat().st_uid for path in tmp_path.iterdir()} == {tmp_path.stat().st_uid}
    assert report["sections"]


def test_what_was_recorded_outlives_the_containers(stack: Stack, tmp_path: Path) -> None:
    before = stack.demo(tmp_path)
    stack.compose("--profile", "demo", "down")
    stack.up()
    after = stack.demo(tmp_path)
    assert after["ledger_position"] == before["ledger_position"]
    assert after["sections"] == before["sections"]
