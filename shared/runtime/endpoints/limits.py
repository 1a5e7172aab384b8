"""Rate limits: each caller has a token bucket that fills evenly, and what a caller asks for takes tokens from it."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Literal

from shared.runtime.ground.settings import Settings
from shared.runtime.identity.principals import Principal, Verifier
from shared.values.refusals import Refusal
from shared.values.roles import Role

MAX_BUCKETS = 10_000
"""The most buckets kept. The one not used for longest is dropped first, because it is the fullest."""
MAX_STREAMS = 20
"""The most gRPC streams that one principal holds in a process."""


class RateLimited(Refusal):
    """No caller may send faster than the limit for it."""

    clause = "design 12"
    remedy = "Wait for the seconds in Retry-After, then send the same again."
    status = 429


class TooManyStreams(Refusal):
    """No caller may hold more gRPC streams than the limit for it."""

    clause = "design 12"
    remedy = "End a stream that you no longer read, then open this one again."
    status = 429


class Limits:
    """The buckets of all callers of one kind, in the memory of this process."""

    def __init__(
        self,
        rate: float,
        burst: int,
        seconds: Callable[[], float] = time.monotonic,
        *,
        unit: str = "events",
        setting: str = "FOLKMOOT_PARTNER_RATE",
    ) -> None:
        """``rate``: units a second in the long term. ``burst``: units at once after a pause.

        ``unit`` and ``setting`` say to a refused caller which limit it was.
        """
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._unit = unit
        self._setting = setting
        self._buckets: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()

    def take(self, *caller: str, number: int = 1) -> None:
        """Take tokens. Raises ``RateLimited``, which says how long to wait.

        ``caller``: the names that identify it; the last is the one to tell it.
        """
        wait = self.wait(*caller, number=number)
        if wait > 0:
            raise RateLimited(
                f"{caller[-1]} may send {self._rate:g} {self._unit} a second, and {self._burst} at once.",
                retry_after=math.ceil(wait),
                limit=self._setting,
            )

    def wait(self, *caller: str, number: int = 1) -> float:
        """Take tokens and return 0, or take none and return the seconds until there are enough.

        A request for more than the bucket holds takes all of a full bucket and owes the rest. Later requests wait until
        the debt is paid back.
        """
        now = self._seconds()
        wanted = min(number, self._burst)
        level = self._level(caller, now)
        if level < wanted:
            self._keep(caller, level, now)
            return (wanted - level) / self._rate
        self._keep(caller, level - number, now)
        return 0.0

    def give_back(self, *caller: str, number: int = 1) -> None:
        """Put tokens back that were taken for something else than they are needed for."""
        now = self._seconds()
        self._keep(caller, self._level(caller, now) + number, now)

    def _level(self, caller: tuple[str, ...], now: float) -> float:
        level, since = self._buckets.get(caller, (float(self._burst), now))
        return min(self._burst, level + (now - since) * self._rate)

    def _keep(self, caller: tuple[str, ...], level: float, now: float) -> None:
        self._buckets[caller] = level, now
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)


class Callers:
    """The limits of everybody who calls this process over HTTP or gRPC, whichever service they ask.

    A known token counts for its principal. Anything else counts for the address it came from: a request without a
    token, and one whose token has yet to be verified, because that is work too.
    """

    def __init__(self, verifier: Verifier, settings: Settings) -> None:
        self.verifier = verifier
        self._principals = Limits(
            settings.caller_rate, settings.caller_burst, unit="requests", setting="FOLKMOOT_CALLER_RATE"
        )
        self._addresses = Limits(
            settings.address_rate, settings.address_burst, unit="requests", setting="FOLKMOOT_ADDRESS_RATE"
        )
        self._streams: Counter[tuple[str, ...]] = Counter()

    def count(self, token: str | None, channel: Literal["http", "grpc"], address: str) -> None:
        """Count a request before anything is done for it. Raises ``RateLimited``.

        An address has a bucket for each channel, so that the services' calls to each other do not wait for browsers.
        """
        principal = self.verifier.remembered(token) if token else None
        if principal is None:
            self._addresses.take(channel, _network(address))
        elif Role.SERVICE not in principal.roles:
            self._principals.take(*_name(principal))

    @contextmanager
    def stream(self, principal: Principal) -> Iterator[None]:
        """Hold a gRPC stream. Raises ``TooManyStreams``. The platform's own services hold as many as they need."""
        name = _name(principal)
        if self._streams[name] >= MAX_STREAMS and Role.SERVICE not in principal.roles:
            raise TooManyStreams(f"{principal.actor} holds {MAX_STREAMS} streams, which is the most.")
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]


def _name(principal: Principal) -> tuple[str, ...]:
    return principal.partnership or "", principal.subject, principal.actor


def _network(address: str) -> str:
    """An IPv4 address, or the /64 network of an IPv6 one: one caller has all of its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
