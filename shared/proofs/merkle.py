"""The Merkle tree over the ledger's entries, as RFC 6962 §2.1 (and RFC 9162 §2.1.1) defines its hashes."""

from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || entry), 32 bytes.

    The prefix keeps leaves and inner nodes (0x01) apart, so that nobody can pass one off as the other.
    """
    return sha256(b"\x00" + entry).digest()
