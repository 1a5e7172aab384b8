"""The terms of reference that a group meets by."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import Day, GroupSlug

Days = Annotated[int, Meta(ge=0, le=366, description="Days before the day of the meeting.", examples=[7])]
Members = Annotated[int, Meta(ge=1, le=1000, description="A number of members.", examples=[4])]


class Rounding(enum.StrEnum):
    """What becomes of the fraction when a share of the membership is no whole number."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


class QuorumShare(Value, frozen=True, kw_only=True, tag_field="kind", tag="share"):
    """A quorum that is a share of the counted membership, such as one quarter."""

    numerator: Annotated[int, Meta(ge=1, le=1000, examples=[1])]
    denominator: Annotated[int, Meta(ge=1, le=1000, examples=[4])]
    minimum: Annotated[Members, Meta(examples=[3])] | None = None
    """How many it needs at least, however small the share is."""


class QuorumNumber(Value, frozen=True, kw_only=True, tag_field="kind", tag="number"):
    """A quorum that is a fixed number of members."""

    members: Members


class TermsOfReference(Value, frozen=True, kw_only=True):
    """How a group meets: the terms a meeting is held to."""

    quorum: QuorumShare | QuorumNumber
    rounding: Rounding
    """What becomes of a fraction; of no effect where the quorum is a number."""
    deputies_count: bool
    """Whether a deputy who stands in counts as present."""
    vacant_seats_count: bool
    """Whether the quorum is a share of all seats, or of the filled seats only."""
    agenda_notice_days: Annotated[Days, Meta(examples=[14])]
    """How long before a meeting agenda items must reach the chair."""
    papers_notice_days: Days
    """How long before a meeting agenda and papers must go out."""
    meetings_a_year: Annotated[int, Meta(ge=0, le=366, examples=[4])]
    """The cadence: 4 is quarterly, 0 is when needed."""


@event("membership.terms_of_reference_adopted.v1", about="group")
class TermsOfReferenceAdopted(Event, frozen=True, kw_only=True):
    """A group's terms of reference were adopted and replace its earlier ones from a day on. Clause TSP-1."""

    group: GroupSlug
    terms: TermsOfReference
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which meetings are held to these terms."""
