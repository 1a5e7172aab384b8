"""The paths of a log's hashes and entries (C2SP tlog-tiles, c2sp.org/tlog-tiles), and the form of an entry bundle.

A hash tile of level ``l`` holds up to 256 hashes of perfect subtrees of height ``8 * l``, one after the other. An entry
bundle holds the entries whose hashes are in a level 0 tile. Each has its own path, so any web server or directory can
hold a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .merkle import HASH_SIZE, Malformed, Node, node_hash

HEIGHT = 8
"""A tile holds a subtree of this height."""
WIDTH = 256
"""A full tile holds this many hashes, a full bundle this many entries."""
MAX_BYTES = 65_535
"""An entry's largest size: its length is written in 16 bits."""

_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True)
class Place:
    """The hash tile or entry bundle that a path names. The level of an entry bundle is ``None``."""

    level: int | None
    index: int
    width: int = WIDTH
    """The number of hashes or entries; less than 256 in a partial tile at the right edge."""

    @property
    def path(self) -> str:
        """Its path, such as ``tile/0/x001/067.p/5``."""
        if self.level is None:
            return entries_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """The path of a hash tile.

    >>> tile_path(0, 1067, 5), tile_path(1, 4)
    ('tile/0/x001/067.p/5', 'tile/1/004')
    """
    if not 0 <= level <= 63:
        raise ValueError(f"there is no level {level}: 0 to 63")
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """The path of an entry bundle.

    >>> entries_path(1234067, 1)
    'tile/entries/x001/x234/067.p/1'
    """
    return f"tile/entries/{_number(index)}{_partial(width)}"


def parse_path(path: str) -> Place:
    """What a path names. Raises ``Malformed``: there is exactly one right way to write each path.

    >>> parse_path("tile/entries/x001/067.p/5")
    Place(level=None, index=1067, width=5)
    """
    match = _PATH.fullmatch(path)
    if match:
        level, index, width = match.groups()
        place = Place(
            None if level == "entries" else int(level), int(re.sub("[x/]", "", index)), int(width) if width else WIDTH
        )
        if (place.level or 0) <= 63 and (not width or place.width < WIDTH) and place.path == path:
            return place
    raise Malformed(f"{path[:80]!r} is not the path of a tile or an entry bundle.")


class Row(NamedTuple):
    """All tiles of one level in a log of some size."""

    level: int
    full: int
    """The number of full tiles; their indexes are 0 to ``full`` - 1."""
    partial: int
    """The number of hashes in the partial tile after them; 0 if there is none."""

    def places(self) -> Iterator[Place]:
        """Every tile of this level, from the left."""
        for index in range(self.full):
            yield Place(self.level, index)
        if self.partial:
            yield Place(self.level, self.full, self.partial)


def rows(size: int) -> list[Row]:
    """The levels of a log of this size, from the leaves up. Entry bundles have the shape of level 0.

    >>> rows(70_000)
    [Row(level=0, full=273, partial=112), Row(level=1, full=1, partial=17), Row(level=2, full=0, partial=1)]
    """
    found: list[Row] = []
    while size:
        found.append(Row(len(found), size // WIDTH, size % WIDTH))
        size //= WIDTH
    return found


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes in a tile. Raises ``Malformed`` if it does not consist of 1 to 256 whole hashes."""
    if len(tile) % HASH_SIZE or not HASH_SIZE <= len(tile) <= WIDTH * HASH_SIZE:
        raise Malformed(f"A tile of {len(tile)} bytes does not consist of 1 to {WIDTH} hashes of {HASH_SIZE} bytes.")
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def node_from(tile: Callable[[int, int], bytes]) -> Node:
    """The function ``node(height, index)`` that proofs are made with, reading from tiles.

    ``tile(level, index)`` gives a tile's bytes; at the right edge, those of the partial tile. Raises ``Malformed`` if a
    tile is too short.
    """

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first = index << above
        hashes = hashes_of(tile(level, first // WIDTH))[first % WIDTH :][: 1 << above]
        if len(hashes) < 1 << above:
            raise Malformed(f"{tile_path(level, first // WIDTH)} ends before the subtree {index} of height {height}.")
        return fold(hashes)

    return node


def fold(hashes: list[bytes]) -> bytes:
    """The root of a perfect subtree, over the hashes of one of its levels: 1, 2, 4, … of them.

    >>> fold([bytes(32), bytes(32)]) == node_hash(bytes(32), bytes(32))
    True
    """
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [node_hash(left, right) for left, right in zip(pairs, pairs)]  # noqa: B905 - Python 3.9
    return hashes[0]


def bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry follows its length (16 bits, big-endian).

    Raises ``OverflowError`` for an entry of more than ``MAX_BYTES``.
    """
    return b"".join(part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry))


def entries_of(bundle: bytes) -> list[bytes]:
    """The entries in a bundle. Raises ``Malformed`` if it ends inside an entry."""
    entries = []
    at, end = 0, len(bundle)
    while at + 2 <= end:
        start = at + 2
        at = start + (bundle[at] << 8 | bundle[at + 1])
        entries.append(bundle[start:at])
    if at != end:
        raise Malformed(f"The bundle ends within its entry {len(entries) - (at > end)} (counted from 0).")
    return entries


def _number(index: int) -> str:
    if index < 0:
        raise ValueError(f"there is no tile {index}")
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _partial(width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise ValueError(f"a tile has 1 to {WIDTH} hashes, not {width}")
    return "" if width == WIDTH else f".p/{width}"
