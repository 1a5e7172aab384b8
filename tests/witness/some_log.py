"""A log to be witnessed: entries in memory, real signatures and proofs."""

from __future__ import annotations

import base64
import itertools
import os
from collections.abc import Sequence

from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import consistency_proof, leaf_hash, node_hash, root_of
from shared.proofs.note import Note
from shared.runtime.identity.signing import SigningKey, SigningKeys

ORIGIN = "partnership.example/ledger"
_salt = itertools.count()


class SomeLog:
    """Entries and keys. ``fork`` makes a log with another history under the same keys."""

    def __init__(self, size: int = 0, origin: str = ORIGIN, keys: SigningKeys | None = None) -> None:
        self.keys = keys or SigningKeys([SigningKey(origin, os.urandom(32))])
        self.leaves: list[bytes] = []
        self.grow(size)

    def grow(self, by: int) -> SomeLog:
        self.leaves += [leaf_hash(b"entry %d" % next(_salt)) for _ in range(by)]
        return self

    def fork(self, at: int, then: int = 0) -> SomeLog:
        """A log with the first ``at`` entries of this one, and others after them."""
        other = SomeLog(keys=self.keys)
        other.leaves = self.leaves[:at]
        return other.grow(then)

    @property
    def size(self) -> int:
        return len(self.leaves)

    @property
    def vkeys(self) -> list[str]:
        return [key.verifier.format() for key in self.keys.keys]

    def node(self, height: int, index: int) -> bytes:
        hashes = self.leaves[index << height : (index + 1) << height]
        while len(hashes) > 1:
            hashes = [node_hash(*pair) for pair in itertools.batched(hashes, 2)]
        return hashes[0]

    def root(self, size: int | None = None) -> bytes:
        return root_of(self.size if size is None else size, self.node)

    def note(self, size: int | None = None) -> Note:
        size = self.size if size is None else size
        return self.keys.sign_note(Checkpoint(self.keys.name, size, self.root(size)).format())

    def proof(self, old: int, new: int | None = None) -> list[bytes]:
        return consistency_proof(old, self.size if new is None else new, self.node)

    def request(self, old: int, size: int | None = None, proof: Sequence[bytes] | None = None) -> bytes:
        """The body of an add-checkpoint request."""
        hashes = self.proof(old, size) if proof is None else proof
        return request(old, hashes, self.note(size).format())


def request(old: int | str, proof: Sequence[bytes], note: bytes) -> bytes:
    lines = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in proof)
    return f"old {old}\n{lines}\n".encode() + note
