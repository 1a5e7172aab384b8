"""Priorities of the partnership, and the objectives set under them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import Names, ObjectiveSlug, PrioritySlug
from shared.values.identifiers import Name, Text


@event("projects.priority_set.v1", about="priority", names="title")
class PrioritySet(Event, frozen=True, kw_only=True):
    """The partnership set itself a priority. Clauses CAN-1, TSP-7."""

    priority: PrioritySlug
    title: Annotated[Name, Meta(examples=["Community safety"])]
    outcome: Annotated[Text, Meta(examples=["People are safe, and feel safe, where they live."])] | None = None
    """What will be so when it is reached, where that is in words."""
    corporate_priorities: Annotated[Names, Meta(examples=[["Place"]])] = ()
    """The council's priorities that it serves."""


@event("projects.objective_set.v1", about="priority", names="title", of="objective")
class ObjectiveSet(Event, frozen=True, kw_only=True):
    """An objective was set under a priority. Clause TSP-7."""

    priority: PrioritySlug
    objective: ObjectiveSlug
    title: Annotated[Name, Meta(examples=["Fewer repeat offences of domestic abuse"])]
