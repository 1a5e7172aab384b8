"""A project's delivery: who is responsible, its plan and how far it is, its progress, its area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from services.projects.delivery.rules import (
    a_stage_is_reached_once,
    a_template_is_one_of_those_there_are,
    only_the_responsible_report,
    stages_are_reached_in_order,
    stages_come_from_a_template_or_are_given,
)
from services.projects.delivery.templates import TEMPLATES
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import (
    DayOrMonth,
    Names,
    OrganisationSlug,
    PrioritySlug,
    ProjectSlug,
    StageSlug,
    TemplateSlug,
    Texts,
)
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted, Stage, StageReached
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry
from shared.values.identifiers import Name, Text
from shared.values.rules import each_is_named_once, nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.priorities.domain import Priority
    from services.projects.project import Project


class Delivery(Part):
    """A project's plan and how far it is."""

    responsible: frozenset[str] = frozenset()
    """The organisations that lead it and deliver it."""
    plan: tuple[str, ...] = ()
    reached: dict[str, str] = {}
    """When each stage was reached."""


Delivery.ignores(ProgressReported, AreaAgreed)


@Delivery.applies
def _(delivery: Delivery, fact: ProjectStarted) -> None:
    delivery.responsible = frozenset({fact.lead, fact.delivered_by or fact.lead})
    delivery.plan = tuple(stage.stage for stage in fact.stages)


@Delivery.applies
def _(delivery: Delivery, fact: StageReached) -> None:
    delivery.reached[fact.stage] = fact.reached_on


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


def start_project(command: StartProject, project: Project, priorities: tuple[Priority, ...]) -> ProjectStarted:
    """Start it with its plan (CAN-4). Raises ``TemplateAndStages``, ``NamedTwice``, ``UnknownTemplate``."""
    stages_come_from_a_template_or_are_given(command.template, command.stages)
    a_template_is_one_of_those_there_are(command.template, TEMPLATES)
    each_is_named_once("stage", [stage.stage for stage in command.stages])
    return fact(ProjectStarted, command, stages=TEMPLATES[command.template] if command.template else command.stages)


class ReachStage(Command, frozen=True, kw_only=True):
    """Record that a project reached the next stage of its plan."""

    project: ProjectSlug
    stage: StageSlug
    reached_on: DayOrMonth
    evidence: Text


def reach_stage(command: ReachStage, project: Project, at: Circumstances) -> StageReached:
    """Reach a stage of the plan (CAN-4).

    Raises ``Unknown``, ``DatedAhead``, ``StageAlreadyReached``, ``StageOutOfOrder``.
    """
    delivery = project.delivery
    entry(dict.fromkeys(delivery.plan), "stage", command.stage, project.slug)
    nothing_is_recorded_before_its_day("reached_on", command.reached_on, at.today)
    a_stage_is_reached_once(command.stage, delivery.reached)
    stages_are_reached_in_order(command.stage, command.reached_on, delivery.plan, delivery.reached)
    return fact(StageReached, command)


class ReportProgress(Command, frozen=True, kw_only=True):
    """Report something that happened in a project. A partner names its own organisation as ``reported_by``."""

    project: ProjectSlug
    text: Text
    reported_on: DayOrMonth
    topic: Name | None = None
    reported_by: OrganisationSlug | None = None


def report_progress(command: ReportProgress, project: Project, at: Circumstances) -> ProgressReported:
    """Report what happened (CAN-1). Raises ``NotResponsible``, ``DatedAhead``."""
    only_the_responsible_report(command.project, command.reported_by, project.delivery.responsible)
    nothing_is_recorded_before_its_day("reported_on", command.reported_on, at.today)
    return fact(ProgressReported, command)


class AgreeArea(Command, frozen=True, kw_only=True):
    """Agree which area a project covers and what is outstanding. Agreed again, it replaces the earlier one."""

    project: ProjectSlug
    description: Text
    agreed_on: DayOrMonth
    outstanding: Texts = ()


def agree_area(command: AgreeArea, project: Project, at: Circumstances) -> AreaAgreed:
    """Agree which area the project covers (CAN-4). Raises ``DatedAhead``."""
    nothing_is_recorded_before_its_day("agreed_on", command.agreed_on, at.today)
    return fact(AreaAgreed, command)
