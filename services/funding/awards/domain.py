"""Awards: committed in a reserve, then paid, released and returned, each in a history of its own (CAN-2, CAN-3).

Awarding, releasing and freeing change what is free, so each records a fact about the reserve. Payments and returns are
facts about the award alone, so that payments on two awards never wait for each other. A release is a fact about both,
saved together: whichever of a payment and a release comes second is decided again on what the first has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from services.funding.awards.rules import (
    a_request_is_met_from_the_reserve_it_was_made_to,
    a_return_is_estimated_for_the_awards_own_payee,
    a_return_is_reconciled_once,
    an_award_has_the_terms_of_its_decision,
    money_is_committed_by_its_streams_day,
    money_is_freed_once_after_it_has_come_back,
    money_is_spent_by_its_streams_day,
    money_with_a_purpose_is_spent_on_that_purpose,
    never_more_is_committed_than_a_stream_has_free,
    no_more_comes_back_than_was_paid,
    payments_and_releases_stay_within_the_award,
)
from services.funding.books import Books
from services.funding.requests.domain import Request
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.funding.awards import (
    AwardReduced,
    AwardRefused,
    CommitmentReleased,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
    ReturnEstimated,
)
from shared.contracts.funding.postings import Account
from shared.contracts.funding.requests import RequestMet
from shared.contracts.funding.shares import Payee, Shares, StreamShare
from shared.contracts.meetings.decisions import ACTING
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
)
from shared.values.aggregate import Aggregate, Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.money import pounds
from shared.values.refusals import Refusal, Unknown
from shared.values.rules import (
    a_period_ends_no_earlier_than_it_starts,
    each_is_named_once,
    nothing_is_recorded_before_its_day,
)

if TYPE_CHECKING:
    from services.funding.reserve import Reserve


class Grant(msgspec.Struct, frozen=True):
    """What was awarded, and to whom."""

    payee: str
    shares: tuple[StreamShare, ...]


class Granted(Part):
    """The awards that a reserve has made."""

    awards: dict[str, Grant] = {}
    freed: set[str] = set()
    """``award/return`` of each return that was freed."""

    def named(self, award: str, reserve: str) -> Grant:
        """The award of that name. Raises ``Unknown``."""
        return entry(self.awards, "award", award, reserve)


@Granted.applies
def _(granted: Granted, fact: FundsAwarded) -> None:
    granted.awards[fact.award] = Grant(fact.payee, fact.shares)


Granted.ignores(AwardRefused)


@Granted.applies
def _(granted: Granted, fact: ReturnedFundsFreed) -> None:
    granted.freed.add(f"{fact.award}/{fact.return_}")


class Return(msgspec.Struct, frozen=True):
    """Money that comes back, or has come back."""

    estimate: int | None = None
    shares: tuple[StreamShare, ...] = ()
    """What came back, to the penny; empty while it is only estimated."""


class Award(Aggregate):
    """What follows from an award. It begins with the first payment, release or estimate; the reserve made the award."""

    noun = "award"
    payments: set[str] = set()
    returns: dict[str, Return] = {}
    books: Books = msgspec.field(default_factory=Books)


@Award.applies
def _(award: Award, fact: PaymentMade) -> None:
    award.payments.add(fact.payment)


@Award.applies
def _(award: Award, fact: ReturnEstimated) -> None:
    award.returns[fact.return_] = Return(fact.estimate_pence)


@Award.applies
def _(award: Award, fact: FundsReturned) -> None:
    award.returns[fact.return_] = Return(award.returns.get(fact.return_, Return()).estimate, fact.shares)


class Decided(msgspec.Struct, frozen=True):
    """What funding has learnt of the decision that an award names; nothing, where meetings did not record it."""

    outcome: str = ""
    terms: dict[str, object] | None = None
    """The award's fields; None where the decision leaves them open."""


class Asked(msgspec.Struct, frozen=True):
    """The request that an award is to meet, which may not exist; None where it meets none."""

    request: Request | None = None


class AwardFunds(Command, frozen=True, kw_only=True):
    """Award money by a decision whose terms meetings did not record, such as one made before this platform."""

    reserve: ReserveSlug
    award: AwardSlug
    request: RequestSlug | None = None
    """The request that is met, if one is; that also ends its deferral."""
    shares: Shares
    payee: Payee
    purpose: PurposeSlug
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """None means until it is spent."""
    decision: DecisionSlug


def refusals(command: AwardFunds, reserve: Reserve, asked: Asked, decided: Decided, at: Circumstances) -> list[Refusal]:
    """Every reason why an award cannot be made; none if it can."""
    found = []
    for check in _checks(command, reserve, asked, decided, at):
        try:
            check()
        except Refusal as refusal:
            found.append(refusal)
    return found


def _checks(
    command: AwardFunds, reserve: Reserve, asked: Asked, decided: Decided, at: Circumstances
) -> Iterator[Callable[[], object]]:
    yield lambda: is_free(reserve.granted.awards, "award", command.award, reserve.slug)
    yield lambda: _meets_a_request(command, reserve, asked.request)
    yield lambda: _is_what_was_decided(command, decided)
    yield lambda: a_period_ends_no_earlier_than_it_starts(command.starts_on, command.ends_on, "The term")
    yield lambda: _names_each_stream_once(command.shares)
    for share in command.shares:
        yield from _checks_of_share(share, command, reserve, at)


def _checks_of_share(
    share: StreamShare, command: AwardFunds, reserve: Reserve, at: Circumstances
) -> Iterator[Callable[[], object]]:
    slug = share.stream
    stream = reserve.streams.received.get(slug)
    if stream is None:
        yield lambda: reserve.streams.named(slug, reserve.slug)
        return
    # An award without a last day runs until it is spent; its payments are checked against its streams' days.
    last = command.ends_on or command.starts_on
    name = stream.name
    yield lambda: money_with_a_purpose_is_spent_on_that_purpose(slug, name, stream.purposes, command.purpose)
    yield lambda: money_is_committed_by_its_streams_day(slug, name, stream.awarded_until, at.today)
    yield lambda: money_is_spent_by_its_streams_day(slug, name, stream.spend_by, last)
    yield lambda: never_more_is_committed_than_a_stream_has_free(slug, name, reserve.free(slug), share.amount_pence)


def _meets_a_request(command: AwardFunds, reserve: Reserve, request: Request | None) -> None:
    if request is None:
        return
    if not request.exists:
        raise Unknown(f"There is no request {request.slug!r} in {request.partnership!r}.", field="request")
    a_request_is_met_from_the_reserve_it_was_made_to(request.slug, request.reserve, reserve.slug)
    request.is_undecided()


def _is_what_was_decided(command: AwardFunds, decided: Decided) -> None:
    differing = None
    if not decided.outcome or decided.outcome in ACTING:
        here = msgspec.json.decode(msgspec.json.encode(command))
        differing = {
            term.replace("_", " "): (_in_words(value), _in_words(here[term]))
            for term, value in (decided.terms or {}).items()
            if value != here[term]
        }
    an_award_has_the_terms_of_its_decision(command.decision, decided.outcome, differing)


def _in_words(value: object) -> str:
    if isinstance(value, list):
        return " and ".join(f"{pounds(share['amount_pence'])} of {share['stream']}" for share in value)
    return "none" if value is None else str(value)


def award_funds(
    command: AwardFunds, reserve: Reserve, asked: Asked, decided: Decided, at: Circumstances
) -> Iterable[FundsAwarded | RequestMet]:
    for refusal in refusals(command, reserve, asked, decided, at):
        raise refusal
    return what_is_awarded(command)


def what_is_awarded(command: AwardFunds) -> list[FundsAwarded | RequestMet]:
    """The award, and where there is a request that it is met."""
    met = [] if command.request is None else [fact(RequestMet, command)]
    return [fact(FundsAwarded, command), *met]


class AwardByDecision(AwardFunds, frozen=True, kw_only=True):
    """Award what a meeting decided; where a rule forbids it, that is recorded instead, so that it shows."""


def award_by_decision(
    command: AwardByDecision, reserve: Reserve, asked: Asked, decided: Decided, at: Circumstances
) -> Iterable[FundsAwarded | RequestMet | AwardRefused]:
    found = refusals(command, reserve, asked, decided, at)
    if not found:
        return what_is_awarded(command)
    first = found[0]
    stream, short = (first.members.get(member) for member in ("stream", "short_by_pence"))
    return [
        fact(
            AwardRefused,
            command,
            reason=" ".join(dict.fromkeys(refusal.detail for refusal in found)),
            rule=first.rule(),
            clause=first.clause,
            stream=stream,
            short_by_pence=short,
        )
    ]


class MakePayment(Command, frozen=True, kw_only=True):
    """Pay part or all of an award to its payee."""

    reserve: ReserveSlug
    award: AwardSlug
    payment: PaymentSlug
    shares: Shares
    paid_on: Day


def make_payment(command: MakePayment, award: Award, reserve: Reserve, at: Circumstances) -> PaymentMade:
    payee = _stays_within(command.award, command.shares, award, reserve)
    is_free(award.payments, "payment", command.payment, command.award)
    nothing_is_recorded_before_its_day("paid_on", command.paid_on, at.recorded_on)
    for share in command.shares:
        stream = reserve.streams.received[share.stream]
        money_is_spent_by_its_streams_day(share.stream, stream.name, stream.spend_by, command.paid_on)
    return fact(PaymentMade, command, payee=payee)


class ReleaseCommitment(Command, frozen=True, kw_only=True):
    """Release what was committed and will not be paid; it is free again."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Shares
    reason: Reason


def release_commitment(
    command: ReleaseCommitment, award: Award, reserve: Reserve
) -> tuple[AwardReduced, CommitmentReleased]:
    _stays_within(command.award, command.shares, award, reserve)
    return fact(AwardReduced, command), fact(CommitmentReleased, command)


class EstimateReturn(ReturnEstimated, frozen=True, kw_only=True):
    """Say that paid money will come back, and how much if that is known; said again, it replaces what was said."""

    payee: Payee
    """Who was paid, and says so."""


def estimate_return(command: EstimateReturn, award: Award, reserve: Reserve) -> ReturnEstimated:
    payee = reserve.granted.named(command.award, command.reserve).payee
    a_return_is_estimated_for_the_awards_own_payee(command.award, payee, command.payee)
    a_return_is_reconciled_once(command.return_, bool(award.returns.get(command.return_, Return()).shares))
    no_more_comes_back_than_was_paid(command.award, award.books.total(Account.PAID), command.estimate_pence or 0)
    return fact(ReturnEstimated, command)


class ReconcileReturn(Command, frozen=True, kw_only=True):
    """Record money that came back, to the penny; it is kept apart until it is freed."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: Shares
    """The exact amounts, back to the streams they came from."""
    returned_on: Day


def reconcile_return(command: ReconcileReturn, award: Award, reserve: Reserve, at: Circumstances) -> FundsReturned:
    reserve.granted.named(command.award, command.reserve)
    found = award.returns.get(command.return_, Return())
    a_return_is_reconciled_once(command.return_, bool(found.shares))
    nothing_is_recorded_before_its_day("returned_on", command.returned_on, at.recorded_on)
    _names_each_stream_once(command.shares)
    for share in command.shares:
        held = award.books.balance(share.stream, Account.PAID)
        no_more_comes_back_than_was_paid(command.award, held, share.amount_pence, share.stream)
    amount = sum(share.amount_pence for share in command.shares)
    difference = None if found.estimate is None else amount - found.estimate
    return fact(FundsReturned, command, difference_from_estimate_pence=difference)


class FreeReturnedFunds(Command, frozen=True, kw_only=True):
    """Free all money of a return for new use, by a decision."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    decision: DecisionSlug


def free_returned_funds(command: FreeReturnedFunds, award: Award, reserve: Reserve) -> ReturnedFundsFreed:
    # What came back never changes once it is reconciled, so only the reserve's history has to guard this.
    found = entry(award.returns, "return", command.return_, command.award)
    freed = f"{command.award}/{command.return_}" in reserve.granted.freed
    money_is_freed_once_after_it_has_come_back(command.return_, bool(found.shares), freed)
    return fact(ReturnedFundsFreed, command, shares=found.shares)


def committed(award: Award, granted: Iterable[StreamShare]) -> dict[str, int]:
    """What an award still commits, in pence by stream."""
    return {
        share.stream: share.amount_pence + award.books.balance(share.stream, Account.COMMITTED) for share in granted
    }


def _stays_within(slug: str, shares: Shares, award: Award, reserve: Reserve) -> str:
    """Check that the award still commits so much of each stream. Returns its payee."""
    grant = reserve.granted.named(slug, reserve.slug)
    _names_each_stream_once(shares)
    left = committed(award, grant.shares)
    for share in shares:
        payments_and_releases_stay_within_the_award(slug, share.stream, left.get(share.stream, 0), share.amount_pence)
    return grant.payee


def _names_each_stream_once(shares: Iterable[StreamShare]) -> None:
    each_is_named_once("Stream", (share.stream for share in shares))
