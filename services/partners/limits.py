"""Rate limits: each organisation has a token bucket that fills evenly, and an event takes one token."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from shared.values.refusals import Refusal

MAX_BUCKETS = 10_000
"""The most buckets kept. Full ones are dropped first, because a new bucket is full too."""


class RateLimited(Refusal):
    """An organisation may not send events faster than the agreed rate."""

    clause = "design 12"
    remedy = "Wait for the seconds in Retry-After, then send the same event again."
    status = 429


class Limits:
    """The buckets of all organisations, in the memory of this process."""

    def __init__(self, rate: float, burst: int, seconds: Callable[[], float] = time.monotonic) -> None:
        """``rate``: events a second in the long term. ``burst``: events at once after a pause."""
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, partnership: str, organisation: str, events: int = 1) -> None:
        """Take a token for each event. Raises ``RateLimited``, which says how long to wait."""
        wait = self.wait(partnership, organisation, events)
        if wait > 0:
            raise RateLimited(
                f"{organisation} may send {self._rate:g} events a second, and {self._burst} at once.",
                retry_after=math.ceil(wait),
            )

    def wait(self, partnership: str, organisation: str, events: int = 1) -> float:
        """Take tokens and return 0, or take none and return the seconds until there are enough.

        A request for more than the bucket holds takes all of a full bucket and owes the rest. Later requests wait until
        the debt is paid back.
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
