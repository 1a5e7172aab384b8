"""Interests that members declare in agenda items."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import ItemSlug, MeetingSlug, SeatSlug
from shared.values.identifiers import Text


@event("meetings.interest_declared.v1", about="meeting")
class InterestDeclared(Event, frozen=True, kw_only=True):
    """A member declared an interest in an item. Clauses TSP-1, CAN-2."""

    meeting: MeetingSlug
    item: ItemSlug
    seat: SeatSlug
    nature: Annotated[Text, Meta(examples=["The organisation employs the post that is asked for."])]
    """What the interest is."""
    withdrew: bool
    """Whether the member took no part in the item."""
