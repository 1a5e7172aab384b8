"""Time and ids as arguments: code that decides takes a clock and a maker of ids, so that a test can fix both."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Gives the present time with its zone (UTC)."""

NewId = Callable[[], str]
"""Gives an id that was never given before."""


def now() -> dt.datetime:
    """The present time, UTC."""
    return dt.datetime.now(dt.UTC)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562 §5.7): always unique and sorted roughly by time, so indexes grow at one end."""
    stamp = int(now().timestamp() * 1000).to_bytes(6, "big")
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return str(uuid.UUID(bytes=stamp + bytes(random)))
