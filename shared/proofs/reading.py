"""Reads all entries of a log, with workers that hash them and check the services' signatures at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from .events import ExaminedBundle, examine
from .files import Files
from .merkle import ProofFailed
from .signers import Claim, first_wrong
from .sources import Verify
from .tiles import MAX_BYTES, WIDTH, Place

MAX_BUNDLE = WIDTH * (2 + MAX_BYTES)
BUNDLES_AT_ONCE = 16
"""Bundles in one task for a worker."""
AHEAD = 2
"""Tasks that each worker may be ahead of the tree."""
CLAIMS_AT_ONCE = 1_000
"""Signatures in one task for a worker, when there are no bundles left."""


class Examined(NamedTuple):
    """What a worker has found."""

    bundles: list[tuple[Place, ExaminedBundle | ProofFailed]]
    wrong: str
    """The sentence about a wrong signature; empty if all are right."""


class Reading:
    """The entries of one log, as often as they are needed."""

    def __init__(self, files: Files, size: int, verify: Verify, workers: int) -> None:
        self._files = files
        self._size = size
        self._verify = verify
        self._workers = workers
        self.claims: list[Claim] = []
        """Signatures to be checked while the next bundles are read, or after the last. The reader adds to them."""
        self.wrong = ""
        """The sentence about the first wrong signature. It is complete when the bundles are read to the end."""

    def bundles(self) -> Iterator[tuple[Place, ExaminedBundle]]:
        """Every entry bundle from the left, hashed and read. Meanwhile the signatures claimed so far are checked."""
        count = -(-self._size // WIDTH)
        if self._workers == 1 or count < 4 * BUNDLES_AT_ONCE:
            for index in range(count):
                yield from self._together(_examine(self._files, self._bundles(index, index + 1), (), self._verify))
                yield from self._together(_examine(self._files, [], self._taken(), self._verify))
            return
        with ProcessPoolExecutor(self._workers) as pool:
            pending: deque[Future[Examined]] = deque()
            try:
                for start in range(0, count, BUNDLES_AT_ONCE):
                    places = self._bundles(start, min(start + BUNDLES_AT_ONCE, count))
                    pending.append(pool.submit(_examine, self._files, places, self._taken(), self._verify))
                    if len(pending) > AHEAD * self._workers:
                        yield from self._together(pending.popleft().result())
                while pending:
                    yield from self._together(pending.popleft().result())
                claims = self._taken()
                for start in range(0, len(claims), CLAIMS_AT_ONCE):
                    part = claims[start : start + CLAIMS_AT_ONCE]
                    pending.append(pool.submit(_examine, self._files, [], part, self._verify))
                while pending:
                    yield from self._together(pending.popleft().result())
            finally:
                for future in pending:
                    future.cancel()

    def _taken(self) -> list[Claim]:
        taken, self.claims = self.claims, []
        return taken

    def _bundles(self, start: int, end: int) -> list[Place]:
        return [Place(None, index, min(WIDTH, self._size - index * WIDTH)) for index in range(start, end)]

    def _together(self, examined: Examined) -> Iterator[tuple[Place, ExaminedBundle]]:
        self.wrong = self.wrong or examined.wrong
        for place, bundle in examined.bundles:
            if isinstance(bundle, ProofFailed):
                raise bundle
            yield place, bundle


def _examine(files: Files, places: list[Place], claims: Sequence[Claim], verify: Verify) -> Examined:
    """What entry bundles hold, up to the first that cannot be read, and the first wrong signature. Workers do this."""
    found: list[tuple[Place, ExaminedBundle | ProofFailed]] = []
    wrong = first_wrong(claims, verify)
    for place in places:
        try:
            with speaking_of(place.path):
                found.append((place, examine(files.read(place.path, MAX_BUNDLE))))
        except ProofFailed as error:
            found.append((place, error))
            break
    return Examined(found, wrong)


@contextmanager
def speaking_of(path: str) -> Iterator[None]:
    """Say of what is found wrong inside the block that it is this file."""
    try:
        yield
    except ProofFailed as error:
        text = str(error)
        raise type(error)(text if text.startswith(path) else f"{path}: {text}") from None
