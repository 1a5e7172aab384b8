"""Logs that are written straight into a directory, as an export is, to measure what checks them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import shared.proofs
from bench.signing import sign
from services.command_line.exporting import VERIFIER
from services.ledger.batches import Head
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import CompactRange, leaf_hash
from shared.proofs.note import Note, Signature
from shared.proofs.policy import Log, Policy
from shared.proofs.sources import SourceKeys
from shared.proofs.tiles import WIDTH, Place, bundle, rows
from shared.runtime.identity.signing import SigningKey

LOG = SigningKey("bench.example/ledger", bytes(32))


def write_log(root: Path, source: str, entries: Iterable[bytes], signed_together: int) -> int:
    """Write a source's entries as a log, with its signatures and a verifier. Returns the log's size."""
    tree = CompactRange()
    levels: dict[int, list[bytes]] = {}
    leaves: list[bytes] = []
    for index, held in enumerate(itertools.batched(entries, WIDTH)):
        hashes = [leaf_hash(entry) for entry in held]
        leaves += hashes
        _write(root, Place(None, index, len(held)).path, bundle(held))
        _write(root, Place(0, index, len(held)).path, b"".join(hashes))
        for leaf in hashes:
            for level, _, digest in tree.add(leaf):
                levels.setdefault(level, []).append(digest)
    for row in rows(tree.size)[1:]:
        for place in row.places():
            start = place.index * WIDTH
            _write(root, place.path, b"".join(levels[row.level][start : start + place.width]))
    text = Checkpoint(LOG.verifier.name, tree.size, tree.root()).format()
    _write(root, "checkpoint", Note(text, (Signature.by(LOG.verifier, LOG.sign(text.encode())),)).format())
    _write(root, "keys", f"{LOG.verifier.format()}\n".encode())
    _write(root, "policy", Policy((Log(LOG.verifier),), {}, {}, "none").format())
    _sign(root, SigningKey(source, bytes(32)), leaves, signed_together)
    for module in Path(shared.proofs.__file__).parent.glob("*.py"):
        _write(root, f"proofs/{module.name}", module.read_bytes())
    _write(root, "verify.py", VERIFIER)
    return tree.size


def _sign(root: Path, key: SigningKey, leaves: list[bytes], signed_together: int) -> None:
    head, lines = Head(), []
    for batch in itertools.batched(leaves, signed_together):
        signature, head = sign(key, head, batch)
        lines.append(f"{signature.format()}\n")
    _write(root, f"sources/{key.verifier.name}", "".join(lines).encode())
    _write(root, "sources/keys", SourceKeys([(key.verifier, None)]).format().encode())


def _write(root: Path, path: str, data: bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)
