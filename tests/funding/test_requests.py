"""Facts about requests: what they come to, and how they are deferred, reconsidered, noted and declined (CAN-2)."""

from __future__ import annotations

import datetime as dt

import pytest
from funding.given import APRIL, BLAKE_WORKER, DECISION, award, reserve
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from stage import given as after

from services.funding.requests.domain import NoteRequest, Request, months_of, total_over_the_term
from services.funding.requests.rules import (
    a_declined_request_stays_declined,
    a_request_is_met_once,
    a_total_is_no_more_than_an_amount_can_be,
    only_a_deferred_request_is_reconsidered,
)
from shared.contracts.funding.requests import (
    Basis,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
)
from shared.values.money import MAX_PENCE, pounds
from shared.values.rules import a_period_ends_no_earlier_than_it_starts

DEFER = RequestDeferred(
    request="blake-worker",
    decision=DECISION,
    returns_to="A future meeting of the Strategic Board",
    must_know=("What the community development work offers the post",),
    awaits_project="asset-based-development",
)
DECLINE = RequestDeclined(request="blake-worker", decision=DECISION, reasons="No money.")
NOTE = NoteRequest(request="blake-worker", decision=DECISION)
RECONSIDER = RequestReconsidered(request="blake-worker", reasons="What had to be known is known.")
PLEDGE = MatchFundingPledged(request="blake-worker", funder="police", amount_pence=350_000)
PCC = OtherFunderSought(
    request="blake-worker", decision=DECISION, funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31)
)
DEFERRED = RequestDeferred(request="blake-worker", decision=DECISION, returns_to="A future meeting")
RECONSIDERED = RequestReconsidered(request="blake-worker", reasons="What had to be known is known.")
DECLINED = RequestDeclined(request="blake-worker", decision=DECISION, reasons="Another fund can pay.")
NOTED = RequestNoted(request="blake-worker", decision=DECISION)
REQUESTED = after(BLAKE_WORKER)

days = st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31))
amounts = st.integers(1, 10_000_000)


def test_a_request_of_1300_a_month_from_may_to_march_is_14300_pounds() -> None:
    """CAN-2"""
    total = total_over_the_term(Basis.PER_MONTH, 130_000, dt.date(2015, 5, 1), dt.date(2016, 3, 31))
    assert total is not None
    assert pounds(total) == "£14,300"


def test_a_request_of_7000_a_year_for_two_years_from_april_is_14000_pounds() -> None:
    """CAN-2"""
    assert total_over_the_term(Basis.PER_ANNUM, 700_000, APRIL, dt.date(2017, 3, 31)) == 1_400_000


def test_seven_months_of_7000_a_year_are_4083_pounds_34_because_no_part_of_a_penny_is_lost() -> None:
    """CAN-2: seven twelfths are £4,083.33 and a third of a penny."""
    assert total_over_the_term(Basis.PER_ANNUM, 700_000, APRIL, dt.date(2015, 10, 31)) == 408_334


def test_a_year_from_the_middle_of_a_month_is_twelve_months() -> None:
    """CAN-2: 15 April to 14 April is a year, not thirteen months."""
    assert total_over_the_term(Basis.PER_ANNUM, 700_000, dt.date(2015, 4, 15), dt.date(2016, 4, 14)) == 700_000
    assert total_over_the_term(Basis.PER_MONTH, 100, dt.date(2015, 4, 15), dt.date(2016, 4, 15)) == 1_300


@pytest.mark.parametrize("ends_on", [None, APRIL, dt.date(2017, 3, 31)])
def test_a_one_off_request_falls_due_once_whatever_its_term(ends_on: dt.date | None) -> None:
    """CAN-2"""
    assert total_over_the_term(Basis.ONE_OFF, 500_000, APRIL, ends_on) == 500_000


@pytest.mark.parametrize("basis", [Basis.PER_MONTH, Basis.PER_ANNUM])
def test_an_open_ended_request_has_no_total(basis: Basis) -> None:
    """CAN-2"""
    assert total_over_the_term(basis, 130_000, APRIL, None) is None


@pytest.mark.parametrize("basis", Basis)
def test_a_term_of_one_day_is_a_term_and_one_that_ends_before_it_begins_is_not(basis: Basis) -> None:
    """CAN-2"""
    assert total_over_the_term(basis, 1200, APRIL, APRIL) == (100 if basis is Basis.PER_ANNUM else 1200)
    with pytest.raises(
        a_period_ends_no_earlier_than_it_starts.refusal, match="on 2015-03-31, before it starts on 2015"
    ):
        total_over_the_term(basis, 1200, APRIL, dt.date(2015, 3, 31))


def test_a_total_that_no_amount_can_hold_is_refused() -> None:
    """CAN-2"""
    assert total_over_the_term(Basis.PER_MONTH, MAX_PENCE, APRIL, APRIL) == MAX_PENCE
    with pytest.raises(a_total_is_no_more_than_an_amount_can_be.refusal, match="£200,000,000,000"):
        total_over_the_term(Basis.PER_MONTH, MAX_PENCE, APRIL, dt.date(2015, 5, 1))


@given(amounts, st.integers(2000, 2100), st.integers(1, 30))
def test_whole_years_come_to_whole_yearly_amounts(amount: int, year: int, years: int) -> None:
    """CAN-2"""
    ends_on = dt.date(year + years, 3, 31)
    assert total_over_the_term(Basis.PER_ANNUM, amount, dt.date(year, 4, 1), ends_on) == amount * years


@given(amounts, days, days)
def test_a_yearly_total_loses_nothing_and_adds_less_than_a_penny(amount: int, one: dt.date, other: dt.date) -> None:
    """CAN-2"""
    starts_on, ends_on = sorted((one, other))
    total = total_over_the_term(Basis.PER_ANNUM, amount, starts_on, ends_on)
    assert total is not None
    assert 0 <= 12 * total - amount * months_of(starts_on, ends_on) < 12


@given(days, days, days)
def test_a_longer_term_never_has_fewer_months(one: dt.date, other: dt.date, third: dt.date) -> None:
    """CAN-2"""
    starts_on, ends_on, later = sorted((one, other, third))
    assert 1 <= months_of(starts_on, ends_on) <= months_of(starts_on, later)
    assert months_of(starts_on, ends_on) <= (ends_on - starts_on).days // 28 + 1


def test_a_request_is_deferred_to_a_meeting_with_what_must_be_known_by_then() -> None:
    """CAN-2: the community development worker."""
    REQUESTED.when(DEFER).then(
        RequestDeferred(
            request="blake-worker",
            decision=DECISION,
            returns_on=None,
            returns_to="A future meeting of the Strategic Board",
            must_know=("What the community development work offers the post",),
            awaits_project="asset-based-development",
        )
    )


def test_a_decision_on_a_deferred_request_is_its_reconsideration() -> None:
    """CAN-2: no command has to come before the decision."""
    deferred = REQUESTED.and_then(DEFERRED)
    assert deferred.when(DECLINE).fact.reasons == "No money."
    assert deferred.when(DEFER).fact.returns_to == DEFER.returns_to


def test_a_deferred_request_that_is_noted_stays_deferred() -> None:
    """CAN-2: noting settles nothing."""
    noted = REQUESTED.and_then(DEFERRED).when(NOTE).then(replace(NOTED, still_deferred=True))
    assert noted.state(Request, "blake-worker").deferred
    assert noted.when(RECONSIDER).happens().when(NOTE).fact == NOTED


def test_a_request_taken_up_for_a_meeting_can_be_decided_and_deferred_again() -> None:
    """CAN-2"""
    taken_up = REQUESTED.and_then(DEFERRED).when(replace(RECONSIDER, meeting="board-2015-02-23")).happens()
    assert taken_up.facts[-1] == replace(RECONSIDERED, meeting="board-2015-02-23")
    assert taken_up.when(DECLINE).fact.reasons == "No money."
    assert taken_up.when(DEFER).fact.returns_to == DEFER.returns_to


def test_only_a_deferred_request_is_reconsidered() -> None:
    """CAN-2"""
    REQUESTED.when(RECONSIDER).refused(only_a_deferred_request_is_reconsidered)
    REQUESTED.and_then(DEFERRED, RECONSIDERED).when(RECONSIDER).refused(only_a_deferred_request_is_reconsidered)


def test_a_noted_request_is_neither_met_nor_refused_and_can_still_be_decided() -> None:
    """CAN-2: the hate-crime officer."""
    assert REQUESTED.when(NOTE).then(NOTED).when(DECLINE).fact.request == "blake-worker"


@pytest.mark.parametrize("command", [DEFER, RECONSIDER, NOTE, DECLINE, PCC, PLEDGE])
def test_a_declined_request_stays_declined(command: RequestDeferred) -> None:
    """CAN-2"""
    REQUESTED.and_then(DECLINED).when(command).refused(a_declined_request_stays_declined, f"declined by {DECISION!r}")


@pytest.mark.parametrize("command", [DEFER, RECONSIDER, NOTE, DECLINE, PCC])
def test_an_award_closes_its_request(command: RequestDeferred) -> None:
    """CAN-2"""
    met = reserve(BLAKE_WORKER, DEFERRED).when(award("blake", request="blake-worker", locality=100)).happens()
    met.when(command).refused(a_request_is_met_once, "award 'blake'")
    assert met.when(PLEDGE).fact.funder == "police"


def test_another_funder_is_sought_for_two_years_whether_the_request_is_open_noted_or_deferred() -> None:
    """CAN-2: the commissioner, from 1 April 2015."""
    sought = OtherFunderSought(
        request="blake-worker", decision=DECISION, funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31)
    )
    for before in (REQUESTED, REQUESTED.and_then(NOTED), REQUESTED.and_then(DEFERRED)):
        before.when(PCC).then(sought)


def test_another_funder_is_sought_for_a_term_that_ends_after_it_begins() -> None:
    """CAN-2"""
    reversed_term = replace(PCC, ends_on=dt.date(2015, 3, 31))
    REQUESTED.when(reversed_term).refused(a_period_ends_no_earlier_than_it_starts)


def test_seeking_another_funder_or_a_pledge_leaves_a_deferred_request_deferred() -> None:
    """CAN-2, CAN-3"""
    later = REQUESTED.and_then(DEFERRED).when(PCC).happens().when(PLEDGE).happens()
    assert later.state(Request, "blake-worker").deferred


def test_a_funder_pledges_match_funding_beside_what_is_requested() -> None:
    """CAN-3: match funding counts towards a request."""
    fact = REQUESTED.when(PLEDGE).fact
    assert (fact.request, fact.funder, fact.amount_pence) == ("blake-worker", "police", 350_000)
