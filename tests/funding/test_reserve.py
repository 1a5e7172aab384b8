"""Facts about the reserve: what may be awarded, paid and released, what comes back and when it is free again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from funding.given import (
    APRIL,
    DECISION,
    HEALTH,
    LOCALITY,
    MARCH,
    OPENED,
    PARTNERSHIP,
    SAFER,
    TODAY,
    awarded,
    happened,
    paid,
    request,
    reserve,
    shares,
    terms,
)

from services.funding.domain.reserve import Reserve
from services.funding.domain.rules import (
    CommitmentExceeded,
    NothingToFree,
    NotYetMoved,
    OtherPayee,
    OtherReserve,
    PurposeMismatch,
    RequestAlreadyDeclined,
    RequestAlreadyMet,
    RequestStillDeferred,
    ReserveExhausted,
    ReturnExceedsPayments,
    ReturnReconciled,
    StreamEnded,
    StreamNamedTwice,
    TermReversed,
)
from shared.contracts.envelope import encode_data
from shared.contracts.event import Event, decode
from shared.contracts.funding import (
    AwardRefused,
    FundsReturned,
    MatchFundingPledged,
    RequestDeclined,
    RequestDeferred,
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamKind,
    StreamShare,
)
from shared.values.refusals import AlreadyThere, Refusal, Unknown

ESTIMATED = ReturnEstimated(
    reserve="reserve",
    award="apprentices",
    return_="back",
    estimate_pence=4_500_000,
    wording="most of",
    reason="The project did not develop as first intended.",
)
RETURNED = FundsReturned(
    reserve="reserve",
    award="apprentices",
    return_="back",
    shares=shares(locality=4_487_450),
    returned_on=dt.date(2015, 1, 12),
)
FREED = ReturnedFundsFreed(reserve="reserve", return_="back", shares=shares(locality=4_487_450), decision=DECISION)
APPRENTICES = awarded(locality=5_000_000), paid(locality=5_000_000)
"""£50,000 awarded and paid."""


def free(thing: Reserve, stream: str) -> int:
    return thing.streams[stream].free


def test_what_is_received_is_free() -> None:
    """CAN-3"""
    received = happened(Reserve(PARTNERSHIP, "reserve"), OPENED, LOCALITY)
    assert free(received, "locality") == 12_000_000


def test_a_stream_is_received_once() -> None:
    """CAN-3: later money is a stream of its own."""
    with pytest.raises(AlreadyThere, match="stream 'locality'"):
        reserve().receive_stream(
            "locality",
            name="Locality Funds",
            kind=StreamKind.EXTERNAL_GRANT,
            source="county-council",
            amount_pence=1,
            purposes=(),
            ends_on=None,
        )


def test_a_stream_is_received_with_its_purposes_and_its_last_day() -> None:
    """CAN-3"""
    fact = reserve().receive_stream(
        "reward",
        name="Reward grant",
        kind=StreamKind.REWARD_GRANT,
        source="county-council",
        amount_pence=500,
        purposes=("health",),
        ends_on=MARCH,
    )
    assert happened(reserve(), fact).streams["reward"].purposes == ("health",)
    assert (fact.kind, fact.amount_pence, fact.ends_on) == (StreamKind.REWARD_GRANT, 500, MARCH)


def test_all_that_is_free_can_be_awarded_and_not_a_penny_more() -> None:
    """CAN-3"""
    assert reserve().award(terms(locality=12_000_000), DECISION, None).shares == shares(locality=12_000_000)
    with pytest.raises(ReserveExhausted):
        reserve().award(terms(locality=12_000_001), DECISION, None)


def test_a_refusal_says_which_stream_falls_short_and_by_how_much() -> None:
    """CAN-3"""
    nearly_spent = reserve(awarded("other", locality=11_920_000))
    with pytest.raises(ReserveExhausted) as refused:
        nearly_spent.award(terms(locality=130_000), DECISION, None)
    assert refused.value.detail == "Locality Funds has £800 free, £500 less than the award asks of it."
    assert refused.value.members == {"stream": "locality", "short_by_pence": 50_000}
    assert refused.value.clause == "CAN-3"


def test_one_stream_that_falls_short_stops_the_whole_award() -> None:
    """CAN-3"""
    with pytest.raises(ReserveExhausted, match=r"Safer and Stronger Communities Fund has £30,000 free, £0\.01 less"):
        reserve().award(terms(purpose="hate-crime", locality=100, safer=3_000_001), DECISION, None)


def test_what_is_committed_is_not_free_for_another_award() -> None:
    """CAN-3"""
    committed = reserve(awarded("other", locality=12_000_000))
    with pytest.raises(ReserveExhausted):
        committed.award(terms(locality=1), DECISION, None)


def test_a_stream_stands_among_the_shares_once() -> None:
    """CAN-3: twice the same £60,000 and a penny would each fit into £120,000."""
    twice = (*shares(locality=6_000_001), *shares(locality=6_000_001))
    with pytest.raises(StreamNamedTwice):
        reserve().award(terms(locality=1).__replace__(shares=twice), DECISION, None)
    with pytest.raises(StreamNamedTwice):
        reserve(*APPRENTICES).pay("apprentices", "second", twice, TODAY, TODAY)
    with pytest.raises(StreamNamedTwice):
        reserve(awarded(locality=8_000_000)).release("apprentices", twice, "Not needed.")
    with pytest.raises(StreamNamedTwice):
        reserve(awarded(locality=8_000_000), paid(locality=8_000_000)).reconcile_return(
            "apprentices", "back", twice, TODAY, TODAY
        )


def test_health_money_is_spent_on_health_and_other_money_on_its_own_purpose() -> None:
    """CAN-3: health against non-health."""
    assert reserve().award(terms(purpose="health", health=100), DECISION, None).purpose == "health"
    assert reserve().award(terms(purpose="hate-crime", safer=100), DECISION, None).purpose == "hate-crime"
    with pytest.raises(PurposeMismatch, match="Public Health Grant may be spent on health only; this is for hate-cr"):
        reserve().award(terms(purpose="hate-crime", health=100), DECISION, None)
    with pytest.raises(PurposeMismatch) as refused:
        reserve().award(terms(purpose="health", locality=100, safer=100), DECISION, None)
    assert refused.value.members == {"stream": "safer"}


def test_money_without_a_purpose_is_spent_on_anything() -> None:
    """CAN-3"""
    assert reserve().award(terms(purpose="anything-else", locality=100), DECISION, None).purpose == "anything-else"


def test_an_award_ends_no_later_than_its_stream() -> None:
    """CAN-3: the stream ends on 31 March 2016."""
    assert reserve().award(terms(purpose="hate-crime", ends_on=MARCH, safer=100), DECISION, None).ends_on == MARCH
    with pytest.raises(StreamEnded) as refused:
        reserve().award(terms(purpose="hate-crime", ends_on=dt.date(2016, 4, 1), safer=100), DECISION, None)
    assert "until 2016-03-31" in refused.value.detail
    assert refused.value.members == {"stream": "safer"}


def test_an_award_without_a_last_day_begins_and_is_paid_before_its_stream_ends() -> None:
    """CAN-3"""
    until_spent = reserve().award(terms(purpose="hate-crime", safer=100), DECISION, None)
    later = dt.date(2016, 4, 1)
    with pytest.raises(StreamEnded):
        reserve().award(terms(purpose="hate-crime", starts_on=later, safer=100), DECISION, None)
    after = reserve(until_spent)
    assert after.pay("apprentices", "last", shares(safer=100), MARCH, later).paid_on == MARCH
    with pytest.raises(StreamEnded):
        after.pay("apprentices", "late", shares(safer=100), later, later)


def test_an_award_whose_term_is_reversed_is_refused() -> None:
    """CAN-2"""
    with pytest.raises(TermReversed):
        reserve().award(terms(ends_on=dt.date(2015, 3, 31), locality=100), DECISION, None)


def test_an_award_from_a_stream_that_is_not_there_is_refused_and_the_streams_are_named() -> None:
    """CAN-3"""
    with pytest.raises(Unknown, match="no stream 'lottery'; it has locality"):
        reserve().award(terms(lottery=100), DECISION, None)


def test_an_award_is_made_once() -> None:
    """CAN-3"""
    with pytest.raises(AlreadyThere):
        reserve(awarded(locality=100)).award(terms(locality=100), DECISION, None)


def test_an_award_meets_an_open_request_once() -> None:
    """CAN-2"""
    fact = reserve().award(terms("blake", locality=1_430_000), DECISION, request())
    assert fact.request == "blake-worker"
    with pytest.raises(RequestAlreadyMet):
        reserve(fact).award(terms("blake-again", locality=1_430_000), DECISION, request())


def test_a_deferred_or_declined_request_is_not_met() -> None:
    """CAN-2"""
    deferred = RequestDeferred(request="blake-worker", decision=DECISION, returns_to="A future meeting")
    declined = RequestDeclined(request="blake-worker", decision=DECISION, reasons="No money.")
    with pytest.raises(RequestStillDeferred):
        reserve().award(terms(locality=100), DECISION, request(deferred))
    with pytest.raises(RequestAlreadyDeclined):
        reserve().award(terms(locality=100), DECISION, request(declined))


def test_a_request_is_met_from_the_reserve_it_was_made_to() -> None:
    """CAN-3"""
    other = happened(Reserve(PARTNERSHIP, "other"), OPENED, LOCALITY)
    with pytest.raises(OtherReserve, match="made to reserve 'reserve', not to 'other'"):
        other.award(terms(locality=100), DECISION, request())


def test_an_award_that_is_refused_is_kept_with_rule_clause_stream_and_shortfall() -> None:
    """CAN-3: a decision is never lost."""
    asked = terms("blake", locality=12_050_000)
    with pytest.raises(ReserveExhausted) as refused:
        reserve().award(asked, DECISION, None)
    assert reserve().refuse_award(asked, DECISION, "blake-worker", refused.value) == AwardRefused(
        reserve="reserve",
        award="blake",
        request="blake-worker",
        shares=shares(locality=12_050_000),
        decision=DECISION,
        reason="Locality Funds has £120,000 free, £500 less than the award asks of it.",
        rule="Never more is committed than a stream has free.",
        clause="CAN-3",
        stream="locality",
        short_by_pence=50_000,
    )


def test_a_refused_award_commits_nothing() -> None:
    """CAN-3"""
    kept = reserve().refuse_award(terms(locality=100), DECISION, None, PurposeMismatch("Not for that."))
    after = reserve(kept)
    assert free(after, "locality") == 12_000_000
    assert after.award(terms(locality=100), DECISION, None).award == "apprentices"


def test_a_payment_comes_out_of_the_commitment_and_goes_to_the_awards_payee() -> None:
    """CAN-3"""
    fact = reserve(awarded(locality=500)).pay("apprentices", "first", shares(locality=200), TODAY, TODAY)
    assert (fact.payee, fact.shares) == ("skills-board", shares(locality=200))
    stream = reserve(awarded(locality=500), fact).streams["locality"]
    assert (stream.committed, stream.paid) == (300, 200)


def test_payments_and_releases_never_exceed_the_award() -> None:
    """CAN-3"""
    partly_paid = reserve(awarded(locality=500), paid(locality=200))
    assert partly_paid.pay("apprentices", "rest", shares(locality=300), TODAY, TODAY).payment == "rest"
    with pytest.raises(CommitmentExceeded) as refused:
        partly_paid.pay("apprentices", "rest", shares(locality=301), TODAY, TODAY)
    assert refused.value.members == {"stream": "locality", "short_by_pence": 1}
    released = happened(partly_paid, partly_paid.release("apprentices", shares(locality=300), "Not needed."))
    with pytest.raises(CommitmentExceeded):
        released.pay("apprentices", "rest", shares(locality=1), TODAY, TODAY)
    with pytest.raises(CommitmentExceeded):
        released.release("apprentices", shares(locality=1), "Not needed.")


def test_an_award_is_paid_from_its_own_streams_only() -> None:
    """CAN-3"""
    with pytest.raises(CommitmentExceeded, match="still commits £0 of 'safer'"):
        reserve(awarded(locality=500)).pay("apprentices", "first", shares(safer=1), TODAY, TODAY)


def test_a_payment_is_made_once() -> None:
    """CAN-3"""
    with pytest.raises(AlreadyThere, match="payment 'instalment-1'"):
        reserve(awarded(locality=500), paid(locality=200)).pay(
            "apprentices", "instalment-1", shares(locality=200), TODAY, TODAY
        )


def test_a_payment_or_return_of_tomorrow_is_refused() -> None:
    """CAN-3"""
    tomorrow = TODAY + dt.timedelta(days=1)
    with pytest.raises(NotYetMoved):
        reserve(awarded(locality=500)).pay("apprentices", "first", shares(locality=1), tomorrow, TODAY)
    with pytest.raises(NotYetMoved):
        reserve(*APPRENTICES).reconcile_return("apprentices", "back", shares(locality=1), tomorrow, TODAY)


def test_what_is_released_is_free_again() -> None:
    """CAN-3"""
    committed = reserve(awarded(locality=12_000_000))
    fact = committed.release("apprentices", shares(locality=300), "The post was filled later.")
    assert free(happened(committed, fact), "locality") == 300


@pytest.mark.parametrize(
    "deed",
    [
        lambda: reserve().pay("nothing", "first", shares(locality=1), TODAY, TODAY),
        lambda: reserve().release("nothing", shares(locality=1), "Not needed."),
        lambda: reserve().reconcile_return("nothing", "back", shares(locality=1), TODAY, TODAY),
        lambda: estimate(reserve(), 1, award="nothing"),
    ],
)
def test_what_was_not_awarded_cannot_be_paid_released_or_returned(deed: Callable[[], Event]) -> None:
    """CAN-3"""
    with pytest.raises(Unknown, match="no award 'nothing'"):
        deed()


def estimate(thing: Reserve, pence: int, payee: str = "skills-board", award: str = "apprentices") -> ReturnEstimated:
    return thing.estimate_return(
        award,
        "back",
        payee=payee,
        estimate_pence=pence,
        wording="most of",
        reason="The project did not develop as first intended.",
    )


def test_most_of_50000_pounds_is_estimated_to_come_back_in_the_payees_words() -> None:
    """CAN-2: the apprentice scheme."""
    assert estimate(reserve(*APPRENTICES), 4_500_000) == ESTIMATED


def test_an_estimate_moves_no_money() -> None:
    """CAN-2"""
    assert reserve(*APPRENTICES, ESTIMATED).streams["locality"] == reserve(*APPRENTICES).streams["locality"]


def test_a_return_is_reconciled_to_the_penny_with_its_difference_from_the_estimate() -> None:
    """CAN-2: £44,874.50 came back of an estimated £45,000."""
    fact = reserve(*APPRENTICES, ESTIMATED).reconcile_return(
        "apprentices", "back", shares(locality=4_487_450), dt.date(2015, 1, 12), TODAY
    )
    assert fact.difference_from_estimate_pence == -12_550
    assert fact.shares == shares(locality=4_487_450)


def test_the_latest_estimate_is_what_a_return_is_compared_with() -> None:
    """CAN-2"""
    again = estimate(reserve(*APPRENTICES, ESTIMATED), 4_487_450)
    fact = reserve(*APPRENTICES, ESTIMATED, again).reconcile_return(
        "apprentices", "back", shares(locality=4_487_450), TODAY, TODAY
    )
    assert fact.difference_from_estimate_pence == 0


def test_money_that_nobody_estimated_comes_back_without_a_difference() -> None:
    """CAN-2"""
    fact = reserve(*APPRENTICES).reconcile_return("apprentices", "back", shares(locality=1), TODAY, TODAY)
    assert fact.difference_from_estimate_pence is None


def test_no_more_comes_back_than_was_paid_stream_by_stream() -> None:
    """CAN-2"""
    two_streams = reserve(awarded(locality=100, safer=100), paid(locality=100, safer=50))
    back = two_streams.reconcile_return("apprentices", "back", shares(locality=100, safer=50), TODAY, TODAY)
    assert back.shares == shares(locality=100, safer=50)
    with pytest.raises(ReturnExceedsPayments) as refused:
        two_streams.reconcile_return("apprentices", "back", shares(safer=51), TODAY, TODAY)
    assert refused.value.members == {"stream": "safer"}
    with pytest.raises(ReturnExceedsPayments):
        happened(two_streams, back).reconcile_return("apprentices", "more", shares(locality=1), TODAY, TODAY)


def test_no_more_is_estimated_to_come_back_than_the_payee_holds() -> None:
    """CAN-2"""
    assert estimate(reserve(*APPRENTICES), 5_000_000).estimate_pence == 5_000_000
    with pytest.raises(ReturnExceedsPayments, match=r"holds £50,000; £50,000\.01 is more"):
        estimate(reserve(*APPRENTICES), 5_000_001)


def test_a_return_is_estimated_for_the_awards_own_payee() -> None:
    """CAN-2"""
    with pytest.raises(OtherPayee, match="pays 'skills-board', not 'police'"):
        estimate(reserve(*APPRENTICES), 100, payee="police")


def test_a_return_is_reconciled_once_and_not_estimated_afterwards() -> None:
    """CAN-2"""
    with pytest.raises(ReturnReconciled):
        reserve(*APPRENTICES, RETURNED).reconcile_return("apprentices", "back", shares(locality=1), TODAY, TODAY)
    with pytest.raises(ReturnReconciled):
        estimate(reserve(*APPRENTICES, RETURNED), 100)


def test_a_return_belongs_to_one_award() -> None:
    """CAN-2"""
    both = (*APPRENTICES, awarded("other", locality=100), paid(award="other", locality=100), ESTIMATED)
    with pytest.raises(AlreadyThere, match="of award 'apprentices'"):
        reserve(*both).reconcile_return("other", "back", shares(locality=1), TODAY, TODAY)
    with pytest.raises(AlreadyThere):
        estimate(reserve(*both), 100, award="other")


def test_what_came_back_lies_apart_until_a_decision_frees_it() -> None:
    """CAN-3"""
    back = reserve(*APPRENTICES, RETURNED)
    stream = back.streams["locality"]
    assert (stream.paid, stream.returned, stream.free) == (512_550, 4_487_450, 7_000_000)
    with pytest.raises(ReserveExhausted):
        back.award(terms("next", locality=7_000_001), DECISION, None)
    assert back.free_returned_funds("back", DECISION) == FREED
    freed = reserve(*APPRENTICES, RETURNED, FREED)
    assert freed.streams["locality"].returned == 0
    assert freed.award(terms("next", locality=11_487_450), DECISION, None).award == "next"


def test_money_is_freed_once_after_it_has_come_back() -> None:
    """CAN-3"""
    with pytest.raises(Unknown, match="no return 'back'"):
        reserve(*APPRENTICES).free_returned_funds("back", DECISION)
    with pytest.raises(NothingToFree, match="only estimated"):
        reserve(*APPRENTICES, ESTIMATED).free_returned_funds("back", DECISION)
    with pytest.raises(NothingToFree, match="was freed"):
        reserve(*APPRENTICES, RETURNED, FREED).free_returned_funds("back", DECISION)


def test_match_funding_is_never_part_of_the_reserve() -> None:
    """CAN-3: a pledge is a fact of the request; the reserve has no way to take it."""
    with pytest.raises(TypeError, match="no way to apply MatchFundingPledged"):
        reserve().apply(MatchFundingPledged(request="blake-worker", funder="police", amount_pence=100))


def refusals_of(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """The refusals of funding's own rules."""
    for sub in kind.__subclasses__():
        if sub.__module__ == "services.funding.domain.rules":
            yield sub
        yield from refusals_of(sub)


@pytest.mark.parametrize("refusal", list(refusals_of(Refusal)))
def test_every_refusal_says_its_rule_its_clause_and_what_to_do_and_can_be_kept(refusal: type[Refusal]) -> None:
    """design 12; what is kept must be readable for ever."""
    assert refusal.rule().endswith(".")
    assert refusal.clause.startswith("CAN-")
    assert refusal.remedy.endswith(".")
    kept = reserve().refuse_award(terms(locality=100), DECISION, None, refusal("It was wrong."))
    assert kept.rule == refusal.rule()
    assert decode("funding.award_refused.v1", encode_data(kept)) == kept


def test_the_given_facts_are_what_the_decisions_give() -> None:
    """The facts these tests start from are no other than the reserve's own."""
    start = happened(Reserve(PARTNERSHIP, "reserve"), OPENED)
    for stream in (LOCALITY, SAFER, HEALTH):
        fact = start.receive_stream(
            stream.stream,
            name=stream.name,
            kind=stream.kind,
            source=stream.source,
            amount_pence=stream.amount_pence,
            purposes=stream.purposes,
            ends_on=stream.ends_on,
        )
        assert fact == stream
    assert reserve().award(terms(starts_on=APRIL, locality=5_000_000), DECISION, None) == APPRENTICES[0]
    assert (
        reserve(APPRENTICES[0]).pay(
            "apprentices",
            "instalment-1",
            (StreamShare(stream="locality", amount_pence=5_000_000),),
            dt.date(2014, 10, 1),
            TODAY,
        )
        == APPRENTICES[1]
    )
