"""Which candidates come next, and in what order. Pure: the log asks this while it alone may append."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ledger.entry import Candidate


class KnownEntry(NamedTuple):
    """What identifies an entry that is in the ledger."""

    event_id: str
    source: str
    source_sequence: int
    leaf_hash: bytes


class Conflict(NamedTuple):
    """A candidate that contradicts what the ledger holds: its number or its id belongs to something else.

    The ledger keeps what it has. A source that does this was restored from an old copy, runs twice over two
    databases, or is not what it claims to be: people must look at it.
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
    """What becomes of a batch of candidates."""

    last: dict[str, int]
    """For each source of the batch, its last sequence number once the new ones are appended."""
    new: list[Candidate] = field(default_factory=list)
    """To be appended, in this order."""
    duplicates: int = 0
    """How many the ledger holds already, exactly so. Nothing becomes of them."""
    conflicts: list[Conflict] = field(default_factory=list)
    ahead: dict[str, int] = field(default_factory=dict)
    """For each source with a gap, how many came from beyond it. They are let go: once the gap is filled by asking the
    source, the source sends them again as well, because its own store is the record of them."""


def identity(candidate: Candidate) -> KnownEntry:
    """The identity a candidate would have in the ledger."""
    return KnownEntry(candidate.event.id, candidate.source, candidate.sequence, candidate.leaf_hash)


def arrange(candidates: Iterable[Candidate], last: Mapping[str, int], held: Iterable[KnownEntry]) -> Arrangement:
    """Put candidates into order: each source's own without gaps, different sources' as they came.

    ``last`` has each source's last sequence number in the ledger (0: none yet). ``held`` has every entry of the
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
