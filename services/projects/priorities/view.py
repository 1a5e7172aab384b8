"""The delivery plan: priorities with their objectives."""

from __future__ import annotations

from services.projects.views import queries, views
from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry

priority = views.keeps("priority", PrioritySet, key=("priority",))
objective = views.keeps("objective", ObjectiveSet, key=("priority", "objective"))


@entry(objective)
class PlannedObjective:
    """An objective under a priority."""


@entry(priority)
class PlannedPriority:
    """A priority in the partnership's delivery plan, with its objectives (TSP-7)."""

    objectives: list[PlannedObjective]


@queries.gets("/priorities")
def delivery_plan(reading: ReadContext, page: Page) -> list[PlannedPriority]:
    """The priorities with their objectives, by title."""
    rows = page.rows(reading, reading.select(priority), priority.c.title)
    named = [row["priority"] for row in rows]
    objectives = reading.entries_by("priority", PlannedObjective, objective.c.title, priority=named)
    return [as_entry(PlannedPriority, row, objectives=objectives[row["priority"]]) for row in rows]
