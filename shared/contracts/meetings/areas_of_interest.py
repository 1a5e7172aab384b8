"""Areas of interest: what a body wants its next update to answer."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.meetings.references import About
from shared.contracts.meetings.updates import Body
from shared.contracts.nouns import AreaOfInterestSlug, DayOrMonth, UpdateSlug
from shared.values.identifiers import Text


@event("meetings.area_of_interest_named.v1", about="area_of_interest", day="named_on")
class AreaOfInterestNamed(Event, frozen=True, kw_only=True):
    """A body named an area of interest that its next update must answer. Clause CAN-8."""

    area_of_interest: AreaOfInterestSlug
    body: Body
    named_on: Annotated[DayOrMonth, Meta(examples=["2014-10-16"])]
    text: Annotated[Text, Meta(examples=["What is done for victims of hate crime."])]
    """What the body wants to know."""
    about: About | None = None


@event("meetings.area_of_interest_answered.v1", about="area_of_interest")
class AreaOfInterestAnswered(Event, frozen=True, kw_only=True):
    """An area of interest was answered in an update. Clause CAN-8."""

    area_of_interest: AreaOfInterestSlug
    update: UpdateSlug
    text: Annotated[Text, Meta(examples=["The officer's two days a week continue until 31 March 2015."])]
    about: About | None = None
