"""A caller's own records, and how its next request waits for them.

Views follow the ledger, so they lag a moment behind a command's answer. Three things say how far a caller has seen:

* ``Folkmoot-After``, which a caller sends to see at least what an earlier answer's ``Folkmoot-At`` covers. The request
  waits for that, or gets a 503.
* A cookie for each source, set by the answer to a command. It reaches every service under the platform's address.
* The memory of this process (``OwnWrites``), for a caller who keeps no cookies.

Requests wait for the last two by default, and clients need not know about them. A read that has waited long enough gets
the present state, and its ``Folkmoot-At`` says how far that goes. A command does not wait. But if it is refused before
the service has read everything the caller recorded, it is decided again once the service has.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping

from anyio import to_thread
from cachetools import LRUCache

from shared.contracts.event import EVENTS
from shared.runtime.endpoints.problems import BadRequest
from shared.runtime.following.follower import LEDGER, Follower, NotReached
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Refusal

WAIT_TIMEOUT_S = 5.0
"""Seconds a request waits for the views."""
COOKIE_SECONDS = 300
"""How long a browser remembers what it recorded: far longer than views lag."""
MAX_CALLERS = 10_000
"""The most callers remembered. The one who has been away longest is forgotten first."""

SOURCES = frozenset({LEDGER, *(name.partition(".")[0] for name in EVENTS)})
"""The names that a mark can have."""
MARK = re.compile(r"^([a-z]+)=(\d{1,18})$")
COOKIE = re.compile(r"^Folkmoot-At-([a-z]+)$")


def marks(header: str | None) -> dict[str, int]:
    """The marks of a ``Folkmoot-After`` header: ``membership=12, ledger=40``. Raises ``BadRequest``."""
    found: dict[str, int] = {}
    for part in (header or "").split(","):
        if part.strip():
            match = MARK.match(part.strip())
            if match is None:
                raise BadRequest(f"Folkmoot-After: {part.strip()[:80]!r} is not of the form meetings=17.")
            if match[1] not in SOURCES:
                raise BadRequest(f"Folkmoot-After: {match[1][:80]!r} is none of {', '.join(sorted(SOURCES))}.")
            found[match[1]] = int(match[2])
    return found


def headers(at: str) -> dict[str, str]:
    """The headers with the position of a caller's facts: ``Folkmoot-At``, and the cookie that carries it.

    Each source has a separate cookie, so cookies never have to be merged.
    """
    cookie = f"Folkmoot-At-{at}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax"
    return {"Folkmoot-At": at, "Set-Cookie": cookie}


HEADERS = {
    "Folkmoot-At": {
        "description": "The position of the facts in their source. Your own next requests wait for them automatically.",
        "schema": {"type": "string", "pattern": "^[a-z]+=[0-9]{1,18}$"},
    },
    "Set-Cookie": {
        "description": f"The same, for {COOKIE_SECONDS} seconds, for a client that keeps cookies.",
        "schema": {"type": "string"},
    },
}
"""The same headers, for OpenAPI."""


class OwnWrites:
    """How far each source had come when it last recorded something for a caller. One for each process and its loop."""

    def __init__(self) -> None:
        self._seen: LRUCache[tuple[str, str | None], dict[str, int]] = LRUCache(MAX_CALLERS)

    def remember(self, caller: Principal, at: str) -> None:
        """Remember an answer's ``Folkmoot-At``."""
        source, _, sequence = at.partition("=")
        seen = self.of(caller)
        self._seen[_key(caller)] = {**seen, source: max(seen.get(source, 0), int(sequence))}

    def of(self, caller: Principal, cookies: Mapping[str, str] | None = None) -> dict[str, int]:
        """What a caller has recorded, by memory and by the cookies sent. Ignores a cookie that cannot be read."""
        seen = dict(self._seen.get(_key(caller), {}))
        for name, value in (cookies or {}).items():
            match = COOKIE.match(name)
            if match and match[1] in SOURCES and re.fullmatch(r"[0-9]{1,18}", value):
                seen[match[1]] = max(seen.get(match[1], 0), int(value))
        return seen


async def wait_for_own(follower: Follower, own: Mapping[str, int]) -> None:
    """Return once the views cover what a caller has recorded, or the wait has timed out."""
    if not follower.marks.cover(own):
        with contextlib.suppress(NotReached):
            await follower.wait_for(own, WAIT_TIMEOUT_S)


async def decide_knowing[T](follower: Follower, own: Mapping[str, int], decide: Callable[[], T]) -> T:
    """Decide in a thread. An accepted command does not wait for the views.

    A refusal may come from views that lag behind the caller's own records. The command is then decided again once the
    views cover them. Raises the refusal, or ``NotReached`` if the views take too long.
    """
    known = follower.marks.cover(own)
    try:
        return await to_thread.run_sync(decide)
    except Refusal:
        if known:
            raise
    await follower.wait_for(own, WAIT_TIMEOUT_S)
    return await to_thread.run_sync(decide)


def _key(caller: Principal) -> tuple[str, str | None]:
    return caller.actor, caller.partnership
