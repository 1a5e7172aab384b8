"""Pilots of a project, from the invitation to the start."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import (
    DayOrMonth,
    DecisionSlug,
    GroupSlug,
    LastDay,
    OrganisationSlug,
    PilotSlug,
    ProjectSlug,
)
from shared.values.identifiers import Name, Text


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
    submitted_on: Annotated[DayOrMonth, Meta(examples=["2014-11-27"])]
    decision: DecisionSlug | None = None
    """The decision to submit it."""


@event("projects.expression_accepted.v1", about="project", day="accepted_on")
class ExpressionAccepted(Event, frozen=True, kw_only=True):
    """The inviting organisation accepted the partnership's expression of interest. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    accepted_on: Annotated[DayOrMonth, Meta(examples=["2014-12-15"])]


@event("projects.pilot_planned.v1", about="project")
class PilotPlanned(Event, frozen=True, kw_only=True):
    """The start of a pilot was planned, and the group that builds it named. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    starts_on: Annotated[DayOrMonth, Meta(examples=["2015-02"])]
    """When it is meant to start."""
    built_by: Annotated[GroupSlug, Meta(examples=["panel-task-and-finish"])]
    """The group that builds it."""


@event("projects.pilot_started.v1", about="project", day="started_on")
class PilotStarted(Event, frozen=True, kw_only=True):
    """A pilot started. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug
    started_on: Annotated[DayOrMonth, Meta(examples=["2015-02-09"])]
