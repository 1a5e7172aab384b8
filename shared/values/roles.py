"""The roles of callers in a partnership."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A caller's role in a partnership (design 12). If an actor has several, the first in this order names it."""

    CLERK = "clerk"
    CHAIR = "chair"
    MEMBER = "member"
    PARTNER = "partner"
    AUDITOR = "auditor"
    SCRUTINY = "scrutiny"
    READER = "reader"
    OPERATOR = "operator"
    SERVICE = "service"
    """The platform's own services, calling each other."""
