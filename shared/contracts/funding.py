"""What funding publishes: reserves and their streams, requests, awards, payments, returns and match funding.

All amounts are whole pence. ``shares`` says which streams money comes from or goes back to; they add up to the amount.
"""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import (
    AwardSlug,
    ContributionSlug,
    Day,
    DayOrMonth,
    DecisionSlug,
    FirstDay,
    LastDay,
    MeetingSlug,
    OrganisationSlug,
    PaymentSlug,
    ProjectSlug,
    PurposeSlug,
    Reason,
    RequestSlug,
    ReserveSlug,
    ReturnSlug,
    StreamSlug,
    Texts,
)
from shared.values.identifiers import Name, Slug, Text
from shared.values.money import MAX_PENCE, Pence, PositivePence

Payee = Annotated[Slug, Meta(description="Who is paid: an organisation or a group.", examples=["skills-board"])]
ReturnsTo = Annotated[Text, Meta(examples=["A future meeting of the Strategic Board"])]
PenceMoreOrLess = Annotated[int, Meta(ge=-MAX_PENCE, le=MAX_PENCE, description="Whole pence.", examples=[-12550])]


class StreamKind(enum.StrEnum):
    """Where a stream's money comes from."""

    EXTERNAL_GRANT = "external_grant"
    REWARD_GRANT = "reward_grant"
    PARTNER_CONTRIBUTION = "partner_contribution"


class Basis(enum.StrEnum):
    """How often the amount of a request falls due."""

    ONE_OFF = "one_off"
    PER_MONTH = "per_month"
    PER_ANNUM = "per_annum"


class StreamShare(Value, frozen=True, kw_only=True):
    """An amount that comes from, or goes back to, one stream of a reserve."""

    stream: StreamSlug
    amount_pence: Annotated[PositivePence, Meta(examples=[5000000])]


Shares = Annotated[tuple[StreamShare, ...], Meta(min_length=1, max_length=50)]
ReturnedShares = Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 4487450}]])]


@event("funding.reserve_opened.v1", about="reserve", names="name")
class ReserveOpened(Event, frozen=True, kw_only=True):
    """The partnership opened a reserve, empty until streams are received. Clause CAN-3."""

    reserve: ReserveSlug
    name: Annotated[Name, Meta(examples=["Partnership financial reserve"])]


@event("funding.stream_received.v1", about="reserve", names="name", of="stream")
class StreamReceived(Event, frozen=True, kw_only=True):
    """Money came into a reserve as a stream of its own: a grant or a partner's contribution. Clause CAN-3."""

    reserve: ReserveSlug
    stream: StreamSlug
    name: Annotated[Name, Meta(examples=["Locality Funds"])]
    kind: StreamKind
    source: OrganisationSlug
    """The organisation the money came from."""
    amount_pence: Annotated[PositivePence, Meta(examples=[12000000])]
    purposes: Annotated[tuple[PurposeSlug, ...], Meta(max_length=50)] = ()
    """What the money may be spent on; empty means on anything."""
    ends_on: LastDay | None = None
    """The last day on which the money may be spent; none means no such day."""


@event("funding.contribution_paid.v1", about="reserve", day="paid_on")
class ContributionPaid(Event, frozen=True, kw_only=True):
    """An organisation says that it paid a contribution; it counts once a reserve has received it. Clause CAN-3."""

    reserve: ReserveSlug
    contribution: ContributionSlug
    organisation: OrganisationSlug
    """Who paid, and says so."""
    amount_pence: Annotated[PositivePence, Meta(examples=[500000])]
    paid_on: Annotated[Day, Meta(examples=["2015-04-10"])]


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


@event("funding.funds_awarded.v1", about="reserve")
class FundsAwarded(Event, frozen=True, kw_only=True):
    """Money of a reserve was committed to a payee by a decision. Clauses CAN-2, CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    request: RequestSlug | None = None
    """The request that was met; none where the decision awarded money unasked."""
    shares: Shares
    payee: Payee
    purpose: Annotated[PurposeSlug, Meta(examples=["apprenticeships"])]
    starts_on: Annotated[FirstDay, Meta(examples=["2013-04-01"])]
    ends_on: LastDay | None = None
    """The last day the award pays for; none means until it is spent."""
    decision: DecisionSlug


@event("funding.award_refused.v1", about="reserve")
class AwardRefused(Event, frozen=True, kw_only=True):
    """A decision awarded what the reserve does not allow; nothing was committed, and it shows. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    request: RequestSlug | None = None
    shares: Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 130000}]])]
    """What the decision would have committed."""
    decision: DecisionSlug
    reason: Annotated[Text, Meta(examples=["Locality Funds has £800 free, £500 less than the award asks of it."])]
    """What was wrong, with figures."""
    rule: Annotated[Text, Meta(examples=["Never more is committed than a stream has free."])]
    """The rule, as a sentence."""
    clause: Annotated[Name, Meta(examples=["CAN-3"])]
    """The clause the rule comes from."""
    stream: StreamSlug | None = None
    """The stream that falls short, where one does."""
    short_by_pence: Annotated[PositivePence, Meta(examples=[50000])] | None = None
    """By how much it falls short."""


@event("funding.payment_made.v1", about="reserve", day="paid_on")
class PaymentMade(Event, frozen=True, kw_only=True):
    """Part or all of an award was paid out. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    payment: PaymentSlug
    shares: Shares
    paid_on: Annotated[Day, Meta(examples=["2014-10-01"])]
    payee: Payee


@event("funding.commitment_released.v1", about="reserve")
class CommitmentReleased(Event, frozen=True, kw_only=True):
    """Committed money that will not be paid out became free again. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 250000}]])]
    reason: Reason


@event("funding.return_estimated.v1", about="reserve")
class ReturnEstimated(Event, frozen=True, kw_only=True):
    """A payee said that paid money will come back, and about how much. Clause CAN-2."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    estimate_pence: Annotated[PositivePence, Meta(examples=[4500000])]
    """The best estimate; the exact amount is known when the money is back."""
    wording: Annotated[Name, Meta(examples=["most of"])]
    """How the payee put it, for reports to repeat: ``most of``."""
    reason: Reason


@event("funding.funds_returned.v1", about="reserve", day="returned_on")
class FundsReturned(Event, frozen=True, kw_only=True):
    """Money of an award came back, reconciled to the penny; it lies apart until it is freed. Clauses CAN-2, CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: ReturnedShares
    """The exact amounts, back to the streams they came from."""
    returned_on: Annotated[Day, Meta(examples=["2015-01-12"])]
    difference_from_estimate_pence: PenceMoreOrLess | None = None
    """What came back less what was estimated; none where nothing was estimated."""


@event("funding.returned_funds_freed.v1", about="reserve")
class ReturnedFundsFreed(Event, frozen=True, kw_only=True):
    """Returned money was freed for new use by a decision. Clause CAN-3."""

    reserve: ReserveSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: ReturnedShares
    decision: DecisionSlug


@event("funding.match_funding_pledged.v1", about="request")
class MatchFundingPledged(Event, frozen=True, kw_only=True):
    """A funder pledged money beside what is requested of the reserve. Clause CAN-3."""

    request: RequestSlug
    funder: OrganisationSlug
    """The organisation that pledged it."""
    amount_pence: PositivePence
