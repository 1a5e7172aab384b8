"""Personal data sealed per person, so that destroying one small key erases the person everywhere.

Every person has a random 256-bit key. What is personal about them (name, contact details) stands in events and tables
only sealed with it, bound to its place. The person's key is stored wrapped by the key-encryption key of ``PeopleKey``,
which lies in a file outside PostgreSQL: neither its tables nor its WAL nor its backups can open a name alone. When the
wrapped key is deleted, every copy of the sealed text, in the ledger and wherever it was published, is noise; its hash,
and so every proof, stays what it was. Older database backups still hold the wrapped key: an erasure is complete when
those, too, have been let go, and until then they open only to somebody who has the key file as well.

AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces, HKDF-SHA-256 (RFC 5869), HMAC-SHA-256 (RFC 2104).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
"""First byte of everything sealed or wrapped: which of the ways in this module it was done. There is one so far."""

TOMBSTONE = "[name erased]"
"""What is shown where a person was named whose key has been destroyed. That somebody held the seat,
and what they did in it, stays on the record; who it was cannot be read from it any more."""

_PADDING = PKCS7(256)
"""Clear texts are filled up to the next 32 bytes, so that the length of what is published does not tell the name's."""


class CannotOpen(Exception):
    """Sealed or wrapped bytes do not open: another key, another person or place than they were made for, or altered."""


def new_key(random: Randomness = os.urandom) -> bytes:
    """A person's data key: 32 random bytes. It is only ever stored wrapped."""
    return random(KEY_BYTES)


def seal(key: bytes, clear: str, context: str, random: Randomness = os.urandom) -> str:
    """The sealed form of a text: base64 (RFC 4648 §4) of version, nonce and ciphertext, different at every call.

    ``context`` says where the text stands, such as ``cannock-chase/person/p-4f2a/name``; it is not contained in the
    sealed form but needed to open it, so that nobody can move one person's sealed name to another's place.
    """
    padder = _PADDING.padder()
    padded = padder.update(clear.encode()) + padder.finalize()
    return base64.b64encode(_encrypt(key, padded, context, random)).decode("ascii")


def open_sealed(key: bytes, sealed: str, context: str) -> str:
    """The clear text. Raises ``CannotOpen`` if key, context or a single bit of the sealed form is not as it was."""
    try:
        box = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise CannotOpen(f"{context} is not base64, so it was not sealed here or has been altered") from None
    # A base64 decoder passes over unused bits in the last character: only the spelling that seal() wrote is genuine.
    if base64.b64encode(box) != sealed.encode():
        raise CannotOpen(f"{context} is not spelt as it was sealed: it has been altered")
    unpadder = _PADDING.unpadder()
    padded = _decrypt(key, box, context)
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def keyed_digest(secret: bytes, body: bytes) -> bytes:
    """HMAC-SHA-256 of a body, 32 bytes: equal for equal bodies, and without the secret no guess can be checked.

    A bare hash of a small body that holds a name would give the name away to whoever tries a list of names.
    """
    return hmac.digest(secret, body, "sha256")


class PeopleKey:
    """The key-encryption key of a platform, read from its file; wraps people's keys and derives further secrets."""

    def __init__(self, master: bytes) -> None:
        """``master``: the 32 bytes the file holds. They are never used themselves, only what is derived from them."""
        self._master = master
        self._wrapping = self.secret_for("wrapping people's keys")

    @classmethod
    def open(cls, path: Path, *, create: bool = True, random: Randomness = os.urandom) -> PeopleKey:
        """Read the file (base64 of 32 bytes), made first if it is absent and ``create`` holds; mount it with ``False``.

        Raises ``UnusableSecret``. Who loses this file has erased everybody: keep a copy, but never beside the
        database's backups, which it alone keeps closed.
        """

        def make() -> bytes:
            return base64.b64encode(random(KEY_BYTES)) + b"\n"

        content = read_secret(path, make if create else None)
        try:
            master = base64.b64decode(content.strip(), validate=True)
        except binascii.Error:
            master = b""
        if len(master) != KEY_BYTES:
            raise UnusableSecret(f"{path} does not hold base64 of 32 bytes, as `openssl rand -base64 32` gives")
        return cls(master)

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same at every start, that tell nothing of those for other purposes."""
        info = b"folkmoot/v1/" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)

    def wrap(self, key: bytes, person: str, random: Randomness = os.urandom) -> bytes:
        """A person's key as it may be stored; ``person`` is their subject, ``cannock-chase/person/p-4f2a``."""
        return _encrypt(self._wrapping, key, person, random)

    def unwrap(self, wrapped: bytes, person: str) -> bytes:
        """The person's key. Raises ``CannotOpen`` if it was wrapped for another person or by another platform's key."""
        return _decrypt(self._wrapping, wrapped, person)


def _encrypt(key: bytes, clear: bytes, context: str, random: Randomness) -> bytes:
    nonce = random(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, clear, VERSION + context.encode())


def _decrypt(key: bytes, box: bytes, context: str) -> bytes:
    version, nonce, ciphertext = box[:1], box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
    if version != VERSION:
        raise CannotOpen(f"{context} was sealed in a way this release does not know: version {version.hex() or 'none'}")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, version + context.encode())
    except (InvalidTag, ValueError):
        raise CannotOpen(
            f"{context} does not open: it was sealed with another key or for another place, or has been altered"
        ) from None
