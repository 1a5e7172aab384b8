"""What clerks and partners ask of a project itself: its stages, progress, area, intentions and tenders."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services.projects.commands.declared import CLERK, CLERK_OR_PARTNER, commands
from services.projects.domain.priority import Priority
from services.projects.domain.project import Project
from services.projects.domain.templates import planned_stages
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Day,
    Names,
    OrganisationSlug,
    PrioritySlug,
    ProjectSlug,
    StageSlug,
    TemplateSlug,
    Texts,
)
from shared.contracts.projects import ProjectStarted, Stage
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text
from shared.values.money import PositivePence


class StartProject(Command, frozen=True, kw_only=True):
    """Start a project, with the stages of a template (such as seven-steps), with its own, or with none."""

    project: ProjectSlug
    title: Name
    purpose: Text
    lead: OrganisationSlug
    delivered_by: OrganisationSlug | None = None
    priorities: Annotated[tuple[PrioritySlug, ...], Meta(max_length=50)] = ()
    outcomes: Names = ()
    template: TemplateSlug | None = None
    stages: Annotated[tuple[Stage, ...], Meta(max_length=50)] = ()


@commands.handles("/projects", roles=CLERK)
def start_project(command: StartProject, unit: UnitOfWork) -> None:
    project = unit.new(Project, command.project)
    for priority in command.priorities:
        unit.existing(Priority, priority)
    unit.record(
        project,
        ProjectStarted(
            project=command.project,
            title=command.title,
            purpose=command.purpose,
            lead=command.lead,
            delivered_by=command.delivered_by,
            priorities=command.priorities,
            outcomes=command.outcomes,
            template=command.template,
            stages=planned_stages(command.template, command.stages),
        ),
    )


class ReachStage(Command, frozen=True, kw_only=True):
    """Record that a project reached the next stage of its plan."""

    project: ProjectSlug
    stage: StageSlug
    reached_on: Day
    evidence: Text


@commands.handles("/projects/{project}/stages/{stage}/arrival", roles=CLERK)
def reach_stage(command: ReachStage, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.reach_stage(command.stage, command.reached_on, command.evidence, unit.at.today))


class ReportProgress(Command, frozen=True, kw_only=True):
    """Report something worth telling about a project. A partner names its organisation, whose project it is."""

    project: ProjectSlug
    text: Text
    reported_on: Day
    topic: Name | None = None
    reported_by: OrganisationSlug | None = None


@commands.handles("/projects/{project}/progress", roles=CLERK_OR_PARTNER, acts_for="reported_by")
def report_progress(command: ReportProgress, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    fact = project.report_progress(command.text, command.reported_on, command.topic, unit.at.today, command.reported_by)
    unit.record(project, fact)


class AgreeArea(Command, frozen=True, kw_only=True):
    """Agree which area a project covers and what is outstanding; agreed anew, it replaces the earlier one."""

    project: ProjectSlug
    description: Text
    agreed_on: Day
    outstanding: Texts = ()


@commands.handles("/projects/{project}/area", roles=CLERK)
def agree_area(command: AgreeArea, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.agree_area(command.description, command.agreed_on, command.outstanding, unit.at.today))


class StateIntention(Command, frozen=True, kw_only=True):
    """State what an organisation intends to put into a project; stated anew, it replaces the earlier one."""

    project: ProjectSlug
    organisation: OrganisationSlug
    text: Text
    amount_pence: PositivePence | None = None


@commands.handles("/projects/{project}/intentions", roles=CLERK_OR_PARTNER, acts_for="organisation")
def state_intention(command: StateIntention, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.state_intention(command.organisation, command.text, command.amount_pence))


class OpenTenderRound(Command, frozen=True, kw_only=True):
    """Open the next round of a project's tendering."""

    project: ProjectSlug
    round: Annotated[int, Meta(ge=1, le=1000, description="Which round it is, from 1.", examples=[1])]
    opened_on: Day
    text: Text


@commands.handles("/projects/{project}/tender-rounds", roles=CLERK)
def open_tender_round(command: OpenTenderRound, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.open_tender_round(command.round, command.opened_on, command.text, unit.at.today))
