"""Intentions and rounds of tendering."""

from __future__ import annotations

from services.projects.views import views
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.runtime.following.entries import entry
from shared.runtime.following.views import happened_day

intention = views.keeps("intention", IntentionStated, key=("project", "organisation"), stated_on=happened_day)
tender_round = views.keeps("tender_round", TenderRoundOpened, key=("project", "round"))


@entry(intention)
class StatedIntention:
    """What an organisation last said it intends to put into a project; money is whole pence (CAN-7)."""


@entry(tender_round)
class TenderRound:
    """A round of tendering (CAN-7)."""
