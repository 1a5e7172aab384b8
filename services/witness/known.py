"""The logs a witness looks after, each by its origin and the keys it signs with."""

from __future__ import annotations

from collections.abc import Iterable

from shared.proofs.merkle import Malformed
from shared.proofs.note import ED25519, VerifierKey


class KnownLogs:
    """The keys of each log. A log that changes its key has several for a while, all of one name (its origin)."""

    def __init__(self, keys: Iterable[VerifierKey]) -> None:
        """Raises ``Malformed`` when there is no key, or one that does not sign checkpoints as a log does."""
        self._keys: dict[str, tuple[VerifierKey, ...]] = {}
        for key in dict.fromkeys(keys):
            if key.type != ED25519:
                raise Malformed(f"{key.format()} is the key of a witness, not of a log (type 1).")
            self._keys[key.name] = (*self.keys_of(key.name), key)
        if not self._keys:
            raise Malformed("A witness needs the verifier key of one log at least.")

    @classmethod
    def parse(cls, text: str) -> KnownLogs:
        """The logs in a file: verifier keys, one a line, or the ``log`` lines of a policy (C2SP tlog-policy).

        Empty lines and those that begin with ``#`` are passed over, as are a policy's lines for others than a log.
        Raises ``Malformed``.
        """
        keys = []
        for line in text.splitlines():
            match line.split():
                case [] | ["witness" | "group" | "quorum", *_]:
                    continue
                case [first, *_] if first.startswith("#"):
                    continue
                case ["log", key] | ["log", key, _] | [key]:
                    keys.append(VerifierKey.parse(key))
                case _:
                    raise Malformed(f"{line[:100]!r} is neither a verifier key nor a line of a policy.")
        return cls(keys)

    @property
    def keys(self) -> list[VerifierKey]:
        """All keys of all logs."""
        return [key for keys in self._keys.values() for key in keys]

    @property
    def origins(self) -> list[str]:
        """The names of the logs."""
        return list(self._keys)

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys of one log; none if it is not known here."""
        return self._keys.get(origin, ())
