"""What is wrong at the way into the ledger, for readiness, metrics and people. Bounded: nobody can fill the memory."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable

import msgspec
import structlog
from opentelemetry.metrics import Meter, get_meter

from services.ledger.batches import Reason
from shared.runtime.ground.clock import now

RECENT = 20
"""Refused messages that are kept for each source and reason."""
MAX_TEXT = 400

log = structlog.get_logger()


class RefusedMessage(msgspec.Struct, frozen=True):
    """A message that claimed to be a source's event, and was not taken."""

    source: str
    """The source that it named; ``unknown`` if there is no such source."""
    reason: Reason
    detail: str
    origin: str
    """Where it came from: the NATS subject and headers, or the source that sent it again."""
    at: dt.datetime


class StuckSource(msgspec.Struct, frozen=True):
    """A source whose next events cannot be taken."""

    since: dt.datetime
    after: int
    """The last of its events that the ledger has."""
    why: str


class Condition:
    """Counts and shows since the start of this process. The tables have conflicts and parked messages."""

    def __init__(self, clock: Callable[[], dt.datetime] = now, meter: Meter | None = None) -> None:
        self.refused: Counter[tuple[str, Reason]] = Counter()
        """How many messages were refused, by source and reason."""
        self.stuck: dict[str, StuckSource] = {}
        self._recent: dict[tuple[str, Reason], deque[RefusedMessage]] = {}
        self._clock = clock
        meter = meter or get_meter("folkmoot.ledger")
        self._count = meter.create_counter("ledger.refused", description="Messages refused, by source and reason")

    def refuse(self, source: str, reason: Reason, detail: str, origin: str) -> None:
        """Count and keep a refused message. The log gets the first of its kind, the tenth, the hundredth, …"""
        message = RefusedMessage(source, reason, detail[:MAX_TEXT], origin[:MAX_TEXT], self._clock())
        kind = (source, reason)
        self.refused[kind] += 1
        self._recent.setdefault(kind, deque(maxlen=RECENT)).append(message)
        self._count.add(1, {"source": source, "reason": reason.value})
        count = self.refused[kind]
        if count == 10 ** (len(str(count)) - 1):
            log.error(
                "refused: a message is not what a source signed",
                source=source,
                reason=reason.value,
                detail=message.detail,
                origin=message.origin,
                count=count,
                see="GET /ledger/refused",
            )

    def recent(self) -> list[RefusedMessage]:
        """The refused messages that are kept, the newest first."""
        return sorted((each for kept in self._recent.values() for each in kept), key=lambda each: each.at, reverse=True)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many messages were refused: source, reason, count."""
        found: dict[str, dict[str, int]] = {}
        for (source, reason), count in self.refused.items():
            found.setdefault(source, {})[reason.value] = count
        return found

    def set_stuck(self, source: str, after: int, why: str) -> None:
        """Keep since when a source is stuck. The log gets it once."""
        known = self.stuck.get(source)
        if known is None or known.after != after:
            log.error("stuck: a source's events do not continue the ledger", source=source, after=after, why=why)
            self.stuck[source] = StuckSource(self._clock(), after, why[:MAX_TEXT])
        else:
            self.stuck[source] = StuckSource(known.since, after, why[:MAX_TEXT])

    def goes_on(self, source: str) -> None:
        """The source is not stuck, or no longer."""
        if self.stuck.pop(source, None) is not None:
            log.info("a source that was stuck goes on", source=source)
