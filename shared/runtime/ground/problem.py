"""Problem details (RFC 9457), as they are sent and read. ``endpoints.problems`` makes them of errors."""

from __future__ import annotations

from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 §3.1, with the clause and the remedy as extension members (§3.2)."""

    type: str
    """``/problems/reserve-exhausted``: the same for every occurrence of this kind."""
    title: str
    """The rule broken, as a sentence."""
    status: int
    detail: str
    """What was wrong this time."""
    clause: str = ""
    """Where the rule comes from."""
    remedy: str = ""
    """What to do about it."""
    field: str = ""
    """JSON path of the field that is wrong."""
    schema: str = ""
    """Where the schema lies that it should fit."""
    members: dict[str, Any] = {}
    """Figures of this occurrence, for machines."""
