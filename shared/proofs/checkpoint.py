"""Checkpoints: a log's statement about itself (C2SP tlog-checkpoint, c2sp.org/tlog-checkpoint).

It is the text of a signed note: the log's name, the number of its entries, and the root of the tree over all of them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple

from .merkle import HASH_SIZE, Malformed
from .note import decode_base64

MAX_SIZE = 2**63 - 1
_NUMBER = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(NamedTuple):
    """The state of a log at one size."""

    origin: str
    """The log's name, such as ``folkmoot.local/ledger``."""
    size: int
    root: bytes
    """The root of the Merkle tree over the first ``size`` entries, 32 bytes."""
    extensions: tuple[str, ...] = ()
    """Further lines; ours have none."""

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint in a note's text. Raises ``Malformed``."""
        if not text.endswith("\n"):
            raise Malformed("The checkpoint does not end with a newline.")
        lines = text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise Malformed("The checkpoint does not have the three lines it needs: origin, size, root.")
        origin, size, root, *extensions = lines
        digest = decode_base64(root)
        if digest is None or len(digest) != HASH_SIZE:
            raise Malformed(f"The checkpoint's root, {root[:60]!r}, is not a hash of {HASH_SIZE} bytes in Base64.")
        return cls(origin, parse_number(size, "The checkpoint's size"), digest, tuple(extensions))

    def format(self) -> str:
        """The checkpoint as a note's text. Raises ``ValueError`` if the text could not be read back."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        text = "".join(f"{line}\n" for line in lines)
        if Checkpoint.parse(text) != self:
            raise ValueError("a checkpoint's origin and extensions are single lines")
        return text


def parse_number(text: str, what: str) -> int:
    """A number in decimal without leading zeros, below 2**63. Raises ``Malformed``, naming what it should be."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise Malformed(f"{what}, {text[:60]!r}, is not a number written in decimal.")
    return int(text)
