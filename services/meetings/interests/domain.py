"""Interests: state, command, decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field

from services.meetings.interests.rules import (
    only_a_member_who_is_present_declares,
    withdrawal_comes_before_the_decision,
)
from shared.contracts.event import fact
from shared.contracts.meetings.interests import InterestDeclared
from shared.contracts.nouns import OrganisationSlug
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry
from shared.values.rules import an_organisation_speaks_for_its_own_seats

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Interests(Part):
    """Who took no part in which item."""

    withdrawn: set[tuple[str, str]] = field(default_factory=set)
    """Item and seat."""

    def withdrawn_from(self, item: str | None) -> set[str]:
        """The seats that took no part in an item."""
        return {seat for of, seat in self.withdrawn if of == item}


@Interests.applies
def _(interests: Interests, fact: InterestDeclared) -> None:
    if fact.withdrew:
        interests.withdrawn.add((fact.item, fact.seat))
    else:
        interests.withdrawn.discard((fact.item, fact.seat))


class DeclareInterest(InterestDeclared, frozen=True, kw_only=True):
    """Note a member's interest in an item; a member who withdraws is not counted for it.

    A partner names its organisation and one of its seats. Declared again, it replaces the earlier declaration.
    """

    organisation: OrganisationSlug | None = None


def declare_interest(
    command: DeclareInterest, meeting: Meeting, membership: Membership, at: Circumstances
) -> InterestDeclared:
    """Note a member's interest in an item (CAN-2).

    Raises ``not-own-seat``, ``before-meeting-day``, ``meeting-closed``, ``Unknown``, ``not-present``,
    ``withdrawal-late``.
    """
    if command.organisation is not None:
        holder = membership.seat(command.seat).organisation
        an_organisation_speaks_for_its_own_seats(command.seat, holder, command.organisation)
    meeting.is_its_day(at.today)
    meeting.is_in_preparation()
    entry(meeting.agenda.items, "item", command.item, meeting.slug)
    only_a_member_who_is_present_declares(meeting.slug, command.seat, meeting.attendance.seats)
    changes = command.withdrew != ((command.item, command.seat) in meeting.interests.withdrawn)
    withdrawal_comes_before_the_decision(command.item, meeting.decisions.items.values(), changes)
    return fact(InterestDeclared, command)
