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
from typing import BinaryIO

IDS_AT_ONCE = 2**18
"""The approximate number of hashes of ids in memory at once; the others are in a temporary file."""
CHAINS_AT_ONCE = 2**19
"""The approximate number of chains in memory at once."""
LINKS_AT_ONCE = 2**19
"""The approximate number of links in memory before they go to a temporary file."""
PARTS = 256
"""Into so many parts chains fall by their hash, when there are too many. At the end each part is in memory once."""
PART = PARTS - 1


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

    It remembers how far each chain has come. If there are too many chains, it keeps a hash of 64 bits of each link in a
    temporary file instead, and checks at the end (``suspects``). Use it as a context, which removes that file.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._file: BinaryIO | None = None
        self._parts = [array("q") for _ in range(PARTS)]
        self._waiting = 0
        self._runs: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        """For each part, where its pieces are in the file: from which byte, and how many bytes."""

    def __enter__(self) -> Chains:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, chains: Sequence[str], numbers: Sequence[int]) -> tuple[int, int] | None:
        """Add links, in the order of the log.

        Returns the first link that is not the next of its chain, and the number before it in that chain (0: none), if
        that is known already.
        """
        if self._file is not None:
            self._put(chains, numbers)
            return None
        last = self._last
        for at, (chain, number) in enumerate(zip(chains, numbers)):  # noqa: B905 - Python 3.9 knows no strict
            before = last.get(chain, 0)
            if number != before + 1:
                return at, before
            last[chain] = number
        if len(last) > CHAINS_AT_ONCE:
            self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
            # As negative numbers: how far the chains are, as links are positive.
            self._put(last, [-number for number in last.values()])
            self._last = {}
        return None

    def _put(self, chains: Iterable[str], numbers: Iterable[int]) -> None:
        parts = self._parts
        for hashed, number in zip(map(hash, chains), numbers):  # noqa: B905
            part = parts[hashed & PART]
            part.append(hashed)
            part.append(number)
            self._waiting += 1
        if self._waiting > LINKS_AT_ONCE:
            self._spill()

    def _spill(self) -> None:
        assert self._file is not None
        for part, runs in zip(self._parts, self._runs):  # noqa: B905
            runs.append((self._file.tell(), len(part) * part.itemsize))
            part.tofile(self._file)
            del part[:]
        self._waiting = 0

    def suspects(self) -> set[int]:
        """The hashes of the chains that do not count 1, 2, 3, … if there were too many to see it at once.

        Two chains with the same hash are suspected as well, so look at each result again. The hash has a secret key
        that is new each time, so nobody can make two chains for which a gap is not seen.
        """
        found: set[int] = set()
        if self._file is None:
            return found
        self._spill()
        for runs in self._runs:
            last: dict[int, int] = {}
            for start, size in runs:
                self._file.seek(start)
                links = array("q", self._file.read(size))
                for hashed, number in zip(links[::2], links[1::2]):  # noqa: B905
                    if number < 0:
                        last[hashed] = -number
                    elif last.get(hashed, 0) + 1 != number:
                        found.add(hashed)
                    else:
                        last[hashed] = number
        return found
