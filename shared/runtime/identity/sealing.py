"""Seals personal data for each person, so that destroying one small key erases the person everywhere.

Every person has a random 256-bit key. Events and tables hold the person's name and contact details only sealed with
that key and bound to their place. The person's key is stored wrapped by the key-encryption key of ``PeopleKey``, which
is in a file outside PostgreSQL: its tables, WAL and backups cannot open a name alone. When the wrapped key is deleted,
every copy of the sealed text is noise, in the ledger and wherever it was published. Its hash, and so every proof, does
not change. Older database backups still hold the wrapped key. An erasure is complete when those are deleted too; until
then a name opens only for someone who also has the key file.

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

from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
"""The first byte of everything sealed or wrapped: the version of the method. There is one so far."""

TOMBSTONE = "[name erased]"
"""Shown in place of a name whose key was destroyed. The record still shows that a person held the seat and what they
did in it, but no longer who it was."""

_PADDING = PKCS7(256)
"""Texts are padded to a multiple of 32 bytes, so that the sealed length does not reveal the length of a name."""


class CannotOpen(Exception):
    """Sealed or wrapped bytes do not open: the key, person or place is a different one, or the bytes were changed."""


def new_key(random: Randomness = os.urandom) -> bytes:
    """A person's data key: 32 random bytes. It is only ever stored wrapped."""
    return random(KEY_BYTES)


def seal(key: bytes, clear: str, context: str, random: Randomness = os.urandom) -> str:
    """The sealed form of a text: base64 (RFC 4648 §4) of version, nonce and ciphertext, different at every call.

    ``context`` is the place of the text, such as ``cannock-chase/person/p-4f2a/name``. The sealed form does not contain
    it, but needs it to open, so one person's sealed name cannot be moved to another's place.
    """
    padder = _PADDING.padder()
    padded = padder.update(clear.encode()) + padder.finalize()
    return base64.b64encode(_encrypt(key, padded, context, random)).decode("ascii")


def open_sealed(key: bytes, sealed: str, context: str) -> str:
    """The clear text. Raises ``CannotOpen`` if the key, the context or a single bit of the sealed form differs."""
    try:
        box = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise CannotOpen(f"{context} is not base64, so it was not sealed here or was changed") from None
    # A base64 decoder ignores unused bits in the last character. Only the form that seal() wrote is genuine.
    if base64.b64encode(box) != sealed.encode():
        raise CannotOpen(f"{context} is not in the form in which it was sealed: it was changed")
    unpadder = _PADDING.unpadder()
    padded = _decrypt(key, box, context)
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def keyed_digest(secret: bytes, body: bytes) -> bytes:
    """HMAC-SHA-256 of a body, 32 bytes: equal for equal bodies. Without the secret no guess can be checked.

    A plain hash of a small body with a name would reveal the name to anyone who tries a list of names.
    """
    return hmac.digest(secret, body, "sha256")


class PeopleKey:
    """The key-encryption key of a platform, read from its file; wraps people's keys and derives further secrets."""

    def __init__(self, master: bytes) -> None:
        """``master``: the 32 bytes in the file. They are used only to derive other keys."""
        self._master = master
        self._wrapping = self.secret_for("wrapping people's keys")

    @classmethod
    def open(cls, path: Path, *, create: bool = True, random: Randomness = os.urandom) -> PeopleKey:
        """Read the file (base64 of 32 bytes). ``create`` makes a missing file; use False for a mounted one.

        Raises ``UnusableSecret``. Losing this file erases everyone: keep a copy, but never with the backups of the
        database, which only this key protects.
        """

        def make() -> bytes:
            return base64.b64encode(random(KEY_BYTES)) + b"\n"

        content = read_secret(path, make if create else None)
        try:
            master = base64.b64decode(content.strip(), validate=True)
        except binascii.Error:
            master = b""
        if len(master) != KEY_BYTES:
            raise UnusableSecret(f"{path} must hold base64 of 32 bytes, like the output of `openssl rand -base64 32`")
        return cls(master)

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same at every start. They reveal nothing about those for other purposes."""
        info = b"folkmoot/v1/" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)

    def wrap(self, key: bytes, person: str, random: Randomness = os.urandom) -> bytes:
        """A person's key, wrapped for storage. ``person`` is their subject, ``cannock-chase/person/p-4f2a``."""
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
        raise CannotOpen(f"{context} was sealed by a method unknown to this release: version {version.hex() or 'none'}")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, version + context.encode())
    except (InvalidTag, ValueError):
        raise CannotOpen(
            f"{context} does not open: it was sealed with another key or for another place, or was changed"
        ) from None


def people_key_of(settings: Settings) -> PeopleKey:
    """The key that wraps people's own keys, created at first use."""
    return PeopleKey.open(settings.secrets / "people.key")
