"""Facts about awards: what may be awarded, paid and released, what comes back and when it is free again."""

from __future__ import annotations

import datetime as dt

import pytest
from funding.given import (
    APRIL,
    BLAKE_WORKER,
    DECISION,
    FREE,
    LOCALITY,
    OPENED,
    TODAY,
    award,
    awarded,
    by_decision,
    estimate,
    free,
    give_back,
    paid,
    pay,
    release,
    reserve,
    shares,
)
from msgspec.structs import replace
from stage import Given

from services.funding.awards.domain import Award, Decided
from services.funding.awards.rules import (
    a_request_is_met_from_the_reserve_it_was_made_to,
    a_return_is_estimated_for_the_awards_own_payee,
    a_return_is_reconciled_once,
    an_award_has_the_terms_of_its_decision,
    money_is_freed_once_after_it_has_come_back,
    money_is_spent_by_its_streams_day,
    money_with_a_purpose_is_spent_on_that_purpose,
    never_more_is_committed_than_a_stream_has_free,
    no_more_comes_back_than_was_paid,
    payments_and_releases_stay_within_the_award,
)
from services.funding.requests.rules import a_declined_request_stays_declined, a_request_is_met_once
from shared.contracts.command import Asked
from shared.contracts.envelope import encode_data
from shared.contracts.event import decode
from shared.contracts.funding.awards import (
    AwardReduced,
    AwardRefused,
    CommitmentReleased,
    FundsReturned,
    ReturnedFundsFreed,
    ReturnEstimated,
)
from shared.contracts.funding.postings import Account
from shared.contracts.funding.requests import RequestDeclined, RequestDeferred, RequestMet
from shared.contracts.funding.shares import StreamShare
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rule import RULES
from shared.values.rules import (
    a_period_ends_no_earlier_than_it_starts,
    each_is_named_once,
    nothing_is_recorded_before_its_day,
)

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
FREED = ReturnedFundsFreed(
    reserve="reserve", award="apprentices", return_="back", shares=shares(locality=4_487_450), decision=DECISION
)
APPRENTICES = awarded(locality=5_000_000), paid(locality=5_000_000)
"""£50,000 awarded and paid."""
DEFERRED = RequestDeferred(request="blake-worker", decision=DECISION, returns_to="A future meeting")


def balance(after: Given, account: Account, award: str = "apprentices", stream: str = "locality") -> int:
    """What an award's own facts have posted to an account."""
    return after.state(Award, "reserve", award).books.balance(stream, account)


def test_the_given_facts_are_what_the_commands_give() -> None:
    """The facts these tests start from are no other than the service's own."""
    start = reserve().when(award(starts_on=APRIL, locality=5_000_000)).then(APPRENTICES[0])
    start.when(pay("instalment-1", locality=5_000_000, paid_on=dt.date(2014, 10, 1))).then(APPRENTICES[1])


def test_all_that_is_free_can_be_awarded_and_not_a_penny_more() -> None:
    """CAN-3"""
    assert reserve().when(award(locality=12_000_000)).fact.shares == shares(locality=12_000_000)
    reserve().when(award(locality=12_000_001)).refused(never_more_is_committed_than_a_stream_has_free)


def test_a_refusal_says_which_stream_falls_short_and_by_how_much() -> None:
    """CAN-3"""
    refusal = (
        reserve(awarded("other", locality=11_920_000))
        .when(award(locality=130_000))
        .refused(never_more_is_committed_than_a_stream_has_free)
    )
    assert refusal.detail == "Locality Funds has £800 free, £500 less than the award asks of it."
    assert refusal.members == {"stream": "locality", "short_by_pence": 50_000}
    assert refusal.clause == "CAN-3"


def test_one_stream_that_falls_short_stops_the_whole_award() -> None:
    """CAN-3"""
    reserve().when(award(purpose="hate-crime", locality=100, safer=3_000_001)).refused(
        never_more_is_committed_than_a_stream_has_free,
        "Safer and Stronger Communities Fund has £30,000 free, £0.01 less",
    )


def test_what_is_committed_is_not_free_for_another_award() -> None:
    """CAN-3"""
    committed = reserve(awarded("other", locality=12_000_000))
    committed.when(award(locality=1)).refused(never_more_is_committed_than_a_stream_has_free)


def test_a_stream_stands_among_the_shares_once() -> None:
    """CAN-3: twice the same £60,000 and a penny would each fit into £120,000."""
    twice = (*shares(locality=6_000_001), *shares(locality=6_000_001))
    reserve().when(replace(award(locality=1), shares=twice)).refused(each_is_named_once, "'locality'")
    committed = reserve(awarded(locality=8_000_000))
    committed.when(replace(pay(locality=1), shares=twice)).refused(each_is_named_once)
    committed.when(replace(release(locality=1), shares=twice)).refused(each_is_named_once)
    paid_out = committed.and_then(paid(locality=8_000_000))
    paid_out.when(replace(give_back(locality=1), shares=twice)).refused(each_is_named_once)


def test_health_money_is_spent_on_health_and_other_money_on_its_own_purpose() -> None:
    """CAN-3: health against non-health."""
    assert reserve().when(award(purpose="health", health=100)).fact.purpose == "health"
    assert reserve().when(award(purpose="hate-crime", safer=100)).fact.purpose == "hate-crime"
    reserve().when(award(purpose="hate-crime", health=100)).refused(
        money_with_a_purpose_is_spent_on_that_purpose,
        "Public Health Grant may be spent on health only; this is for hate-crime.",
    )
    refusal = (
        reserve()
        .when(award(purpose="health", locality=100, safer=100))
        .refused(money_with_a_purpose_is_spent_on_that_purpose)
    )
    assert refusal.members == {"stream": "safer"}


def test_money_without_a_purpose_is_spent_on_anything() -> None:
    """CAN-3"""
    assert reserve().when(award(purpose="anything-else", locality=100)).fact.purpose == "anything-else"


def test_an_award_whose_term_is_reversed_is_refused() -> None:
    """CAN-2"""
    reversed_term = award(ends_on=dt.date(2015, 3, 31), locality=100)
    reserve().when(reversed_term).refused(a_period_ends_no_earlier_than_it_starts, "The term would end on 2015-03-31")


def test_an_award_from_a_stream_that_is_not_there_is_refused_and_the_streams_are_named() -> None:
    """CAN-3"""
    reserve().when(award(lottery=100)).refused(Unknown, "no stream 'lottery'. It has 'locality'")


def test_an_award_is_made_once() -> None:
    """CAN-3"""
    reserve(awarded(locality=100)).when(award(locality=100)).refused(AlreadyThere)


def test_an_award_meets_an_open_request_once() -> None:
    """CAN-2"""
    asked = award("blake", request="blake-worker", locality=1_430_000)
    after = reserve(BLAKE_WORKER).when(asked).happens()
    assert after.facts[-2:] == (
        awarded("blake", request="blake-worker", locality=1_430_000),
        RequestMet(request="blake-worker", reserve="reserve", award="blake", decision=DECISION),
    )
    after.when(replace(asked, award="blake-again")).refused(a_request_is_met_once, "met by award 'blake'")


def test_a_declined_request_is_not_met() -> None:
    """CAN-2"""
    declined = RequestDeclined(request="blake-worker", decision=DECISION, reasons="No money.")
    asked = award(request="blake-worker", locality=100)
    reserve(BLAKE_WORKER, declined).when(asked).refused(a_declined_request_stays_declined)


def test_an_award_for_a_deferred_request_is_its_reconsideration() -> None:
    """CAN-2: a reconsidered request and the decision on it are one thing."""
    asked = award("blake", request="blake-worker", locality=100)
    assert [type(fact).__name__ for fact in reserve(BLAKE_WORKER, DEFERRED).when(asked).facts] == [
        "FundsAwarded",
        "RequestMet",
    ]


def test_a_request_that_is_not_there_is_not_met() -> None:
    """CAN-2"""
    reserve().when(award(request="nothing", locality=1)).refused(Unknown, "no request 'nothing'")


def test_a_request_is_met_from_the_reserve_it_was_made_to() -> None:
    """CAN-3"""
    other = reserve(BLAKE_WORKER, replace(OPENED, reserve="other"), replace(LOCALITY, reserve="other"))
    other.when(replace(award(request="blake-worker", locality=100), reserve="other")).refused(
        a_request_is_met_from_the_reserve_it_was_made_to, "made to reserve 'reserve', not to 'other'"
    )


DECIDED = Decided(
    outcome="agreed",
    terms={
        "reserve": "reserve",
        "award": "blake",
        "request": None,
        "shares": [{"stream": "locality", "amount_pence": 1_560_000}],
        "payee": "skills-board",
        "purpose": "apprenticeships",
        "starts_on": "2015-04-01",
        "ends_on": None,
    },
)


def test_an_award_has_the_terms_of_the_decision_it_names() -> None:
    """CAN-2: £14,300 was taken under a decision that said £15,600."""
    decided = reserve().providing(DECIDED)
    assert decided.when(award("blake", locality=1_560_000)).facts
    refusal = decided.when(award("blake", locality=1_430_000)).refused(
        an_award_has_the_terms_of_its_decision,
        "other terms. shares: £15,600 of locality decided, £14,300 of locality here.",
    )
    assert refusal.members == {"decision": DECISION, "terms": ["shares"]}
    longer = award("blake", ends_on=dt.date(2016, 4, 30), locality=1_560_000)
    decided.when(longer).refused(an_award_has_the_terms_of_its_decision, "ends on: none decided, 2016-04-30 here.")
    second = award("blake-again", locality=1_560_000)
    decided.when(second).refused(an_award_has_the_terms_of_its_decision, "award: blake decided, blake-again here.")


@pytest.mark.parametrize("outcome", ["noted", "deferred", "declined"])
def test_a_decision_that_awards_nothing_awards_nothing(outcome: str) -> None:
    """CAN-2"""
    decided = reserve().providing(replace(DECIDED, outcome=outcome))
    decided.when(award("blake", locality=1_560_000)).refused(
        an_award_has_the_terms_of_its_decision, f"awards nothing: its outcome is {outcome}."
    )


@pytest.mark.parametrize("outcome", ["agreed", "endorsed"])
def test_a_decision_in_principle_leaves_the_terms_open(outcome: str) -> None:
    """CAN-2"""
    assert reserve().providing(Decided(outcome=outcome)).when(award(locality=1)).facts


def test_an_award_that_is_refused_is_kept_with_rule_clause_stream_and_shortfall() -> None:
    """CAN-3: a decision is never lost."""
    asked = by_decision(award("blake", request="blake-worker", locality=12_050_000))
    reserve(BLAKE_WORKER).when(asked).then(
        AwardRefused(
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
    )


def test_every_reason_against_an_award_is_kept() -> None:
    """CAN-3"""
    asked = by_decision(award(purpose="hate-crime", ends_on=dt.date(2016, 4, 30), safer=3_000_100))
    refused = reserve().when(asked).fact
    assert refused.reason == (
        "Safer and Stronger Communities Fund may be spent until 2016-03-31; this is for 2016-04-30."
        " Safer and Stronger Communities Fund has £30,000 free, £1 less than the award asks of it."
    )
    assert refused.rule == money_is_spent_by_its_streams_day.sentence


def test_a_refused_award_commits_nothing() -> None:
    """CAN-3"""
    after = reserve().when(by_decision(award(purpose="fun", health=100))).happens()
    assert free(after, "health") == 2_000_000
    assert after.when(award(purpose="health", health=100)).fact.award == "apprentices"


def test_a_payment_comes_out_of_the_commitment_and_goes_to_the_awards_payee() -> None:
    """CAN-3"""
    fact = reserve(awarded(locality=500)).when(pay(locality=200)).fact
    assert (fact.payee, fact.shares) == ("skills-board", shares(locality=200))
    after = reserve(awarded(locality=500), fact)
    assert (balance(after, Account.COMMITTED), balance(after, Account.PAID)) == (-200, 200)


def test_payments_and_releases_never_exceed_the_award() -> None:
    """CAN-3"""
    partly_paid = reserve(awarded(locality=500), paid(locality=200))
    assert partly_paid.when(pay("rest", locality=300)).fact.payment == "rest"
    refusal = partly_paid.when(pay("rest", locality=301)).refused(payments_and_releases_stay_within_the_award)
    assert refusal.members == {"stream": "locality", "short_by_pence": 1}
    released = partly_paid.when(release(locality=300)).happens()
    released.when(pay("rest", locality=1)).refused(payments_and_releases_stay_within_the_award)
    released.when(release(locality=1)).refused(payments_and_releases_stay_within_the_award)


def test_an_award_is_paid_from_its_own_streams_only() -> None:
    """CAN-3"""
    reserve(awarded(locality=500)).when(pay(safer=1)).refused(
        payments_and_releases_stay_within_the_award, "still commits £0 of 'safer'"
    )


def test_a_payment_is_made_once() -> None:
    """CAN-3"""
    once = reserve(awarded(locality=500), paid(locality=200))
    once.when(pay("instalment-1", locality=200)).refused(AlreadyThere, "payment 'instalment-1'")


def test_a_payment_or_return_of_tomorrow_is_refused() -> None:
    """CAN-3"""
    tomorrow = TODAY + dt.timedelta(days=1)
    committed = reserve(awarded(locality=500))
    committed.when(pay(locality=1, paid_on=tomorrow), on=TODAY).refused(nothing_is_recorded_before_its_day)
    late = give_back(locality=1, returned_on=tomorrow)
    reserve(*APPRENTICES).when(late, on=TODAY).refused(nothing_is_recorded_before_its_day)


def test_what_is_released_is_free_again_and_both_histories_say_so() -> None:
    """CAN-3"""
    after = (
        reserve(awarded(locality=12_000_000))
        .when(release(locality=300))
        .then(
            AwardReduced(reserve="reserve", award="apprentices", shares=shares(locality=300), reason="Not needed."),
            CommitmentReleased(
                reserve="reserve", award="apprentices", shares=shares(locality=300), reason="Not needed."
            ),
        )
    )
    assert free(after, "locality") == 300
    assert balance(after, Account.COMMITTED) == -300


@pytest.mark.parametrize(
    "command",
    [
        pay(award="nothing", locality=1),
        release("nothing", locality=1),
        give_back(award="nothing", locality=1),
        estimate(1, award="nothing"),
    ],
)
def test_what_was_not_awarded_cannot_be_paid_released_or_returned(command: Asked) -> None:
    """CAN-3"""
    reserve().when(command).refused(Unknown, "no award 'nothing'")


def test_most_of_50000_pounds_is_estimated_to_come_back_in_the_payees_words() -> None:
    """CAN-2: the apprentice scheme."""
    reserve(*APPRENTICES).when(estimate(4_500_000)).then(ESTIMATED)


def test_a_return_may_be_announced_without_a_figure() -> None:
    """CAN-2: "most of the £50,000", and no sum."""
    announced = replace(estimate(1), estimate_pence=None)
    reserve(*APPRENTICES).when(announced).then(replace(ESTIMATED, estimate_pence=None))


def test_an_estimate_moves_no_money() -> None:
    """CAN-2"""
    before, after = (
        reserve(*facts).state(Award, "reserve", "apprentices") for facts in (APPRENTICES, (*APPRENTICES, ESTIMATED))
    )
    assert after.books == before.books


def test_a_return_is_reconciled_to_the_penny_with_its_difference_from_the_estimate() -> None:
    """CAN-2: £44,874.50 came back of an estimated £45,000."""
    command = give_back(locality=4_487_450, returned_on=dt.date(2015, 1, 12))
    reserve(*APPRENTICES, ESTIMATED).when(command).then(replace(RETURNED, difference_from_estimate_pence=-12_550))


def test_the_latest_estimate_is_what_a_return_is_compared_with() -> None:
    """CAN-2"""
    again = reserve(*APPRENTICES, ESTIMATED).when(estimate(4_487_450)).happens()
    assert again.when(give_back(locality=4_487_450)).fact.difference_from_estimate_pence == 0


def test_money_that_nobody_estimated_comes_back_without_a_difference() -> None:
    """CAN-2"""
    assert reserve(*APPRENTICES).when(give_back(locality=1)).fact.difference_from_estimate_pence is None


def test_no_more_comes_back_than_was_paid_stream_by_stream() -> None:
    """CAN-2"""
    two_streams = reserve(awarded(locality=100, safer=100), paid(locality=100, safer=50))
    refusal = two_streams.when(give_back(safer=51)).refused(no_more_comes_back_than_was_paid)
    assert refusal.members == {"stream": "safer"}
    after = two_streams.when(give_back(locality=100, safer=50)).happens()
    after.when(give_back("more", locality=1)).refused(no_more_comes_back_than_was_paid)


def test_no_more_is_estimated_to_come_back_than_the_payee_holds() -> None:
    """CAN-2"""
    assert reserve(*APPRENTICES).when(estimate(5_000_000)).fact.estimate_pence == 5_000_000
    reserve(*APPRENTICES).when(estimate(5_000_001)).refused(
        no_more_comes_back_than_was_paid, "holds £50,000; £50,000.01 is more"
    )


def test_a_return_is_estimated_for_the_awards_own_payee() -> None:
    """CAN-2"""
    reserve(*APPRENTICES).when(estimate(100, payee="police")).refused(
        a_return_is_estimated_for_the_awards_own_payee, "pays 'skills-board', not 'police'"
    )


def test_a_return_is_reconciled_once_and_not_estimated_afterwards() -> None:
    """CAN-2"""
    back = reserve(*APPRENTICES, RETURNED)
    back.when(give_back(locality=1)).refused(a_return_is_reconciled_once)
    back.when(estimate(100)).refused(a_return_is_reconciled_once)


def test_returns_of_two_awards_may_have_one_name() -> None:
    """CAN-2: each award has a history of its own."""
    both = reserve(*APPRENTICES, awarded("other", locality=100), paid(award="other", locality=100), RETURNED, FREED)
    after = both.when(give_back(award="other", locality=1)).happens()
    assert after.when(replace(FREE, award="other")).fact.shares == shares(locality=1)


def test_what_came_back_is_kept_apart_until_a_decision_frees_it() -> None:
    """CAN-3"""
    back = reserve(*APPRENTICES, RETURNED)
    assert (balance(back, Account.PAID), balance(back, Account.RETURNED)) == (512_550, 4_487_450)
    assert free(back, "locality") == 7_000_000
    back.when(award("next", locality=7_000_001)).refused(never_more_is_committed_than_a_stream_has_free)
    freed = back.when(FREE).then(FREED)
    assert freed.when(award("next", locality=11_487_450)).fact.award == "next"


def test_money_is_freed_once_after_it_has_come_back() -> None:
    """CAN-3"""
    reserve(*APPRENTICES).when(FREE).refused(Unknown, "no return 'back'")
    reserve(*APPRENTICES, ESTIMATED).when(FREE).refused(money_is_freed_once_after_it_has_come_back, "only estimated")
    reserve(*APPRENTICES, RETURNED, FREED).when(FREE).refused(money_is_freed_once_after_it_has_come_back, "was freed")


OWN_RULES = sorted(problem for problem, rule in RULES.items() if rule.check.__module__.startswith("services.funding."))


@pytest.mark.parametrize("problem", OWN_RULES)
def test_every_rule_says_its_clause_and_what_to_do_and_can_be_kept(problem: str) -> None:
    """design 12; what is kept must be readable for ever."""
    rule = RULES[problem]
    assert rule.clause.startswith("CAN-")
    assert rule.remedy.endswith(".")
    kept = AwardRefused(
        reserve="reserve",
        award="blake",
        shares=(StreamShare(stream="locality", amount_pence=1),),
        decision=DECISION,
        reason="It was wrong.",
        rule=rule.sentence,
        clause=rule.clause,
    )
    assert decode("funding.award_refused.v1", encode_data(kept)) == kept
