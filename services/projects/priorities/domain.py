"""A priority of the partnership, with the objectives set under it."""

from __future__ import annotations

from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import Names, ObjectiveSlug, PrioritySlug
from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.values.aggregate import Aggregate
from shared.values.entries import is_free
from shared.values.identifiers import Name, Text


class Priority(Aggregate):
    """What the partnership has set itself, with the outcome that would show it is reached (TSP-7)."""

    noun = "priority"

    objectives: set[str] = set()


Priority.ignores(PrioritySet)


@Priority.applies
def _(priority: Priority, fact: ObjectiveSet) -> None:
    priority.objectives.add(fact.objective)


class SetPriority(Command, frozen=True, kw_only=True):
    """Set a priority of the partnership."""

    priority: PrioritySlug
    title: Name
    outcome: Text | None = None
    corporate_priorities: Names = ()


def set_priority(command: SetPriority, priority: Priority) -> PrioritySet:
    """Set it (TSP-7)."""
    return fact(PrioritySet, command)


class SetObjective(Command, frozen=True, kw_only=True):
    """Set an objective under a priority."""

    priority: PrioritySlug
    objective: ObjectiveSlug
    title: Name


def set_objective(command: SetObjective, priority: Priority) -> ObjectiveSet:
    """Set it under the priority (TSP-7). Raises ``AlreadyThere``."""
    is_free(priority.objectives, "objective", command.objective, priority.slug)
    return fact(ObjectiveSet, command)
