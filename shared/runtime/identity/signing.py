"""Signing notes: a log's or a witness's keys in a file, and the signature lines made with them (C2SP signed-note).

Verifying is in ``shared.proofs``, which uses only the standard library. Signing needs a private key and a library. A
key file has one private key on each line, in the encoding of Go's ``sumdb/note``::

    PRIVATE+KEY+<name>+<key id>+<base64 of the key's type and its 32 secret bytes>

All keys of a file sign. A log that changes its key signs with the old and the new one for a while, so that holders of
either can continue to check.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.proofs.note import ED25519, Note, Signature, VerifierKey, is_key_name
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret, replace_secret

PREFIX = "PRIVATE+KEY+"


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is a public key's for a message: what ``shared.proofs.ed25519.verify`` says, but faster."""
    try:
        _public_key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(64)
def _public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


class SigningKey:
    """One private key and the name it signs under."""

    def __init__(self, name: str, secret: bytes, kind: int = ED25519) -> None:
        """``secret``: 32 bytes (RFC 8032 §5.1.5). ``kind``: the signature type of signed-note, 1 or 4."""
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self._secret = secret
        self.verifier = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())
        """The public key that checks this key's signatures."""

    @classmethod
    def generate(cls, name: str, kind: int = ED25519, random: Randomness = os.urandom) -> SigningKey:
        """A new key."""
        return cls(name, random(32), kind)

    @classmethod
    def parse(cls, line: str) -> SigningKey:
        """The key in a line of a key file. Raises ``ValueError`` without quoting the secret."""
        if not line.startswith(PREFIX):
            raise ValueError(f"a private key's line must begin with {PREFIX}")
        name, key_id, encoded = line.removeprefix(PREFIX).split("+", 2)
        key = base64.b64decode(encoded, validate=True)
        if len(key) != 33:
            raise ValueError("a private key must be a type byte and 32 secret bytes")
        found = cls(name, key[1:], key[0])
        if found.verifier.key_id.hex() != key_id:
            raise ValueError(f"the key id of {name} is {found.verifier.key_id.hex()}, not {key_id[:20]!r}")
        return found

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.verifier.type]) + self._secret).decode()
        return f"{PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{encoded}"

    def __repr__(self) -> str:
        return f"<SigningKey of {self.verifier.name} {self.verifier.key_id.hex()}>"

    def sign(self, message: bytes) -> bytes:
        """The bare signature of a message, 64 bytes."""
        return self._private.sign(message)


class SigningKeys:
    """The keys of one file. The first is the newest, and all of them sign."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        if not keys:
            raise ValueError("there is no key to sign with")
        self.keys = tuple(keys)

    @classmethod
    def open(cls, path: Path, name: str, *, create: bool = True, random: Randomness = os.urandom) -> SigningKeys:
        """The keys in this file. Raises ``UnusableSecret``.

        A missing file is made with one new key for ``name``, unless ``create`` is False because there should be one.
        """
        if not is_key_name(name):
            raise UnusableSecret(f"{name!r} cannot be a log's name: FOLKMOOT_ORIGIN has no spaces and no plus signs")

        def make() -> bytes:
            return f"{SigningKey.generate(name, random=random)}\n".encode()

        content = read_secret(path, make if create else None)
        try:
            keys = cls([SigningKey.parse(line) for line in content.decode().splitlines() if line])
        except ValueError as error:
            raise UnusableSecret(f"{path} does not hold signing keys, one on each line: {error}") from None
        strange = next((key.verifier.name for key in keys.keys if key.verifier.name != name), None)
        if strange is not None:
            raise UnusableSecret(
                f"{path} holds a key of {strange!r}, but this log is {name!r}: set FOLKMOOT_ORIGIN to the name that"
                " signed its history, or mount the right key"
            )
        return keys

    @property
    def name(self) -> str:
        return self.keys[0].verifier.name

    def sign_note(self, text: str) -> Note:
        """The note with a signature by each key (signed-note, type Ed25519)."""
        return Note(text, tuple(Signature.by(key.verifier, key.sign(text.encode())) for key in self.keys))

    def rotated(self, random: Randomness = os.urandom) -> SigningKeys:
        """These keys with a new key in front. The others go on signing."""
        return SigningKeys([SigningKey.generate(self.name, random=random), *self.keys])

    def without(self, key_id: str) -> SigningKeys:
        """These keys without one of them. Raises ``ValueError`` if it is unknown or the only one."""
        kept = [key for key in self.keys if key.verifier.key_id.hex() != key_id]
        if len(kept) == len(self.keys):
            raise ValueError(f"there is no key {key_id!r}; there are {', '.join(map(repr, self.keys))}")
        if not kept:
            raise ValueError(f"{key_id} is the only key: rotate first, so that the log still has a key")
        return SigningKeys(kept)

    def save(self, path: Path) -> None:
        """Replace the file's keys with these, atomically."""
        replace_secret(path, "".join(f"{key}\n" for key in self.keys).encode())


def log_keys_of(settings: Settings, *, create: bool = True) -> SigningKeys:
    """The keys that sign this platform's ledger, created at first use. Raises ``UnusableSecret``."""
    return SigningKeys.open(settings.ledger_key, settings.origin, create=create)
