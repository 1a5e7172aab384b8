"""Whose signatures to trust: a trust policy (C2SP tlog-policy, c2sp.org/tlog-policy).

A policy names logs and witnesses by their keys, and the quorum: which witnesses must have cosigned a checkpoint. The
policy is the one thing that an auditor must not get from the log's operator. Everything else follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .checkpoint import Checkpoint
from .merkle import Malformed, ProofFailed
from .note import COSIGNATURE_V1, ED25519, Note, VerifierKey

NONE = "none"
"""The quorum of a policy that requires no witness."""


class Log(NamedTuple):
    """A log whose checkpoints are accepted. Its key's name is its origin."""

    key: VerifierKey
    url: str | None = None


class Witness(NamedTuple):
    """A witness, with the name it has only in this policy."""

    name: str
    key: VerifierKey
    url: str | None = None


class Group(NamedTuple):
    """Witnesses, or groups of them, of which a given number is enough."""

    name: str
    threshold: int
    members: tuple[str, ...]


class VerifiedCheckpoint(NamedTuple):
    """A checkpoint that satisfies a policy."""

    checkpoint: Checkpoint
    logs: tuple[VerifierKey, ...]
    """The log's keys that signed."""
    witnesses: tuple[str, ...]
    """The witnesses, by their names in the policy, that cosigned."""


@dataclass(frozen=True)
class Policy:
    """Logs, witnesses, groups and the quorum."""

    logs: tuple[Log, ...] = ()
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    """A witness, a group, or ``none``."""

    @classmethod
    def of(cls, keys: Iterable[VerifierKey]) -> Policy:
        """The policy with only the logs' keys, which requires no witness."""
        return cls(tuple(Log(key) for key in keys))

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """The policy in a file. Raises ``Malformed``, naming the line."""
        # Octets beyond ASCII are opaque (§ Character set); escaped ones go through unchanged and stay distinct.
        lines = data.decode(errors="surrogateescape").split("\n")
        reading = _Parser()
        for number, line in enumerate(lines, 1):
            try:
                reading.read(line)
            except Malformed as error:
                raise Malformed(f"Line {number} of the policy: {error}") from None
        if reading.quorum is None:
            raise Malformed("The policy has no quorum line; 'quorum none' asks for no witness.")
        return cls(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)

    def format(self) -> bytes:
        """The policy as a file."""
        lines = [" ".join(filter(None, ("log", log.key.format(), log.url))) for log in self.logs]
        lines += [" ".join(filter(None, ("witness", *_line_of(witness)))) for witness in self.witnesses.values()]
        lines += [f"group {name} {threshold} {' '.join(members)}" for name, threshold, members in self.groups.values()]
        return "".join(f"{line}\n" for line in [*lines, f"quorum {self.quorum}"]).encode(errors="surrogateescape")

    def keys_of(self, origin: str) -> list[VerifierKey]:
        """The keys that may sign for the log of this origin: several while it changes its key."""
        return [log.key for log in self.logs if log.key.name == origin]

    def satisfied(self, witnesses: Collection[str]) -> bool:
        """Whether these witnesses, by their names in the policy, form the quorum."""
        witnessed = {NONE, *(name for name in witnesses if name in self.witnesses)}
        for name, threshold, members in self.groups.values():  # a group names only earlier lines
            if sum(member in witnessed for member in members) >= threshold:
                witnessed.add(name)
        return self.quorum in witnessed

    def cosigners(self, note: Note) -> list[str]:
        """The witnesses, by their names in the policy, that cosigned a checkpoint.

        Raises ``ProofFailed`` if a cosignature in the name of one of them is wrong.
        """
        found = []
        for name, key, _ in self.witnesses.values():
            if any(signature[:2] == (key.name, key.key_id) for signature in note.signatures):
                note.verify([key])
                found.append(name)
        return found

    def verify(self, note: Note) -> VerifiedCheckpoint:
        """The checkpoint in a note, if it satisfies the policy. Raises ``ProofFailed``.

        It must be signed by a log of the policy under that log's own origin, and cosigned by the quorum.
        """
        checkpoint = Checkpoint.parse(note.text)
        keys = self.keys_of(checkpoint.origin)
        if not keys:
            known = ", ".join(sorted({log.key.name for log in self.logs})) or "no log"
            raise ProofFailed(f"The checkpoint is of the log {checkpoint.origin!r}; the policy knows {known}.")
        logs = note.verify(keys)
        witnesses = self.cosigners(note)
        if not self.satisfied(witnesses):
            raise ProofFailed(
                f"The checkpoint of size {checkpoint.size} is cosigned by {', '.join(witnesses) or 'no witness'}; "
                f"that is not the quorum {self.quorum} ({self._describe(self.quorum)})."
            )
        return VerifiedCheckpoint(checkpoint, tuple(logs), tuple(witnesses))

    def _describe(self, name: str) -> str:
        if name not in self.groups:
            return "a witness"
        _, threshold, members = self.groups[name]
        return f"{threshold} of {', '.join(members)}"


class _Parser:
    """A policy while its lines are read: a name must be defined before it is used."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def read(self, line: str) -> None:
        if any((character < " " and character != "\t") or character == "\x7f" for character in line):
            raise Malformed("it has a control character.")
        keyword, *rest = re.split("[ \t]+", line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            return
        if keyword == "log" and len(rest) in (1, 2):
            self._log(*rest)
        elif keyword == "witness" and len(rest) in (2, 3):
            self._witness(*rest)
        elif keyword == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], tuple(rest[2:]))
        elif keyword == "quorum" and len(rest) == 1:
            self._quorum(*rest)
        else:
            raise Malformed(f"{line.strip()[:80]!r} is not a valid line for a log, witness, group or quorum.")

    def _log(self, text: str, url: str | None = None) -> None:
        key = VerifierKey.parse(text)
        if key.type != ED25519:
            raise Malformed(f"the key of {key.name} has type {key.type}; a log's has {ED25519}.")
        if any(log.key.public == key.public for log in self.logs):
            raise Malformed(f"the key of {key.name} is already that of a log.")
        self.logs.append(Log(key, url))

    def _witness(self, name: str, text: str, url: str | None = None) -> None:
        key = VerifierKey.parse(text)
        if key.type != COSIGNATURE_V1:
            raise Malformed(f"the key of {key.name} has type {key.type}; a witness's has {COSIGNATURE_V1}.")
        if any(witness.key.public == key.public for witness in self.witnesses.values()):
            raise Malformed(f"the key of {key.name} is already that of a witness.")
        self.witnesses[self._new(name)] = Witness(name, key, url)

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._known(member)
            if member in self._members:
                raise Malformed(f"{member} is already a member of a group; it can count only once.")
            self._members.add(member)
        if threshold in ("any", "all"):
            least = 1 if threshold == "any" else len(members)
        elif re.fullmatch("[1-9][0-9]{0,5}", threshold, re.ASCII) and int(threshold) <= len(members):
            least = int(threshold)
        else:
            most = len(members)
            raise Malformed(f"{threshold[:20]!r} of {most} members: give any, all, or a number from 1 to {most}.")
        self.groups[self._new(name)] = Group(name, least, members)

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise Malformed("there is already a quorum.")
        if name != NONE:
            self._known(name)
        self.quorum = name

    def _new(self, name: str) -> str:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name!r} is taken.")
        return name

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed(f"{name!r} is not a witness or group of an earlier line.")


def _line_of(witness: Witness) -> tuple[str, str, str | None]:
    return witness.name, witness.key.format(), witness.url
