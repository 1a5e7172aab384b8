"""Facts about a reserve's streams: received, awarded and spent by their days, carried forward, clawed back (CAN-3)."""

from __future__ import annotations

import datetime as dt

import pytest
from funding.given import (
    HEALTH,
    LOCALITY,
    MARCH,
    OPENED,
    SAFER,
    TODAY,
    award,
    free,
    pay,
    release,
    reserve,
)
from msgspec.structs import asdict, replace
from stage import given

from services.funding.awards.rules import (
    money_is_committed_by_its_streams_day,
    money_is_spent_by_its_streams_day,
    never_more_is_committed_than_a_stream_has_free,
)
from services.funding.reserve import Reserve
from services.funding.reserves.domain import CarryFundsForward
from services.funding.reserves.rules import (
    money_is_carried_forward_to_a_later_day,
    money_is_committed_before_it_is_spent,
    no_more_is_clawed_back_than_is_free,
)
from shared.contracts.funding.requests import MatchFundingPledged
from shared.contracts.funding.reserves import (
    ContributionPaid,
    FundsCarriedForward,
    FundsClawedBack,
    ReserveOpened,
    StreamKind,
    StreamReceived,
)
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import nothing_is_recorded_before_its_day

NEXT_YEAR = dt.date(2017, 3, 31)
DECEMBER = dt.date(2015, 12, 31)
COMMIT_BY_DECEMBER = replace(SAFER, stream="winter", name="Winter fund", purposes=(), commit_by=DECEMBER)
"""£30,000 to be committed by December 2015 and spent by March 2016."""


def receive(stream: StreamReceived) -> StreamReceived:
    return StreamReceived(**asdict(stream))


def forward(
    stream: str = "safer", spend_by: dt.date = NEXT_YEAR, commit_by: dt.date | None = None
) -> CarryFundsForward:
    return CarryFundsForward(
        reserve="reserve", stream=stream, commit_by=commit_by, spend_by=spend_by, decision="board-forward"
    )


def claw_back(pence: int, stream: str = "safer") -> FundsClawedBack:
    return FundsClawedBack(reserve="reserve", stream=stream, amount_pence=pence, decision="board-back")


def test_the_given_facts_are_what_the_commands_give() -> None:
    """The facts these tests start from are no other than the reserve's own."""
    start = given().when(ReserveOpened(reserve="reserve", name="Partnership financial reserve")).then(OPENED)
    for stream in (LOCALITY, SAFER, HEALTH):
        start = start.when(receive(stream)).then(stream)


def test_what_is_received_is_free() -> None:
    """CAN-3"""
    assert free(given(OPENED, LOCALITY), "locality") == 12_000_000


def test_a_stream_is_received_once() -> None:
    """CAN-3: later money is a stream of its own."""
    reserve().when(receive(LOCALITY)).refused(AlreadyThere, "stream 'locality'")


def test_a_stream_is_received_with_its_purposes_and_its_days() -> None:
    """CAN-3"""
    reward = StreamReceived(
        reserve="reserve",
        stream="reward",
        name="Reward grant",
        kind=StreamKind.REWARD_GRANT,
        source="county-council",
        amount_pence=500,
        purposes=("health",),
        commit_by=DECEMBER,
        spend_by=MARCH,
    )
    received = reserve().when(reward).fact
    assert (received.kind, received.amount_pence, received.commit_by, received.spend_by) == (
        StreamKind.REWARD_GRANT,
        500,
        DECEMBER,
        MARCH,
    )
    after = reserve(received).state(Reserve, "reserve")
    assert after.streams.named("reward", "reserve").purposes == ("health",)


def test_a_stream_is_committed_before_it_is_spent() -> None:
    """CAN-3"""
    reversed_days = replace(receive(SAFER), stream="new", commit_by=dt.date(2016, 4, 1))
    refusal = reserve().when(reversed_days).refused(money_is_committed_before_it_is_spent, "commit_by is 2016-04-01")
    assert refusal.members == {"field": "commit_by"}
    reserve().when(forward(commit_by=dt.date(2017, 4, 1))).refused(money_is_committed_before_it_is_spent)


def test_an_award_made_after_the_day_to_commit_by_is_refused_with_both_days() -> None:
    """CAN-3"""
    winter = reserve(COMMIT_BY_DECEMBER)
    asked = award(winter=100, ends_on=MARCH)
    assert winter.when(asked, on=DECEMBER).facts
    refusal = winter.when(asked, on="2016-01-01").refused(
        money_is_committed_by_its_streams_day,
        "Winter fund could be awarded until 2015-12-31; this award is made on 2016-01-01.",
    )
    assert refusal.members == {"stream": "winter", "commit_by": "2015-12-31", "awarded_on": "2016-01-01"}


def test_a_stream_without_a_day_to_commit_by_is_committed_by_its_day_to_spend_by() -> None:
    """CAN-3"""
    asked = award(purpose="hate-crime", safer=100, ends_on=MARCH)
    assert reserve().when(asked, on=MARCH).facts
    reserve().when(asked, on="2016-04-01").refused(money_is_committed_by_its_streams_day)


def test_an_award_ends_no_later_than_its_stream_may_be_spent() -> None:
    """CAN-3: the stream may be spent until 31 March 2016."""
    assert reserve().when(award(purpose="hate-crime", ends_on=MARCH, safer=100)).facts
    refusal = (
        reserve()
        .when(award(purpose="hate-crime", ends_on=dt.date(2016, 4, 30), safer=100))
        .refused(money_is_spent_by_its_streams_day, "may be spent until 2016-03-31; this is for 2016-04-30.")
    )
    assert refusal.members == {"stream": "safer", "spend_by": "2016-03-31", "needed_until": "2016-04-30"}


def test_an_award_without_a_last_day_begins_and_is_paid_by_its_streams_day() -> None:
    """CAN-3"""
    later = dt.date(2016, 4, 1)
    reserve().when(award(purpose="hate-crime", starts_on=later, safer=100)).refused(money_is_spent_by_its_streams_day)
    until_spent = reserve().when(award(purpose="hate-crime", safer=100)).happens()
    assert until_spent.when(pay(safer=100, paid_on=MARCH), on=later).fact.paid_on == MARCH
    until_spent.when(pay(safer=100, paid_on=later), on=later).refused(money_is_spent_by_its_streams_day)


def test_money_carried_forward_by_a_decision_can_be_awarded_and_spent_until_its_new_days() -> None:
    """CAN-3"""
    some = award("some", purpose="hate-crime", safer=1_000_000)
    before = reserve().when(some).happens()
    carried = FundsCarriedForward(
        reserve="reserve", stream="safer", amount_pence=2_000_000, spend_by=NEXT_YEAR, decision="board-forward"
    )
    after = before.when(forward(), on="2016-05-01").then(carried)
    asked = award(purpose="hate-crime", ends_on=NEXT_YEAR, safer=2_000_000)
    before.when(asked, on="2016-05-01").refused(money_is_committed_by_its_streams_day)
    assert after.when(asked, on="2016-05-01").facts
    assert after.when(pay(award="some", safer=1, paid_on=dt.date(2016, 6, 1)), on="2016-06-01").facts
    assert after.state(Reserve, "reserve").streams.named("safer", "reserve").purposes == SAFER.purposes


@pytest.mark.parametrize("spend_by", [MARCH, dt.date(2015, 1, 1)])
def test_money_is_carried_forward_to_a_later_day(spend_by: dt.date) -> None:
    """CAN-3"""
    reserve().when(forward(spend_by=spend_by)).refused(money_is_carried_forward_to_a_later_day, "until 2016-03-31 now")


def test_a_stream_without_days_needs_no_carrying_forward() -> None:
    """CAN-3"""
    reserve().when(forward("locality")).refused(money_is_carried_forward_to_a_later_day, "spent until any day")
    reserve().when(forward("lottery")).refused(Unknown, "no stream 'lottery'")


def test_only_the_day_to_commit_by_may_be_moved() -> None:
    """CAN-3"""
    winter = reserve(COMMIT_BY_DECEMBER)
    moved = winter.when(forward("winter", spend_by=MARCH, commit_by=dt.date(2016, 2, 29))).fact
    assert (moved.commit_by, moved.spend_by) == (dt.date(2016, 2, 29), MARCH)
    earlier = forward("winter", spend_by=NEXT_YEAR, commit_by=dt.date(2015, 11, 30))
    winter.when(earlier).refused(money_is_carried_forward_to_a_later_day)


def test_what_is_not_committed_can_be_clawed_back_and_no_more() -> None:
    """CAN-3"""
    before = reserve().when(award(purpose="hate-crime", safer=1_000_000)).happens()
    refusal = before.when(claw_back(2_000_001)).refused(no_more_is_clawed_back_than_is_free, "£20,000 free, £0.01 less")
    assert refusal.members == {"short_by_pence": 1}
    after = before.when(claw_back(2_000_000)).then(
        FundsClawedBack(reserve="reserve", stream="safer", amount_pence=2_000_000, decision="board-back")
    )
    assert free(after, "safer") == 0
    again = award("next", purpose="hate-crime", safer=1)
    after.when(again).refused(never_more_is_committed_than_a_stream_has_free)
    released = after.when(release(safer=1_000_000)).happens()
    assert released.when(claw_back(1_000_000)).facts


def test_a_contribution_is_said_once_and_counts_in_no_stream() -> None:
    """CAN-3"""
    said = ContributionPaid(
        reserve="reserve", contribution="fire-2015", organisation="fire", amount_pence=500, paid_on=TODAY
    )
    after = reserve().when(said, on=TODAY).then(ContributionPaid(**{k: v for k, v in asdict(said).items() if v}))
    after.when(said, on=TODAY).refused(AlreadyThere, "contribution 'fire-2015'")
    tomorrow = replace(said, contribution="next", paid_on=TODAY + dt.timedelta(days=1))
    after.when(tomorrow, on=TODAY).refused(nothing_is_recorded_before_its_day)
    assert free(after, "locality") == free(reserve(), "locality")
    versions = [each.state(Reserve, "reserve").version for each in (after, reserve())]
    assert versions[0] == versions[1], "what partners say makes the history of the reserve no longer"


def test_match_funding_is_never_part_of_the_reserve() -> None:
    """CAN-3: a pledge is a fact of the request; the reserve has no way to take it."""
    with pytest.raises(TypeError, match="no way to apply MatchFundingPledged"):
        Reserve("area", "reserve").after([MatchFundingPledged(request="blake-worker", funder="police", amount_pence=1)])
    given().when(MatchFundingPledged(request="nothing", funder="police", amount_pence=1)).refused(Unknown)
