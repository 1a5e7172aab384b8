"""What a caller may be in a partnership."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a caller may be in a partnership (design 12), in the order in which one names an actor who has several."""

    CLERK = "clerk"
    CHAIR = "chair"
    MEMBER = "member"
    PARTNER = "partner"
    AUDITOR = "auditor"
    SCRUTINY = "scrutiny"
    READER = "reader"
    OPERATOR = "operator"
    SERVICE = "service"
    """The product's own services between themselves."""
