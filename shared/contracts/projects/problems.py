"""Problems of a project, and what is done about them. A problem has a history of its own."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import (
    DayOrMonth,
    DecisionSlug,
    MeasureSlug,
    MitigationSlug,
    OrganisationSlug,
    ProblemSlug,
    ProjectSlug,
)
from shared.values.identifiers import Text


@event("projects.problem_raised.v1", about="problem")
class ProblemRaised(Event, frozen=True, kw_only=True):
    """A problem of a project was raised. Clause CAN-6."""

    project: ProjectSlug
    problem: ProblemSlug
    text: Annotated[Text, Meta(examples=["Nobody in the district has taken up a place."])]
    raised_by: OrganisationSlug
    measure: MeasureSlug | None = None
    """The measure that shows it."""


@event("projects.mitigation_agreed.v1", about="problem", day="agreed_on")
class MitigationAgreed(Event, frozen=True, kw_only=True):
    """Something to be done against a problem was agreed. Clause CAN-6."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Annotated[Text, Meta(examples=["The police will signpost people to the programme."])]
    owner: Annotated[OrganisationSlug, Meta(examples=["police"])]
    """The organisation that does it."""
    agreed_on: Annotated[DayOrMonth, Meta(examples=["2014-12-16"])]
    decision: DecisionSlug | None = None
    """The decision it follows from, where a meeting of the partnership took it."""
