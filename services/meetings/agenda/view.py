"""The items of agendas."""

from __future__ import annotations

from services.meetings.views import views
from shared.contracts.event import Event
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.runtime.following.entries import entry
from shared.runtime.following.views import At


def _position(fact: Event, at: At) -> int:
    return at.position


agenda_item = views.keeps("agenda_item", AgendaItemAdded, key=("meeting", "item"), position=_position)


@entry(agenda_item, leaves_out=("meeting", "position"))
class AgendaEntry:
    """An item on a meeting's agenda."""
