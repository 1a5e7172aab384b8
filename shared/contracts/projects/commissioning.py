"""Joint commissioning in a project: what partners intend to put in, and rounds of tendering."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import DayOrMonth, OrganisationSlug, ProjectSlug
from shared.values.identifiers import Text
from shared.values.money import PositivePence


@event("projects.intention_stated.v1", about="project")
class IntentionStated(Event, frozen=True, kw_only=True):
    """A partner stated what it intends to put into a project. This commits no money. Clause CAN-7."""

    project: ProjectSlug
    organisation: OrganisationSlug
    text: Annotated[Text, Meta(examples=["The council intends to commit funding to the first round."])]
    amount_pence: PositivePence | None = None
    """How much, where that was said."""


@event("projects.tender_round_opened.v1", about="project", day="opened_on")
class TenderRoundOpened(Event, frozen=True, kw_only=True):
    """A round of tendering was opened. Clause CAN-7."""

    project: ProjectSlug
    round: Annotated[int, Meta(ge=1, le=1000, examples=[1])]
    """Which round it is, from 1."""
    opened_on: Annotated[DayOrMonth, Meta(examples=["2014-12-01"])]
    text: Annotated[Text, Meta(examples=["Tenders are invited against the four outcomes of the prospectus."])]
