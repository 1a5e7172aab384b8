"""The register of sources' keys, as the intake uses it."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from shared.proofs.merkle import ProofFailed
from shared.proofs.sources import SourceKeys, SourceSignature
from shared.runtime.identity.secret_files import UnusableSecret
from shared.runtime.identity.signing import verify

REREAD_S = 1.0
"""Seconds between two readings of the file, so that a change of key needs no restart."""

log = structlog.get_logger()


class UnknownKey(ProofFailed):
    """A signature names a key that is not in the register, or that was retired before."""


class Register:
    """Checks signatures with the keys that are in the register now."""

    def __init__(self, load: Callable[[], SourceKeys], clock: Callable[[], float] = time.monotonic) -> None:
        """``load`` reads the register. Raises ``UnusableSecret`` if it cannot be read now.

        If it cannot be read later, the keys read before count, and the log says so.
        """
        self._load = load
        self._clock = clock
        self.keys = load()
        self._read_at = clock()

    def check(self, source: str, before: bytes, leaves: bytes, signature: SourceSignature) -> bytes:
        """The source's head after a batch. Raises ``UnknownKey``, or ``ProofFailed`` for a wrong signature."""
        self._reread()
        try:
            self.keys.key(source, signature)
        except ProofFailed as error:
            raise UnknownKey(str(error)) from None
        return self.keys.check(source, before, leaves, signature, verify)

    def _reread(self) -> None:
        if self._clock() < self._read_at + REREAD_S:
            return
        self._read_at = self._clock()
        try:
            self.keys = self._load()
        except UnusableSecret as error:
            log.error("cannot read the register of sources' keys again", reason=str(error))
