"""Snapshots: a subject's state at a version, so that a long history is not folded from its first fact.

A snapshot is derived and can be lost. It carries a fingerprint of the code that made it. One that other code made is
not used: the history is folded then, and kept as a new snapshot the next time one is due.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from shared.values.aggregate import Aggregate, Part

TOPIC = "snapshot."
"""How the topics of snapshots begin. No event's name begins so."""
INTERVAL = 500
"""Facts after which a subject's state is kept again."""


class Snapshot(msgspec.Struct, frozen=True):
    """A subject's state at a version, as the library's store keeps it along with the events."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes


class StaleSnapshot(LookupError):
    """Other code made the snapshot; its state may have another shape or meaning."""


def take(state: Aggregate, subject: str) -> Snapshot:
    """The snapshot of a state."""
    return Snapshot(subject, state.version, TOPIC + fingerprint(type(state)), msgspec.msgpack.encode(state))


def state_of[A: Aggregate](kind: type[A], snapshot: Snapshot) -> A:
    """The state that was kept. Raises ``StaleSnapshot``."""
    if snapshot.topic != TOPIC + fingerprint(kind):
        raise StaleSnapshot(snapshot.originator_id)
    return msgspec.msgpack.decode(snapshot.state, type=kind)


@cache
def fingerprint(kind: type[Aggregate]) -> str:
    """A name for the code that folds this kind: the source of every module in which its state or a part is defined."""
    modules = sorted({part.__module__ for part in _parts(kind)})
    digest = hashlib.sha256()
    for module in modules:
        digest.update(inspect.getsource(sys.modules[module]).encode())
    return f"{kind.noun}.{digest.hexdigest()[:16]}"


def _parts(kind: type[Part]) -> Iterable[type[Part]]:
    yield kind
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, Part):
            yield from _parts(field.type)


def fold(kind: type[Any], partnership: str, slug: str) -> Any:
    """How the library's repository makes a state of this kind from a snapshot and facts: its projector function.

    It never changes the state it is given, because others may be reading that.
    """

    def project(state: Aggregate | None, recorded: Iterable[Any]) -> Aggregate | None:
        facts = list(recorded)
        if facts and isinstance(facts[0], Snapshot):
            state = state_of(kind, facts.pop(0))
        if not facts:
            return state
        return (state if state is not None else kind(partnership, slug)).after(each.fact for each in facts)

    return project
