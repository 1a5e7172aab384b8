"""How fast a partner's organisation may send: a bucket of tokens each, filled evenly, one token an event."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from shared.values.refusals import Refusal

MAX_BUCKETS = 10_000
"""Buckets kept at most; full ones are forgotten first, and nobody can tell a forgotten one from a full one."""


class RateLimited(Refusal):
    """Each organisation sends no faster than the platform has agreed to take."""

    clause = "design 12"
    remedy = "Wait as long as Retry-After says, then send the same event again."
    status = 429


class Limits:
    """The buckets of all organisations, in the memory of this process."""

    def __init__(self, rate: float, burst: int, seconds: Callable[[], float] = time.monotonic) -> None:
        """``rate``: events a second in the long run. ``burst``: events at once after a pause."""
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, partnership: str, organisation: str, events: int = 1) -> None:
        """Take tokens for so many events. Raises ``RateLimited``, which says how long to wait."""
        wait = self.wait(partnership, organisation, events)
        if wait > 0:
            raise RateLimited(
                f"{organisation} may send {self._rate:g} events a second, and {self._burst} at once.",
                retry_after=math.ceil(wait),
            )

    def wait(self, partnership: str, organisation: str, events: int = 1) -> float:
        """Take tokens and return 0, or take none and return the seconds after which there will be enough.

        More than the bucket holds are taken from a full one, and owed: the next wait until they are paid back.
        """
        now = self._seconds()
        wanted = min(events, self._burst)
        level, since = self._buckets.get((partnership, organisation), (float(self._burst), now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < wanted:
            return (wanted - level) / self._rate
        if len(self._buckets) >= MAX_BUCKETS:
            self._forget(now)
        self._buckets[partnership, organisation] = level - events, now
        return 0.0

    def _forget(self, now: float) -> None:
        full = [key for key, (level, at) in self._buckets.items() if level + (now - at) * self._rate >= self._burst]
        for key in full:
            del self._buckets[key]
