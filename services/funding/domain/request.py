"""A request for funding: what is asked for, and how far it has come (CAN-2)."""

from __future__ import annotations

import datetime as dt
from functools import singledispatchmethod

from services.funding.domain.rules import (
    a_declined_request_stays_declined,
    a_deferred_request_is_reconsidered_before_it_is_decided,
    a_request_is_met_once,
    a_term_ends_no_earlier_than_it_begins,
    a_total_can_be_written_down,
    only_a_deferred_request_is_reconsidered,
)
from shared.contracts.funding import (
    Basis,
    FundsRequested,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
)
from shared.contracts.meetings.decisions import Deferral
from shared.contracts.meetings.effects import FunderExploration
from shared.values.old_aggregate import Aggregate
from shared.values.periods import months_between


class Request(Aggregate):
    """An organisation's request for money from a reserve (CAN-2).

    Whether a request was met is told by its reserve alone, where the award stands once: the decisions below are given
    ``met_by``, the award that met it, if one did.
    """

    noun = "request"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.reserve = ""
        self.deferred = False
        self.declined = False

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        """Change the request by one fact."""
        super().apply(fact)

    @apply.register
    def _(self, fact: FundsRequested) -> None:
        self.reserve = fact.reserve

    @apply.register
    def _(self, fact: RequestDeferred) -> None:
        self.deferred = True

    @apply.register
    def _(self, fact: RequestReconsidered) -> None:
        self.deferred = False

    @apply.register
    def _(self, fact: RequestNoted) -> None:
        """Heard, and neither met nor refused: it is as open as before."""

    @apply.register
    def _(self, fact: RequestDeclined) -> None:
        self.declined = True

    @apply.register
    def _(self, fact: OtherFunderSought) -> None:
        """What another funder may pay decides nothing here."""

    @apply.register
    def _(self, fact: MatchFundingPledged) -> None:
        """A pledge stands beside the request; it is no money of the reserve (CAN-3)."""

    def may_be_decided(self, met_by: str | None) -> None:
        """Raises ``RequestAlreadyDeclined``, ``RequestAlreadyMet`` or ``RequestStillDeferred`` (CAN-2)."""
        self._may_go_on(met_by)
        a_deferred_request_is_reconsidered_before_it_is_decided(self.slug, self.deferred)

    def defer(self, decision: str, deferral: Deferral, met_by: str | None) -> RequestDeferred:
        """Put it off until more is known (CAN-2). Raises as ``may_be_decided``."""
        self.may_be_decided(met_by)
        return RequestDeferred(
            request=self.slug,
            decision=decision,
            returns_on=deferral.returns_on,
            returns_to=deferral.returns_to,
            must_know=deferral.must_know,
            awaits_project=deferral.awaits_project,
        )

    def reconsider(self, meeting: str | None, reasons: str, met_by: str | None) -> RequestReconsidered:
        """Take it up again (CAN-2).

        Raises ``RequestAlreadyDeclined``, ``RequestAlreadyMet``, ``RequestNotDeferred``.
        """
        self._may_go_on(met_by)
        only_a_deferred_request_is_reconsidered(self.slug, self.deferred)
        return RequestReconsidered(request=self.slug, meeting=meeting, reasons=reasons)

    def note(self, decision: str, met_by: str | None) -> RequestNoted:
        """Hear it, and neither meet nor refuse it (CAN-2). Raises as ``may_be_decided``."""
        self.may_be_decided(met_by)
        return RequestNoted(request=self.slug, decision=decision)

    def seek_other_funder(self, decision: str, exploration: FunderExploration, met_by: str | None) -> OtherFunderSought:
        """Ask whether another can pay, also while it is deferred (CAN-2).

        Raises ``RequestAlreadyDeclined``, ``RequestAlreadyMet``, ``TermReversed``.
        """
        self._may_go_on(met_by)
        a_term_ends_no_earlier_than_it_begins(exploration.starts_on, exploration.ends_on)
        return OtherFunderSought(
            request=self.slug,
            decision=decision,
            funder=exploration.funder,
            starts_on=exploration.starts_on,
            ends_on=exploration.ends_on,
        )

    def decline(self, decision: str, reasons: str, met_by: str | None) -> RequestDeclined:
        """Refuse it for good (CAN-2). Raises as ``may_be_decided``."""
        self.may_be_decided(met_by)
        return RequestDeclined(request=self.slug, decision=decision, reasons=reasons)

    def pledge_match_funding(self, funder: str, amount_pence: int) -> MatchFundingPledged:
        """Another's money beside the reserve's, before an award or after it (CAN-3).

        Raises ``RequestAlreadyDeclined``.
        """
        a_declined_request_stays_declined(self.slug, self.declined)
        return MatchFundingPledged(request=self.slug, funder=funder, amount_pence=amount_pence)

    def _may_go_on(self, met_by: str | None) -> None:
        a_declined_request_stays_declined(self.slug, self.declined)
        a_request_is_met_once(self.slug, met_by)


def months_of(starts_on: dt.date, ends_on: dt.date) -> int:
    """The months of a term, counted from its first day to the same day of the next month; one begun counts whole.

    >>> months_of(dt.date(2015, 5, 1), dt.date(2016, 3, 31)), months_of(dt.date(2015, 4, 15), dt.date(2016, 4, 14))
    (11, 12)
    """
    return months_between(starts_on, ends_on) - (ends_on.day < starts_on.day)


def total_over_the_term(basis: Basis, amount_pence: int, starts_on: dt.date, ends_on: dt.date | None) -> int | None:
    """What falls due over the whole term, in pence; None where it is open-ended (CAN-2).

    Once: the amount, whatever the term. A month: the amount for each month of the term. A year: a twelfth for each
    month, worked out once for the whole term, so that whole years come to whole amounts, and a part of a penny is
    rounded up, so that none is lost.

    Raises ``TermReversed``, ``TotalBeyondMeasure``.
    """
    a_term_ends_no_earlier_than_it_begins(starts_on, ends_on)
    if basis is Basis.ONE_OFF:
        return amount_pence
    if ends_on is None:
        return None
    due = amount_pence * months_of(starts_on, ends_on)
    total = due if basis is Basis.PER_MONTH else -(-due // 12)
    a_total_can_be_written_down(total)
    return total
