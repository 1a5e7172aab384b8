"""Actions, each with a history of its own: an action outlives the meeting that assigned it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import ActionSlug, DayOrMonth, DecisionSlug, MeetingSlug, OrganisationSlug
from shared.values.identifiers import Text


@event("meetings.action_assigned.v1", about="action")
class ActionAssigned(Event, frozen=True, kw_only=True):
    """A meeting gave an organisation something to do by a day. Clause TSP-1."""

    meeting: MeetingSlug
    action: ActionSlug
    decision: DecisionSlug | None = None
    """The decision it follows from."""
    text: Annotated[Text, Meta(examples=["Ask the commissioner's office whether its funding is an option."])]
    owner: OrganisationSlug
    due_on: Annotated[DayOrMonth, Meta(examples=["2014-12-19"])]
    """The day by which it is to be done. A month is not over until its last day."""


@event("meetings.action_completed.v1", about="action", day="completed_on")
class ActionCompleted(Event, frozen=True, kw_only=True):
    """An action was done. Clause TSP-1."""

    meeting: MeetingSlug
    """The meeting that assigned it."""
    action: ActionSlug
    outcome: Annotated[Text, Meta(examples=["The office has been asked and will answer in February."])]
    """What came of it."""
    completed_on: Annotated[DayOrMonth, Meta(examples=["2014-12-12"])]
