"""Facts about the archive: anyone can check it, and any change to it is found."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from fixtures_platform import RunningPlatform

from shared.proofs.dossier import check
from shared.proofs.merkle import ProofFailed
from shared.proofs.note import VerifierKey
from shared.proofs.policy import Policy
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub

if TYPE_CHECKING:
    from dossier.conftest import Unpacked
    from scenario.quarter import Quarter

pytestmark = pytest.mark.timeout(240)  # the first of these facts waits until the whole quarter has been played

DECISION = "board-2014-11-24-blake-worker"
OTHER = VerifierKey("folkmoot.local/ledger", 1, bytes(range(32)))


@pytest.fixture
def dossier(unpacked: Unpacked, tmp_path: Path) -> Path:
    """A decision's dossier, to be tampered with."""
    return Path(shutil.copytree(unpacked("decision", DECISION), tmp_path / "dossier"))


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The dossier's own program, in a Python that sees no package but its own."""
    command = [sys.executable, "-S", "-I", str(directory / "verify.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={"PATH": ""})


def events(directory: Path) -> list[Path]:
    return sorted((directory / "events").iterdir(), key=lambda path: int(path.stem))


@pytest.mark.parametrize(
    ("kind", "slug"),
    [("decision", DECISION), ("request", "hate-crime-officer"), ("project", "perpetrators-programme")],
)
def test_a_dossier_proves_itself_without_us(unpacked: Unpacked, kind: str, slug: str) -> None:
    directory = unpacked(kind, slug)
    done = run(directory)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"All correct: {len(events(directory))} events")
    assert "not that what was recorded is true" in done.stdout
    assert not list(directory.rglob("__pycache__")), "checking writes nothing"


def test_its_program_runs_where_python_is_old(unpacked: Unpacked) -> None:
    directory = unpacked("decision", DECISION)
    for source in [directory / "verify.py", *(directory / "proofs").glob("*.py")]:
        ast.parse(source.read_text(), feature_version=(3, 9))


def test_its_events_are_the_ledgers_byte_for_byte(unpacked: Unpacked, cannock_chase: Quarter) -> None:
    platform = cannock_chase.platform
    caller = (("authorization", f"Bearer {platform.token('auditor', None)}"),)
    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        pages = LedgerStub(channel).Replay(ledger_pb2.ReplayRequest(), metadata=caller)
        ledger = {entry.position: entry.entry for page in pages for entry in page.entries}
    for event in events(unpacked("request", "hate-crime-officer")):
        assert event.read_bytes() == ledger[int(event.stem)]


def test_the_page_cites_exactly_the_events_that_are_there(unpacked: Unpacked) -> None:
    directory = unpacked("decision", DECISION)
    page = (directory / "index.html").read_text()
    linked = set(re.findall(r'href="([^"#][^"]*)"', page))
    assert linked == {
        f"{path.parent.name}/{path.name}" for path in directory.rglob("*") if path.suffix in (".json", ".tlog-proof")
    }
    for event in events(directory):
        assert json.loads(event.read_bytes())["id"] in page


def a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swapped(directory: Path) -> None:
    first, second, *_ = events(directory)
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)


def renamed(directory: Path) -> None:
    last = events(directory)[-1]
    for path, suffix in ((last, ".json"), (directory / "proofs" / f"{last.stem}.tlog-proof", ".tlog-proof")):
        path.rename(path.with_name(f"{int(last.stem) + 1000}{suffix}"))


def line(path: Path, number: int, text: str) -> None:
    lines = path.read_text().split("\n")
    lines[number] = text
    path.write_text("\n".join(lines))


def first_proof(directory: Path) -> Path:
    return directory / "proofs" / f"{events(directory)[0].stem}.tlog-proof"


TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "an event altered": (lambda d: a_byte(events(d)[3]), r"events/\d+\.json"),
    "an event gone": (lambda d: events(d)[3].unlink(), r"proofs: .* has no event"),
    "an event added": (lambda d: (d / "events" / "100000.json").write_text("{}"), "events: .* has no receipt"),
    "an event of another name": (lambda d: (d / "events" / "007.json").write_text("{}"), r"events/007\.json"),
    "something else among the events": (lambda d: (d / "events" / "note.txt").write_text("x"), r"events/note\.txt"),
    "two events swapped": (swapped, r"events/\d+\.json"),
    "an event moved to another position": (renamed, r"proofs/\d+\.tlog-proof"),
    "all events gone": (lambda d: [p.unlink() for p in events(d)], "has no event"),
    "a receipt gone": (lambda d: first_proof(d).unlink(), "events: .* has no receipt"),
    "a receipt altered": (lambda d: line(first_proof(d), 2, b64encode(bytes(32)).decode()), r"events/\d+\.json"),
    "a receipt's hash left out": (lambda d: line(first_proof(d), 2, ""), r"proofs/\d+\.tlog-proof"),
    "a receipt of nothing": (lambda d: first_proof(d).write_bytes(b""), r"proofs/\d+\.tlog-proof"),
    "a receipt that is no text": (lambda d: first_proof(d).write_bytes(b"\xff\xfe"), r"proofs/\d+\.tlog-proof"),
    "the checkpoint's size": (lambda d: line(d / "checkpoint", 1, "99999"), "checkpoint: "),
    "the checkpoint's root": (lambda d: line(d / "checkpoint", 2, b64encode(bytes(32)).decode()), "checkpoint: "),
    "the checkpoint's signature": (lambda d: a_byte(d / "checkpoint"), "checkpoint: "),
    "the checkpoint gone": (lambda d: (d / "checkpoint").unlink(), "checkpoint: it is missing"),
    "the policy for another key": (lambda d: (d / "policy").write_bytes(Policy.of([OTHER]).format()), "checkpoint: "),
    "the policy gone": (lambda d: (d / "policy").unlink(), "policy: it is missing"),
    "the keys for others": (lambda d: (d / "keys").write_text(f"{OTHER.format()}\n"), "keys: "),
    "keys that are none": (lambda d: (d / "keys").write_text("a key\n"), "keys: "),
    "the directory of events gone": (lambda d: shutil.rmtree(d / "events"), "events: it is missing"),
}


@pytest.mark.parametrize("kind", TAMPERING)
def test_whatever_is_tampered_with_is_refused_and_named(dossier: Path, kind: str) -> None:
    tamper, named = TAMPERING[kind]
    assert check(str(dossier)).positions
    tamper(dossier)
    with pytest.raises(ProofFailed, match=named):
        check(str(dossier))


def test_a_refusal_is_one_sentence_and_an_exit_code(dossier: Path) -> None:
    a_byte(events(dossier)[0])
    done = run(dossier)
    assert (done.returncode, done.stderr) == (1, "")
    (said,) = done.stdout.splitlines()
    assert said.startswith("REFUSED: events/")


def test_the_policy_can_come_from_elsewhere(dossier: Path, tmp_path: Path) -> None:
    own = tmp_path / "policy"
    own.write_bytes((dossier / "policy").read_bytes())
    assert "Compare its keys" in run(dossier).stdout
    trusted = run(dossier, "--policy", str(own))
    assert trusted.returncode == 0
    assert "Compare its keys" not in trusted.stdout
    own.write_bytes(Policy.of([OTHER]).format())
    assert run(dossier, "--policy", str(own)).returncode == 1


def test_the_same_trail_gives_the_same_archive(cannock_chase: Quarter) -> None:
    first, second = (cannock_chase.clerk.get("reporting", f"/dossiers/decision/{DECISION}.zip") for _ in range(2))
    assert first.headers["content-type"] == "application/zip"
    assert first.headers["content-disposition"] == f'attachment; filename="cannock-chase-decision-{DECISION}.zip"'
    if first.headers["folkmoot-at"] == second.headers["folkmoot-at"]:
        assert first.content == second.content


@pytest.mark.parametrize(
    ("path", "status"),
    [("/dossiers/decision/nothing.zip", 404), ("/dossiers/meeting/board-2014-11-24.zip", 422)],
)
def test_what_has_no_dossier_is_a_problem(cannock_chase: Quarter, path: str, status: int) -> None:
    answer = cannock_chase.clerk.get("reporting", path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_dossier_is_for_who_may_read_the_reports(cannock_chase: Quarter) -> None:
    platform, path = cannock_chase.platform, f"/dossiers/decision/{DECISION}.zip"
    for role in ("reader", "partner", "member", "auditor", "scrutiny"):
        caller = platform.caller(role, "cannock-chase", "staffordshire-police" if role == "partner" else None)
        assert caller.get("reporting", path).status_code == 200
    stranger = platform.caller("clerk", "cannock-chase")
    stranger.client.headers["Authorization"] = f"Bearer {platform.token('clerk', 'tamworth')}"
    assert stranger.get("reporting", path).status_code == 403
    del stranger.client.headers["Authorization"]
    assert stranger.get("reporting", path).status_code == 401


def test_no_persons_name_is_in_it_for_anybody(cannock_chase: Quarter) -> None:
    """The clerk sees names on the roster; a dossier leaves the partnership."""
    roster = cannock_chase.clerk.get("membership", "/groups/strategic-board/roster", as_at="2014-11-24").json()
    people = {seat["representative"]["name"] for seat in roster["seats"] if seat["representative"]}
    assert len(people) > 5
    answer = cannock_chase.clerk.get("reporting", f"/dossiers/decision/{DECISION}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        everything = b"".join(found.read(name) for name in found.namelist()).decode()
    assert "Superintendent" in everything or "Chief Executive" in everything
    assert [name for name in people if name in everything] == []


def folkmoot(platform: RunningPlatform, directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FOLKMOOT_DATA": str(platform.settings.data), "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "services.command_line.main", "dossier", *words]
    return subprocess.run(
        command, env=environment, cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_command_writes_a_dossier(cannock_chase: Quarter, tmp_path: Path) -> None:
    platform = cannock_chase.platform
    done = folkmoot(platform, tmp_path, DECISION)
    assert done.returncode == 0, done.stdout + done.stderr
    path = tmp_path / f"cannock-chase-decision-{DECISION}.zip"
    with zipfile.ZipFile(path) as found:
        found.extractall(tmp_path / "unpacked")
    assert run(tmp_path / "unpacked").returncode == 0
    named = folkmoot(platform, tmp_path, "cannock-chase/project/perpetrators-programme", "--output", "here.zip")
    assert named.returncode == 0, named.stdout + named.stderr
    assert (tmp_path / "here.zip").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing-like-it", "is called 'nothing-like-it'"),
        ("cannock-chase/meeting/x", "partnership/kind/slug"),
        ("cannock-chase/decision/nothing", "There is no decision 'nothing' on record"),
    ],
)
def test_the_command_says_what_it_cannot_find(cannock_chase: Quarter, tmp_path: Path, name: str, says: str) -> None:
    done = folkmoot(cannock_chase.platform, tmp_path, name)
    assert done.returncode == 1
    assert says in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr
