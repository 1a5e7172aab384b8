"""A priority of the partnership, with the objectives set under it."""

from __future__ import annotations

from functools import singledispatchmethod

from services.projects.domain.rules import a_name_is_given_once
from shared.contracts.projects import ObjectiveSet, PrioritySet
from shared.values.old_aggregate import Aggregate


class Priority(Aggregate):
    """What the partnership has set itself, with the outcome that would show it is reached (TSP-7)."""

    noun = "priority"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.objectives: set[str] = set()

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: PrioritySet) -> None:
        """Readers want what it says; no rule depends on it."""

    @apply.register
    def _(self, fact: ObjectiveSet) -> None:
        self.objectives.add(fact.objective)

    def set_objective(self, objective: str, title: str) -> ObjectiveSet:
        """Set an objective under the priority (TSP-7). Raises ``AlreadyThere``."""
        a_name_is_given_once("objective", objective, self.objectives)
        return ObjectiveSet(priority=self.slug, objective=objective, title=title)
