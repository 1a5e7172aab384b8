"""The logs that a witness watches, each with its origin and its signing keys."""

from __future__ import annotations

from collections.abc import Iterable

from shared.proofs.merkle import Malformed
from shared.proofs.note import ED25519, VerifierKey


class KnownLogs:
    """The keys of each log. A log that changes its key has several for a while, all with one name (its origin)."""

    def __init__(self, keys: Iterable[VerifierKey]) -> None:
        """Raises ``Malformed`` if there is no key, or if a key is not a log's."""
        self._keys: dict[str, tuple[VerifierKey, ...]] = {}
        for key in dict.fromkeys(keys):
            if key.type != ED25519:
                raise Malformed(f"{key.format()} is the key of a witness, not of a log (type 1).")
            self._keys[key.name] = (*self.keys_of(key.name), key)
        if not self._keys:
            raise Malformed("A witness needs the verifier key of at least one log.")

    @classmethod
    def parse(cls, text: str) -> KnownLogs:
        """The logs in a file: verifier keys, one on each line, or the ``log`` lines of a policy (C2SP tlog-policy).

        Skips empty lines, lines that begin with ``#``, and a policy's other lines. Raises ``Malformed``.
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
        """The keys of one log; none for an unknown log."""
        return self._keys.get(origin, ())
