"""Checks that no event occurs twice in a log, and that each source's facts on a subject are in order.

Logs can have any length, so neither check keeps the whole log in memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from types import TracebackType

IDS_AT_ONCE = 2**18
"""The approximate number of hashes of ids in memory at once; the others are in a temporary file."""
CHAINS_AT_ONCE = 2**19
"""The approximate number of chains in memory at once."""


class Ids:
    """Finds ids that occur twice, among any number of them. Use it as a context, which removes its temporary file.

    It keeps only a hash of 64 bits of each id. It misses no repeat, but two different ids can have the same hash, so
    check each result again.
    """

    def __init__(self) -> None:
        self._hashes = array("q")
        self._runs = 0
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Ids:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, ids: Iterable[str]) -> None:
        """Add some ids."""
        self._hashes.extend(map(hash, ids))
        while len(self._hashes) >= IDS_AT_ONCE:
            array("q", sorted(self._hashes[:IDS_AT_ONCE])).tofile(self._file)
            del self._hashes[:IDS_AT_ONCE]
            self._runs += 1

    def doubles(self) -> set[int]:
        """The hashes that occur more than once."""
        if not self._runs:
            return _doubles(self._hashes)
        rest = sorted(self._hashes)
        self._file.flush()
        found: set[int] = set()
        with mmap(self._file.fileno(), 0, access=ACCESS_READ) as stored, memoryview(stored).cast("q") as hashes:
            starts = range(0, len(hashes), IDS_AT_ONCE)
            parts = self._runs + 1
            bounds = [-(2**63) + 2**64 * part // parts for part in range(parts)] + [2**63]
            for low, high in zip(bounds, bounds[1:]):  # noqa: B905, RUF007 - for Python 3.9
                among = rest[bisect_left(rest, low) : bisect_left(rest, high)]
                for start in starts:  # each run is sorted, so its part between the bounds is contiguous
                    end = start + IDS_AT_ONCE
                    among.extend(
                        hashes[bisect_left(hashes, low, start, end) : bisect_left(hashes, high, start, end)].tolist()
                    )
                found |= _doubles(among)
        return found


def _doubles(hashes: Sequence[int]) -> set[int]:
    seen: set[int] = set()
    if len(set(hashes)) == len(hashes):
        return seen
    return {each for each in hashes if each in seen or seen.add(each)}  # type: ignore[func-returns-value]  # never true


class Chains:
    """Checks that each chain counts 1, 2, 3, … in the order of the log, as the facts on one subject do.

    It remembers how far each chain has come. If there are too many chains, it continues with only a part of them, and
    ``parts`` says how many parts there must be. The log must then be read again for each of the others.
    """

    def __init__(self, part: int = 0, parts: int = 1) -> None:
        self._part = part
        self.parts = parts
        self._last: dict[str, int] = {}

    def add(self, chains: Iterable[str], numbers: Iterable[int]) -> tuple[int, int] | None:
        """Add links, in the order of the log.

        Returns the first link that is not the next of its chain, and the number before it in that chain (0: none).
        """
        last, part, parts = self._last, self._part, self.parts
        for at, (chain, number) in enumerate(zip(chains, numbers)):  # noqa: B905 - Python 3.9 knows no strict
            if parts > 1 and hash(chain) % parts != part:
                continue
            before = last.get(chain, 0)
            if number != before + 1:
                return at, before
            last[chain] = number
        if len(last) > CHAINS_AT_ONCE and part == 0:
            self.parts *= 2
            self._last = {chain: number for chain, number in last.items() if hash(chain) % self.parts == 0}
        return None
