"""Whole logs in directories, as ``folkmoot export`` writes them, for the tests of verifiers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from shared.proofs import audit as auditing
from shared.proofs import cosignature
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import CompactRange, leaf_hash
from shared.proofs.note import COSIGNATURE_V1, ED25519, Note, Signature, VerifierKey
from shared.proofs.policy import Group, Log, Policy, Witness
from shared.proofs.sources import START, SourceKeys, SourceSignature, head_after, statement
from shared.proofs.tiles import WIDTH, Place, bundle, rows
from shared.runtime.identity.signing import SigningKey, verify

ORIGIN = "folkmoot.example/ledger"
LOG = SigningKey(ORIGIN, leaf_hash(b"the log"), ED25519)
AGENCIES = ("council", "police", "fire")
WITNESSES = {name: SigningKey(f"{name}.example/witness", leaf_hash(name.encode()), COSIGNATURE_V1) for name in AGENCIES}
MEETINGS = SigningKey("meetings", leaf_hash(b"meetings"), ED25519)
audit = partial(auditing.audit, verify=verify)
"""As ``folkmoot verify`` checks: with a library."""
SECONDS = 1_416_826_800


def policy(threshold: int = 2, *logs: VerifierKey) -> Policy:
    """A quorum of this many of three agencies."""
    witnesses = {name: Witness(name, key.verifier) for name, key in WITNESSES.items()}
    group = Group("agencies", threshold, AGENCIES)
    return Policy(tuple(map(Log, logs or (LOG.verifier,))), witnesses, {"agencies": group}, "agencies")


def event(number: int, subjects: int = 10, **changed: object) -> bytes:
    """The event at a position of a log in which this many subjects alternate."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.UUID(int=number)),
        "source": "/meetings",
        "type": "meetings.something_happened.v1",
        "subject": f"cannock-chase/meeting/board-{number % subjects}",
        "subjectversion": number // subjects + 1,
        "partnership": "cannock-chase",
        "time": "2014-11-24T12:00:00Z",
        "recordedtime": "2014-11-25T09:30:00Z",
        "actor": "clerk",
        "authority": "CAN-2",
        "correlationid": "c-1",
        "datacontenttype": "application/json",
        "data": {"what": "x" * 40, "amount": 130_000 + number},
    }
    return json.dumps({**attributes, **changed}, separators=(",", ":")).encode()


def signed(size: int, root: bytes, agencies: Iterable[str] = AGENCIES, log: SigningKey = LOG) -> bytes:
    """A checkpoint, signed by the log and cosigned."""
    text = Checkpoint(log.verifier.name, size, root).format()
    lines = [Signature.by(log.verifier, log.sign(text.encode()))]
    for agency in agencies:
        key = WITNESSES[agency]
        signature = key.sign(cosignature.message(text, SECONDS))
        lines.append(Signature.by(key.verifier, cosignature.join(SECONDS, signature)))
    return Note(text, tuple(lines)).format()


def write(root: Path, path: str, data: bytes) -> None:
    """Write a file, and create its directories. A file that was there is replaced, and its other links stay."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).unlink(missing_ok=True)
    (root / path).write_bytes(data)


def write_signatures(root: Path, entries: Sequence[bytes], size: int = 100, key: SigningKey = MEETINGS) -> None:
    """Write the signatures of a source on its entries, so many in a batch, and the register."""
    name = key.verifier.name
    lines, head = [], START
    for first in range(0, len(entries), size):
        batch = entries[first : first + size]
        head = head_after(head, b"".join(map(leaf_hash, batch)))
        last = first + len(batch)
        signature = SourceSignature(last, len(batch), key.verifier.key_id, key.sign(statement("meetings", last, head)))
        lines.append(f"{signature.format()}\n")
    write(root, f"sources/{name}", "".join(lines).encode())
    write(root, "sources/keys", SourceKeys([(key.verifier, None)]).format().encode())


def write_log(
    root: Path, entries: Sequence[bytes], earlier: Iterable[int] = (), log: SigningKey = LOG, batch: int = 100
) -> Path:
    """Write a whole log: entries, tiles of all levels, signatures, checkpoints, keys and policy."""
    tree = CompactRange()
    levels: list[list[bytes]] = [[] for _ in rows(len(entries))]
    sizes = {*earlier, len(entries)}
    for size in range(len(entries) + 1):
        if size:
            leaf = leaf_hash(entries[size - 1])
            levels[0].append(leaf)
            for level, _, digest in tree.add(leaf):
                levels[level].append(digest)
        if size in sizes:
            write(root, f"checkpoints/{size}", signed(size, tree.root(), log=log))
    write(root, "checkpoint", signed(tree.size, tree.root(), log=log))
    write(root, "keys", f"{log.verifier.format()}\n".encode())
    write(root, "policy", policy(2, log.verifier).format())
    write_signatures(root, entries, batch)
    for row in rows(len(entries)):
        for place in row.places():
            span = slice(place.index * WIDTH, place.index * WIDTH + place.width)
            write(root, place.path, b"".join(levels[row.level][span]))
            if row.level == 0:
                write(root, Place(None, place.index, place.width).path, bundle(entries[span]))
    return root
