"""What clerks, partners and the partnership's decisions ask projects to do."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services.projects.domain.document import Document
from services.projects.domain.priority import Priority
from services.projects.domain.project import Project
from services.projects.domain.templates import planned_stages
from shared.contracts.nouns import (
    Day,
    DecisionSlug,
    DocumentSlug,
    FirstDay,
    GroupSlug,
    LastDay,
    MeasureSlug,
    MitigationSlug,
    Names,
    ObjectiveSlug,
    OrganisationSlug,
    PilotSlug,
    PrioritySlug,
    ProblemSlug,
    ProjectSlug,
    QuestionSlug,
    StageSlug,
    TemplateSlug,
    Texts,
)
from shared.contracts.projects import Better, PrioritySet, ProjectStarted, QuestionKind, Reading, Stage, WebAddress
from shared.runtime.application import Unit
from shared.runtime.commands import Command, Commands
from shared.runtime.identity import Role
from shared.values.identifiers import Name, Text
from shared.values.money import PositivePence

CLERK = {Role.CLERK}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}

commands = Commands("projects")


class SetPriority(Command, frozen=True, kw_only=True):
    """Set a priority of the partnership."""

    priority: PrioritySlug
    title: Name
    outcome: Text
    corporate_priorities: Names = ()


@commands.handles("/priorities", roles=CLERK)
def set_priority(command: SetPriority, unit: Unit) -> None:
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
def set_objective(command: SetObjective, unit: Unit) -> None:
    priority = unit.existing(Priority, command.priority)
    unit.record(priority, priority.set_objective(command.objective, command.title))


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
def start_project(command: StartProject, unit: Unit) -> None:
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
def reach_stage(command: ReachStage, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.reach_stage(command.stage, command.reached_on, command.evidence, unit.today))


class ReportProgress(Command, frozen=True, kw_only=True):
    """Report something worth telling about a project. A partner names its organisation, whose project it is."""

    project: ProjectSlug
    text: Text
    reported_on: Day
    topic: Name | None = None
    reported_by: OrganisationSlug | None = None


@commands.handles("/projects/{project}/progress", roles=CLERK_OR_PARTNER, acts_for="reported_by")
def report_progress(command: ReportProgress, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    fact = project.report_progress(command.text, command.reported_on, command.topic, unit.today, command.reported_by)
    unit.record(project, fact)


class PublishDocument(Command, frozen=True, kw_only=True):
    """Tell the partnership of a document that was published, and where it can be read."""

    document: DocumentSlug
    title: Name
    published_by: OrganisationSlug
    published_on: Day
    address: WebAddress
    project: ProjectSlug | None = None


@commands.handles("/documents", roles=CLERK_OR_PARTNER, acts_for="published_by")
def publish_document(command: PublishDocument, unit: Unit) -> None:
    if command.project is not None:
        unit.existing(Project, command.project)
    document = unit.new(Document, command.document)
    fact = document.publish(
        command.title, command.published_by, command.published_on, command.address, command.project, unit.today
    )
    unit.record(document, fact)


class AgreeArea(Command, frozen=True, kw_only=True):
    """Agree which area a project covers and what is outstanding; agreed anew, it replaces the earlier one."""

    project: ProjectSlug
    description: Text
    agreed_on: Day
    outstanding: Texts = ()


@commands.handles("/projects/{project}/area", roles=CLERK)
def agree_area(command: AgreeArea, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.agree_area(command.description, command.agreed_on, command.outstanding, unit.today))


class DefineMeasure(Command, frozen=True, kw_only=True):
    """Say how a project's success is measured."""

    project: ProjectSlug
    measure: MeasureSlug
    name: Name
    unit: Name
    target: Reading | None = None
    better: Better


@commands.handles("/projects/{project}/measures", roles=CLERK)
def define_measure(command: DefineMeasure, unit: Unit) -> None:
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
def read_measure(command: ReadMeasure, unit: Unit) -> None:
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
            today=unit.today,
        ),
    )


class RaiseProblem(Command, frozen=True, kw_only=True):
    """Raise a problem of a project."""

    project: ProjectSlug
    problem: ProblemSlug
    text: Text
    raised_by: OrganisationSlug
    measure: MeasureSlug | None = None


@commands.handles("/projects/{project}/problems", roles=CLERK_OR_PARTNER, acts_for="raised_by")
def raise_problem(command: RaiseProblem, unit: Unit) -> None:
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
def agree_mitigation(command: AgreeMitigation, unit: Unit) -> None:
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
            unit.today,
        ),
    )


class InviteExpression(Command, frozen=True, kw_only=True):
    """Invite the partnership's expression of interest in a pilot."""

    project: ProjectSlug
    pilot: PilotSlug
    title: Name
    invited_by: OrganisationSlug
    text: Text
    closes_on: LastDay | None = None


@commands.handles("/projects/{project}/pilots", roles=CLERK_OR_PARTNER, acts_for="invited_by")
def invite_expression(command: InviteExpression, unit: Unit) -> None:
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
def submit_expression(command: SubmitExpression, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    pilot = project.pilot(command.pilot)
    unit.record(project, *pilot.submit(command.submitted_on, command.decision, unit.today))


class AcceptExpression(Command, frozen=True, kw_only=True):
    """Record that whoever invited accepted the expression of interest."""

    project: ProjectSlug
    pilot: PilotSlug
    accepted_on: Day


@commands.handles("/projects/{project}/pilots/{pilot}/acceptance", roles=CLERK)
def accept_expression(command: AcceptExpression, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).accept(command.accepted_on, unit.today))


class PlanPilot(Command, frozen=True, kw_only=True):
    """Settle when a pilot is to start and which group builds it."""

    project: ProjectSlug
    pilot: PilotSlug
    starts_on: FirstDay
    built_by: GroupSlug


@commands.handles("/projects/{project}/pilots/{pilot}/plan", roles=CLERK)
def plan_pilot(command: PlanPilot, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).plan(command.starts_on, command.built_by))


class StartPilot(Command, frozen=True, kw_only=True):
    """Record that a pilot started."""

    project: ProjectSlug
    pilot: PilotSlug
    started_on: FirstDay


@commands.handles("/projects/{project}/pilots/{pilot}/start", roles=CLERK)
def start_pilot(command: StartPilot, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.pilot(command.pilot).start(command.started_on, unit.today))


class RaiseQuestion(Command, frozen=True, kw_only=True):
    """Raise a question of a project, which reports carry until it is answered."""

    project: ProjectSlug
    question: QuestionSlug
    kind: QuestionKind
    text: Text
    raised_by: OrganisationSlug


@commands.handles("/projects/{project}/questions", roles=CLERK_OR_PARTNER, acts_for="raised_by")
def raise_question(command: RaiseQuestion, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.raise_question(command.question, command.kind, command.text, command.raised_by))


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """Answer an open question."""

    project: ProjectSlug
    question: QuestionSlug
    answer: Text
    answered_on: Day


@commands.handles("/projects/{project}/questions/{question}/answer", roles=CLERK)
def answer_question(command: AnswerQuestion, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.answer_question(command.question, command.answer, command.answered_on, unit.today))


class StateIntention(Command, frozen=True, kw_only=True):
    """State what an organisation intends to put into a project; stated anew, it replaces the earlier one."""

    project: ProjectSlug
    organisation: OrganisationSlug
    text: Text
    amount_pence: PositivePence | None = None


@commands.handles("/projects/{project}/intentions", roles=CLERK_OR_PARTNER, acts_for="organisation")
def state_intention(command: StateIntention, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.state_intention(command.organisation, command.text, command.amount_pence))


class OpenTenderRound(Command, frozen=True, kw_only=True):
    """Open the next round of a project's tendering."""

    project: ProjectSlug
    round: Annotated[int, Meta(ge=1, le=1000, description="Which round it is, from 1.", examples=[1])]
    opened_on: Day
    text: Text


@commands.handles("/projects/{project}/tender-rounds", roles=CLERK)
def open_tender_round(command: OpenTenderRound, unit: Unit) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.open_tender_round(command.round, command.opened_on, command.text, unit.today))
