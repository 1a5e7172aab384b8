"""What is measured in a project, and what partners read."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services.projects.commands.declared import CLERK, CLERK_OR_PARTNER, commands
from services.projects.domain.project import Project
from shared.contracts.command import Command
from shared.contracts.nouns import (
    FirstDay,
    LastDay,
    MeasureSlug,
    OrganisationSlug,
    ProjectSlug,
)
from shared.contracts.projects import Better, Reading
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text


class DefineMeasure(Command, frozen=True, kw_only=True):
    """Say how a project's success is measured."""

    project: ProjectSlug
    measure: MeasureSlug
    name: Name
    unit: Name
    target: Reading | None = None
    better: Better


@commands.handles("/projects/{project}/measures", roles=CLERK)
def define_measure(command: DefineMeasure, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(
        project,
        project.define_measure(command.measure, command.name, command.unit, command.target, command.better),
    )


class ReadMeasure(Command, frozen=True, kw_only=True):
    """Report a measure's value for a period; zero is a value.

    A period is read once. To correct its reading, send it again with ``correction`` and a note that says why.
    """

    project: ProjectSlug
    measure: MeasureSlug
    value: Reading
    period_starts: FirstDay
    period_ends: LastDay
    reported_by: OrganisationSlug
    note: Text | None = None
    correction: Annotated[bool, Meta(description="Whether this replaces the reading of the same period.")] = False


@commands.handles("/projects/{project}/measures/{measure}/readings", roles=CLERK_OR_PARTNER, acts_for="reported_by")
def read_measure(command: ReadMeasure, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(
        project,
        project.measure(command.measure).read(
            value=command.value,
            starts=command.period_starts,
            ends=command.period_ends,
            reported_by=command.reported_by,
            note=command.note,
            correction=command.correction,
            today=unit.at.today,
        ),
    )
