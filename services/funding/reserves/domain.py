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
    Purposes,
    ReserveOpened,
    SpendBy,
    StreamKind,
    StreamReceived,
)
from shared.contracts.nouns import ContributionSlug, Day, DecisionSlug, OrganisationSlug, ReserveSlug, StreamSlug
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.identifiers import Name
from shared.values.money import PositivePence
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
    contributions: set[str] = set()

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


@Streams.applies
def _(streams: Streams, fact: ContributionPaid) -> None:
    streams.contributions.add(fact.contribution)


class OpenReserve(Command, frozen=True, kw_only=True):
    """Open a reserve, empty until streams are received."""

    reserve: ReserveSlug
    name: Name


def open_reserve(command: OpenReserve, reserve: Reserve) -> ReserveOpened:
    return fact(ReserveOpened, command)


class ReceiveStream(Command, frozen=True, kw_only=True):
    """Receive a grant or a contribution into a reserve, as a stream of its own."""

    reserve: ReserveSlug
    stream: StreamSlug
    name: Name
    kind: StreamKind
    source: OrganisationSlug
    amount_pence: PositivePence
    purposes: Purposes = ()
    """What it may be spent on; empty means on anything."""
    commit_by: CommitBy | None = None
    """None: the day to spend by, if there is one."""
    spend_by: SpendBy | None = None
    """None: no such day."""


def receive_stream(command: ReceiveStream, reserve: Reserve) -> StreamReceived:
    is_free(reserve.streams.received, "stream", command.stream, command.reserve)
    money_is_committed_before_it_is_spent(command.commit_by, command.spend_by)
    return fact(StreamReceived, command)


class PayContribution(Command, frozen=True, kw_only=True):
    """Say that a contribution to a reserve was paid; it counts once the reserve has received it as a stream."""

    reserve: ReserveSlug
    contribution: ContributionSlug
    organisation: OrganisationSlug
    amount_pence: PositivePence
    paid_on: Day


def pay_contribution(command: PayContribution, reserve: Reserve, at: Circumstances) -> ContributionPaid:
    is_free(reserve.streams.contributions, "contribution", command.contribution, command.reserve)
    nothing_is_recorded_before_its_day("paid_on", command.paid_on, at.recorded_on)
    return fact(ContributionPaid, command)


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


class ClawFundsBack(Command, frozen=True, kw_only=True):
    """Give back to its source what was not committed of a stream, by a decision."""

    reserve: ReserveSlug
    stream: StreamSlug
    amount_pence: PositivePence
    decision: DecisionSlug


def claw_funds_back(command: ClawFundsBack, reserve: Reserve) -> FundsClawedBack:
    stream = reserve.streams.named(command.stream, command.reserve)
    no_more_is_clawed_back_than_is_free(stream.name, reserve.free(command.stream), command.amount_pence)
    return fact(FundsClawedBack, command)
