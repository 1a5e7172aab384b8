"""Awards: money committed by a decision, and what is paid, released and returned of it.

What changes how much of a reserve is free is about the reserve; what follows from an award is about the award.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.funding.postings import Account, posts
from shared.contracts.funding.shares import Payee, PenceMoreOrLess, ReturnedShares, Shares
from shared.contracts.nouns import (
    AwardSlug,
    Day,
    DecisionSlug,
    FirstDay,
    LastDay,
    PaymentSlug,
    PurposeSlug,
    Reason,
    RequestSlug,
    ReserveSlug,
    ReturnSlug,
    StreamSlug,
)
from shared.values.identifiers import Name, Text
from shared.values.money import PositivePence


@event("funding.funds_awarded.v1", about="reserve")
@posts(Account.FREE, Account.COMMITTED)
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


@event("funding.payment_made.v1", about="award", day="paid_on")
@posts(Account.COMMITTED, Account.PAID)
class PaymentMade(Event, frozen=True, kw_only=True):
    """Part or all of an award was paid out. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    payment: PaymentSlug
    shares: Shares
    paid_on: Annotated[Day, Meta(examples=["2014-10-01"])]
    payee: Payee


@event("funding.award_reduced.v1", about="award")
@posts(Account.COMMITTED, Account.RELEASED)
class AwardReduced(Event, frozen=True, kw_only=True):
    """An award commits less than before. ``CommitmentReleased`` is recorded with it. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 250000}]])]
    reason: Reason


@event("funding.commitment_released.v1", about="reserve")
@posts(Account.RELEASED, Account.FREE)
class CommitmentReleased(Event, frozen=True, kw_only=True):
    """Committed money that will not be paid out became free again. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 250000}]])]
    reason: Reason


@event("funding.return_estimated.v1", about="award")
class ReturnEstimated(Event, frozen=True, kw_only=True):
    """A payee said that paid money will come back. Clause CAN-2."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    estimate_pence: Annotated[PositivePence, Meta(examples=[4500000])] | None = None
    """The best estimate, where there is one; the exact amount is known when the money is back."""
    wording: Annotated[Name, Meta(examples=["most of"])]
    """How the payee put it, for reports to repeat: ``most of``."""
    reason: Reason


@event("funding.funds_returned.v1", about="award", day="returned_on")
@posts(Account.PAID, Account.RETURNED)
class FundsReturned(Event, frozen=True, kw_only=True):
    """Money of an award came back, reconciled to the penny. It is apart until it is freed. Clauses CAN-2, CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: ReturnedShares
    """The exact amounts, back to the streams they came from."""
    returned_on: Annotated[Day, Meta(examples=["2015-01-12"])]
    difference_from_estimate_pence: PenceMoreOrLess | None = None
    """What came back less what was estimated; none where nothing was estimated."""


@event("funding.returned_funds_freed.v1", about="reserve")
@posts(Account.RETURNED, Account.FREE)
class ReturnedFundsFreed(Event, frozen=True, kw_only=True):
    """Returned money was freed for new use by a decision. Clause CAN-3."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: ReturnedShares
    decision: DecisionSlug
