"""A witness's key: it signs checkpoints with the time (C2SP tlog-cosignature, ``cosignature/v1``)."""

from __future__ import annotations

import os
from pathlib import Path

from shared.proofs import cosignature
from shared.proofs.note import COSIGNATURE_V1, Signature, VerifierKey, is_key_name
from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret
from shared.runtime.identity.signing import SigningKey


class WitnessKey:
    """The private key of a witness, and the name it signs under."""

    def __init__(self, private: SigningKey) -> None:
        """Raises ``ValueError`` if the key is not for cosignatures."""
        if private.verifier.type != COSIGNATURE_V1:
            raise ValueError(f"the key of {private.verifier.name} is a log's key: it has type {private.verifier.type}")
        self._private = private

    @property
    def verifier(self) -> VerifierKey:
        """The public key that checks this witness's cosignatures."""
        return self._private.verifier

    @classmethod
    def open(cls, path: Path, name: str | None = None, *, random: Randomness = os.urandom) -> WitnessKey:
        """The key in this file (see ``signing``), created for ``name`` if missing. Raises ``UnusableSecret``."""
        if name is not None and not is_key_name(name):
            raise UnusableSecret(f"{name!r} cannot be a witness's name: a name has no spaces and no plus signs")
        make = None if name is None else lambda: f"{SigningKey.generate(name, COSIGNATURE_V1, random)}\n".encode()
        content = read_secret(path, make)
        try:
            key = cls(SigningKey.parse(content.decode().strip()))
        except ValueError as error:
            raise UnusableSecret(f"{path} does not hold a witness's key: {error}") from None
        if name not in (None, key.verifier.name):
            raise UnusableSecret(
                f"{path} is the key of {key.verifier.name!r}, not of {name!r}: a witness keeps its name, because its"
                " cosignatures contain it; use a new directory for a new witness"
            )
        return key

    def cosign(self, text: str, seconds: int) -> Signature:
        """The cosignature of a checkpoint's text at a time, in seconds since 1970."""
        signature = self._private.sign(cosignature.message(text, seconds))
        return Signature.by(self.verifier, cosignature.join(seconds, signature))
