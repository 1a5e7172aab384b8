"""Facts about requests: what they come to, and how they are deferred, reconsidered, noted and declined (CAN-2)."""

from __future__ import annotations

import datetime as dt

import pytest
from funding.given import APRIL, DECISION, awarded, request, reserve
from hypothesis import given
from hypothesis import strategies as st

from services.funding.domain.request import months_of, total_over_the_term
from services.funding.domain.rules import (
    RequestAlreadyDeclined,
    RequestAlreadyMet,
    RequestNotDeferred,
    RequestStillDeferred,
    TermReversed,
    TotalBeyondMeasure,
)
from shared.contracts.funding import (
    Basis,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
)
from shared.contracts.meetings.decisions import Deferral
from shared.contracts.meetings.effects import FunderExploration
from shared.values.money import MAX_PENCE, pounds

DEFERRAL = Deferral(
    returns_to="A future meeting of the Strategic Board",
    must_know=("What the community development work offers the post",),
    awaits_project="asset-based-development",
)
DEFERRED = RequestDeferred(request="blake-worker", decision=DECISION, returns_to="A future meeting")
RECONSIDERED = RequestReconsidered(request="blake-worker", reasons="What had to be known is known.")
DECLINED = RequestDeclined(request="blake-worker", decision=DECISION, reasons="Another fund can pay.")
PCC = FunderExploration(funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31))

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
    with pytest.raises(TermReversed, match="begin on 2015-04-01 and end on 2015-03-31"):
        total_over_the_term(basis, 1200, APRIL, dt.date(2015, 3, 31))


def test_a_total_that_no_amount_can_hold_is_refused() -> None:
    """CAN-2"""
    assert total_over_the_term(Basis.PER_MONTH, MAX_PENCE, APRIL, APRIL) == MAX_PENCE
    with pytest.raises(TotalBeyondMeasure, match="£200,000,000,000"):
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
    fact = request().defer(DECISION, DEFERRAL, met_by=None)
    assert fact == RequestDeferred(
        request="blake-worker",
        decision=DECISION,
        returns_on=None,
        returns_to="A future meeting of the Strategic Board",
        must_know=("What the community development work offers the post",),
        awaits_project="asset-based-development",
    )


def test_a_deferred_request_is_reconsidered_before_it_is_decided_again() -> None:
    """CAN-2"""
    deferred = request(DEFERRED)
    with pytest.raises(RequestStillDeferred):
        deferred.decline(DECISION, "No money.", met_by=None)
    with pytest.raises(RequestStillDeferred):
        deferred.note(DECISION, met_by=None)
    with pytest.raises(RequestStillDeferred):
        deferred.defer(DECISION, DEFERRAL, met_by=None)
    with pytest.raises(RequestStillDeferred):
        deferred.may_be_decided(met_by=None)


def test_a_reconsidered_request_can_be_decided_and_deferred_again() -> None:
    """CAN-2"""
    fact = request(DEFERRED).reconsider("board-2015-02-23", "What had to be known is known.", met_by=None)
    assert (fact.meeting, fact.reasons) == ("board-2015-02-23", "What had to be known is known.")
    reconsidered = request(DEFERRED, fact)
    assert reconsidered.decline(DECISION, "No money.", met_by=None).reasons == "No money."
    assert reconsidered.defer(DECISION, DEFERRAL, met_by=None).returns_to == DEFERRAL.returns_to


def test_only_a_deferred_request_is_reconsidered() -> None:
    """CAN-2"""
    with pytest.raises(RequestNotDeferred):
        request().reconsider(None, "Once more.", met_by=None)
    with pytest.raises(RequestNotDeferred):
        request(DEFERRED, RECONSIDERED).reconsider(None, "Once more.", met_by=None)


def test_a_noted_request_is_neither_met_nor_refused_and_can_still_be_decided() -> None:
    """CAN-2: the hate-crime officer."""
    noted = request(RequestNoted(request="blake-worker", decision=DECISION))
    noted.may_be_decided(met_by=None)
    assert noted.decline(DECISION, "The commissioner pays.", met_by=None).request == "blake-worker"


def test_a_declined_request_stays_declined() -> None:
    """CAN-2"""
    declined = request(DECLINED)
    with pytest.raises(RequestAlreadyDeclined):
        declined.defer(DECISION, DEFERRAL, met_by=None)
    with pytest.raises(RequestAlreadyDeclined):
        declined.reconsider(None, "Once more.", met_by=None)
    with pytest.raises(RequestAlreadyDeclined):
        declined.note(DECISION, met_by=None)
    with pytest.raises(RequestAlreadyDeclined):
        declined.decline(DECISION, "Still no money.", met_by=None)
    with pytest.raises(RequestAlreadyDeclined):
        declined.seek_other_funder(DECISION, PCC, met_by=None)
    with pytest.raises(RequestAlreadyDeclined):
        declined.pledge_match_funding("police", 100)


def test_an_award_closes_its_request() -> None:
    """CAN-2"""
    met_by = reserve(awarded("blake", request="blake-worker", locality=100)).award_for("blake-worker")
    assert met_by == "blake"
    with pytest.raises(RequestAlreadyMet, match="award 'blake'"):
        request().decline(DECISION, "No money.", met_by)
    with pytest.raises(RequestAlreadyMet):
        request(DEFERRED).reconsider(None, "Once more.", met_by)
    with pytest.raises(RequestAlreadyMet):
        request().seek_other_funder(DECISION, PCC, met_by)


def test_another_funder_is_sought_for_two_years_whether_the_request_is_open_noted_or_deferred() -> None:
    """CAN-2: the commissioner, from 1 April 2015."""
    sought = OtherFunderSought(
        request="blake-worker", decision=DECISION, funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31)
    )
    noted = RequestNoted(request="blake-worker", decision=DECISION)
    for standing in (request(), request(noted), request(DEFERRED)):
        assert standing.seek_other_funder(DECISION, PCC, met_by=None) == sought


def test_another_funder_is_sought_for_a_term_that_ends_after_it_begins() -> None:
    """CAN-2"""
    reversed_term = FunderExploration(funder="pcc", starts_on=APRIL, ends_on=dt.date(2015, 3, 31))
    with pytest.raises(TermReversed):
        request().seek_other_funder(DECISION, reversed_term, met_by=None)


def test_seeking_another_funder_or_a_pledge_leaves_a_deferred_request_deferred() -> None:
    """CAN-2, CAN-3"""
    deferred = request(DEFERRED)
    deferred.apply(deferred.seek_other_funder(DECISION, PCC, met_by=None))
    deferred.apply(deferred.pledge_match_funding("police", 100))
    with pytest.raises(RequestStillDeferred):
        deferred.may_be_decided(met_by=None)


def test_a_funder_pledges_match_funding_beside_what_is_requested() -> None:
    """CAN-3: match funding counts towards a request."""
    fact = request().pledge_match_funding("police", 350_000)
    assert (fact.request, fact.funder, fact.amount_pence) == ("blake-worker", "police", 350_000)
