"""The quick starts of docs/partners.md do what they say, run word for word on a platform where the demo was played."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fixtures_platform import Caller
from partners.harness import readings
from scenario.quarter import Quarter

from services.partners.envelope import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from services.partners.spreadsheet import MAX_ROWS
from shared.runtime.ground.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/partners.md").read_text()
ORGANISATION = "staffordshire-county-council"

pytestmark = pytest.mark.timeout(240)  # the first of these waits until the whole quarter has been played


def section(title: str) -> list[tuple[str, str, str]]:
    """The code blocks of a section, in order: language, file name, text."""
    text = re.split(r"^## ", PAGE, flags=re.M)
    (found,) = (part for part in text if part.startswith(f"{title}\n"))
    code = re.compile(r"(?:[Ss]ave as `([^`]+)`[^\n]*\n\n)?```(\w+)\n(.*?)```", re.S)
    return [(match[2], match[1] or "", match[3]) for match in code.finditer(found)]


@dataclass
class Reader:
    """A reader who follows the page, in an empty directory."""

    directory: Path
    environment: dict[str, str]
    clerk: Caller

    def follows(self, title: str, *skipping: str) -> list[str]:
        """Save the files, run the commands, and return what each command printed."""
        printed = []
        for kind, name, text in section(title):
            if kind != "sh":
                assert name, f"{title}: the page does not say where its {kind} goes"
                (self.directory / name).write_text(text)
            elif not any(word in text for word in skipping):
                printed.append(self.runs(text))
        return printed

    def runs(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-euc", command],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def recorded(self) -> list[int]:
        found = readings(self.clerk, "perpetrators-programme", "take-up")
        return [reading["data"]["value"] for reading in found]


@pytest.fixture
def reader(cannock_chase: Quarter, tmp_path: Path) -> Reader:
    platform = cannock_chase.platform
    python = Path(sys.executable).parent  # has nats-py, as after the page's `pip install`
    environment = {
        "PATH": f"{python}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", str(tmp_path)),
        "FOLKMOOT": platform.addresses.http,
        "NATS_URL": platform.addresses.nats,
        "TOKEN": platform.token("partner", cannock_chase.scenario.about.partnership, ORGANISATION),
    }
    return Reader(tmp_path, environment, cannock_chase.clerk)


def test_curl(reader: Reader) -> None:
    (both,) = reader.follows("curl")
    tried, sent = (json.loads(line) for line in both.replace("}{", "}\n{").splitlines())
    assert (tried["accepted"], tried["dry_run"]) == (True, True)
    assert sent["accepted"]
    assert "dry_run" not in sent
    assert 3 in reader.recorded()
    (again,) = reader.follows("curl")
    assert again.endswith(json.dumps(sent, separators=(",", ":")))


def test_a_spreadsheet(reader: Reader) -> None:
    (answers,) = reader.follows("A spreadsheet")
    assert [line.split(",")[2] for line in answers.splitlines()] == ["accepted", "yes", "yes"]
    assert {4, 2} <= set(reader.recorded())


def test_python(reader: Reader) -> None:
    (printed,) = reader.follows("Python")
    assert printed.startswith("recorded: ")
    assert printed.rstrip().endswith(".tlog-proof")
    assert 5 in reader.recorded()


@pytest.mark.timeout(400)
def test_node(reader: Reader) -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js on this machine: install node and npm to run this quick start")
    install = next(text for kind, _, text in section("Node") if kind == "sh" and "npm install" in text)
    try:
        done = subprocess.run(
            ["sh", "-euc", install],
            cwd=reader.directory,
            env={**os.environ, **reader.environment},
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer: this quick start needs its registry")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install here: {done.stderr.strip()[-200:]}")
    (printed,) = reader.follows("Node", "npm install")
    assert "over HTTP: 201" in printed
    assert "over NATS: true" in printed
    assert {7, 6} <= set(reader.recorded())


def test_nats_by_hand(reader: Reader) -> None:
    reader.follows("curl")
    replied, published = reader.follows("NATS by hand")
    answer = json.loads(replied)
    assert answer["accepted"]
    first, said = published.splitlines()
    assert first == "kept in PARTNERS"
    assert json.loads(said) == answer, "the same event has the same answer on every route"


def test_your_list(reader: Reader) -> None:
    reader.follows("curl")
    (listed,) = reader.follows("Your list")
    assert "take-up-2015-q1" in {found["id"] for found in json.loads(listed)}


def test_the_page_names_the_limits_as_they_are() -> None:
    assert f"| an event | {MAX_EVENT_BYTES:,} bytes |" in PAGE
    assert f"| a batch | {MAX_BATCH_EVENTS} events, {MAX_BATCH_BYTES // 2**20} MiB |" in PAGE
    assert f"| a spreadsheet | {MAX_ROWS:,} rows, 1 MiB |" in PAGE
    assert f"{Settings().partner_rate:g} a second in the long run, {Settings().partner_burst:,} at once" in PAGE
