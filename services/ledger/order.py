"""Which batches come next, and in what order. Pure: the log calls this while it holds the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate


class KnownEntry(NamedTuple):
    """The identity of an entry that is in the ledger."""

    event_id: str
    source: str
    source_sequence: int
    leaf_hash: bytes


class Conflict(NamedTuple):
    """An event that its source signed and that contradicts the ledger: its number or its id belongs to another entry.

    The ledger keeps the entry it has. Such a source was restored from an old copy, or runs twice on two databases.
    People must look at it.
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
    """The result of ordering batches."""

    heads: dict[str, Head]
    """For each source in the batches, its head after the new ones are appended."""
    new: list[Batch] = field(default_factory=list)
    """Batches to append, in this order."""
    duplicates: int = 0
    """How many events the ledger already has, byte for byte. They are ignored."""
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def candidates(self) -> list[Candidate]:
        """The events to append, in this order."""
        return [candidate for batch in self.new for candidate in batch.candidates]


def identity(candidate: Candidate) -> KnownEntry:
    """The identity a candidate would have in the ledger."""
    return KnownEntry(candidate.event.id, candidate.source, candidate.sequence, candidate.leaf_hash)


def arrange(batches: Iterable[Batch], heads: Mapping[str, Head], held: Iterable[KnownEntry]) -> Arrangement:
    """Put batches in order: each whole, directly after its source's head, and as they arrived across sources.

    Any other batch is left out; its source sends it again when it is asked. ``heads`` has each source's head in the
    ledger. ``held`` has every entry of the ledger that shares its event id, or its source and sequence number, with a
    candidate.
    """
    arranged = Arrangement(dict(heads))
    by_id = {entry.event_id: entry for entry in held}
    by_number = {(entry.source, entry.source_sequence): entry for entry in by_id.values()}
    for batch in batches:
        at = arranged.heads[batch.source]
        if batch.signature.first <= at.last:
            _compare(batch, arranged, by_number)
        elif (batch.signature.first, batch.before) == (at.last + 1, at.head):
            own = [identity(candidate) for candidate in batch.candidates]
            taken: dict[str, KnownEntry] = {}
            conflicts = []
            for candidate, mine in zip(batch.candidates, own, strict=True):
                found = by_id.get(mine.event_id) or taken.setdefault(mine.event_id, mine)
                if found != mine:
                    conflicts.append(Conflict(candidate, found))
            if conflicts:
                arranged.conflicts += conflicts
                continue
            by_id.update(taken)
            by_number.update({(mine.source, mine.source_sequence): mine for mine in own})
            arranged.heads[batch.source] = Head(batch.signature.last, batch.head)
            arranged.new.append(batch)
    return arranged


def _compare(batch: Batch, arranged: Arrangement, by_number: Mapping[tuple[str, int], KnownEntry]) -> None:
    """Compare a batch with the entries that have its numbers."""
    for candidate in batch.candidates:
        found = by_number.get((candidate.source, candidate.sequence))
        if found == identity(candidate):
            arranged.duplicates += 1
        elif found is not None:
            arranged.conflicts.append(Conflict(candidate, found))
