"""Requests for funding: what is asked for, and how far each has come."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.funding.shares import ReturnsTo
from shared.contracts.nouns import (
    AwardSlug,
    DayOrMonth,
    DecisionSlug,
    FirstDay,
    LastDay,
    MeetingSlug,
    OrganisationSlug,
    ProjectSlug,
    PurposeSlug,
    Reason,
    RequestSlug,
    ReserveSlug,
    Texts,
)
from shared.values.identifiers import Name, Text
from shared.values.money import Pence, PositivePence


class Basis(enum.StrEnum):
    """How often the amount of a request falls due."""

    ONE_OFF = "one_off"
    PER_MONTH = "per_month"
    PER_ANNUM = "per_annum"


@event("funding.funds_requested.v1", about="request", names="title")
class FundsRequested(Event, frozen=True, kw_only=True):
    """An organisation asked for money from a reserve. Clause CAN-2."""

    request: RequestSlug
    reserve: ReserveSlug
    applicant: OrganisationSlug
    title: Annotated[Name, Meta(examples=["Blake Community Development Worker"])]
    purpose: PurposeSlug
    purpose_text: Annotated[Text, Meta(examples=["To keep the post after its present money ends, two days a week."])]
    """What the money would do, in words."""
    basis: Annotated[Basis, Meta(examples=["per_month"])]
    amount_pence: PositivePence
    """The amount for each time it falls due: each month, each year, or once."""
    starts_on: Annotated[FirstDay, Meta(examples=["2015-05-01"])]
    ends_on: Annotated[LastDay, Meta(examples=["2016-04-30"])] | None = None
    """The last day of the term; none means open-ended."""
    present_funding_ends_on: Annotated[LastDay, Meta(examples=["2015-03-31"])] | None = None
    """When the money that now pays for it ends."""
    total_pence: Annotated[PositivePence, Meta(examples=[1560000])] | None = None
    """The amount over the whole term; none where the request is open-ended."""
    match_pence: Pence = 0
    """What others would add if the request is met, as the applicant says; pledges are facts of their own."""


@event("funding.request_deferred.v1", about="request")
class RequestDeferred(Event, frozen=True, kw_only=True):
    """A request was put off by a decision: when it comes back and what must be known by then. Clause CAN-2."""

    request: RequestSlug
    decision: DecisionSlug
    returns_on: Annotated[DayOrMonth, Meta(examples=["2015-02-23"])] | None = None
    """The day or month in which it comes back, where one was set."""
    returns_to: ReturnsTo
    """Where it comes back, in words."""
    must_know: Annotated[Texts, Meta(examples=[["What the community development work offers the post"]])] = ()
    """What must be known by then."""
    awaits_project: Annotated[ProjectSlug, Meta(examples=["asset-based-development"])] | None = None
    """The project whose outcome the request is linked to."""


@event("funding.request_reconsidered.v1", about="request")
class RequestReconsidered(Event, frozen=True, kw_only=True):
    """A deferred request was taken up again and is open for a decision. Clause CAN-2."""

    request: RequestSlug
    meeting: Annotated[MeetingSlug, Meta(examples=["board-2015-02-23"])] | None = None
    """The meeting that takes it up, where one does."""
    reasons: Annotated[Reason, Meta(examples=["What the board asked to know is now known."])]


@event("funding.request_noted.v1", about="request")
class RequestNoted(Event, frozen=True, kw_only=True):
    """A request was noted: it was heard, and neither met nor refused. Clause CAN-2."""

    request: RequestSlug
    decision: DecisionSlug
    still_deferred: bool = False
    """Whether it was deferred before, and is still."""


@event("funding.other_funder_sought.v1", about="request")
class OtherFunderSought(Event, frozen=True, kw_only=True):
    """A decision asked whether another funder can pay for what was requested. Clause CAN-2."""

    request: RequestSlug
    decision: DecisionSlug
    funder: Annotated[OrganisationSlug, Meta(examples=["police-and-crime-commissioner"])]
    starts_on: FirstDay
    ends_on: LastDay


@event("funding.request_declined.v1", about="request")
class RequestDeclined(Event, frozen=True, kw_only=True):
    """A request was declined by a decision. Clause CAN-2."""

    request: RequestSlug
    decision: DecisionSlug
    reasons: Annotated[Reason, Meta(examples=["The reserve is finite and the post can be paid from another fund."])]


@event("funding.request_met.v1", about="request")
class RequestMet(Event, frozen=True, kw_only=True):
    """A request was met by an award; if it was deferred, that is over. Clause CAN-2."""

    request: RequestSlug
    reserve: ReserveSlug
    award: AwardSlug
    decision: DecisionSlug


@event("funding.match_funding_pledged.v1", about="request")
class MatchFundingPledged(Event, frozen=True, kw_only=True):
    """A funder pledged money in addition to what is requested of the reserve. Clause CAN-3."""

    request: RequestSlug
    funder: OrganisationSlug
    """The organisation that pledged it."""
    amount_pence: PositivePence
