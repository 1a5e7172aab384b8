"""Receipts: proofs that an entry is in a log, to be checked offline (C2SP tlog-proof, c2sp.org/tlog-proof).

A receipt holds the entry's position, the hashes that lead from it to a root, and the checkpoint that states the root,
with the signatures of the log and of its witnesses. The entry, its receipt and a policy are all that a check needs.
"""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from .checkpoint import parse_number
from .merkle import HASH_SIZE, Malformed, leaf_hash, verify_inclusion
from .note import Note, decode_base64
from .policy import Policy, VerifiedCheckpoint

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
"""The suffix of a receipt's file name."""
MAX_BYTES = 1_100_000
"""The largest receipt: more than the longest note and the longest proof together."""
MAX_HASHES = 63
"""The most hashes of a proof, in the largest possible log."""


class TlogProof(NamedTuple):
    """A receipt."""

    position: int
    """The entry's position in the log, from 0."""
    hashes: tuple[bytes, ...]
    """The inclusion proof, the leaf's sibling first."""
    checkpoint: Note
    """The signed checkpoint, of a log larger than the position."""
    extra: bytes | None = None
    """Extra data from the writer, which nothing proves."""

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """The receipt in a file. Nothing is verified yet. Raises ``Malformed``."""
        head, gap, note = data.partition(b"\n\n")
        try:
            header, *lines = head.decode().split("\n")
        except UnicodeDecodeError:
            raise Malformed("The receipt is not UTF-8.") from None
        if not gap or header != HEADER:
            raise Malformed(f"The receipt does not begin with {HEADER}, or has no empty line before its checkpoint.")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0)[len("extra ") :])
            if extra is None:
                raise Malformed("The receipt's extra data is not Base64.")
        if not lines or not lines[0].startswith("index "):
            raise Malformed("The receipt does not name the entry's index.")
        index = parse_number(lines.pop(0)[len("index ") :], "The receipt's index")
        if len(lines) > MAX_HASHES:
            raise Malformed(f"The receipt has {len(lines)} hashes; {MAX_HASHES} lead to the root of any log.")
        hashes = []
        for number, line in enumerate(lines, 1):
            digest = decode_base64(line)
            if digest is None or len(digest) != HASH_SIZE:
                raise Malformed(f"Hash {number} of the receipt, {line[:60]!r}, is not {HASH_SIZE} bytes in Base64.")
            hashes.append(digest)
        return cls(index, tuple(hashes), Note.parse(note), extra)

    def format(self) -> bytes:
        """The receipt as a file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {b64encode(self.extra).decode()}")
        lines.append(f"index {self.position}")
        lines += [b64encode(digest).decode() for digest in self.hashes]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint.format()

    def verify(self, entry: bytes, policy: Policy) -> VerifiedCheckpoint:
        """Check that this very entry is at this receipt's position in a log that the policy trusts.

        If you know only the log's key, use ``Policy.of([key])``. Raises ``ProofFailed``.
        """
        verified = policy.verify(self.checkpoint)
        _, size, root, _ = verified.checkpoint
        verify_inclusion(self.position, size, leaf_hash(entry), self.hashes, root)
        return verified
