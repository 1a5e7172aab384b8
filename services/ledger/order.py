"""Which candidates come next, and in what order. Pure: the log calls this while it holds the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ledger.entry import Candidate


class KnownEntry(NamedTuple):
    """The identity of an entry that is in the ledger."""

    event_id: str
    source: str
    source_sequence: int
    leaf_hash: bytes


class Conflict(NamedTuple):
    """A candidate that contradicts the ledger: its number or its id belongs to another entry.

    The ledger keeps the entry it has. Such a source was restored from an old copy, runs twice on two databases, or is
    not what it claims to be. People must look at it.
    """

    candidate: Candidate
    held: KnownEntry

    def __str__(self) -> str:
        held, candidate = self.held, self.candidate
        return (
            f"{candidate.source} {candidate.sequence} came as event {candidate.event_id}; "
            f"the ledger holds event {held.event_id} as {held.source} {held.source_sequence}"
            + (", with other bytes" if held[:3] == identity(candidate)[:3] else "")
        )


@dataclass
class Arrangement:
    """The result of ordering a batch of candidates."""

    last: dict[str, int]
    """For each source in the batch, its last sequence number after the new ones are appended."""
    new: list[Candidate] = field(default_factory=list)
    """Candidates to append, in this order."""
    duplicates: int = 0
    """How many the ledger already has, byte for byte. They are ignored."""
    conflicts: list[Conflict] = field(default_factory=list)
    ahead: dict[str, int] = field(default_factory=dict)
    """For each source with a gap, how many candidates came after the gap. They are dropped: the source sends them again
    when it is asked to fill the gap, because its own store is the record."""


def identity(candidate: Candidate) -> KnownEntry:
    """The identity a candidate would have in the ledger."""
    return KnownEntry(candidate.event.id, candidate.source, candidate.sequence, candidate.leaf_hash)


def arrange(candidates: Iterable[Candidate], last: Mapping[str, int], held: Iterable[KnownEntry]) -> Arrangement:
    """Put candidates in order: without gaps within a source, and as they arrived across sources.

    ``last`` has each source's last sequence number in the ledger (0 if none yet). ``held`` has every entry of the
    ledger that shares its event id, or its source and sequence number, with a candidate.
    """
    arranged = Arrangement(dict(last))
    by_id = {entry.event_id: entry for entry in held}
    by_number = {(entry.source, entry.source_sequence): entry for entry in by_id.values()}
    waiting: dict[tuple[str, int], list[Candidate]] = {}

    for candidate in candidates:
        source, number = candidate.source, candidate.sequence
        if number > arranged.last[source] + 1:
            waiting.setdefault((source, number), []).append(candidate)
            continue
        ready = [candidate]
        while ready:
            for each in ready:
                _place(each, arranged, by_id, by_number)
            ready = waiting.pop((source, arranged.last[source] + 1), [])

    for (source, _), beyond in waiting.items():
        arranged.ahead[source] = arranged.ahead.get(source, 0) + len(beyond)
    return arranged


def _place(
    candidate: Candidate,
    arranged: Arrangement,
    by_id: dict[str, KnownEntry],
    by_number: dict[tuple[str, int], KnownEntry],
) -> None:
    own = identity(candidate)
    number = (own.source, own.source_sequence)
    found = by_id.get(own.event_id) or by_number.get(number)
    if found is None:
        by_id[own.event_id] = by_number[number] = own
        arranged.last[own.source] = own.source_sequence
        arranged.new.append(candidate)
    elif found == own:
        arranged.duplicates += 1
    else:
        arranged.conflicts.append(Conflict(candidate, found))
