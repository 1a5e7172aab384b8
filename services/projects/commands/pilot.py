"""Pilots, from the invitation to the start."""

from __future__ import annotations

from services.projects.commands.declared import CLERK, CLERK_OR_PARTNER, commands
from services.projects.domain.project import Project
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Day,
    DecisionSlug,
    FirstDay,
    GroupSlug,
    LastDay,
    OrganisationSlug,
    PilotSlug,
    ProjectSlug,
)
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text


class InviteExpression(Command, frozen=True, kw_only=True):
    """Invite the partnership's expression of interest in a pilot."""

    project: ProjectSlug
    pilot: PilotSlug
    title: Name
    invited_by: OrganisationSlug
    text: Text
    closes_on: LastDay | None = None


@commands.handles("/projects/{project}/pilots", roles=CLERK_OR_PARTNER, acts_for="invited_by")
def invite_expression(command: InviteExpression, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(
        project,
        project.invite_expression(command.pilot, command.title, command.invited_by, command.text, command.closes_on),
    )


class SubmitExpression(Command, frozen=True, kw_only=True):
    """Submit the expression of interest in a pilot; a decision about the pilot does so without this."""

    project: ProjectSlug
    pilot: PilotSlug
    submitted_on: Day
    decision: DecisionSlug | None = None


@commands.handles("/projects/{project}/pilots/{pilot}/submission", roles=CLERK)
def submit_expression(command: SubmitExpression, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    pilot = project.pilot(command.pilot)
    unit.record(project, *pilot.submit(command.submitted_on, command.decision, unit.at.today))


class AcceptExpression(Command, frozen=True, kw_only=True):
    """Record that whoever invited accepted the expression of interest."""

    project: ProjectSlug
    pilot: PilotSlug
    accepted_on: Day


@commands.handles("/projects/{project}/pilots/{pilot}/acceptance", roles=CLERK)
def accept_expression(command: AcceptExpression, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).accept(command.accepted_on, unit.at.today))


class PlanPilot(Command, frozen=True, kw_only=True):
    """Settle when a pilot is to start and which group builds it."""

    project: ProjectSlug
    pilot: PilotSlug
    starts_on: FirstDay
    built_by: GroupSlug


@commands.handles("/projects/{project}/pilots/{pilot}/plan", roles=CLERK)
def plan_pilot(command: PlanPilot, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).plan(command.starts_on, command.built_by))


class StartPilot(Command, frozen=True, kw_only=True):
    """Record that a pilot started."""

    project: ProjectSlug
    pilot: PilotSlug
    started_on: FirstDay


@commands.handles("/projects/{project}/pilots/{pilot}/start", roles=CLERK)
def start_pilot(command: StartPilot, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).start(command.started_on, unit.at.today))
