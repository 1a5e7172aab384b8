"""``folkmoot verify`` of parts of a log: a dossier, and one event by its receipt."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from written_logs import ORIGIN, event, policy, signed, write

from services.command_line.main import app
from shared.proofs.merkle import CompactRange, inclusion_proof, leaf_hash
from shared.proofs.note import Note
from shared.proofs.tiles import node_from
from shared.proofs.tlog_proof import TlogProof

ENTRIES = [event(number) for number in range(9)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    """An unpacked dossier of two events of the log."""
    tree = CompactRange()
    for leaf in LEAVES:
        tree.add(leaf)
    note = signed(tree.size, tree.root())
    for position in (2, 7):
        hashes = inclusion_proof(position, tree.size, node_from(lambda level, index: b"".join(LEAVES)))
        write(tmp_path, f"events/{position}.json", ENTRIES[position])
        write(tmp_path, f"proofs/{position}.tlog-proof", TlogProof(position, tuple(hashes), Note.parse(note)).format())
    write(tmp_path, "checkpoint", note)
    write(tmp_path, "keys", "".join(f"{log.key.format()}\n" for log in policy().logs).encode())
    write(tmp_path, "policy", policy().format())
    return tmp_path


def verify(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, words)])


def one(dossier: Path, event: int, receipt: int) -> Result:
    proof = dossier / f"proofs/{receipt}.tlog-proof"
    return verify(dossier / f"events/{event}.json", "--receipt", proof, "--policy", dossier / "policy")


def test_one_event_is_checked_by_its_receipt(dossier: Path) -> None:
    done = one(dossier, 7, 7)
    assert (done.exit_code, done.stdout.split(", root ")[0]) == (
        0,
        f"Correct: 7.json is entry 7 of {ORIGIN}, which has 9",
    )
    assert "cosigned by council, police, fire" in done.stdout


def test_another_event_is_refused_by_that_receipt(dossier: Path) -> None:
    done = one(dossier, 2, 7)
    assert done.exit_code == 1
    assert done.stdout.startswith("REFUSED: The inclusion proof of entry 7 leads to")
    write(dossier, "events/7.json", ENTRIES[7] + b"\n")
    assert one(dossier, 7, 7).exit_code == 1
    (dossier / "events/7.json").unlink()
    assert one(dossier, 7, 7).stdout == "REFUSED: 7.json is missing.\n"


def test_a_receipt_is_believed_by_a_policy_alone(dossier: Path) -> None:
    done = verify(dossier / "events/7.json", "--receipt", dossier / "proofs/7.tlog-proof")
    assert done.exit_code == 2
    assert "give --policy" in done.stderr
    write(dossier, "policy", b"quorum none\n")
    assert one(dossier, 7, 7).stdout.endswith("the policy knows no log.\n")


def test_a_dossier_is_checked_as_by_its_own_verifier(dossier: Path) -> None:
    done = verify(dossier)
    assert (done.exit_code, done.stdout.split(",")[0]) == (0, "All correct: 2 events")
    assert "The dossier itself said" in done.stdout
    write(dossier, "theirs", policy(3).format())
    assert "The dossier itself said" not in verify(dossier, "--policy", dossier / "theirs").stdout
    write(dossier, "events/7.json", ENTRIES[6])
    done = verify(dossier)
    assert done.exit_code == 1
    assert done.stdout.startswith("REFUSED: events/7.json with its receipt: The inclusion proof of entry 7")


def test_events_put_next_to_a_log_do_not_make_it_a_dossier(dossier: Path) -> None:
    (dossier / "tile").mkdir()
    assert verify(dossier).stdout == "REFUSED: sources/keys is missing.\n"
