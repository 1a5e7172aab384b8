"""Problems that are raised, and what is agreed against them."""

from __future__ import annotations

from services.projects.commands.declared import CLERK, CLERK_OR_PARTNER, commands
from services.projects.domain.project import Project
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Day,
    DecisionSlug,
    MeasureSlug,
    MitigationSlug,
    OrganisationSlug,
    ProblemSlug,
    ProjectSlug,
)
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Text


class RaiseProblem(Command, frozen=True, kw_only=True):
    """Raise a problem of a project."""

    project: ProjectSlug
    problem: ProblemSlug
    text: Text
    raised_by: OrganisationSlug
    measure: MeasureSlug | None = None


@commands.handles("/projects/{project}/problems", roles=CLERK_OR_PARTNER, acts_for="raised_by")
def raise_problem(command: RaiseProblem, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.raise_problem(command.problem, command.text, command.raised_by, command.measure))


class AgreeMitigation(Command, frozen=True, kw_only=True):
    """Agree what is done against a problem; a decision that says so is carried over without this."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Text
    owner: OrganisationSlug
    agreed_on: Day
    decision: DecisionSlug | None = None


@commands.handles("/projects/{project}/problems/{problem}/mitigations", roles=CLERK)
def agree_mitigation(command: AgreeMitigation, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(
        project,
        project.agree_mitigation(
            command.problem,
            command.mitigation,
            command.text,
            command.owner,
            command.agreed_on,
            command.decision,
            unit.at.today,
        ),
    )
