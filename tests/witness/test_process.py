"""``folkmoot witness`` as an agency runs it: in a separate process, killed, started twice, started wrongly."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner
from witness.some_log import ORIGIN, SomeLog

from services.command_line.witnessing import app
from services.ledger.witnesses import MAX_PAUSE_INTERVALS
from services.witness.key import WitnessKey
from services.witness.known import KnownLogs
from services.witness.memory import Memory
from shared.proofs.merkle import ProofFailed
from shared.proofs.note import COSIGNATURE_V1, Note, VerifierKey
from shared.proofs.policy import Policy
from shared.runtime.identity.signing import SigningKey

TREE = Path(__file__).parents[2]
FOLKMOOT = [sys.executable, "-m", "services.command_line.main"]
# The same command without its neighbours, which take a second or two to import.
COMMAND = [sys.executable, "-c", "from services.command_line.witnessing import app; app(prog_name='folkmoot witness')"]
NAME = "fire.example/witness"


class Running:
    """A witness process."""

    def __init__(self, data: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--data", str(data), "--listen", "127.0.0.1:0", *options],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r" at (http://\S+)$", line.strip())
        if found is None:
            self.process.kill()
            pytest.fail(f"no witness: {line}{self.process.communicate()[1]}")
        self.client = httpx2.Client(base_url=found[1], timeout=30)

    def add(self, body: bytes) -> httpx2.Response:
        return self.client.post("/add-checkpoint", content=body)

    def end(self, number: signal.Signals = signal.SIGKILL) -> str:
        """Its output on standard error."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=20)[1]
        self.client.close()
        return str(said)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "PYTHONPATH": str(TREE), "COLUMNS": "200"}


@pytest.fixture
def log() -> SomeLog:
    return SomeLog(3)


@pytest.fixture
def options(log: SomeLog) -> list[str]:
    return ["--name", NAME, "--log", log.vkeys[0]]


@pytest.fixture
def running(tmp_path: Path, options: list[str]) -> Iterator[list[Running]]:
    """Two processes of one witness, on one directory."""
    found = [Running(tmp_path, *options) for _ in range(2)]
    yield found
    for each in found:
        each.end()


def test_what_it_answered_it_still_knows_after_it_was_killed(log: SomeLog, tmp_path: Path, options: list[str]) -> None:
    old = 0
    for _ in range(3):
        witness = Running(tmp_path, *options)
        answer = witness.add(log.request(old))
        os.kill(witness.process.pid, signal.SIGKILL)
        assert answer.status_code == 200, answer.text
        witness.end()
        old = log.size
        log.grow(5)
    witness = Running(tmp_path, *options)
    try:
        fork = log.fork(old - 1, 1)
        assert witness.add(fork.request(0)).content == f"{old}\n".encode()
        assert witness.add(fork.request(old)).status_code == 422
    finally:
        said = witness.end(signal.SIGTERM)
    assert "REFUSED" in said
    assert "two different histories" in said
    assert witness.process.returncode in (0, -signal.SIGTERM)
    again = Running(tmp_path, *options)
    evidence = again.client.get("/evidence").json()["refusals"]
    again.end()
    assert [(refusal["kind"], refusal["times"]) for refusal in evidence] == [("fork", 2)]


def test_many_at_once_never_roll_it_back(log: SomeLog, running: list[Running], tmp_path: Path) -> None:
    """Eight callers, two processes, one memory: each size is continued once, and what is seen only grows."""
    log.grow(400)
    continued: list[tuple[int, int]] = []
    lock = threading.Lock()

    def call(number: int) -> None:
        old, step = 0, 1 + number % 5
        with httpx2.Client(base_url=running[number % 2].client.base_url, timeout=30) as client:
            for _ in range(25):
                new = min(old + step, log.size)
                answer = client.post("/add-checkpoint", content=log.request(old, new))
                if answer.status_code == 200:
                    note = Note.parse(log.note(new).format() + answer.content)
                    assert note.text.split("\n")[1] == str(new)
                    with lock:
                        continued.append((old, new))
                    old = new
                else:
                    assert answer.status_code == 409, answer.text
                    seen = int(answer.text)
                    assert seen >= old  # the size given earlier never shrinks
                    old = seen

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(call, range(8)))
    chain = sorted(continued)
    assert len(chain) > 25
    assert [old for old, _ in chain] == [0, *(new for _, new in chain[:-1])]
    assert Memory(tmp_path / "witness.db").latest()[ORIGIN].size == chain[-1][1]


def test_a_commit_is_synced_with_its_directory(tmp_path: Path) -> None:
    with Memory.make(tmp_path / "witness.db").writing() as book:
        assert book._connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
        assert book._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_the_key_is_printed_for_policies(tmp_path: Path) -> None:
    def key(*options: str) -> Result:
        return CliRunner().invoke(app, ["key", "--data", str(tmp_path / "witness"), *options])

    assert "give --name" in " ".join(key().output.replace("│", " ").split())
    first = key("--name", NAME).stdout.strip()
    parsed = VerifierKey.parse(first)
    assert (parsed.name, parsed.type) == (NAME, COSIGNATURE_V1)
    assert key().stdout.strip() == first
    assert key("--name", "other.example/witness").exit_code == 2
    assert key("--name", "a witness").exit_code == 2
    assert sorted(path.name for path in (tmp_path / "witness").iterdir()) == ["witness.db", "witness.key"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--name", NAME], "needs the verifier key of at least one log"),
        (["--name", NAME, "--log", "nonsense"], "is not a verifier key"),
        (["--name", NAME, "--log", SomeLog().vkeys[0], "--listen", "here"], "not a host and port"),
        (["--name", NAME, "--log", SomeLog().vkeys[0], "--listen", "192.0.2.1:8500"], "cannot listen on"),
    ],
)
def test_what_it_cannot_start_with_is_said_in_a_sentence(tmp_path: Path, options: list[str], says: str) -> None:
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path), *options],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_it_may_know_its_logs_from_a_policy(log: SomeLog, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(f"# the partnership\nlog {log.vkeys[0]} https://ledger.example\nquorum none\n")
    witness = Running(tmp_path, "--name", NAME, "--logs", str(tmp_path / "policy"))
    try:
        assert witness.add(log.request(0)).status_code == 200
    finally:
        witness.end()


def test_a_witness_in_a_container_may_know_two_keys_of_a_log(log: SomeLog, tmp_path: Path) -> None:
    """As while the ledger changes its key: a checkpoint signed with either key is cosigned."""
    command = yaml.safe_load((TREE / "docker-compose.yml").read_text())["services"]["witness"]["command"]
    old, both = log.keys, log.keys.rotated()
    log.keys = both
    given = {"WITNESS_NAME": NAME, "WITNESS_LOG": " ".join(reversed(log.vkeys))}
    options = [re.sub(r"\$\{(\w+):-[^}]*\}", lambda found: given[found[1]], option) for option in command]
    witness = Running(tmp_path, *(option for option in options if option.startswith(("--name", "--log"))))
    try:
        for log.keys in (old, both, both.without(old.keys[0].verifier.key_id.hex())):
            before = log.size if log.keys is not old else 0
            answer = witness.add(log.grow(1).request(before))
            assert answer.status_code == 200, answer.text
    finally:
        witness.end()


def test_the_commands_of_the_page_for_agencies_do_what_it_says(log: SomeLog, tmp_path: Path) -> None:
    page = (TREE / "docs/witnesses.md").read_text()
    make, run, look = (shlex.split(line) for line in re.findall(r"^    ((?:folkmoot|curl) .*)$", page, re.MULTILINE))
    made = subprocess.run(
        [*FOLKMOOT, *make[1:]], env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    key = VerifierKey.parse(made.stdout.strip())
    assert run[:2] == ["folkmoot", "witness"]
    assert run[2:-1] == ["--log", f"{ORIGIN}+…", "--data", "witness", "--listen"]
    assert look == ["curl", f"http://{run[-1]}/"]
    witness = Running(tmp_path / "witness", "--log", log.vkeys[0])
    try:
        answer = witness.add(log.request(0))
        shown = witness.client.get("/").text
    finally:
        witness.end()
    assert Note.parse(log.note().format() + answer.content).verify([key]) == [key]
    assert key.format() in shown


def test_the_page_says_how_long_the_pauses_for_an_unreachable_witness_are() -> None:
    page = " ".join((TREE / "docs/witnesses.md").read_text().split())
    assert f"at most {MAX_PAUSE_INTERVALS} intervals" in page


def test_the_policy_of_the_page_is_one_that_auditors_and_witnesses_can_use(log: SomeLog) -> None:
    page = (TREE / "docs/witnesses.md").read_text()
    (block,) = re.findall(r"\n\n((?:    (?:log|witness|group|quorum) .*\n)+)", page)
    block = block.replace(f"{ORIGIN}+…", log.vkeys[0])
    agencies = {}
    for number, (agency, name) in enumerate(re.findall(r"witness (\w+) +(\S+)\+…", block)):
        agencies[agency] = WitnessKey(SigningKey(name, bytes([number] * 32), COSIGNATURE_V1))
        block = block.replace(f"{name}+…", agencies[agency].verifier.format())
    policy = Policy.parse(block.encode())
    note = log.note()

    def cosigned(*names: str) -> Note:
        return Note(note.text, (*note.signatures, *(agencies[name].cosign(note.text, 1) for name in names)))

    assert policy.verify(cosigned("police", "health")).witnesses == ("police", "health")
    with pytest.raises(ProofFailed, match="not the quorum"):
        policy.verify(cosigned("fire"))
    assert [known.format() for known in KnownLogs.parse(block).keys] == log.vkeys


def test_a_witness_needs_no_part_of_the_platform(tmp_path: Path) -> None:
    """What it imports starts nothing and knows no server of the platform."""
    servers = {"nats", "psycopg", "sqlalchemy", "eventsourcing", "grpc", "services.ledger"}
    code = f"import sys, services.witness.service; print(sorted({servers} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_damaged_memory_is_not_started_again(log: SomeLog, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "witness.db").write_bytes(b"not a database " * 1000)
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path), *options], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "file is not a database" in done.stderr
    with pytest.raises(sqlite3.DatabaseError):
        Memory(tmp_path / "witness.db")
    made = CliRunner().invoke(app, ["key", "--data", str(tmp_path), "--name", NAME])
    assert made.exit_code == 1
    assert "file is not a database" in made.output
    assert not (tmp_path / "witness.key").exists()


@pytest.mark.parametrize("loss", ["removed", "emptied"])
def test_a_witness_without_its_memory_says_so_and_does_not_start(
    log: SomeLog, tmp_path: Path, options: list[str], loss: str
) -> None:
    witness = Running(tmp_path, *options)
    answer = witness.add(log.request(0))
    witness.end()
    assert answer.status_code == 200
    memory = tmp_path / "witness.db"
    memory.unlink() if loss == "removed" else memory.write_bytes(b"")
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path), *options], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "make a new witness in a new directory" in done.stderr
    assert "Traceback" not in done.stderr
