"""What clerks record of the partnership's priorities."""

from __future__ import annotations

from services.projects.commands.declared import CLERK, commands
from services.projects.domain.priority import Priority
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Names,
    ObjectiveSlug,
    PrioritySlug,
)
from shared.contracts.projects import PrioritySet
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text


class SetPriority(Command, frozen=True, kw_only=True):
    """Set a priority of the partnership."""

    priority: PrioritySlug
    title: Name
    outcome: Text
    corporate_priorities: Names = ()


@commands.handles("/priorities", roles=CLERK)
def set_priority(command: SetPriority, unit: UnitOfWork) -> None:
    unit.record(
        unit.new(Priority, command.priority),
        PrioritySet(
            priority=command.priority,
            title=command.title,
            outcome=command.outcome,
            corporate_priorities=command.corporate_priorities,
        ),
    )


class SetObjective(Command, frozen=True, kw_only=True):
    """Set an objective under a priority."""

    priority: PrioritySlug
    objective: ObjectiveSlug
    title: Name


@commands.handles("/priorities/{priority}/objectives", roles=CLERK)
def set_objective(command: SetObjective, unit: UnitOfWork) -> None:
    priority = unit.existing(Priority, command.priority)
    unit.record(priority, priority.set_objective(command.objective, command.title))
