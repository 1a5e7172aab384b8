"""Projects: their start, the stages of their plan, their progress and the area they cover."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
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
from shared.values.identifiers import Name, Text


class Stage(Value, frozen=True, kw_only=True):
    """One step of a project's plan."""

    stage: StageSlug
    title: Annotated[Name, Meta(examples=["Find and support key residents"])]
    description: Annotated[Text, Meta(examples=["A steering group of residents and front-line workers is formed."])]


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
    reached_on: Annotated[DayOrMonth, Meta(examples=["2014-12-05"])]
    evidence: Annotated[Text, Meta(examples=["The steering group met for the first time."])]
    """What shows it."""


@event("projects.progress_reported.v1", about="project", day="reported_on")
class ProgressReported(Event, frozen=True, kw_only=True):
    """The progress of a project was reported. Clauses CAN-1, CAN-7."""

    project: ProjectSlug
    text: Annotated[Text, Meta(examples=["The programme began in October across the county."])]
    reported_on: Annotated[DayOrMonth, Meta(examples=["2014-12-05"])]
    topic: Annotated[Name, Meta(examples=["Take-up"])] | None = None
    """What it is about, where the project has several topics."""


@event("projects.area_agreed.v1", about="project", day="agreed_on")
class AreaAgreed(Event, frozen=True, kw_only=True):
    """The area that a project covers was agreed, with what is outstanding. Clause CAN-4."""

    project: ProjectSlug
    description: Annotated[Text, Meta(examples=["Parts of the Blake area, with Chadsmoor."])]
    agreed_on: Annotated[DayOrMonth, Meta(examples=["2014-12-05"])]
    outstanding: Annotated[Texts, Meta(examples=[["Maps", "Numbers of households"]])] = ()
    """What is still to come."""
