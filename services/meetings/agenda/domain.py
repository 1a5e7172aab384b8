"""The agenda: state, command, decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field

from services.meetings.agenda.rules import late_items_need_the_chair
from services.meetings.rules import a_reference_says_what_its_thing_belongs_to
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.contracts.meetings.references import About, Reference
from shared.contracts.nouns import ItemSlug, MeetingSlug, OrganisationSlug
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import is_free
from shared.values.identifiers import Name
from shared.values.roles import Role

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Agenda(Part):
    """The items of a meeting."""

    items: dict[str, Reference | None] = field(default_factory=dict)
    """What each is about."""


@Agenda.applies
def _(agenda: Agenda, fact: AgendaItemAdded) -> None:
    agenda.items[fact.item] = fact.about


class AddAgendaItem(Command, frozen=True, kw_only=True):
    """Put an item on a meeting's agenda; after it has closed, only the chair can accept one.

    A partner adds items that its own organisation raises.
    """

    meeting: MeetingSlug
    item: ItemSlug
    title: Name
    raised_by: OrganisationSlug
    about: About | None = None


def add_agenda_item(command: AddAgendaItem, meeting: Meeting, at: Circumstances) -> AgendaItemAdded:
    """Put an item on the agenda (TSP-1).

    Raises ``meeting-closed``, ``AlreadyThere``, ``ambiguous-reference``, ``agenda-closed``.
    """
    meeting.is_in_preparation()
    is_free(meeting.agenda.items, "item", command.item, meeting.slug)
    a_reference_says_what_its_thing_belongs_to(command.about)
    closed_on = meeting.sitting.agenda_closes_on
    late_items_need_the_chair(meeting.slug, closed_on, at.received_on, Role.CHAIR in at.roles)
    return fact(AgendaItemAdded, command, late=at.received_on > closed_on)
