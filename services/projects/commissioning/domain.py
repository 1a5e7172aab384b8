"""Joint commissioning in a project: what partners intend to put in, and rounds of tendering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from services.projects.commissioning.rules import tender_rounds_open_in_order
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import DayOrMonth, OrganisationSlug, ProjectSlug
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.identifiers import Text
from shared.values.money import PositivePence
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.project import Project


class Commissioning(Part):
    """How far a project's tendering is."""

    rounds: dict[int, str] = {}
    """When each round was opened."""


Commissioning.ignores(IntentionStated)


@Commissioning.applies
def _(commissioning: Commissioning, fact: TenderRoundOpened) -> None:
    commissioning.rounds[fact.round] = fact.opened_on


class StateIntention(Command, frozen=True, kw_only=True):
    """State what an organisation intends to put into a project. Stated again, it replaces the earlier one."""

    project: ProjectSlug
    organisation: OrganisationSlug
    text: Text
    amount_pence: PositivePence | None = None


def state_intention(command: StateIntention, project: Project) -> IntentionStated:
    """State it (CAN-7). This commits no money."""
    return fact(IntentionStated, command)


class OpenTenderRound(Command, frozen=True, kw_only=True):
    """Open the next round of a project's tendering."""

    project: ProjectSlug
    round: Annotated[int, Meta(ge=1, le=1000, description="Which round it is, from 1.", examples=[1])]
    opened_on: DayOrMonth
    text: Text


def open_tender_round(command: OpenTenderRound, project: Project, at: Circumstances) -> TenderRoundOpened:
    """Open it (CAN-7). Raises ``DatedAhead``, ``RoundOutOfOrder``."""
    nothing_is_recorded_before_its_day("opened_on", command.opened_on, at.today)
    tender_rounds_open_in_order(command.round, command.opened_on, project.commissioning.rounds)
    return fact(TenderRoundOpened, command)
