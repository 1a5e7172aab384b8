"""Checks a dossier: every event against its receipt, and the receipts against the log's signed checkpoint.

A dossier is the trail of one decision, request or project, unpacked from its archive::

    index.html  README.txt        the trail, for people
    events/55.json                an event's exact bytes, by its position in the log
    proofs/55.tlog-proof          its receipt (C2SP tlog-proof)
    checkpoint  keys  policy      the log's signed checkpoint, its keys, and whose signatures to trust
    verify.py   proofs/*.py       this code

It needs only the standard library (Python 3.9 or later), no account and no network.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from .merkle import ProofFailed, leaf_hash, verify_inclusion
from .note import Note, VerifierKey
from .plain import printable, read_policy
from .policy import Policy, VerifiedCheckpoint
from .tlog_proof import SUFFIX, TlogProof

EVENTS, PROOFS = "events", "proofs"
EVENT_SUFFIX = ".json"
MAX_BYTES = 16 * 1024 * 1024
"""The largest file of a dossier that is checked."""


class DossierResult(NamedTuple):
    """The result for a dossier in which everything is right."""

    verified: VerifiedCheckpoint
    positions: tuple[int, ...]
    own_policy: bool
    """Whether the policy is the dossier's own."""


def check(directory: str, policy: Policy | None = None) -> DossierResult:
    """Check an unpacked dossier. Raises ``ProofFailed``, which names the file that is wrong, or ``OSError``.

    ``policy``: whose signatures to trust; None uses the dossier's own, which proves only that the dossier is complete.
    """
    with _within("policy"):
        trusted = policy or Policy.parse(_read(directory, "policy"))
    with _within("checkpoint"):
        checkpoint = Note.parse(_read(directory, "checkpoint"))
        verified = trusted.verify(checkpoint)
    with _within("keys"):
        _compare_keys(_read(directory, "keys"), verified)
    positions = _numbers(directory, EVENTS, EVENT_SUFFIX)
    proven = _numbers(directory, PROOFS, SUFFIX)
    for position in sorted(set(positions) ^ set(proven)):
        where, lacks = ("events", "receipt") if position in positions else ("proofs", "event")
        raise ProofFailed(f"{where}: the file for position {position} has no {lacks}.")
    if not positions:
        raise ProofFailed("events: the directory is empty, so there is nothing to check.")
    _, size, root, _ = verified.checkpoint
    for position in positions:
        with _within(f"{PROOFS}/{position}{SUFFIX}"):
            receipt = TlogProof.parse(_read(directory, f"{PROOFS}/{position}{SUFFIX}"))
            if receipt.position != position:
                raise ProofFailed(f"it is the receipt for position {receipt.position}.")
            if receipt.checkpoint != checkpoint:
                raise ProofFailed("its checkpoint is not the dossier's.")
        with _within(f"{EVENTS}/{position}{EVENT_SUFFIX} with its receipt"):
            event = _read(directory, f"{EVENTS}/{position}{EVENT_SUFFIX}")
            verify_inclusion(position, size, leaf_hash(event), receipt.hashes, root)
    return DossierResult(verified, tuple(positions), policy is None)


def main(arguments: Sequence[str] | None = None, default: str = ".") -> int:
    """Check a dossier and print the result. The exit code is 0 if everything is right, else 1."""
    parser = argparse.ArgumentParser(description="Check that the events of a dossier are unchanged since recorded.")
    parser.add_argument("directory", nargs="?", default=default, help="the unpacked dossier; default: here")
    parser.add_argument("--policy", metavar="FILE", help="whose signatures to trust; do not get it from the operator")
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        found = check(asked.directory, read_policy(asked.policy) if asked.policy else None)
    except (ProofFailed, OSError) as error:
        print(f"REFUSED: {printable(str(error))}")
        return 1
    for said in sentences(found):
        print(printable(said))
    return 0


def sentences(found: DossierResult) -> list[str]:
    """The result, in sentences."""
    origin, size, root, _ = found.verified.checkpoint
    logs = ", ".join(f"{key.name} (key {key.key_id.hex()})" for key in found.verified.logs)
    said = [
        f"All correct: {len(found.positions)} events, each at its place in the log {origin}.",
        f"The log has {size:,} entries, root {root.hex()}.",
        f"Signed by {logs}; cosigned by {', '.join(found.verified.witnesses) or 'no witness'}.",
    ]
    if found.own_policy:
        said.append("The dossier itself said whose signatures to trust. Compare its keys with a copy from elsewhere.")
    said.append("index.html describes these events. Where it matters, compare it with the events themselves.")
    return [*said, "This shows that the record is unchanged since it was made, not that what was recorded is true."]


@contextmanager
def _within(name: str) -> Iterator[None]:
    """Put the name of a file in front of its error."""
    try:
        yield
    except ProofFailed as error:
        raise ProofFailed(f"{name}: {error}") from None


def _compare_keys(data: bytes, verified: VerifiedCheckpoint) -> None:
    """Check that the file of keys, which people compare by eye, has the keys that signed. Raises ``ProofFailed``."""
    keys = [VerifierKey.parse(line) for line in data.decode(errors="replace").splitlines()]
    for key in verified.logs:
        if key not in keys:
            raise ProofFailed(f"the key {key.key_id.hex()} of {key.name}, which signed the checkpoint, is missing.")


def _read(directory: str, name: str) -> bytes:
    try:
        with open(os.path.join(directory, *name.split("/")), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ProofFailed(f"{name}: it is missing.") from None
    if len(data) > MAX_BYTES:
        raise ProofFailed(f"{name}: it is longer than {MAX_BYTES:,} bytes.")
    return data


def _numbers(directory: str, within: str, suffix: str) -> list[int]:
    """The positions in the names of a directory's files, ascending."""
    found = []
    try:
        names = os.listdir(os.path.join(directory, within))
    except FileNotFoundError:
        raise ProofFailed(f"{within}: it is missing.") from None
    for name in names:
        if name.endswith(suffix):
            number = name[: -len(suffix)]
            if not (number.isascii() and number.isdigit() and len(number) < 20 and str(int(number)) == number):
                raise ProofFailed(f"{within}/{name}: its name is not a position.")
            found.append(int(number))
        elif within == EVENTS:
            raise ProofFailed(f"{within}/{name}: it is not an event of the dossier.")
    return sorted(found)
