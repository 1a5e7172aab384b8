"""A witness's signature (C2SP tlog-cosignature, c2sp.org/tlog-cosignature, Ed25519): ``cosignature/v1``.

A witness states: "At this time, this is the longest log I have seen under this origin. It continues everything I saw of
it before." The checkpoint does not contain the time, so the time is in front of the signature.
"""

from __future__ import annotations

from .merkle import Malformed

MAX_SECONDS = 2**63 - 1
SIZE = 8 + 64
"""The length of a timestamped signature: seconds since 1970 as 64 bits, big-endian, then the Ed25519 signature."""


def message(text: str, seconds: int) -> bytes:
    """The bytes that a witness signs for a checkpoint's text (with its final newline) at a time."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def join(seconds: int, signature: bytes) -> bytes:
    """The timestamped signature, which follows the key's id in a note's line."""
    return seconds.to_bytes(8, "big") + signature


def split(timestamped: bytes) -> tuple[int, bytes]:
    """Seconds since 1970 and the Ed25519 signature. Raises ``Malformed``."""
    seconds = int.from_bytes(timestamped[:8], "big")
    if len(timestamped) != SIZE or seconds > MAX_SECONDS:
        raise Malformed(f"A cosignature has {SIZE} bytes and begins with a time; this one does not.")
    return seconds, timestamped[8:]
