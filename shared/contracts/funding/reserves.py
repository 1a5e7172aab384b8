"""Reserves: their streams, what was paid in, and what is carried forward or clawed back."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.funding.postings import Account, posts
from shared.contracts.nouns import (
    ContributionSlug,
    Day,
    DecisionSlug,
    LastDay,
    OrganisationSlug,
    PurposeSlug,
    ReserveSlug,
    StreamSlug,
)
from shared.values.identifiers import Name
from shared.values.money import Pence, PositivePence

CommitBy = Annotated[LastDay, Meta(description="The last day on which it can be awarded.", examples=["2015-12-31"])]
SpendBy = Annotated[LastDay, Meta(description="The last day on which it can be spent.", examples=["2016-03-31"])]
Purposes = Annotated[tuple[PurposeSlug, ...], Meta(max_length=50)]


class StreamKind(enum.StrEnum):
    """Where a stream's money comes from."""

    EXTERNAL_GRANT = "external_grant"
    REWARD_GRANT = "reward_grant"
    PARTNER_CONTRIBUTION = "partner_contribution"


@event("funding.reserve_opened.v1", about="reserve", names="name")
class ReserveOpened(Event, frozen=True, kw_only=True):
    """The partnership opened a reserve, empty until streams are received. Clause CAN-3."""

    reserve: ReserveSlug
    name: Annotated[Name, Meta(examples=["Partnership financial reserve"])]


@event("funding.stream_received.v1", about="reserve", names="name", of="stream")
@posts(Account.OUTSIDE, Account.FREE)
class StreamReceived(Event, frozen=True, kw_only=True):
    """Money came into a reserve as a stream of its own: a grant or a partner's contribution. Clause CAN-3."""

    reserve: ReserveSlug
    stream: StreamSlug
    name: Annotated[Name, Meta(examples=["Locality Funds"])]
    kind: StreamKind
    source: OrganisationSlug
    """The organisation the money came from."""
    amount_pence: Annotated[PositivePence, Meta(examples=[12000000])]
    purposes: Purposes = ()
    """What the money may be spent on; empty means on anything."""
    commit_by: CommitBy | None = None
    """None: the day to spend by, if there is one."""
    spend_by: SpendBy | None = None
    """None: no such day."""


@event("funding.contribution_paid.v1", about="contribution", day="paid_on")
class ContributionPaid(Event, frozen=True, kw_only=True):
    """An organisation says that it paid a contribution; it counts once a reserve has received it. Clause CAN-3."""

    reserve: ReserveSlug
    contribution: ContributionSlug
    organisation: OrganisationSlug
    """Who paid, and says so."""
    amount_pence: Annotated[PositivePence, Meta(examples=[500000])]
    paid_on: Annotated[Day, Meta(examples=["2015-04-10"])]


@event("funding.funds_carried_forward.v1", about="reserve")
class FundsCarriedForward(Event, frozen=True, kw_only=True):
    """A decision gave a stream later days, so that what is left of it does not lapse. Clause CAN-3."""

    reserve: ReserveSlug
    stream: StreamSlug
    amount_pence: Pence
    """What was not committed when it was carried forward."""
    commit_by: CommitBy | None = None
    spend_by: SpendBy
    decision: DecisionSlug


SETS_DAYS = StreamReceived, FundsCarriedForward
"""The facts that say by which days a stream is to be committed and spent, from their day on."""


@event("funding.funds_clawed_back.v1", about="reserve")
@posts(Account.FREE, Account.CLAWED_BACK)
class FundsClawedBack(Event, frozen=True, kw_only=True):
    """The organisation that gave a stream took back what was not committed of it. Clause CAN-3."""

    reserve: ReserveSlug
    stream: StreamSlug
    amount_pence: PositivePence
    decision: DecisionSlug
