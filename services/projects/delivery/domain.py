"""A project's delivery: who is responsible, its plan and how far it is, its progress, its area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.projects.delivery.rules import (
    a_stage_is_reached_once,
    a_template_is_one_of_those_there_are,
    only_the_responsible_report,
    stages_are_reached_in_order,
    stages_come_from_a_template_or_are_given,
)
from services.projects.delivery.templates import TEMPLATES
from shared.contracts.event import fact
from shared.contracts.nouns import (
    OrganisationSlug,
)
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted, StageReached
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry
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


def start_project(asked: ProjectStarted, project: Project, priorities: tuple[Priority, ...]) -> ProjectStarted:
    """Start a project, with the stages of a template (such as seven-steps), with its own, or with none (CAN-4).

    Raises ``TemplateAndStages``, ``NamedTwice``, ``UnknownTemplate``.
    """
    stages_come_from_a_template_or_are_given(asked.template, asked.stages)
    a_template_is_one_of_those_there_are(asked.template, TEMPLATES)
    each_is_named_once("stage", [stage.stage for stage in asked.stages])
    return fact(ProjectStarted, asked, stages=TEMPLATES[asked.template] if asked.template else asked.stages)


def reach_stage(asked: StageReached, project: Project, at: Circumstances) -> StageReached:
    """Record that a project reached the next stage of its plan (CAN-4).

    Raises ``Unknown``, ``DatedAhead``, ``StageAlreadyReached``, ``StageOutOfOrder``.
    """
    delivery = project.delivery
    entry(dict.fromkeys(delivery.plan), "stage", asked.stage, project.slug)
    nothing_is_recorded_before_its_day("reached_on", asked.reached_on, at.today)
    a_stage_is_reached_once(asked.stage, delivery.reached)
    stages_are_reached_in_order(asked.stage, asked.reached_on, delivery.plan, delivery.reached)
    return asked


class ReportProgress(ProgressReported, frozen=True, kw_only=True):
    """Report something that happened in a project. A partner names its own organisation as ``reported_by``."""

    reported_by: OrganisationSlug | None = None


def report_progress(command: ReportProgress, project: Project, at: Circumstances) -> ProgressReported:
    """Report what happened (CAN-1). Raises ``NotResponsible``, ``DatedAhead``."""
    only_the_responsible_report(command.project, command.reported_by, project.delivery.responsible)
    nothing_is_recorded_before_its_day("reported_on", command.reported_on, at.today)
    return fact(ProgressReported, command)


def agree_area(asked: AreaAgreed, project: Project, at: Circumstances) -> AreaAgreed:
    """Agree which area a project covers and what is outstanding (CAN-4). Agreed again, it replaces the earlier one.

    Raises ``DatedAhead``.
    """
    nothing_is_recorded_before_its_day("agreed_on", asked.agreed_on, at.today)
    return asked
