"""A request for funding: what is asked for, and how far it has come (CAN-2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from services.funding.requests.rules import (
    a_declined_request_stays_declined,
    a_request_is_met_once,
    a_total_is_no_more_than_an_amount_can_be,
    only_a_deferred_request_is_reconsidered,
)
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.funding.requests import (
    Basis,
    FundsRequested,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestMet,
    RequestNoted,
    RequestReconsidered,
)
from shared.contracts.nouns import (
    DecisionSlug,
    FirstDay,
    LastDay,
    OrganisationSlug,
    PurposeSlug,
    RequestSlug,
    ReserveSlug,
)
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name, Text
from shared.values.money import Pence, PositivePence
from shared.values.periods import months_between
from shared.values.rules import a_period_ends_no_earlier_than_it_starts

if TYPE_CHECKING:
    from services.funding.reserve import Reserve


class Request(Aggregate):
    """An organisation's request for money from a reserve.

    A decision on a deferred request is its reconsideration: no command has to come before it.
    """

    noun = "request"
    reserve: str = ""
    deferred: bool = False
    declined_by: str | None = None
    met_by: str | None = None
    """The award that met it."""

    def is_undecided(self) -> None:
        """Check that it was neither declined nor met; it may be deferred."""
        a_declined_request_stays_declined(self.slug, self.declined_by)
        a_request_is_met_once(self.slug, self.met_by)


@Request.applies
def _(request: Request, fact: FundsRequested) -> None:
    request.reserve = fact.reserve


@Request.applies
def _(request: Request, fact: RequestDeferred) -> None:
    request.deferred = True


@Request.applies
def _(request: Request, fact: RequestReconsidered) -> None:
    request.deferred = False


@Request.applies
def _(request: Request, fact: RequestDeclined) -> None:
    request.declined_by = fact.decision


@Request.applies
def _(request: Request, fact: RequestMet) -> None:
    request.met_by = fact.award


# Noting settles nothing: it stays open, or deferred. A pledge is no money of the reserve (CAN-3).
Request.ignores(RequestNoted, OtherFunderSought, MatchFundingPledged)


class RequestFunds(Command, frozen=True, kw_only=True):
    """Ask a reserve for money: once, per month or per annum, for a term or open-ended."""

    request: RequestSlug
    reserve: ReserveSlug
    applicant: OrganisationSlug
    title: Name
    purpose: PurposeSlug
    purpose_text: Text
    basis: Basis
    amount_pence: PositivePence
    """For each time it falls due."""
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """None means open-ended."""
    present_funding_ends_on: LastDay | None = None
    match_pence: Pence = 0
    """What others would add, as the applicant says."""


def request_funds(command: RequestFunds, request: Request, reserve: Reserve) -> FundsRequested:
    total = total_over_the_term(command.basis, command.amount_pence, command.starts_on, command.ends_on)
    return fact(FundsRequested, command, total_pence=total)


def reconsider_request(asked: RequestReconsidered, request: Request) -> RequestReconsidered:
    """Take up a deferred request again before it is decided."""
    request.is_undecided()
    only_a_deferred_request_is_reconsidered(request.slug, request.deferred)
    return asked


def pledge_match_funding(asked: MatchFundingPledged, request: Request) -> MatchFundingPledged:
    """Pledge a funder's own money in addition to what is requested of the reserve."""
    a_declined_request_stays_declined(request.slug, request.declined_by)
    return asked


def defer_request(asked: RequestDeferred, request: Request) -> RequestDeferred:
    """Put a request off, as a meeting decided."""
    request.is_undecided()
    return asked


class NoteRequest(Command, frozen=True, kw_only=True):
    """Note a request, as a meeting decided."""

    request: RequestSlug
    decision: DecisionSlug


def note_request(command: NoteRequest, request: Request) -> RequestNoted:
    request.is_undecided()
    return fact(RequestNoted, command, still_deferred=request.deferred)


def seek_other_funder(asked: OtherFunderSought, request: Request) -> OtherFunderSought:
    """Ask whether another funder can pay, as a meeting decided."""
    request.is_undecided()
    a_period_ends_no_earlier_than_it_starts(asked.starts_on, asked.ends_on, "The term")
    return asked


def decline_request(asked: RequestDeclined, request: Request) -> RequestDeclined:
    """Decline a request, as a meeting decided."""
    request.is_undecided()
    return asked


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
    rounded up, so that none is lost. Raises ``PeriodReversed``, ``TotalTooLarge``.
    """
    a_period_ends_no_earlier_than_it_starts(starts_on, ends_on, "The term")
    if basis is Basis.ONE_OFF:
        return amount_pence
    if ends_on is None:
        return None
    due = amount_pence * months_of(starts_on, ends_on)
    total = due if basis is Basis.PER_MONTH else -(-due // 12)
    a_total_is_no_more_than_an_amount_can_be(total)
    return total
