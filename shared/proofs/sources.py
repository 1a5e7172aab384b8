"""What a source signs: its events in batches, each chained to the batch before (design 8).

A source numbers its events from 1 without gaps, and signs them in batches as it commits them. Its *head* after a batch
is one hash over its head before and the leaf hashes of the batch's events (RFC 6962 §2.1), so a signature on a head
stands for every event of the source up to there. Nobody without the source's key can add, change, drop or renumber an
event, in a copy on the bus or in the ledger.

A signature is written as a line: ``<last> <size> <key id> <base64>``, such as ``212 12 6f1c0f6b kM2…``. It covers the
``size`` events that end with the source's number ``last``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from . import ed25519
from .checkpoint import parse_number
from .merkle import HASH_SIZE, Malformed, ProofFailed
from .note import VerifierKey, decode_base64

START = bytes(HASH_SIZE)
"""The head of a source that has no event yet."""

Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether a signature is a public key's for a message: ``verify(public, message, signature)``."""


class SourceSignature(NamedTuple):
    """One signature of a source. Whose it is, the place where it is kept says."""

    last: int
    """The source's number of the last event that it covers."""
    size: int
    """How many events are in its batch."""
    key_id: bytes
    """Four bytes that identify the source's key."""
    signature: bytes
    """64 bytes of Ed25519 over ``statement``."""

    @property
    def first(self) -> int:
        """The source's number of the batch's first event."""
        return self.last - self.size + 1

    @classmethod
    def parse(cls, line: str) -> SourceSignature:
        """The signature in a line. Raises ``Malformed``."""
        parts = line.split(" ")
        if len(parts) != 4:
            raise Malformed(f"{line[:80]!r} is not a source's signature: last size key-id base64.")
        last, size = (parse_number(part, "A number in a source's signature") for part in parts[:2])
        signature = decode_base64(parts[3])
        try:
            key_id = bytes.fromhex(parts[2])
        except ValueError:
            key_id = b""
        if not 1 <= size <= last or len(key_id) != 4 or parts[2] != key_id.hex() or len(signature or b"") != 64:
            raise Malformed(f"{line[:80]!r} is not a source's signature: last size key-id base64.")
        return cls(last, size, key_id, signature or b"")

    def format(self) -> str:
        """The line, without a newline."""
        return f"{self.last} {self.size} {self.key_id.hex()} {b64encode(self.signature).decode()}"


def head_after(before: bytes, leaves: bytes) -> bytes:
    """A source's head after a batch. ``leaves``: the leaf hashes of the batch's events, in order and joined."""
    return sha256(b"folkmoot source head v1\n" + before + leaves).digest()


def statement(source: str, last: int, head: bytes) -> bytes:
    """What is signed: the source, the number of its last event, and its head after that."""
    return f"folkmoot source v1\n{source}\n{last}\n{b64encode(head).decode()}\n".encode()


class SourceKeys:
    """The register of sources' public keys: which keys sign for which source, and until which of its events.

    A line is a verifier key whose name is the source. A retired key keeps its line, with the number of the last event
    that it may have signed: ``meetings+6f1c0f6b+AX… until 212``.
    """

    def __init__(self, keys: Iterable[tuple[VerifierKey, int | None]]) -> None:
        self._keys = {(key.name, key.key_id): (key, until) for key, until in keys}

    @classmethod
    def parse(cls, text: str) -> SourceKeys:
        """The register in this text; lines that begin with # are comments. Raises ``Malformed``."""
        found: list[tuple[VerifierKey, int | None]] = []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            if not line.startswith("#"):
                key, until, number = line.partition(" until ")
                found.append((VerifierKey.parse(key), parse_number(number, "The end of a key") if until else None))
        return cls(found)

    def format(self) -> str:
        """The register's text, in which every line ends with a newline."""
        ends = ((key, "" if until is None else f" until {until}") for key, until in self._keys.values())
        return "".join(f"{key.format()}{end}\n" for key, end in ends)

    def of(self, source: str) -> list[VerifierKey]:
        """All keys of a source, including retired ones."""
        return [key for (name, _), (key, _) in self._keys.items() if name == source]

    def key(self, source: str, signature: SourceSignature) -> VerifierKey:
        """The key that a signature names. Raises ``ProofFailed`` if the source has no such key, or no longer."""
        found = self._keys.get((source, signature.key_id))
        if found is None:
            raise ProofFailed(f"{source} has no key {signature.key_id.hex()}.")
        key, until = found
        if until is not None and signature.last > until:
            raise ProofFailed(
                f"The key {signature.key_id.hex()} of {source} was retired at its event {until}, "
                f"and signs event {signature.last}."
            )
        return key

    def check(
        self, source: str, before: bytes, leaves: bytes, signature: SourceSignature, verify: Verify = ed25519.verify
    ) -> bytes:
        """The source's head after a batch, once its signature is found right. Raises ``ProofFailed``.

        ``before``: the head that the batch continues. ``leaves``: the batch's leaf hashes, in order and joined.
        """
        if len(leaves) != signature.size * HASH_SIZE:
            raise ProofFailed(
                f"The signature of {source} covers {signature.size} events, and there are {len(leaves) // HASH_SIZE}."
            )
        key = self.key(source, signature)
        head = head_after(before, leaves)
        if not verify(key.public, statement(source, signature.last, head), signature.signature):
            raise ProofFailed(
                f"{source} did not sign its events {signature.first} to {signature.last} as they are here "
                f"(key {signature.key_id.hex()})."
            )
        return head
