"""A reserve: where the partnership's money comes from, what it is committed to, what was paid and came back (CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import singledispatchmethod

from services.funding.domain.request import Request
from services.funding.domain.rules import (
    a_request_is_met_from_the_reserve_it_was_made_to,
    a_return_is_estimated_for_the_awards_own_payee,
    a_return_is_reconciled_once,
    a_term_ends_no_earlier_than_it_begins,
    each_stream_is_named_once,
    money_is_freed_once_after_it_has_come_back,
    money_is_recorded_when_it_has_moved,
    money_is_spent_by_the_last_day_of_its_stream,
    money_with_a_purpose_is_spent_on_that_purpose,
    never_more_is_committed_than_a_stream_has_free,
    no_more_comes_back_than_was_paid,
    no_more_is_estimated_to_come_back_than_was_paid,
    payments_and_releases_stay_within_the_award,
)
from services.funding.domain.streams import Award, Return, Stream
from shared.contracts.funding import (
    AwardRefused,
    CommitmentReleased,
    ContributionPaid,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReserveOpened,
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamKind,
    StreamReceived,
    StreamShare,
)
from shared.contracts.meetings.effects import AwardTerms
from shared.values.old_aggregate import Aggregate
from shared.values.refusals import AlreadyThere, Refusal, Unknown

Shares = tuple[StreamShare, ...]


class Reserve(Aggregate):
    """The partnership's money, stream by stream. It is finite and unlikely to be replenished (CAN-3)."""

    noun = "reserve"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.streams: dict[str, Stream] = {}
        self.awards: dict[str, Award] = {}
        self.returns: dict[str, Return] = {}
        self.met: dict[str, str] = {}
        """For each request that was met, the award that met it."""
        self.contributions: set[str] = set()

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        """Change the reserve by one fact."""
        super().apply(fact)

    @apply.register
    def _(self, fact: ReserveOpened) -> None:
        self.name = fact.name

    @apply.register
    def _(self, fact: StreamReceived) -> None:
        self.streams[fact.stream] = Stream(
            fact.name, fact.purposes, fact.ends_on, received=fact.amount_pence, free=fact.amount_pence
        )

    @apply.register
    def _(self, fact: ContributionPaid) -> None:
        self.contributions.add(fact.contribution)

    @apply.register
    def _(self, fact: FundsAwarded) -> None:
        amounts = {share.stream: share.amount_pence for share in fact.shares}
        self.awards[fact.award] = Award(fact.payee, amounts, dict.fromkeys(amounts, 0), set())
        if fact.request is not None:
            self.met[fact.request] = fact.award
        for stream, pence in self._parts(fact.shares):
            stream.free -= pence
            stream.committed += pence

    @apply.register
    def _(self, fact: AwardRefused) -> None:
        """Nothing was committed; the fact itself is what is kept."""

    @apply.register
    def _(self, fact: PaymentMade) -> None:
        award = self.awards[fact.award]
        award.payments.add(fact.payment)
        for share in fact.shares:
            award.committed[share.stream] -= share.amount_pence
            award.kept[share.stream] += share.amount_pence
        for stream, pence in self._parts(fact.shares):
            stream.committed -= pence
            stream.paid += pence

    @apply.register
    def _(self, fact: CommitmentReleased) -> None:
        for share in fact.shares:
            self.awards[fact.award].committed[share.stream] -= share.amount_pence
        for stream, pence in self._parts(fact.shares):
            stream.committed -= pence
            stream.free += pence

    @apply.register
    def _(self, fact: ReturnEstimated) -> None:
        self.returns[fact.return_] = Return(fact.award, estimate=fact.estimate_pence)

    @apply.register
    def _(self, fact: FundsReturned) -> None:
        self.returns.setdefault(fact.return_, Return(fact.award)).shares = fact.shares
        for share in fact.shares:
            self.awards[fact.award].kept[share.stream] -= share.amount_pence
        for stream, pence in self._parts(fact.shares):
            stream.paid -= pence
            stream.returned += pence

    @apply.register
    def _(self, fact: ReturnedFundsFreed) -> None:
        self.returns[fact.return_].freed = True
        for stream, pence in self._parts(fact.shares):
            stream.returned -= pence
            stream.free += pence

    def _parts(self, shares: Shares) -> Iterator[tuple[Stream, int]]:
        return ((self.streams[share.stream], share.amount_pence) for share in shares)

    def award_for(self, request: str) -> str | None:
        """The award that met a request, if one did."""
        return self.met.get(request)

    def receive_stream(
        self,
        stream: str,
        *,
        name: str,
        kind: StreamKind,
        source: str,
        amount_pence: int,
        purposes: tuple[str, ...],
        ends_on: dt.date | None,
    ) -> StreamReceived:
        """Money comes in (CAN-3). Raises ``AlreadyThere``: what is received later is a stream of its own."""
        if stream in self.streams:
            raise AlreadyThere(f"Reserve {self.slug!r} has a stream {stream!r} already.")
        return StreamReceived(
            reserve=self.slug,
            stream=stream,
            name=name,
            kind=kind,
            source=source,
            amount_pence=amount_pence,
            purposes=purposes,
            ends_on=ends_on,
        )

    def pay_contribution(
        self, contribution: str, organisation: str, amount_pence: int, paid_on: dt.date, today: dt.date
    ) -> ContributionPaid:
        """Note what an organisation says it has paid (CAN-3); what was received is the treasurer's to say.

        Raises ``AlreadyThere``, ``NotYetMoved``.
        """
        if contribution in self.contributions:
            raise AlreadyThere(f"Reserve {self.slug!r} has heard of a contribution {contribution!r} already.")
        money_is_recorded_when_it_has_moved(paid_on, today)
        return ContributionPaid(
            reserve=self.slug,
            contribution=contribution,
            organisation=organisation,
            amount_pence=amount_pence,
            paid_on=paid_on,
        )

    def award(self, terms: AwardTerms, decision: str, request: Request | None) -> FundsAwarded:
        """Commit money to a payee by a decision (CAN-2, CAN-3). ``request``: the one that is met, if one is.

        Raises ``AlreadyThere``, ``Unknown``, ``RequestStillDeferred``, ``RequestAlreadyDeclined``,
        ``RequestAlreadyMet``, ``OtherReserve``, ``TermReversed``, ``StreamNamedTwice``, ``PurposeMismatch``,
        ``StreamEnded``, ``ReserveExhausted``.
        """
        if terms.award in self.awards:
            raise AlreadyThere(f"Reserve {self.slug!r} has an award {terms.award!r} already.")
        if request is not None:
            a_request_is_met_from_the_reserve_it_was_made_to(request.slug, request.reserve, self.slug)
            request.may_be_decided(self.award_for(request.slug))
        a_term_ends_no_earlier_than_it_begins(terms.starts_on, terms.ends_on)
        each_stream_is_named_once(terms.shares)
        for share in terms.shares:
            stream = self._stream(share.stream)
            money_with_a_purpose_is_spent_on_that_purpose(share.stream, stream, terms.purpose)
            # An award without a last day runs until it is spent; that its stream has one holds for its payments.
            money_is_spent_by_the_last_day_of_its_stream(share.stream, stream, terms.ends_on or terms.starts_on)
        never_more_is_committed_than_a_stream_has_free(self.streams, terms.shares)
        return FundsAwarded(
            reserve=self.slug,
            award=terms.award,
            request=request.slug if request else None,
            shares=terms.shares,
            payee=terms.payee,
            purpose=terms.purpose,
            starts_on=terms.starts_on,
            ends_on=terms.ends_on,
            decision=decision,
        )

    def refuse_award(self, terms: AwardTerms, decision: str, request: str | None, refusal: Refusal) -> AwardRefused:
        """What a decision wanted and a rule forbade, so that it shows and nothing of it is lost (CAN-3)."""
        stream, short = refusal.members.get("stream"), refusal.members.get("short_by_pence")
        return AwardRefused(
            reserve=self.slug,
            award=terms.award,
            request=request,
            shares=terms.shares,
            decision=decision,
            reason=refusal.detail,
            rule=refusal.rule(),
            clause=refusal.clause,
            stream=stream if isinstance(stream, str) else None,
            short_by_pence=short if isinstance(short, int) else None,
        )

    def pay(self, award: str, payment: str, shares: Shares, paid_on: dt.date, today: dt.date) -> PaymentMade:
        """Pay part or all of an award to its payee (CAN-3).

        Raises ``Unknown``, ``AlreadyThere``, ``NotYetMoved``, ``StreamNamedTwice``, ``CommitmentExceeded``,
        ``StreamEnded``.
        """
        found = self._award(award)
        if payment in found.payments:
            raise AlreadyThere(f"Award {award!r} has a payment {payment!r} already.")
        money_is_recorded_when_it_has_moved(paid_on, today)
        each_stream_is_named_once(shares)
        payments_and_releases_stay_within_the_award(award, found.committed, shares)
        for share in shares:
            money_is_spent_by_the_last_day_of_its_stream(share.stream, self._stream(share.stream), paid_on)
        return PaymentMade(
            reserve=self.slug, award=award, payment=payment, shares=shares, paid_on=paid_on, payee=found.payee
        )

    def release(self, award: str, shares: Shares, reason: str) -> CommitmentReleased:
        """Free what was committed and will not be paid (CAN-3).

        Raises ``Unknown``, ``StreamNamedTwice``, ``CommitmentExceeded``.
        """
        each_stream_is_named_once(shares)
        payments_and_releases_stay_within_the_award(award, self._award(award).committed, shares)
        return CommitmentReleased(reserve=self.slug, award=award, shares=shares, reason=reason)

    def estimate_return(
        self, award: str, return_: str, *, payee: str, estimate_pence: int, wording: str, reason: str
    ) -> ReturnEstimated:
        """What the payee says will come back, or now says instead (CAN-2).

        Raises ``Unknown``, ``OtherPayee``, ``AlreadyThere``, ``ReturnReconciled``, ``ReturnExceedsPayments``.
        """
        found = self._award(award)
        a_return_is_estimated_for_the_awards_own_payee(award, found.payee, payee)
        self._return_of(award, return_)
        no_more_is_estimated_to_come_back_than_was_paid(award, sum(found.kept.values()), estimate_pence)
        return ReturnEstimated(
            reserve=self.slug,
            award=award,
            return_=return_,
            estimate_pence=estimate_pence,
            wording=wording,
            reason=reason,
        )

    def reconcile_return(
        self, award: str, return_: str, shares: Shares, returned_on: dt.date, today: dt.date
    ) -> FundsReturned:
        """Money is back, to the penny; it lies apart until it is freed (CAN-2, CAN-3).

        Raises ``Unknown``, ``AlreadyThere``, ``ReturnReconciled``, ``NotYetMoved``, ``StreamNamedTwice``,
        ``ReturnExceedsPayments``.
        """
        kept = self._award(award).kept
        estimate = self._return_of(award, return_).estimate
        money_is_recorded_when_it_has_moved(returned_on, today)
        each_stream_is_named_once(shares)
        no_more_comes_back_than_was_paid(award, kept, shares)
        return FundsReturned(
            reserve=self.slug,
            award=award,
            return_=return_,
            shares=shares,
            returned_on=returned_on,
            difference_from_estimate_pence=None if estimate is None else amount_of(shares) - estimate,
        )

    def free_returned_funds(self, return_: str, decision: str) -> ReturnedFundsFreed:
        """Free all of a return for new use by a decision (CAN-3). Raises ``Unknown``, ``NothingToFree``."""
        found = self.returns.get(return_)
        if found is None:
            raise Unknown(f"Reserve {self.slug!r} has no return {return_!r}.")
        money_is_freed_once_after_it_has_come_back(return_, found.reconciled, found.freed)
        return ReturnedFundsFreed(reserve=self.slug, return_=return_, shares=found.shares, decision=decision)

    def _stream(self, slug: str) -> Stream:
        try:
            return self.streams[slug]
        except KeyError:
            there = ", ".join(self.streams) or "none"
            raise Unknown(f"Reserve {self.slug!r} has no stream {slug!r}; it has {there}.") from None

    def _award(self, slug: str) -> Award:
        try:
            return self.awards[slug]
        except KeyError:
            raise Unknown(f"Reserve {self.slug!r} has no award {slug!r}.") from None

    def _return_of(self, award: str, return_: str) -> Return:
        """The return of that name, or the one that it would be; it belongs to the award and is not reconciled."""
        found = self.returns.get(return_) or Return(award)
        if found.award != award:
            raise AlreadyThere(f"Return {return_!r} is of award {found.award!r}.")
        a_return_is_reconciled_once(return_, found.reconciled)
        return found


def amount_of(shares: Sequence[StreamShare]) -> int:
    """What shares add up to, in pence."""
    return sum(share.amount_pence for share in shares)
