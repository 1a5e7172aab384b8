"""What projects publishes: priorities, objectives, projects and their stages, measures, problems, pilots, questions."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
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
from shared.values.identifiers import Name, Text
from shared.values.money import PositivePence

Reading = Annotated[int, Meta(ge=-(10**13), le=10**13, description="A value, in the measure's unit.", examples=[0])]


WebAddress = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=r"^https?://[^\s\u0000-\u001f]+$(?!\n)",
        description="Where it can be read.",
        examples=["https://council.example/needs-assessment-2015.pdf"],
    ),
]


class Better(enum.StrEnum):
    """Which way a measure should go."""

    HIGHER = "higher"
    LOWER = "lower"


class QuestionKind(enum.StrEnum):
    """What sort of question is open."""

    LEGAL = "legal"
    FINANCIAL = "financial"
    GOVERNANCE = "governance"
    OTHER = "other"


class Stage(Value, frozen=True, kw_only=True):
    """One step of a project's plan."""

    stage: StageSlug
    title: Annotated[Name, Meta(examples=["Find and support key residents"])]
    description: Annotated[Text, Meta(examples=["A steering group of residents and front-line workers is formed."])]


@event("projects.priority_set.v1", about="priority", names="title")
class PrioritySet(Event, frozen=True, kw_only=True):
    """The partnership set itself a priority. Clauses CAN-1, TSP-7."""

    priority: PrioritySlug
    title: Annotated[Name, Meta(examples=["Community safety"])]
    outcome: Annotated[Text, Meta(examples=["People are safe, and feel safe, where they live."])]
    """What will be so when it is reached."""
    corporate_priorities: Annotated[Names, Meta(examples=[["Place"]])] = ()
    """The council's priorities that it serves."""


@event("projects.objective_set.v1", about="priority", names="title", of="objective")
class ObjectiveSet(Event, frozen=True, kw_only=True):
    """An objective was set under a priority. Clause TSP-7."""

    priority: PrioritySlug
    objective: ObjectiveSlug
    title: Annotated[Name, Meta(examples=["Fewer repeat offences of domestic abuse"])]


@event("projects.project_started.v1", about="project", names="title")
class ProjectStarted(Event, frozen=True, kw_only=True):
    """A project was started, with its plan where it has one. Clauses CAN-4, CAN-6, CAN-7."""

    project: ProjectSlug
    title: Annotated[Name, Meta(examples=["Domestic Abuse Perpetrators Programme"])]
    purpose: Annotated[Text, Meta(examples=["To help people who recognise that they cannot control what they do."])]
    lead: OrganisationSlug
    """The organisation that answers for it, or commissioned it."""
    delivered_by: Annotated[OrganisationSlug, Meta(examples=["community-provider"])] | None = None
    """The organisation that carries it out, where that is another."""
    priorities: Annotated[tuple[PrioritySlug, ...], Meta(max_length=50)] = ()
    """The priorities it serves."""
    outcomes: Annotated[Names, Meta(examples=[["Fewer people are harmed"]])] = ()
    """The outcomes it will be judged by, such as those of a commissioning prospectus."""
    template: TemplateSlug | None = None
    stages: Annotated[tuple[Stage, ...], Meta(max_length=50)] = ()
    """Its steps, in order."""


@event("projects.stage_reached.v1", about="project", day="reached_on")
class StageReached(Event, frozen=True, kw_only=True):
    """A project reached a stage of its plan. Clause CAN-4."""

    project: ProjectSlug
    stage: StageSlug
    reached_on: Annotated[Day, Meta(examples=["2014-12-05"])]
    evidence: Annotated[Text, Meta(examples=["The steering group met for the first time."])]
    """What shows it."""


@event("projects.progress_reported.v1", about="project", day="reported_on")
class ProgressReported(Event, frozen=True, kw_only=True):
    """Something worth telling happened in a project. Clauses CAN-1, CAN-7."""

    project: ProjectSlug
    text: Annotated[Text, Meta(examples=["The programme began in October across the county."])]
    reported_on: Annotated[Day, Meta(examples=["2014-12-05"])]
    topic: Annotated[Name, Meta(examples=["Take-up"])] | None = None
    """What it is about, where the project has several topics."""


@event("projects.document_published.v1", about="document", day="published_on", names="title")
class DocumentPublished(Event, frozen=True, kw_only=True):
    """An organisation published a document that the partnership's work rests on. Clauses TSP-7, STK-5."""

    document: DocumentSlug
    title: Annotated[Name, Meta(examples=["Strategic Needs Assessment 2015"])]
    published_by: OrganisationSlug
    published_on: Annotated[Day, Meta(examples=["2015-01-12"])]
    address: WebAddress
    project: ProjectSlug | None = None
    """The project it is about, where it is about one."""


@event("projects.area_agreed.v1", about="project", day="agreed_on")
class AreaAgreed(Event, frozen=True, kw_only=True):
    """The area that a project covers was agreed, with what is outstanding. Clause CAN-4."""

    project: ProjectSlug
    description: Annotated[Text, Meta(examples=["Parts of the Blake area, with Chadsmoor."])]
    agreed_on: Annotated[Day, Meta(examples=["2014-12-05"])]
    outstanding: Annotated[Texts, Meta(examples=[["Maps", "Numbers of households"]])] = ()
    """What is still to come."""


@event("projects.measure_defined.v1", about="project", names="name", of="measure")
class MeasureDefined(Event, frozen=True, kw_only=True):
    """It was said how a project's success is measured. Clause CAN-6."""

    project: ProjectSlug
    measure: MeasureSlug
    name: Annotated[Name, Meta(examples=["Referrals to the programme"])]
    unit: Annotated[Name, Meta(examples=["people"])]
    target: Annotated[Reading, Meta(examples=[12])] | None = None
    """The value to be reached in each period, where there is one."""
    better: Better


@event("projects.measure_read.v1", about="project")
class MeasureRead(Event, frozen=True, kw_only=True):
    """An organisation reported a measure's value for a period; zero is a value. Clause CAN-6."""

    project: ProjectSlug
    measure: MeasureSlug
    value: Reading
    period_starts: Annotated[FirstDay, Meta(examples=["2014-10-01"])]
    period_ends: Annotated[LastDay, Meta(examples=["2014-12-31"])]
    reported_by: OrganisationSlug
    note: Annotated[Text, Meta(examples=["A similar picture to other areas of the county."])] | None = None


@event("projects.problem_raised.v1", about="project")
class ProblemRaised(Event, frozen=True, kw_only=True):
    """A problem of a project was raised. Clause CAN-6."""

    project: ProjectSlug
    problem: ProblemSlug
    text: Annotated[Text, Meta(examples=["Nobody in the district has taken up a place."])]
    raised_by: OrganisationSlug
    measure: MeasureSlug | None = None
    """The measure that shows it."""


@event("projects.mitigation_agreed.v1", about="project", day="agreed_on")
class MitigationAgreed(Event, frozen=True, kw_only=True):
    """Something to be done against a problem was agreed. Clause CAN-6."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Annotated[Text, Meta(examples=["The police will signpost people to the programme."])]
    owner: Annotated[OrganisationSlug, Meta(examples=["police"])]
    """The organisation that does it."""
    agreed_on: Annotated[Day, Meta(examples=["2014-12-16"])]
    decision: DecisionSlug | None = None
    """The decision it follows from, where a meeting of the partnership took it."""


@event("projects.expression_invited.v1", about="project", names="title", of="pilot")
class ExpressionInvited(Event, frozen=True, kw_only=True):
    """An organisation invited expressions of interest in a pilot. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    title: Annotated[Name, Meta(examples=["Safer Neighbourhood Panel"])]
    invited_by: Annotated[OrganisationSlug, Meta(examples=["police-and-crime-commissioner"])]
    text: Annotated[Text, Meta(examples=["Districts may be early implementers of a panel of local people."])]
    closes_on: Annotated[LastDay, Meta(examples=["2014-11-28"])] | None = None
    """The last day for expressions."""


@event("projects.expression_submitted.v1", about="project", day="submitted_on")
class ExpressionSubmitted(Event, frozen=True, kw_only=True):
    """The partnership submitted its expression of interest in a pilot. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    submitted_on: Annotated[Day, Meta(examples=["2014-11-27"])]
    decision: DecisionSlug | None = None
    """The decision to submit it."""


@event("projects.expression_accepted.v1", about="project", day="accepted_on")
class ExpressionAccepted(Event, frozen=True, kw_only=True):
    """The inviting organisation accepted the partnership's expression of interest. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    accepted_on: Annotated[Day, Meta(examples=["2014-12-15"])]


@event("projects.pilot_planned.v1", about="project")
class PilotPlanned(Event, frozen=True, kw_only=True):
    """It was settled when a pilot starts and which group builds it. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    starts_on: Annotated[FirstDay, Meta(examples=["2015-02-01"])]
    """The day it is meant to start."""
    built_by: Annotated[GroupSlug, Meta(examples=["panel-task-and-finish"])]
    """The group that builds it."""


@event("projects.pilot_started.v1", about="project", day="started_on")
class PilotStarted(Event, frozen=True, kw_only=True):
    """A pilot started. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    started_on: Annotated[FirstDay, Meta(examples=["2015-02-09"])]


@event("projects.question_raised.v1", about="project")
class QuestionRaised(Event, frozen=True, kw_only=True):
    """A question of a project was raised; it is carried from report to report until answered. Clause CAN-7."""

    project: ProjectSlug
    question: QuestionSlug
    kind: QuestionKind
    text: Annotated[Text, Meta(examples=["Can money that is not for health pay into the joint process?"])]
    raised_by: OrganisationSlug


@event("projects.question_answered.v1", about="project", day="answered_on")
class QuestionAnswered(Event, frozen=True, kw_only=True):
    """An open question was answered. Clause CAN-7."""

    project: ProjectSlug
    question: QuestionSlug
    answer: Annotated[Text, Meta(examples=["It can, once the prospectus names outcomes beside health."])]
    answered_on: Annotated[Day, Meta(examples=["2015-03-16"])]


@event("projects.intention_stated.v1", about="project")
class IntentionStated(Event, frozen=True, kw_only=True):
    """A partner stated what it intends to put into a project; no money is bound by it. Clause CAN-7."""

    project: ProjectSlug
    organisation: OrganisationSlug
    text: Annotated[Text, Meta(examples=["The council intends to commit funding to the first round."])]
    amount_pence: PositivePence | None = None
    """How much, where that was said."""


@event("projects.tender_round_opened.v1", about="project", day="opened_on")
class TenderRoundOpened(Event, frozen=True, kw_only=True):
    """A round of tendering was opened. Clause CAN-7."""

    project: ProjectSlug
    round: Annotated[int, Meta(ge=1, le=1000, examples=[1])]
    """Which round it is, from 1."""
    opened_on: Annotated[Day, Meta(examples=["2014-12-01"])]
    text: Annotated[Text, Meta(examples=["Tenders are invited against the four outcomes of the prospectus."])]
