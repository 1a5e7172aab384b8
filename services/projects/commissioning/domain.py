"""Joint commissioning in a project: what partners intend to put in, and rounds of tendering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.projects.commissioning.rules import tender_rounds_open_in_order
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
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


def state_intention(asked: IntentionStated, project: Project) -> IntentionStated:
    """State what an organisation intends to put into a project (CAN-7). Stated again, it replaces the earlier one."""
    return asked


def open_tender_round(asked: TenderRoundOpened, project: Project, at: Circumstances) -> TenderRoundOpened:
    """Open the next round of a project's tendering (CAN-7). Raises ``DatedAhead``, ``RoundOutOfOrder``."""
    nothing_is_recorded_before_its_day("opened_on", asked.opened_on, at.today)
    tender_rounds_open_in_order(asked.round, asked.opened_on, project.commissioning.rounds)
    return asked
