"""The entries appended last, kept in memory: who follows live needs no query for what has just come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from services.ledger.entry import Candidate
from shared.contracts.envelope import CloudEvent

MOST = 2_000
"""Entries kept."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes of entries kept."""


class Row(NamedTuple):
    """An entry as a reader gets it."""

    position: int
    source: str
    source_sequence: int
    entry: bytes
    leaf_hash: bytes


class Page(NamedTuple):
    """Matching entries, possibly none, and how far this page has searched."""

    rows: list[Row]
    next_position: int


class Recent:
    """A run of entries without a gap, which ends with the last that this process appended."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._first = 0
        self._rows: list[Candidate] = []
        self._bytes = 0
        self._heads: dict[str, int] | None = None

    @property
    def _end(self) -> int:
        return self._first + len(self._rows)

    def add(self, first: int, appended: Sequence[Candidate]) -> None:
        """Keep what was committed from this position on. A gap (another process appended) forgets what was before."""
        if first != self._end:
            self._first, self._rows, self._bytes, self._heads = first, [], 0, None
        self._rows += appended
        self._bytes += sum(len(each.entry) for each in appended)
        if self._heads is not None:
            self._heads.update((each.source, each.sequence) for each in appended)
        cut = 0
        while len(self._rows) - cut > self._most or self._bytes > self._most_bytes:
            self._bytes -= len(self._rows[cut].entry)
            cut += 1
        del self._rows[:cut]
        self._first += cut

    def read(self, start: int, end: int, admits: Callable[[str, CloudEvent], bool], most: int) -> Page | None:
        """The first wanted entries from ``start`` to before ``end``; None if not all of the range is here."""
        if start < self._first or not start <= end <= self._end:
            return None
        rows: list[Row] = []
        for position, each in enumerate(self._rows[start - self._first : end - self._first], start):
            if admits(each.source, each.event):
                rows.append(Row(position, each.source, each.sequence, each.entry, each.leaf_hash))
                if len(rows) == most:
                    return Page(rows, position + 1)
        return Page(rows, end)

    def heads(self, position: int) -> dict[str, int] | None:
        """How far each source is before a position, if that is the end and it is known."""
        return dict(self._heads) if self._heads is not None and position == self._end else None

    def learn(self, position: int, heads: Mapping[str, int]) -> None:
        """Learn from the database how far each source was before a position. Only what holds at the end is kept."""
        if position == self._end:
            self._heads = dict(heads)
