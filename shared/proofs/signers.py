"""Checks that each entry of a log was signed by the service that it comes from, in its own order (ADR 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .files import Files
from .merkle import HASH_SIZE, Malformed, ProofFailed
from .note import is_key_name
from .sources import START, SourceKeys, SourceSignature, Verify, head_after, statement

KEYS = "sources/keys"
"""The path of the register of sources' keys."""


class Claim(NamedTuple):
    """A signature to be checked. Checking takes longest, so workers do it."""

    public: bytes
    statement: bytes
    signature: bytes
    refusal: str
    """The sentence to say if it is wrong."""


class Signer(NamedTuple):
    """A service whose signatures on all its entries are right."""

    source: str
    entries: int
    keys: tuple[str, ...]
    """The ids of the keys that signed."""


def is_source(name: str) -> bool:
    """Whether this can be a service's name, and so the name of the file with its signatures."""
    return is_key_name(name) and name.isprintable() and not set(name) & set("/\\.:?#%") and name != "keys"


def first_wrong(claims: Sequence[Claim], verify: Verify) -> str:
    """The sentence about the first wrong signature; empty if all are right."""
    return next((each.refusal for each in claims if not verify(each.public, each.statement, each.signature)), "")


class Signers:
    """Follows the sources of a log's entries through their signatures."""

    def __init__(self, files: Files, keys: SourceKeys) -> None:
        self._files = files
        self._keys = keys
        self._sources: dict[str, _Source] = {}

    def add(self, source: str, leaves: bytes) -> list[Claim]:
        """Add the leaf hashes of a source's next entries, joined. Returns the signatures on batches now complete.

        ``source``: as entries name it, such as ``/meetings``. Raises ``ProofFailed``.
        """
        known = self._sources.get(source)
        if known is None:
            name = source[1:]
            if source[:1] != "/" or not is_source(name):
                raise ProofFailed(f"Entries name {source[:100]!r} as their source, which is no service.")
            known = self._sources[source] = _Source(name, self._files, self._keys)
        return known.add(leaves)

    def end(self) -> tuple[Signer, ...]:
        """The signers, in the order of their names, once all entries are added. Raises ``ProofFailed``."""
        return tuple(known.end() for _, known in sorted(self._sources.items()))


class _Source:
    def __init__(self, name: str, files: Files, keys: SourceKeys) -> None:
        self._name = name
        self._path = f"sources/{name}"
        self._lines = files.lines(self._path)
        self._keys = keys
        self._head = START
        self._last = 0
        self._used: dict[bytes, None] = {}
        self._leaves = b""
        """Leaf hashes of entries whose signature covers more than them."""
        self._next = self._read()

    def add(self, leaves: bytes) -> list[Claim]:
        claims = []
        self._leaves += leaves
        start, end = 0, len(self._leaves)
        while start < end:
            signature = self._next
            if signature is None:
                raise ProofFailed(f"{self._path} ends: nobody signed event {self._last + 1} of {self._name}.")
            after = start + signature.size * HASH_SIZE
            if after > end:
                break
            claims.append(self._claim(signature, self._leaves[start:after]))
            start = after
            self._next = self._read()
        self._leaves = self._leaves[start:]
        return claims

    def end(self) -> Signer:
        if self._leaves:
            held = self._last + len(self._leaves) // HASH_SIZE
            raise ProofFailed(f"The log ends after event {held} of {self._name}, within a batch that it signed.")
        entries = self._last
        while self._next is not None:  # signed later than the checkpoint
            self._last = self._next.last
            self._next = self._read()
        return Signer(self._name, entries, tuple(key.hex() for key in self._used))

    def _claim(self, signature: SourceSignature, leaves: bytes) -> Claim:
        key = self._keys.key(self._name, signature)
        self._head = head_after(self._head, leaves)
        self._last = signature.last
        self._used[signature.key_id] = None
        return Claim(
            key.public,
            statement(self._name, signature.last, self._head),
            signature.signature,
            f"{self._name} did not sign its events {signature.first} to {signature.last} as they are here "
            f"(key {signature.key_id.hex()}).",
        )

    def _read(self) -> SourceSignature | None:
        line = next(self._lines, None)
        if line is None:
            return None
        try:
            signature = SourceSignature.parse(line)
        except Malformed as error:
            raise Malformed(f"{self._path}: {error}") from None
        if signature.first != self._last + 1:
            raise ProofFailed(
                f"{self._path}: A signature covers the events {signature.first} to {signature.last} of {self._name}, "
                f"and the one before it ends with {self._last}."
            )
        return signature
