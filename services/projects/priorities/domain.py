"""A priority of the partnership, with the objectives set under it."""

from __future__ import annotations

from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.values.aggregate import Aggregate
from shared.values.entries import is_free


class Priority(Aggregate):
    """What the partnership has set itself, with the outcome that would show it is reached (TSP-7)."""

    noun = "priority"

    objectives: set[str] = set()


Priority.ignores(PrioritySet)


@Priority.applies
def _(priority: Priority, fact: ObjectiveSet) -> None:
    priority.objectives.add(fact.objective)


def set_priority(asked: PrioritySet, priority: Priority) -> PrioritySet:
    """Set a priority of the partnership (TSP-7)."""
    return asked


def set_objective(asked: ObjectiveSet, priority: Priority) -> ObjectiveSet:
    """Set an objective under a priority (TSP-7). Raises ``AlreadyThere``."""
    is_free(priority.objectives, "objective", asked.objective, priority.slug)
    return asked
