"""Facts about what clerks, partners and decisions do on a real event store, and what readers of funding then see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import pytest
from fixtures_databases import Databases
from funding.given import APRIL, LOCALITY, MARCH, SAFER, award, by_decision, shares
from msgspec.structs import asdict, replace
from stage import CHAIR, READER, SERVICE, Stage, dated, on_stage, partner

from services.funding.awards.domain import (
    AwardFunds,
    EstimateReturn,
    FreeReturnedFunds,
    MakePayment,
    ReconcileReturn,
    ReleaseCommitment,
)
from services.funding.awards.rules import (
    a_return_is_estimated_for_the_awards_own_payee,
    an_award_has_the_terms_of_its_decision,
    never_more_is_committed_than_a_stream_has_free,
)
from services.funding.awards.view import (
    RefusedAward,
    funding_award,
    funding_awards,
    refused_awards,
)
from services.funding.requests.domain import NoteRequest, RequestFunds
from services.funding.requests.view import CurrentDeferral, RequestStatus, funding_request, funding_requests
from services.funding.reserve import Reserve
from services.funding.reserves.domain import CarryFundsForward
from services.funding.reserves.view import reserve_position, reserves, streams_ending
from services.funding.service import service
from shared.contracts.command import Asked
from shared.contracts.event import Event
from shared.contracts.funding.postings import Money
from shared.contracts.funding.requests import (
    Basis,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestReconsidered,
)
from shared.contracts.funding.reserves import FundsClawedBack, ReserveOpened, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.decisions import DecisionRecorded, Outcome
from shared.contracts.meetings.effects import AwardDecided
from shared.runtime.deciding.answers import Answer
from shared.runtime.endpoints.paging import Page
from shared.runtime.identity.principals import Principal
from shared.values.refusals import AlreadyThere, Forbidden, Unknown
from shared.values.roles import Role
from shared.values.rules import nothing_is_recorded_before_its_day

NOW = dt.datetime(2015, 1, 16, 9, tzinfo=dt.UTC)
BOARD = dt.datetime(2014, 11, 24, 14, tzinfo=dt.UTC)


@pytest.fixture
def funding(databases: Databases) -> Iterator[Stage]:
    with on_stage(service, databases, NOW) as stage:
        yield stage


def receive(stream: StreamReceived) -> StreamReceived:
    return StreamReceived(**asdict(stream))


@pytest.fixture
def reserve(funding: Stage) -> Stage:
    """Funding with an open reserve of £120,000 for anything and £30,000 for community safety until 31 March 2016."""
    funding.sends(ReserveOpened(reserve="reserve", name="Partnership financial reserve"))
    funding.sends(receive(LOCALITY), receive(SAFER))
    return funding


def decides(stage: Stage, *commands: Asked, key: str | None = None) -> Answer:
    """What follows when a meeting has decided."""
    return stage.sends(*commands, by=SERVICE, key=key)


def money(received: int, committed: int, paid: int, returned: int, free: int, lapsed: int = 0, back: int = 0) -> Money:
    return Money(
        received_pence=received,
        committed_pence=committed,
        paid_pence=paid,
        returned_pence=returned,
        free_pence=free,
        lapsed_pence=lapsed,
        clawed_back_pence=back,
    )


BLAKE_WORKER = RequestFunds(
    request="blake-worker",
    reserve="reserve",
    applicant="voluntary-council",
    title="Blake Community Development Worker",
    purpose="community-development",
    purpose_text="To keep the post after its present money ends.",
    basis=Basis.PER_MONTH,
    amount_pence=130_000,
    starts_on=dt.date(2015, 5, 1),
    ends_on=MARCH,
)
HATE_CRIME_OFFICER = RequestFunds(
    request="hate-crime-officer",
    reserve="reserve",
    applicant="hate-crime-charity",
    title="Officer time for victims of hate crime",
    purpose="hate-crime",
    purpose_text="Two days a week.",
    basis=Basis.PER_ANNUM,
    amount_pence=700_000,
    starts_on=APRIL,
    present_funding_ends_on=dt.date(2015, 3, 31),
    match_pence=350_000,
)
DEFER = RequestDeferred(
    request="blake-worker",
    decision="d-1",
    returns_to="A future meeting of the Strategic Board",
    must_know=("What the community development work offers the post",),
    awaits_project="asset-based-development",
)
PCC = OtherFunderSought(
    request="hate-crime-officer", decision="d-1", funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31)
)
NOTE = NoteRequest(request="hate-crime-officer", decision="d-1")
FREE = FreeReturnedFunds(reserve="reserve", award="apprentices", return_="apprentices-return", decision="board-freed")
APPRENTICES = AwardFunds(
    reserve="reserve",
    award="apprentices",
    shares=shares(locality=5_000_000),
    payee="skills-board",
    purpose="apprenticeships",
    starts_on=dt.date(2013, 4, 1),
    decision="board-2013-03-04-apprentices",
)
PAID = MakePayment(
    reserve="reserve",
    award="apprentices",
    payment="grant",
    shares=shares(locality=5_000_000),
    paid_on=dt.date(2013, 5, 1),
)
MOST_OF_IT = EstimateReturn(
    reserve="reserve",
    award="apprentices",
    return_="apprentices-return",
    payee="skills-board",
    estimate_pence=4_500_000,
    wording="most of",
    reason="The project did not develop as first intended.",
)
BACK = ReconcileReturn(
    reserve="reserve",
    award="apprentices",
    return_="apprentices-return",
    shares=shares(locality=4_487_450),
    returned_on=dt.date(2015, 1, 12),
)


def test_the_position_says_where_every_penny_of_each_stream_is(reserve: Stage) -> None:
    """CAN-3: after £50,000 was paid, £44,874.50 came back, and £70 of another award was released."""
    for command in (APPRENTICES, PAID, MOST_OF_IT, BACK):
        reserve.sends(command)
    decides(reserve, by_decision(award("other", purpose="hate-crime", locality=10_000, safer=20_000)))
    reserve.sends(ReleaseCommitment(reserve="reserve", award="other", shares=shares(locality=7_000), reason="Cheaper."))
    position = reserve_position(reserve.reads(), "reserve")
    assert [(s.stream, s.money) for s in position.streams] == [
        ("locality", money(12_000_000, 3_000, 512_550, 4_487_450, 6_997_000)),
        ("safer", money(3_000_000, 20_000, 0, 0, 2_980_000)),
    ]
    assert position.total == money(15_000_000, 23_000, 512_550, 4_487_450, 9_977_000)
    assert [(s.name, s.kind, s.source, s.purposes, s.spend_by) for s in position.streams] == [
        ("Locality Funds", "external_grant", "county-council", (), None),
        (
            "Safer and Stronger Communities Fund",
            "external_grant",
            "county-council",
            ("community-safety", "hate-crime"),
            MARCH,
        ),
    ]
    assert position.sources == [0, 1, 2, 3, 4, 6, 7, 8, 9]  # an estimate moves nothing
    reserve.sends(FREE)
    freed = reserve_position(reserve.reads(), "reserve").streams[0].money
    assert freed == money(12_000_000, 3_000, 512_550, 0, 11_484_450)


def test_an_empty_reserve_has_nothing_anywhere(funding: Stage) -> None:
    """CAN-3"""
    funding.sends(ReserveOpened(reserve="reserve", name="Partnership financial reserve"))
    reading = funding.reads()
    assert reserve_position(reading, "reserve").total == money(0, 0, 0, 0, 0)
    assert [(r.reserve, r.name) for r in reserves(reading, Page())] == [("reserve", "Partnership financial reserve")]


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_the_same_is_shown_however_the_events_were_paged(reserve: Stage, page: int) -> None:
    """design 11"""
    for command in (BLAKE_WORKER, APPRENTICES, PAID, MOST_OF_IT, BACK):
        reserve.sends(command)
    decides(reserve, DEFER)
    reserve.sends(RequestReconsidered(request="blake-worker", reasons="It is known."))
    decides(reserve, by_decision(award("blake", locality=100, request="blake-worker", decision="d-2")))
    reserve.reads_again(page)
    reading = reserve.reads()
    assert reserve_position(reading, "reserve").total == money(15_000_000, 100, 512_550, 4_487_450, 9_999_900)
    request = funding_request(reading, "blake-worker")
    assert (request.status, request.sources) == (RequestStatus.AWARDED, [3, 8, 9, 11])
    assert funding_award(reading, "reserve", "apprentices").sources == [4, 5, 6, 7]


def test_an_award_shows_its_payments_and_what_came_back_to_the_penny(reserve: Stage) -> None:
    """CAN-2: most of £50,000."""
    for command in (APPRENTICES, PAID, MOST_OF_IT):
        reserve.sends(command)
    estimated = funding_award(reserve.reads(), "reserve", "apprentices").returns[0]
    assert (estimated.wording, estimated.estimate_pence) == ("most of", 4_500_000)
    assert (estimated.returned_on, estimated.returned_pence) == (None, 0)
    reserve.sends(BACK)
    reserve.sends(FREE)
    assert msgspec.to_builtins(funding_award(reserve.reads(), "reserve", "apprentices")) == {
        "reserve": "reserve",
        "award": "apprentices",
        "request": None,
        "payee": "skills-board",
        "purpose": "apprenticeships",
        "starts_on": "2013-04-01",
        "ends_on": None,
        "decision": "board-2013-03-04-apprentices",
        "awarded_pence": 5_000_000,
        "released_pence": 0,
        "paid_pence": 5_000_000,
        "returned_pence": 4_487_450,
        "committed_pence": 0,
        "shares": [{"stream": "locality", "amount_pence": 5_000_000}],
        "payments": [
            {
                "payment": "grant",
                "paid_on": "2013-05-01",
                "amount_pence": 5_000_000,
                "shares": [{"stream": "locality", "amount_pence": 5_000_000}],
                "sources": [4],
            }
        ],
        "returns": [
            {
                "return": "apprentices-return",
                "estimate_pence": 4_500_000,
                "wording": "most of",
                "reason": "The project did not develop as first intended.",
                "returned_on": "2015-01-12",
                "returned_pence": 4_487_450,
                "difference_from_estimate_pence": -12_550,
                "shares": [{"stream": "locality", "amount_pence": 4_487_450}],
                "freed_by": "board-freed",
                "sources": [5, 6, 7],
            }
        ],
        "sources": [3, 4, 5, 6, 7],
    }


def test_what_is_not_there_is_unknown(reserve: Stage) -> None:
    """design 12"""
    reserve.sends(APPRENTICES)
    reading = reserve.reads()
    elsewhere = reserve.reads("elsewhere")
    for unknown in (
        lambda: reserve_position(reading, "nothing"),
        lambda: reserve_position(elsewhere, "reserve"),
        lambda: funding_awards(reading, Page(), "nothing"),
        lambda: funding_award(reading, "reserve", "nothing"),
        lambda: funding_award(elsewhere, "reserve", "apprentices"),
        lambda: refused_awards(reading, Page(), reserve="nothing"),
        lambda: funding_request(reading, "nothing"),
    ):
        with pytest.raises(Unknown):
            unknown()
    assert reserves(elsewhere, Page()) == []
    with pytest.raises(Unknown):
        reserve.sends(replace(BLAKE_WORKER, reserve="nothing"))
    with pytest.raises(Unknown):
        decides(reserve, NoteRequest(request="nothing", decision="d-1"))
    of_no_reserve = by_decision(replace(award(locality=1), reserve="nothing"))
    with pytest.raises(Unknown):
        decides(reserve, of_no_reserve)


def test_names_are_given_once(reserve: Stage) -> None:
    """design 12"""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    for command in (ReserveOpened(reserve="reserve", name="Another"), receive(LOCALITY), BLAKE_WORKER):
        with pytest.raises(AlreadyThere):
            reserve.sends(command)


def test_a_deferred_request_shows_when_it_returns_and_what_must_be_known(reserve: Stage) -> None:
    """CAN-2: the community development worker."""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decides(reserve, DEFER)
    shown = funding_request(reserve.reads(), "blake-worker")
    assert (shown.status, shown.decision, shown.total_pence) == (RequestStatus.DEFERRED, "d-1", 1_430_000)
    assert shown.requested_on == BOARD.date()
    assert shown.deferral == CurrentDeferral(
        decision="d-1",
        returns_on=None,
        returns_to="A future meeting of the Strategic Board",
        must_know=("What the community development work offers the post",),
        awaits_project="asset-based-development",
    )
    reserve.sends(
        RequestReconsidered(request="blake-worker", meeting="board-2015-02-23", reasons="It is known."), by=CHAIR
    )
    taken_up = funding_request(reserve.reads(), "blake-worker")
    assert (taken_up.status, taken_up.decision, taken_up.deferral) == (RequestStatus.OPEN, None, None)
    assert taken_up.reasons == "It is known."
    decides(reserve, replace(DEFER, decision="d-2", returns_to="The summer", must_know=(), awaits_project=None))
    again = funding_request(reserve.reads(), "blake-worker")
    assert again.deferral == CurrentDeferral("d-2", None, "The summer", (), None)
    assert again.reasons is None


def test_a_declined_request_shows_why(reserve: Stage) -> None:
    """CAN-2"""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decides(reserve, RequestDeclined(request="blake-worker", decision="d-1", reasons="No money."))
    declined = funding_request(reserve.reads(), "blake-worker")
    assert (declined.status, declined.decision, declined.reasons) == (RequestStatus.DECLINED, "d-1", "No money.")


def test_a_noted_request_shows_the_other_funder_and_what_others_pledge(reserve: Stage) -> None:
    """CAN-2, CAN-3: the hate-crime officer; match funding counts, and is no part of the reserve."""
    reserve.sends(HATE_CRIME_OFFICER)
    decides(reserve, NOTE)
    decides(reserve, PCC)
    before = reserve_position(reserve.reads(), "reserve")
    pledge = MatchFundingPledged(request="hate-crime-officer", funder="police", amount_pence=100_000)
    reserve.sends(pledge, by=partner("police"))
    reserve.sends(pledge)
    reading = reserve.reads()
    shown = funding_request(reading, "hate-crime-officer")
    assert (shown.status, shown.total_pence, shown.ends_on) == (RequestStatus.NOTED, None, None)
    assert [(f.funder, f.starts_on, f.ends_on, f.decision) for f in shown.other_funders] == [
        ("pcc", APRIL, dt.date(2017, 3, 31), "d-1")
    ]
    assert (shown.match.expected_pence, shown.match.pledged_pence) == (350_000, 200_000)
    assert [(p.funder, p.amount_pence) for p in shown.match.pledges] == [("police", 100_000), ("police", 100_000)]
    assert shown.sources == [3, 4, 5, 6, 7]
    assert reserve_position(reading, "reserve") == before


def test_requests_are_listed_by_status_and_paged(reserve: Stage) -> None:
    """design 12"""
    reserve.sends(HATE_CRIME_OFFICER)
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decides(reserve, NOTE)
    reading = reserve.reads()
    listed = [request.request for request in funding_requests(reading, Page(), None)]
    assert listed == ["blake-worker", "hate-crime-officer"]  # by the day they were made
    assert [r.request for r in funding_requests(reading, Page(), RequestStatus.NOTED)] == ["hate-crime-officer"]
    assert funding_requests(reading, Page(), RequestStatus.DECLINED) == []
    first = Page(1)
    assert [r.request for r in funding_requests(reading, first)] == ["blake-worker"]
    assert [r.request for r in funding_requests(reading, Page(1, first.next))] == ["hate-crime-officer"]
    assert funding_requests(reserve.reads("elsewhere"), Page(), None) == []


def test_each_request_shows_its_own_other_funder_and_pledges(reserve: Stage) -> None:
    """CAN-2, CAN-3"""
    for number, request in enumerate((BLAKE_WORKER, HATE_CRIME_OFFICER), start=1):
        reserve.sends(request)
        decides(reserve, replace(PCC, request=request.request, decision=f"d-{number}"))
        reserve.sends(MatchFundingPledged(request=request.request, funder="police", amount_pence=number))
    shown = funding_requests(reserve.reads(), Page(), None)
    assert [[funder.decision for funder in request.other_funders] for request in shown] == [["d-1"], ["d-2"]]
    assert [request.match.pledged_pence for request in shown] == [1, 2]


def test_each_award_shows_its_own_payments_and_returns(reserve: Stage) -> None:
    """CAN-3"""
    for number, slug in enumerate(("first", "second"), start=1):
        money = shares(locality=number)
        reserve.sends(replace(APPRENTICES, award=slug, shares=money))
        reserve.sends(replace(PAID, award=slug, shares=money))
        reserve.sends(replace(BACK, award=slug, return_=f"{slug}-back", shares=money))
    shown = funding_awards(reserve.reads(), Page(), "reserve")
    assert [(award.award, award.awarded_pence, award.paid_pence, award.returned_pence) for award in shown] == [
        ("first", 1, 1, 1),
        ("second", 2, 2, 2),
    ]
    assert [[payment.amount_pence for payment in award.payments] for award in shown] == [[1], [2]]
    assert [[back.return_ for back in award.returns] for award in shown] == [["first-back"], ["second-back"]]


def test_another_partnerships_reserve_of_the_same_name_is_another_reserve(reserve: Stage) -> None:
    """design 12"""
    neighbour = Principal("clerk", frozenset({Role.CLERK}), "elsewhere", None)
    for command in (ReserveOpened(reserve="reserve", name="Elsewhere"), receive(LOCALITY), APPRENTICES, PAID):
        reserve.sends(command, by=neighbour)
    here, there = reserve.reads(), reserve.reads("elsewhere")
    assert reserve_position(here, "reserve").total == money(15_000_000, 0, 0, 0, 15_000_000)
    assert reserve_position(there, "reserve").total == money(12_000_000, 0, 5_000_000, 0, 7_000_000)
    assert funding_awards(here, Page(), "reserve") == []
    assert [s.money.paid_pence for s in streams_ending(here, MARCH, 0)] == [0]


def test_a_decision_awards_and_closes_the_request(reserve: Stage) -> None:
    """CAN-2"""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decided = by_decision(award("blake", locality=1_430_000, request="blake-worker", decision="d-1"))
    assert [event.type for event in decides(reserve, decided, key="event-1").events] == [
        "funding.funds_awarded.v1",
        "funding.request_met.v1",
    ]
    assert decides(reserve, decided, key="event-1") == decides(reserve, decided, key="event-1")
    reading = reserve.reads()
    shown = funding_request(reading, "blake-worker")
    assert (shown.status, shown.award, shown.decision) == (RequestStatus.AWARDED, "blake", "d-1")
    assert [(a.award, a.request, a.committed_pence) for a in funding_awards(reading, Page(), "reserve")] == [
        ("blake", "blake-worker", 1_430_000)
    ]


def test_a_decision_that_the_reserve_cannot_bear_is_kept_and_the_request_stays_open(reserve: Stage) -> None:
    """CAN-3: a decision is never lost."""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    beyond = by_decision(award("blake", locality=12_050_000, request="blake-worker", decision="d-1"))
    assert [event.type for event in decides(reserve, beyond).events] == ["funding.award_refused.v1"]
    reading = reserve.reads()
    assert refused_awards(reading, Page(), reserve="reserve") == [
        RefusedAward(
            award="blake",
            request="blake-worker",
            decision="d-1",
            shares=(StreamShare(stream="locality", amount_pence=12_050_000),),
            reason="Locality Funds has £120,000 free, £500 less than the award asks of it.",
            rule="Never more is committed than a stream has free.",
            clause="CAN-3",
            stream="locality",
            short_by_pence=50_000,
            sources=[4],
        )
    ]
    assert funding_request(reading, "blake-worker").status is RequestStatus.OPEN
    assert reserve_position(reading, "reserve").total.free_pence == 15_000_000
    with pytest.raises(never_more_is_committed_than_a_stream_has_free.refusal):  # by hand, the clerk is told at once
        reserve.sends(replace(APPRENTICES, shares=shares(locality=12_050_000)))


def test_a_decision_that_awards_an_unknown_request_is_kept(reserve: Stage) -> None:
    """CAN-2: a decision is never lost, and never stops what follows."""
    decides(reserve, by_decision(award("blake", locality=1, request="nothing", decision="d-2")))
    kept = refused_awards(reserve.reads(), Page(), reserve="reserve")
    rule = "A thing that is named must exist in this partnership."
    assert [(r.request, r.rule, r.stream, r.short_by_pence) for r in kept] == [("nothing", rule, None, None)]


def test_an_award_agreed_for_a_deferred_request_is_made_and_ends_the_deferral(reserve: Stage) -> None:
    """CAN-2: an award answered 201 was refused afterwards, because the request was deferred."""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decides(reserve, DEFER, by_decision(award("blake", locality=1, request="blake-worker", decision="d-2")))
    reading = reserve.reads()
    shown = funding_request(reading, "blake-worker")
    assert (shown.status, shown.award, shown.decision, shown.deferral) == (RequestStatus.AWARDED, "blake", "d-2", None)
    assert refused_awards(reading, Page(), reserve="reserve") == []


def test_a_deferred_request_that_is_noted_shows_as_deferred(reserve: Stage) -> None:
    """CAN-2: noting settles nothing."""
    reserve.sends(dated(BLAKE_WORKER, happened_at=BOARD))
    decides(reserve, DEFER, NoteRequest(request="blake-worker", decision="d-2"))
    shown = funding_request(reserve.reads(), "blake-worker")
    assert (shown.status, shown.decision, shown.deferral is None) == (RequestStatus.DEFERRED, "d-1", False)
    assert [r.request for r in funding_requests(reserve.reads(), Page(), RequestStatus.DEFERRED)] == ["blake-worker"]


def test_an_award_refused_twice_is_kept_twice(reserve: Stage) -> None:
    """CAN-3"""
    for decision in ("d-1", "d-2"):
        decides(reserve, by_decision(award("blake", locality=12_000_001, decision=decision)))
    assert [r.decision for r in refused_awards(reserve.reads(), Page(), reserve="reserve")] == ["d-1", "d-2"]


def decided(outcome: Outcome, **terms: object) -> list[Event]:
    """A decision of meetings, and with ``terms`` its award of £15,600 to the Blake worker."""
    which = {"meeting": "board-2015-02-23", "decision": "d-2"}
    recorded = DecisionRecorded(
        **which,
        group="board",
        item="blake-worker",
        outcome=outcome,
        text="As the minutes say.",
        reasons="As they say.",
        quorate=True,
        present=3,
        required=3,
    )
    asked = asdict(award("blake", locality=1_560_000))
    award_terms = {name: asked[name] for name in AwardDecided.__struct_fields__ if name in asked} | which | terms
    award_terms["award_checked"] = False
    return [recorded, AwardDecided(**award_terms)] if terms else [recorded]


def test_no_award_differs_from_the_decision_it_names(reserve: Stage) -> None:
    """CAN-2: an award of £14,300 was taken under a decision that said £15,600."""
    reserve.learns(*decided(Outcome.DEFERRED), happened=BOARD)
    by_hand = award("blake", decision="d-2", locality=1_430_000)
    differs = an_award_has_the_terms_of_its_decision.refusal
    with pytest.raises(differs, match="its outcome is deferred"):
        reserve.sends(by_hand)
    reserve.learns(*decided(Outcome.AGREED), happened=BOARD)
    reserve.sends(replace(by_hand, award="in-principle"))
    reserve.learns(*decided(Outcome.AGREED, purpose="fun"), happened=BOARD)
    with pytest.raises(differs, match="£15,600 of locality decided, £14,300 of locality here"):
        reserve.sends(replace(by_hand, award="again"), by=CHAIR)
    made = [shown.award for shown in funding_awards(reserve.reads(), Page(), "reserve")]
    assert made == ["in-principle", "blake"]  # the second by the decision itself


def test_a_partner_speaks_for_its_own_organisation_only(reserve: Stage) -> None:
    """design 12"""
    pledge = MatchFundingPledged(request="blake-worker", funder="police", amount_pence=1)
    for command, own in ((BLAKE_WORKER, "voluntary-council"), (pledge, "police")):
        with pytest.raises(Forbidden, match="Your token is for 'fire'"):
            reserve.sends(command, by=partner("fire"))
        reserve.sends(command, by=partner(own))
    reserve.sends(APPRENTICES)
    reserve.sends(PAID)
    with pytest.raises(Forbidden):
        reserve.sends(MOST_OF_IT, by=partner("police"))
    with pytest.raises(a_return_is_estimated_for_the_awards_own_payee.refusal):
        reserve.sends(replace(MOST_OF_IT, payee="police"), by=partner("police"))
    reserve.sends(MOST_OF_IT, by=partner("skills-board"))


@pytest.mark.parametrize("principal", [partner("skills-board"), READER])
def test_money_is_moved_by_the_clerk(reserve: Stage, principal: Principal) -> None:
    """design 12"""
    reserve.sends(APPRENTICES)
    for command in (
        ReserveOpened(reserve="another", name="Another"),
        receive(LOCALITY),
        APPRENTICES,
        PAID,
        BACK,
        ReleaseCommitment(reserve="reserve", award="apprentices", shares=shares(locality=1), reason="Not needed."),
        FREE,
        RequestReconsidered(request="blake-worker", reasons="It is known."),
        by_decision(award(locality=1, decision="d-1")),
        DEFER,
    ):
        with pytest.raises(Forbidden):
            reserve.sends(command, by=principal)
    with pytest.raises(Forbidden):
        reserve.sends(by_decision(award(locality=1, decision="d-1")))


def test_what_is_recorded_today_moved_today_or_before(reserve: Stage) -> None:
    """CAN-3: today is when it is recorded, whenever it happened."""
    reserve.sends(APPRENTICES)
    with pytest.raises(nothing_is_recorded_before_its_day.refusal):
        reserve.sends(replace(PAID, paid_on=NOW.date() + dt.timedelta(days=1)))
    reserve.sends(dated(replace(PAID, paid_on=NOW.date()), happened_at=BOARD))


def test_streams_that_end_soon_show_before_they_do_and_after(reserve: Stage) -> None:
    """CAN-3, LOC-2: the stream may be spent until 31 March 2016."""
    decides(reserve, by_decision(award(purpose="hate-crime", safer=50, decision="d-1")))
    reading = reserve.reads()
    ending = streams_ending(reading, dt.date(2016, 1, 1), 90)
    assert [(s.reserve, s.stream, s.lapses_on, s.days_left) for s in ending] == [("reserve", "safer", MARCH, 90)]
    assert ending[0].money == money(3_000_000, 50, 0, 0, 2_999_950)
    assert ending[0].sources == [2, 3]
    assert streams_ending(reading, dt.date(2016, 1, 1), 89) == []
    assert [s.days_left for s in streams_ending(reading, MARCH, 0)] == [0]
    (lapsed,) = streams_ending(reading, dt.date(2016, 4, 1), 0)
    assert (lapsed.lapses_on, lapsed.days_left, lapsed.spend_by) == (None, None, MARCH)
    assert lapsed.money == money(3_000_000, 0, 0, 0, 0, lapsed=3_000_000)
    assert streams_ending(reserve.reads("elsewhere"), MARCH, 0) == []


def test_money_past_its_day_is_lapsed_unless_a_decision_carries_it_forward_or_claws_it_back(funding: Stage) -> None:
    """CAN-3: of £80,000 until March 2012 £30,000 is committed; in May 2013 £50,000 showed as free."""
    last, later = dt.date(2012, 3, 31), dt.date(2013, 5, 31)
    spring = dt.datetime(2011, 4, 1, 9, tzinfo=dt.UTC)
    grant = dated(replace(receive(LOCALITY), amount_pence=8_000_000, spend_by=last), happened_at=spring)
    funding.sends(dated(ReserveOpened(reserve="reserve", name="Reserve"), happened_at=spring), grant)
    funding.sends(dated(award(starts_on=spring.date(), locality=3_000_000), happened_at=spring))

    def shown(day: dt.date) -> Money:
        return reserve_position(funding.reads(), "reserve", day).total

    assert shown(dt.date(2011, 3, 31)) == money(0, 0, 0, 0, 0)
    assert shown(last) == money(8_000_000, 3_000_000, 0, 0, 5_000_000)
    assert shown(later) == money(8_000_000, 0, 0, 0, 0, lapsed=8_000_000)
    assert [s.stream for s in streams_ending(funding.reads(), later, 0)] == ["locality"]

    may = dt.datetime(2012, 5, 1, 9, tzinfo=dt.UTC)
    key = {"reserve": "reserve", "stream": "locality", "decision": "board-2012"}
    funding.sends(dated(FundsClawedBack(**key, amount_pence=2_000_000), happened_at=may))
    funding.sends(dated(CarryFundsForward(**key, spend_by=dt.date(2013, 12, 31)), happened_at=may))
    assert shown(dt.date(2012, 4, 30)) == money(8_000_000, 0, 0, 0, 0, lapsed=8_000_000)
    assert shown(later) == money(8_000_000, 3_000_000, 0, 0, 3_000_000, back=2_000_000)
    assert streams_ending(funding.reads(), later, 0) == []
    assert shown(dt.date(2014, 1, 1)) == money(8_000_000, 0, 0, 0, 0, lapsed=6_000_000, back=2_000_000)
    position = reserve_position(funding.reads(), "reserve", later)
    assert [(s.spend_by, s.sources) for s in position.streams] == [(dt.date(2013, 12, 31), [1, 2, 3, 4])]


def test_what_the_views_show_is_what_the_rules_stand_on(reserve: Stage) -> None:
    """CAN-3"""
    reserve.sends(APPRENTICES, PAID, MOST_OF_IT, BACK, replace(APPRENTICES, award="second"))
    state = reserve.store.state_of(Reserve, "area", ("reserve",))
    assert state.version == 5
    for shown in reserve_position(reserve.reads(), "reserve").streams:
        assert shown.money.free_pence == state.free(shown.stream)


def test_amounts_beyond_32_bits_are_shown_whole(reserve: Stage) -> None:
    """CAN-3: £100 billion is the most that one amount holds."""
    for number in range(3):
        slug, most = f"s-{number}", 10**13
        reserve.sends(replace(receive(LOCALITY), stream=slug, amount_pence=most))
        reserve.sends(replace(APPRENTICES, award=slug, shares=shares(**{slug: most})))
    total = reserve_position(reserve.reads(), "reserve").total
    assert (total.received_pence, total.committed_pence) == (3 * 10**13 + 15_000_000, 3 * 10**13)


def test_a_decision_may_make_two_awards(reserve: Stage) -> None:
    """CAN-3: each is held against its own terms."""
    which = {"meeting": "board-2015-02-23", "decision": "d-3"}
    for slug, pence in (("one", 100), ("two", 200)):
        asked = asdict(award(slug, decision="d-3", locality=pence))
        fields = {name: asked[name] for name in AwardDecided.__struct_fields__ if name in asked}
        reserve.learns(AwardDecided(**{**fields, **which, "award_checked": True}), happened=BOARD)
    made = [shown.award for shown in funding_awards(reserve.reads(), Page(), "reserve")]
    assert made == ["one", "two"]
