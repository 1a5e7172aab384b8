"""The minutes of a meeting."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import MeetingSlug
from shared.values.identifiers import Text


@event("meetings.minutes_drafted.v1", about="meeting")
class MinutesDrafted(Event, frozen=True, kw_only=True):
    """Minutes of a meeting were drafted, or a new draft replaced the last. Clause TSP-1."""

    meeting: MeetingSlug
    summary: Annotated[Text, Meta(examples=["Two requests for funding were heard; a return of money was reported."])]


@event("meetings.minutes_approved.v1", about="meeting")
class MinutesApproved(Event, frozen=True, kw_only=True):
    """A later meeting of the group approved a meeting's minutes. Clause TSP-1."""

    meeting: MeetingSlug
    """The meeting whose minutes they are."""
    approved_at: Annotated[MeetingSlug, Meta(examples=["board-2015-02-23"])]
    """The meeting that approved them."""
