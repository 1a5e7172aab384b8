"""A log's request to cosign its checkpoint (C2SP tlog-witness, § add-checkpoint)."""

from __future__ import annotations

from typing import NamedTuple

from shared.proofs.checkpoint import Checkpoint, parse_number
from shared.proofs.merkle import HASH_SIZE, Malformed
from shared.proofs.note import Note, decode_base64

MAX_PROOF_LINES = 63
"""No proof of consistency is longer: a log has fewer than 2**63 entries."""


class Submission(NamedTuple):
    """A signed checkpoint, and the proof that it continues an older one. Nothing is verified yet."""

    old: int
    """The size that the sender believes the witness cosigned last; 0 if none."""
    proof: tuple[bytes, ...]
    """The consistency proof from the old size to the checkpoint's (RFC 6962 §2.1.2)."""
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Submission:
        """The submission in a request's body. Raises ``Malformed``."""
        head, gap, note = body.partition(b"\n\n")
        if not gap:
            raise Malformed("The request has no empty line between the proof and the checkpoint.")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("The lines before the checkpoint are not ASCII.") from None
        word, _, number = first.partition(" ")
        if word != "old":
            raise Malformed(f"The first line, {first[:60]!r}, is not of the form: old 20852014.")
        if len(lines) > MAX_PROOF_LINES:
            raise Malformed(f"The proof has {len(lines)} lines; no proof needs more than {MAX_PROOF_LINES}.")
        old = parse_number(number, "The old size")
        proof = tuple(_hash(position, line) for position, line in enumerate(lines, 1))
        signed = Note.parse(note)
        return cls(old, proof, signed, Checkpoint.parse(signed.text))


def _hash(position: int, line: str) -> bytes:
    digest = decode_base64(line)
    if digest is None or len(digest) != HASH_SIZE:
        raise Malformed(f"Line {position} of the proof, {line[:60]!r}, is not a hash of {HASH_SIZE} bytes in Base64.")
    return digest
