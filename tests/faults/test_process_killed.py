"""The platform is killed at any moment of the demo and started again: it ends with the same report."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faults.writers import until

from shared.runtime.embedded.servers import running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios" / "cannock-chase-2015"
SEED = 20150129
TIMEOUT_S = 120.0
"""Seconds in which a demo must end."""
OF_THIS_RUN = {"id", "event_id", "position", "ledger_position", "issued_at", "edition", "recorded_at"}
"""What differs from one run to another, and says nothing about the partnership."""


@dataclass
class Demo:
    """A data directory on which the demo is played, once or again."""

    directory: Path

    @property
    def log(self) -> Path:
        return self.directory / "demo.log"

    @property
    def output(self) -> Path:
        return self.directory / "build"

    def begin(self) -> subprocess.Popen[bytes]:
        """Begin to play."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT_", "OTEL_"))}
        # Ports of its own: what is killed must not be taken for another platform that got its port since.
        own = {"FOLKMOOT_DATA": str(self.directory), "FOLKMOOT_HTTP": "127.0.0.1:0", "FOLKMOOT_GRPC": "127.0.0.1:0"}
        command = (sys.executable, "-m", "services.command_line.main", "demo")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, "--scenario", str(SCENARIO), "--output", str(self.output)],
                cwd=ROOT,
                env=kept | own,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def play(self) -> dict[str, Any]:
        """Play to the end, and return the report."""
        process = self.begin()
        try:
            ended = process.wait(TIMEOUT_S)
        finally:
            process.kill()
        assert ended == 0, self.log.read_text()[-4000:]
        (report,) = self.output.glob("*.json")
        found: dict[str, Any] = json.loads(report.read_text())
        return found

    def killed_while_playing(self, seconds: float, its_servers_too: bool) -> bool:
        """Play, and kill it after this time. Returns false if it had ended before."""
        process = self.begin()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        struck = process.poll() is None
        process.kill()
        process.wait()
        for pid in self.processes() if its_servers_too else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not (its_servers_too and self.processes()), "PostgreSQL or NATS do not die")
        return struck

    def processes(self) -> list[int]:
        """All processes that use the directory: PostgreSQL, NATS, and those that prepare them."""
        shown = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        return [int(line.split()[0]) for line in shown.splitlines()[1:] if str(self.directory) in line]


@contextmanager
def demo() -> Iterator[Demo]:
    """A separate directory that no process uses at the end."""
    with tempfile.TemporaryDirectory(prefix="faults-") as path:
        directory = Path(path)
        directory.chmod(0o755)  # started by root, PostgreSQL runs as another account
        yield Demo(directory)
        with running(directory):
            pass


@dataclass
class Uninterrupted:
    """The demo without interruptions."""

    seconds: float
    report: object


@pytest.fixture(scope="module")
def uninterrupted() -> Uninterrupted:
    with demo() as undisturbed:
        began = time.monotonic()
        report = undisturbed.play()
        return Uninterrupted(time.monotonic() - began, comparable(report))


def comparable(report: dict[str, Any]) -> object:
    """A report without this run's own numbers. Of the sources, only their number remains."""
    events = [json.dumps(_told(event), sort_keys=True) for event in report.pop("events")]
    return _told(report), sorted(events)


def _told(part: object) -> object:
    if isinstance(part, dict):
        return {
            name: len(value) if name == "sources" else _told(value)
            for name, value in part.items()
            if name not in OF_THIS_RUN
        }
    return [_told(each) for each in part] if isinstance(part, list) else part


def moments() -> list[float]:
    """Random moments, one in each quarter of a run: shares of its duration."""
    chance = random.Random(SEED)
    return [(quarter + chance.random()) / 4 for quarter in range(4)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("its_servers_too", "moments"), [(False, moments()[0::2]), (True, moments()[1::2])], ids=["alone", "with-servers"]
)
def test_a_demo_killed_twice_and_played_again_reports_the_same(
    uninterrupted: Uninterrupted, its_servers_too: bool, moments: list[float]
) -> None:
    """Killed alone, it leaves PostgreSQL and NATS behind, which are found again."""
    with demo() as disturbed:
        struck = [disturbed.killed_while_playing(share * uninterrupted.seconds, its_servers_too) for share in moments]
        # The second time it plays on from where it was interrupted, and may be over sooner.
        assert struck[0]
        assert bool(disturbed.processes()) != its_servers_too
        assert comparable(disturbed.play()) == uninterrupted.report
