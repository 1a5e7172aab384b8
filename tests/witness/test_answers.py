"""A witness answers as C2SP tlog-witness says, and cosigns only a continuation of what it saw."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import re
import sqlite3
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from witness.some_log import ORIGIN, SomeLog, request

from services.witness.key import WitnessKey
from services.witness.known import KnownLogs
from services.witness.memory import Kind, LostMemory
from services.witness.service import open_key, open_witness
from services.witness.submission import MAX_PROOF_LINES
from services.witness.witness import SIZE, Witness
from shared.proofs.cosignature import split
from shared.proofs.merkle import EMPTY, Malformed
from shared.proofs.note import COSIGNATURE_V1, Note, Signature
from shared.runtime.identity.secret_files import UnusableSecret
from shared.runtime.identity.signing import SigningKey, SigningKeys

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
NAME = "fire.example/witness"
EMPTY_LINE = base64.b64encode(EMPTY).decode()


def witness_of(log: SomeLog, data: Path, *others: SomeLog) -> Witness:
    known = KnownLogs([key.verifier for each in (log, *others) for key in each.keys.keys])
    return open_witness(data, NAME, known, lambda: NOON)


@pytest.fixture
def log() -> SomeLog:
    return SomeLog(10)


@pytest.fixture
def witness(log: SomeLog, tmp_path: Path) -> Witness:
    return witness_of(log, tmp_path)


def cosigned(witness: Witness, log: SomeLog, old: int, size: int | None = None) -> Note:
    """Ask, and check that what comes is this witness's cosignature and nothing else; the checkpoint with it."""
    answer = witness.add_checkpoint(log.request(old, size))
    assert answer.status == 200, answer
    note = log.note(size)
    both = Note(note.text, (*note.signatures, *map(Signature.parse, answer.body.splitlines())))
    assert both.verify([witness.verifier]) == [witness.verifier]
    return both


def test_what_a_witness_sees_first_it_cosigns_with_the_time(witness: Witness, log: SomeLog) -> None:
    note = cosigned(witness, log, 0)
    assert witness.verifier.type == COSIGNATURE_V1
    assert split(note.signatures[-1].signature)[0] == int(NOON.timestamp())
    latest = witness.memory.latest()[ORIGIN]
    assert (latest.size, latest.root) == (10, log.root())
    assert Note.parse(latest.note.encode()) == note


def test_a_cosignature_is_that_of_the_specification_to_the_byte(witness: Witness, log: SomeLog) -> None:
    """Parsed here as tlog-cosignature says, and checked by a library that the verifier does not use."""
    line = witness.add_checkpoint(log.request(0)).body
    dash, name, material = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", NAME)
    blob = base64.b64decode(material)
    assert len(blob) == 4 + 8 + 64
    public = base64.b64decode(witness.verifier.format().split("+", 2)[2])
    assert public[0] == 0x04
    assert blob[:4] == hashlib.sha256(NAME.encode() + b"\n" + public).digest()[:4]
    seconds = struct.unpack(">Q", blob[4:12])[0]
    root = base64.b64encode(log.root()).decode()
    signed = f"cosignature/v1\ntime {seconds}\n{ORIGIN}\n10\n{root}\n"
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(blob[12:], signed.encode())


def test_what_continues_it_is_cosigned(witness: Witness, log: SomeLog) -> None:
    cosigned(witness, log, 0)
    for _ in range(20):
        before = log.size
        cosigned(witness, log.grow(before % 7), before)
    assert witness.memory.latest()[ORIGIN].size == log.size
    assert witness.memory.refusals() == []


def test_the_same_checkpoint_may_be_cosigned_again(witness: Witness, log: SomeLog) -> None:
    cosigned(witness, log, 0)
    cosigned(witness, log, 10)
    assert witness.memory.refusals() == []


def test_a_log_may_begin_empty(tmp_path: Path) -> None:
    log = SomeLog(0)
    witness = witness_of(log, tmp_path)
    cosigned(witness, log, 0)
    cosigned(witness, log.grow(3), 0)


def test_a_wrong_old_size_is_answered_with_the_right_one(witness: Witness, log: SomeLog) -> None:
    assert witness.add_checkpoint(log.request(4)) == (409, "0\n", SIZE)
    cosigned(witness, log, 0)
    log.grow(5)
    for old in (0, 4, 11, 15):
        assert witness.add_checkpoint(log.request(old)) == (409, "10\n", SIZE)
    assert witness.memory.refusals() == []  # nothing of this speaks against the log
    cosigned(witness, log, 10)


def test_an_unknown_log_is_not_found(witness: Witness) -> None:
    assert witness.add_checkpoint(SomeLog(3, "elsewhere.example/log").request(0)).status == 404


def test_what_its_log_has_not_signed_is_forbidden(witness: Witness, log: SomeLog) -> None:
    stranger = SomeLog(keys=SigningKeys([SigningKey(ORIGIN, os.urandom(32))]), size=3)
    assert witness.add_checkpoint(stranger.request(0)).status == 403
    # The right key's name and id, and a signature of something else.
    text = log.note(9).text
    assert witness.add_checkpoint(request(0, [], Note(text, log.note(10).signatures).format())).status == 403
    # One right signature does not make up for a wrong one by the same key.
    both = Note(text, (*log.note(9).signatures, *log.note(10).signatures))
    assert witness.add_checkpoint(request(0, [], both.format())).status == 403
    assert witness.memory.latest() == {}


def test_signatures_of_strangers_are_passed_over(witness: Witness, log: SomeLog) -> None:
    stranger = SigningKey("stranger.example", os.urandom(32))
    note = log.note()
    lines = (Signature.by(stranger.verifier, b"x" * 64), *note.signatures)
    answer = witness.add_checkpoint(request(0, [], Note(note.text, lines).format()))
    assert answer.status == 200
    assert b"stranger" not in witness.memory.latest()[ORIGIN].note.encode()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no empty line"),
        (b"old 0\n", "no empty line"),
        (b"old 00\n\n%s", "old size"),
        (b"old -1\n\n%s", "old size"),
        (b"old 9223372036854775808\n\n%s", "old size"),
        (b"old  0\n\n%s", "old size"),
        (b"OLD 0\n\n%s", "first line"),
        (b"old 0\r\n\n%s", "old size"),
        (b"old 3\nAAAA\n\n%s", "Line 1 of the proof"),
        (b"old 3\n%s", "old size|first line|Line|ASCII"),
        (b"old 0\n\nnothing signed\n", "signatures"),
        (b"old 11\n\n%s", "larger than the checkpoint's"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(witness: Witness, log: SomeLog, body: bytes, why: str) -> None:
    answer = witness.add_checkpoint(body.replace(b"%s", log.note().format()))
    assert answer.status == 400
    assert re.search(why, answer.body), answer.body


def test_a_proof_has_63_lines_at_most(witness: Witness, log: SomeLog) -> None:
    assert witness.add_checkpoint(log.request(0, proof=[bytes(32)] * (MAX_PROOF_LINES + 1))).status == 400
    assert witness.add_checkpoint(log.request(0, proof=[bytes(32)] * MAX_PROOF_LINES)).status == 422


def test_a_first_checkpoint_has_no_proof(witness: Witness, log: SomeLog) -> None:
    assert witness.add_checkpoint(log.request(0, proof=[bytes(32)])).status == 422
    assert witness.memory.latest() == {}
    assert witness.memory.refusals() == []  # the sender's mistake, which shows nothing about the log


def test_a_superfluous_proof_of_the_same_checkpoint_is_not_evidence(witness: Witness, log: SomeLog) -> None:
    cosigned(witness, log, 0)
    for digest in range(5):
        answer = witness.add_checkpoint(log.request(10, proof=[bytes([digest] * 32)]))
        assert answer.status == 422
        assert "From 10 entries to 10 there is nothing to prove" in answer.body
    assert witness.memory.refusals() == []


@pytest.mark.parametrize("size", [10, 15])
@pytest.mark.parametrize("copies", [2, 99, 100])
def test_a_signature_repeated_is_refused_before_any_is_checked(
    witness: Witness, log: SomeLog, monkeypatch: pytest.MonkeyPatch, size: int, copies: int
) -> None:
    """Anyone can send it with only the published checkpoint, so it must cost nothing and leave nothing."""
    cosigned(witness, log, 0)
    log.grow(5)
    note = log.note(size)
    monkeypatch.setattr("shared.proofs.ed25519.verify", lambda *_: pytest.fail("checked"))
    answer = witness.add_checkpoint(request(10, [bytes(32)], Note(note.text, note.signatures * copies).format()))
    assert answer.status == 403
    assert "several signatures by one key" in answer.body
    assert witness.memory.refusals() == []


def test_an_empty_log_has_the_root_of_an_empty_log(tmp_path: Path) -> None:
    log = SomeLog(0)
    witness = witness_of(log, tmp_path)
    wrong = log.note().text.replace(EMPTY_LINE, "A" * 43 + "=")
    assert witness.add_checkpoint(request(0, [], log.keys.sign_note(wrong).format())).status == 422
    assert [refusal.kind for refusal in witness.memory.refusals()] == [Kind.FORK]


# What it exists for.


def test_a_fork_is_refused_and_the_two_notes_are_kept(witness: Witness, log: SomeLog) -> None:
    held = cosigned(witness, log, 0)
    fork = log.fork(at=6, then=4)
    for _ in range(2):
        answer = witness.add_checkpoint(fork.request(10))
        assert answer.status == 422
        assert "two different histories of 10 entries" in answer.body
    (refusal,) = witness.memory.refusals()
    assert (refusal.kind, refusal.offered_size, refusal.held_size, refusal.times) == (Kind.FORK, 10, 10, 2)
    # Both verify under the log's own key, have one size and two roots: no more is needed to convict it.
    keys = [key.verifier for key in log.keys.keys]
    for kept, meant in ((refusal.offered, fork.note()), (refusal.held, held)):
        note = Note.parse(kept.encode())
        assert note == meant
        assert note.verify(keys) == keys
    assert witness.memory.latest()[ORIGIN].root == log.root()


def test_a_fork_is_evidence_even_when_the_old_size_is_wrong(witness: Witness, log: SomeLog) -> None:
    cosigned(witness, log, 0)
    assert witness.add_checkpoint(log.fork(6, 4).request(3)) == (409, "10\n", SIZE)
    assert [refusal.kind for refusal in witness.memory.refusals()] == [Kind.FORK]


@pytest.mark.parametrize("at", [0, 1, 9])
def test_a_rewrite_is_refused_whatever_proof_comes_with_it(witness: Witness, log: SomeLog, at: int) -> None:
    cosigned(witness, log, 0)
    rewritten = log.fork(at, 20 - at)
    log.grow(10)
    for proof in (rewritten.proof(10), log.proof(10), [], rewritten.proof(10)[:-1], [bytes(32)]):
        answer = witness.add_checkpoint(rewritten.request(10, proof=proof))
        assert answer.status == 422
        assert "without a proof that it continues the 10" in answer.body
    (refusal,) = witness.memory.refusals()
    assert (refusal.kind, refusal.times) == (Kind.REWRITE, 5)
    cosigned(witness, log, 10)  # the true history goes on


def test_what_a_thief_of_the_key_adds_is_cosigned_and_the_true_log_refused_for_ever(
    log: SomeLog, tmp_path: Path
) -> None:
    """So the name must be given up, and the runbook must not say that witnesses prevent it."""
    witness = witness_of(log, tmp_path)
    cosigned(witness, log, 0)
    cosigned(witness, log.fork(at=10, then=1), 10)
    log.keys = log.keys.rotated()
    witness = witness_of(log, tmp_path)
    for _ in range(3):
        assert witness.add_checkpoint(log.grow(1).request(min(11, log.size))).status == 422
    runbook = (Path(__file__).parents[2] / "docs/runbooks/ledger-key.md").read_text()
    (stolen,) = re.findall(r"^## The key may have been stolen\n(.*?)^## ", runbook, re.MULTILINE | re.DOTALL)
    assert "they cosign one that continues it" in " ".join(stolen.split())
    assert "FOLKMOOT_ORIGIN" in stolen


def test_a_rollback_is_refused_and_kept(witness: Witness, log: SomeLog) -> None:
    cosigned(witness, log, 0)
    cosigned(witness, log.grow(10), 10)
    for size in (10, 19):
        assert witness.add_checkpoint(log.request(0, size)) == (409, "20\n", SIZE)
    kinds = [(refusal.kind, refusal.offered_size, refusal.held_size) for refusal in witness.memory.refusals()]
    assert sorted(kinds) == [(Kind.ROLLBACK, 10, 20), (Kind.ROLLBACK, 19, 20)]
    assert witness.memory.latest()[ORIGIN].size == 20


def test_logs_are_kept_apart(log: SomeLog, tmp_path: Path) -> None:
    other = SomeLog(4, "other.example/log")
    witness = witness_of(log, tmp_path, other)
    cosigned(witness, log, 0)
    cosigned(witness, other, 0)
    cosigned(witness, other.grow(1), 4)
    assert {origin: latest.size for origin, latest in witness.memory.latest().items()} == {
        ORIGIN: 10,
        "other.example/log": 5,
    }


def test_a_log_may_change_its_key(log: SomeLog, tmp_path: Path) -> None:
    old, both = log.keys, log.keys.rotated()
    cosigned(witness_of(log, tmp_path), log, 0)
    log.keys = both
    cosigned(witness_of(log, tmp_path), log.grow(1), 10)  # a witness that knows both
    known_before = open_witness(tmp_path, None, KnownLogs([old.keys[0].verifier]))
    cosigned(known_before, log.grow(1), 11)  # one that knows the old key goes on as long as that key signs as well
    log.keys = both.without(old.keys[0].verifier.key_id.hex())
    assert known_before.add_checkpoint(log.grow(1).request(12)).status == 403
    cosigned(witness_of(log, tmp_path), log, 12)


def test_a_key_belongs_to_one_name(tmp_path: Path) -> None:
    key = WitnessKey.open(tmp_path / "witness.key", NAME)
    assert WitnessKey.open(tmp_path / "witness.key").verifier == key.verifier
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnusableSecret, match="keeps its name"):
        WitnessKey.open(tmp_path / "witness.key", "other.example/witness")
    with pytest.raises(UnusableSecret, match="no spaces"):
        WitnessKey.open(tmp_path / "new.key", "a witness")
    for content in (b"", b"\xff", b"secret", str(SigningKey(ORIGIN, bytes(32))).encode()):
        (tmp_path / "wrong.key").write_bytes(content)
        with pytest.raises(UnusableSecret, match="does not hold a witness's key"):
            WitnessKey.open(tmp_path / "wrong.key", NAME)


@pytest.mark.parametrize("loss", ["removed", "emptied"])
def test_a_witness_that_lost_its_memory_does_not_start(log: SomeLog, tmp_path: Path, loss: str) -> None:
    cosigned(witness_of(log, tmp_path), log, 0)
    memory = tmp_path / "witness.db"
    memory.unlink() if loss == "removed" else memory.write_bytes(b"")
    for _ in range(2):  # nor the second time, as if the first had begun a new one
        with pytest.raises(LostMemory, match="make a new witness in a new directory, with a new name"):
            witness_of(log, tmp_path)


def test_a_memory_lost_while_the_witness_runs_is_not_started_again(
    witness: Witness, log: SomeLog, tmp_path: Path
) -> None:
    cosigned(witness, log, 0)
    (tmp_path / "witness.db").unlink()
    with pytest.raises(sqlite3.OperationalError):
        witness.add_checkpoint(log.fork(6, 4).request(0))
    assert [path.name for path in tmp_path.iterdir()] == ["witness.key"]


def test_a_key_is_made_with_its_memory_and_not_without(log: SomeLog, tmp_path: Path) -> None:
    (tmp_path / "witness.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        open_key(tmp_path, NAME)
    assert not (tmp_path / "witness.key").exists()
    (tmp_path / "witness.db").unlink()
    open_key(tmp_path, NAME)
    assert witness_of(log, tmp_path).memory.latest() == {}


def test_logs_are_known_from_a_list_of_keys_or_from_a_policy(log: SomeLog) -> None:
    (vkey,) = log.vkeys
    other = SomeLog(0, "other.example/log").vkeys[0]
    witness = SigningKey(NAME, bytes(32), COSIGNATURE_V1).verifier.format()
    assert KnownLogs.parse(f"# our logs\n{vkey}\n\n{other}\n").origins == [ORIGIN, "other.example/log"]
    policy = f"log {vkey} https://a.example/ledger\nwitness w {witness}\nquorum w\n"
    assert KnownLogs.parse(policy).keys == [log.keys.keys[0].verifier]
    for wrong in ("", "# nothing\n", witness, f"log {witness}", f"{vkey} {other} x", "nonsense"):
        with pytest.raises(Malformed):
            KnownLogs.parse(wrong)


def test_evidence_can_be_neither_changed_nor_removed(witness: Witness, log: SomeLog, tmp_path: Path) -> None:
    cosigned(witness, log, 0)
    witness.add_checkpoint(log.fork(6, 4).request(10))
    connection = sqlite3.connect(tmp_path / "witness.db")
    for statement in (
        "UPDATE latest SET size = 9",
        "UPDATE latest SET root = zeroblob(32)",
        "UPDATE latest SET origin = 'x'",
        "DELETE FROM latest",
        "UPDATE refusal SET offered = 'x'",
        "UPDATE refusal SET kind = 'rollback'",
        "DELETE FROM refusal",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


def test_sending_the_same_request_repeatedly_does_not_fill_the_disk(
    witness: Witness, log: SomeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.witness.memory.MAX_REFUSALS", 3)
    cosigned(witness, log, 0)
    for size in range(10):
        witness.add_checkpoint(log.request(0, size))
    refusals = witness.memory.refusals()
    assert len(refusals) == 3
    assert sum(refusal.times for refusal in refusals) == 10
    witness.add_checkpoint(log.fork(6, 4).request(10))
    assert Kind.FORK in [refusal.kind for refusal in witness.memory.refusals()]  # proof is not crowded out
    assert json.dumps([refusal._asdict() for refusal in witness.memory.refusals()])
