"""Receipts can be checked offline, and each is valid only for its own entry."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import CompactRange, Malformed, ProofFailed, inclusion_proof, leaf_hash
from shared.proofs.note import ED25519, Note, Signature, VerifierKey
from shared.proofs.policy import Policy
from shared.proofs.tiles import node_from
from shared.proofs.tlog_proof import TlogProof

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey("folkmoot.example/ledger", ED25519, PRIVATE.public_key().public_bytes_raw())
POLICY = Policy.of([KEY])
ENTRIES = [f"entry {number}".encode() for number in range(200)]


def receipt(position: int, size: int = len(ENTRIES), extra: bytes | None = None) -> TlogProof:
    tree = CompactRange()
    for entry in ENTRIES[:size]:
        tree.add(leaf_hash(entry))
    node = node_from(lambda level, index: b"".join(leaf_hash(entry) for entry in ENTRIES[:size]))
    text = Checkpoint(KEY.name, size, tree.root()).format()
    note = Note(text, (Signature.by(KEY, PRIVATE.sign(text.encode())),))
    return TlogProof(position, tuple(inclusion_proof(position, size, node)), note, extra)


RECEIPT = receipt(73)


def test_a_receipt_proves_its_entry_and_no_other() -> None:
    assert RECEIPT.verify(ENTRIES[73], POLICY).checkpoint.size == 200
    with pytest.raises(ProofFailed, match="entry 73"):
        RECEIPT.verify(ENTRIES[74], POLICY)
    with pytest.raises(ProofFailed, match="entry 74"):
        RECEIPT._replace(position=74).verify(ENTRIES[73], POLICY)
    with pytest.raises(ProofFailed, match="no such entry"):
        RECEIPT._replace(position=200).verify(ENTRIES[73], POLICY)
    with pytest.raises(ProofFailed, match="the policy knows no log"):
        RECEIPT.verify(ENTRIES[73], Policy())


@settings(deadline=None)
@given(st.data(), st.none() | st.binary())
def test_a_receipt_is_read_as_it_was_written(data: st.DataObject, extra: bytes | None) -> None:
    size = data.draw(st.integers(1, 200))
    made = receipt(data.draw(st.integers(0, size - 1)), size, extra)
    read = TlogProof.parse(made.format())
    assert read == made
    read.verify(ENTRIES[read.position], POLICY)


def test_a_receipt_looks_as_the_specification_shows() -> None:
    head, _, checkpoint = receipt(0, 2, b"extra").format().decode().partition("\n\n")
    assert head.split("\n") == [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64encode(b'extra').decode()}",
        "index 0",
        b64encode(leaf_hash(ENTRIES[1])).decode(),
    ]
    assert checkpoint.startswith("folkmoot.example/ledger\n2\n")
    assert receipt(0, 1).format().startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nfolkmoot")


@settings(deadline=None)
@given(st.integers(0, len(RECEIPT.format()) - 1), st.integers(1, 255))
def test_any_byte_changed_in_a_receipt_is_found(at: int, change: int) -> None:
    data = bytearray(RECEIPT.format())
    data[at] ^= change
    with pytest.raises(ProofFailed):
        TlogProof.parse(bytes(data)).verify(ENTRIES[73], POLICY)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_crash_the_reading_of_receipts(data: bytes) -> None:
    for whole in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 1\n\n" + data):
        with pytest.raises(Malformed):
            TlogProof.parse(whole)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 73", "index 073"),
        ("index 73", "index -1"),
        ("index 73", "Index 73"),
        ("index 73\n", ""),
        ("index 73\n", "extra !\nindex 73\n"),
        ("index 73\n", "index 73\n" + (b64encode(bytes(32)).decode() + "\n") * 64),
        ("index 73\n", "index 73\nAAAA\n"),
        ("\n\n", "\n"),
    ],
)
def test_what_is_not_a_receipt_is_refused(old: str, new: str) -> None:
    text = RECEIPT.format().decode()
    assert old in text
    with pytest.raises(Malformed):
        TlogProof.parse(text.replace(old, new, 1).encode())
