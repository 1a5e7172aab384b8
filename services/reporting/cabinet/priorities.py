"""4: how the partnership's priorities serve the council's (CAN-1, TSP-7)."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.english import clause, listing
from services.reporting.history import Fact, History, latest
from services.reporting.statements import Part, Statement, item, nothing, say
from shared.contracts.meetings import UpdateCommissioned
from shared.contracts.projects import ObjectiveSet, PrioritySet


def corporate_priorities(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """A point for each of the partnership's priorities."""
    told = tuple(_each(history)) or (nothing("None", update),)
    return Part("Relationship to corporate priorities", told)


def _each(history: History) -> Iterator[Statement]:
    priorities = latest(history.known(PrioritySet), "priority")
    if priorities:
        yield say("The partnership's own priorities contribute to the council's as follows:", *priorities)
    for priority in priorities:
        what = priority.what
        served = listing(what.corporate_priorities)
        one = "priority" if len(what.corporate_priorities) == 1 else "priorities"
        council = f"contributes to the council's {one} {served}" if served else "serves none of the council's by name"
        objectives = latest(history.known(ObjectiveSet, priority=what.priority), "objective")
        told = f"{what.title} {council}. Outcome sought: {clause(what.outcome)}."
        if objectives:
            told += f" Objectives: {listing([clause(objective.what.title) for objective in objectives])}."
        yield item(told, priority, *objectives)
