"""Areas of interest: state, commands, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from services.meetings.areas_of_interest.rules import an_area_is_answered_to_the_body_that_named_it
from services.meetings.rules import a_reference_says_what_its_thing_belongs_to
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered, AreaOfInterestNamed
from shared.contracts.meetings.references import About, Reference
from shared.contracts.meetings.updates import Body
from shared.contracts.nouns import AreaOfInterestSlug, DayOrMonth
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.identifiers import Text
from shared.values.partial_date import first_day
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.meetings.updates.domain import Update


class AreaOfInterest(Aggregate):
    """Something that a body wants its next update to answer (CAN-8). Each update may answer it."""

    noun: ClassVar[str] = "area_of_interest"

    body: str = ""
    named_on: str = ""
    about: Reference | None = None


@AreaOfInterest.applies
def _(area: AreaOfInterest, fact: AreaOfInterestNamed) -> None:
    area.body = fact.body
    area.named_on = fact.named_on
    area.about = fact.about


AreaOfInterest.ignores(AreaOfInterestAnswered)


class NameAreaOfInterest(Command, frozen=True, kw_only=True):
    """Note what a body wants its next update to answer. Without ``named_on`` the day is that of ``happened_at``."""

    area_of_interest: AreaOfInterestSlug
    body: Body
    named_on: DayOrMonth | None = None
    text: Text
    about: About | None = None


def name_area_of_interest(
    command: NameAreaOfInterest, area_of_interest: AreaOfInterest, at: Circumstances
) -> AreaOfInterestNamed:
    """Note what a body wants to know (CAN-8). Raises ``ambiguous-reference``, ``dated-ahead``."""
    a_reference_says_what_its_thing_belongs_to(command.about)
    named_on = command.named_on or at.today.isoformat()
    nothing_is_recorded_before_its_day("named_on", first_day(named_on), at.today)
    return fact(AreaOfInterestNamed, command, named_on=named_on)


def answer_area_of_interest(
    asked: AreaOfInterestAnswered, area_of_interest: AreaOfInterest, update: Update
) -> AreaOfInterestAnswered:
    """Answer an area of interest in an update to the body that named it (CAN-8).

    Without ``about`` the answer is about what was asked about. Answered again in the same update, it replaces the
    earlier answer.

    Raises ``area-not-for-update``, ``update-withdrawn``, ``ambiguous-reference``.
    """
    area, about = area_of_interest, asked.about or area_of_interest.about
    update.is_not_withdrawn()
    an_area_is_answered_to_the_body_that_named_it(
        area.slug, area.body, area.named_on, update.slug, update.body, update.meets_on
    )
    a_reference_says_what_its_thing_belongs_to(about)
    return fact(AreaOfInterestAnswered, asked, about=about)
