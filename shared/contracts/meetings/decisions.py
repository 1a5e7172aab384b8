"""Decisions. What a decision brings about is in ``effects.py``, an event each."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.funding.shares import ReturnsTo
from shared.contracts.meetings.meetings import Count
from shared.contracts.meetings.references import About
from shared.contracts.nouns import (
    DayOrMonth,
    DecisionSlug,
    GroupSlug,
    ItemSlug,
    MeetingSlug,
    ProjectSlug,
    Reason,
    Texts,
)
from shared.values.identifiers import Text


class Outcome(enum.StrEnum):
    """What a meeting did with a matter."""

    AGREED = "agreed"
    ENDORSED = "endorsed"
    NOTED = "noted"
    DEFERRED = "deferred"
    DECLINED = "declined"


ACTING = frozenset({Outcome.AGREED, Outcome.ENDORSED})
"""The outcomes by which something is done. With any other, what was asked for was only talked about."""


class Deferral(Value, frozen=True, kw_only=True):
    """When a deferred matter comes back and what must be known by then."""

    returns_on: Annotated[DayOrMonth, Meta(examples=["2015-02-23"])] | None = None
    """The day or month in which it comes back, where one was set."""
    returns_to: ReturnsTo
    """Where it comes back, in words."""
    must_know: Annotated[Texts, Meta(examples=[["What the community development work offers the post"]])] = ()
    """What must be known by then."""
    awaits_project: Annotated[ProjectSlug, Meta(examples=["asset-based-development"])] | None = None
    """The project whose outcome the matter is linked to."""


@event("meetings.decision_recorded.v1", about="meeting")
class DecisionRecorded(Event, frozen=True, kw_only=True):
    """A meeting agreed, endorsed, noted, deferred or declined a matter. Clauses CAN-2, CAN-4, CAN-5, CAN-6."""

    meeting: MeetingSlug
    decision: DecisionSlug
    group: GroupSlug
    item: ItemSlug
    outcome: Annotated[Outcome, Meta(examples=["deferred"])]
    text: Annotated[Text, Meta(examples=["That the request be reconsidered at a future meeting."])]
    """The decision, as the minutes have it."""
    reasons: Annotated[Reason, Meta(examples=["The post may be linked to the community development work."])]
    alternatives: Annotated[Texts, Meta(examples=[["Pay the post from the reserve until March 2016"]])] = ()
    """What else was considered."""
    about: About | None = None
    deferral: Deferral | None = None
    """Present when, and only when, the outcome is deferred."""
    quorate: bool
    """Whether the meeting was, for this item."""
    present: Annotated[Count, Meta(examples=[7])]
    """Members counted as present for this item."""
    required: Annotated[Count, Meta(examples=[3])]
    """Members needed for a quorum."""
