"""A reserve's streams: received, paid in, carried forward and clawed back (CAN-3)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from services.funding.reserves.rules import (
    money_is_carried_forward_to_a_later_day,
    money_is_committed_before_it_is_spent,
    no_more_is_clawed_back_than_is_free,
)
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.funding.reserves import (
    CommitBy,
    ContributionPaid,
    FundsCarriedForward,
    FundsClawedBack,
    ReserveOpened,
    SpendBy,
    StreamReceived,
)
from shared.contracts.nouns import DecisionSlug, ReserveSlug, StreamSlug
from shared.values.aggregate import Aggregate, Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.funding.reserve import Reserve


class Stream(msgspec.Struct, frozen=True):
    """The terms on which money was given."""

    name: str
    purposes: tuple[str, ...] = ()
    """What it may be spent on; empty means on anything."""
    commit_by: dt.date | None = None
    spend_by: dt.date | None = None

    @property
    def awarded_until(self) -> dt.date | None:
        """The last day on which it can be awarded."""
        return self.commit_by or self.spend_by


class Streams(Part):
    """The streams of a reserve. ``Books`` says where their money is."""

    received: dict[str, Stream] = {}

    def named(self, stream: str, reserve: str) -> Stream:
        """The stream of that name. Raises ``Unknown``."""
        return entry(self.received, "stream", stream, reserve)


Streams.ignores(ReserveOpened)


@Streams.applies
def _(streams: Streams, fact: StreamReceived) -> None:
    streams.received[fact.stream] = Stream(fact.name, fact.purposes, fact.commit_by, fact.spend_by)


@Streams.applies
def _(streams: Streams, fact: FundsCarriedForward) -> None:
    stream = streams.received[fact.stream]
    streams.received[fact.stream] = Stream(stream.name, stream.purposes, fact.commit_by, fact.spend_by)


class Contribution(Aggregate):
    """What an organisation says that it paid: a history of its own, so that partners cannot lengthen the reserve's."""

    noun = "contribution"


Contribution.ignores(ContributionPaid)


def open_reserve(asked: ReserveOpened, reserve: Reserve) -> ReserveOpened:
    """Open a reserve, empty until streams are received."""
    return asked


def receive_stream(asked: StreamReceived, reserve: Reserve) -> StreamReceived:
    """Receive a grant or a contribution into a reserve, as a stream of its own."""
    is_free(reserve.streams.received, "stream", asked.stream, asked.reserve)
    money_is_committed_before_it_is_spent(asked.commit_by, asked.spend_by)
    return asked


def pay_contribution(
    asked: ContributionPaid, contribution: Contribution, reserve: Reserve, at: Circumstances
) -> ContributionPaid:
    """Say that a contribution to a reserve was paid; it counts once the reserve has received it as a stream."""
    nothing_is_recorded_before_its_day("paid_on", asked.paid_on, at.recorded_on)
    return asked


class CarryFundsForward(Command, frozen=True, kw_only=True):
    """Give a stream later days by a decision, so that what is left of it does not lapse."""

    reserve: ReserveSlug
    stream: StreamSlug
    commit_by: CommitBy | None = None
    """None: the day to spend by."""
    spend_by: SpendBy
    decision: DecisionSlug


def carry_funds_forward(command: CarryFundsForward, reserve: Reserve) -> FundsCarriedForward:
    stream = reserve.streams.named(command.stream, command.reserve)
    money_is_committed_before_it_is_spent(command.commit_by, command.spend_by)
    later = command.commit_by or command.spend_by, command.spend_by
    money_is_carried_forward_to_a_later_day(stream.name, (stream.awarded_until, stream.spend_by), later)
    return fact(FundsCarriedForward, command, amount_pence=reserve.free(command.stream))


def claw_funds_back(asked: FundsClawedBack, reserve: Reserve) -> FundsClawedBack:
    """Give back to its source what was not committed of a stream, by a decision."""
    stream = reserve.streams.named(asked.stream, asked.reserve)
    no_more_is_clawed_back_than_is_free(stream.name, reserve.free(asked.stream), asked.amount_pence)
    return asked
