"""The agenda of a meeting."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.meetings.references import About
from shared.contracts.nouns import ItemSlug, MeetingSlug, OrganisationSlug
from shared.values.identifiers import Name


@event("meetings.agenda_item_added.v1", about="meeting", names="title", of="item")
class AgendaItemAdded(Event, frozen=True, kw_only=True):
    """An item was put on a meeting's agenda. Clause TSP-1."""

    meeting: MeetingSlug
    item: ItemSlug
    title: Annotated[Name, Meta(examples=["Blake Community Development Worker: request for funding"])]
    raised_by: OrganisationSlug
    """The organisation that wants it discussed."""
    about: About | None = None
    late: bool = False
    """Whether it came after the agenda had closed."""
