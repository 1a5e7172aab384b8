"""The officers of a group."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import Day, GroupSlug, SeatSlug


class Office(enum.StrEnum):
    """An office of a group, held by the seat elected to it."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"


@event("membership.officer_elected.v1", about="group", day="elected_on")
class OfficerElected(Event, frozen=True, kw_only=True):
    """A group elected a seat to an office, in place of the seat that held it. Clause TSP-3."""

    group: GroupSlug
    office: Office
    seat: SeatSlug
    elected_on: Annotated[Day, Meta(examples=["2014-06-02"])]
