"""Facts about what clerks, partners and decisions do on a real event store, and what readers of funding then see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
import sqlalchemy
from fixtures_databases import Databases
from funding.given import APRIL, LOCALITY, MARCH, SAFER, shares, terms

from services.funding.commands import (
    AwardByDecision,
    AwardFunds,
    DeclineRequest,
    DeferRequest,
    EstimateReturn,
    FreeReturnedFunds,
    MakePayment,
    NoteRequest,
    OpenReserve,
    PledgeMatchFunding,
    ReceiveStream,
    ReconcileReturn,
    ReconsiderRequest,
    ReleaseCommitment,
    RequestFunds,
    SeekOtherFunder,
    commands,
)
from services.funding.domain.reserve import Reserve
from services.funding.domain.rules import NotYetMoved, OtherPayee, RequestStillDeferred, ReserveExhausted
from services.funding.queries.awards import (
    FundingAward,
    MoneyReturn,
    Payment,
    RefusedAward,
    Share,
    awards,
    one_award,
    refused_awards,
)
from services.funding.queries.positions import (
    Money,
    ReserveEntry,
    reserve_position,
    reserves,
    streams_ending,
)
from services.funding.queries.requests import (
    MatchFunding,
    OtherFunder,
    Pledge,
    StandingDeferral,
    funding_request,
    funding_requests,
)
from services.funding.views import RequestStatus, views
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent, open_envelope
from shared.contracts.funding import Basis, StreamReceived
from shared.contracts.meetings.decisions import Deferral
from shared.contracts.meetings.effects import FunderExploration
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import EventStore, open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.endpoints.web import Page, ReadContext
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.database import engine, url_for
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.refusals import AlreadyThere, Forbidden, Unknown
from shared.values.roles import Role

NOW = dt.datetime(2015, 1, 16, 9, tzinfo=dt.UTC)
BOARD = dt.datetime(2014, 11, 24, 14, tzinfo=dt.UTC)
ALL = Page(limit=200)

CLERK = Principal("clerk", frozenset({Role.CLERK}), "area", None)
CHAIR = Principal("chair", frozenset({Role.CHAIR}), "area", None)
READER = Principal("reader", frozenset({Role.READER}), "area", None)
ITSELF = Principal("funding", frozenset({Role.SERVICE}), "area", None)


def partner(organisation: str) -> Principal:
    return Principal("system", frozenset({Role.PARTNER}), "area", organisation)


@dataclass
class Funding:
    """The service on a database of its own, without a door."""

    application: Application
    store: EventStore
    engine: sqlalchemy.Engine
    shown: int = 0
    """How many of its events the views have taken in."""

    def does(self, command: Command, principal: Principal = CLERK, key: str | None = None) -> Answer:
        declared = commands.declared[type(command)]
        return self.application.execute(declared, command, Request(principal, principal.partnership or "area", key))

    def reacts(self, command: Command, key: str | None = None) -> Answer:
        return self.does(command, ITSELF, key)

    def events(self) -> list[CloudEvent]:
        """All it recorded, in its own order."""
        stored = self.store.recorder.select_notifications(1, 1000)
        return [open_envelope(notification.state) for notification in stored]

    def reading(self, partnership: str = "area", page: int = 1000) -> ReadContext:
        """A reader of the views, once they show everything, taken in by pages of so many events."""
        events = self.events()
        for start in range(self.shown, len(events), page):
            with self.engine.begin() as connection:
                views.project(connection, list(enumerate(events))[start : start + page])
        self.shown = len(events)
        return ReadContext(self.engine, READER, partnership)


@pytest.fixture
def funding(databases: Databases) -> Iterator[Funding]:
    with databases.fresh("funding") as owner_url:
        url = url_for(owner_url, "funding")
        store, found = open_store("funding", url), engine(url)
        people_key = PeopleKey(bytes(32))
        application = Application(commands, store, found, clock=lambda: NOW, new_id=new_id, people_key=people_key)
        yield Funding(application, store, found)
        store.close()
        found.dispose()


def receive(stream: StreamReceived) -> ReceiveStream:
    return ReceiveStream(**{name: getattr(stream, name) for name in stream.__struct_fields__})


@pytest.fixture
def reserve(funding: Funding) -> Funding:
    """Funding with an open reserve of £120,000 for anything and £30,000 for community safety until 31 March 2016."""
    funding.does(OpenReserve(reserve="reserve", name="Partnership financial reserve"))
    funding.does(receive(LOCALITY))
    funding.does(receive(SAFER))
    return funding


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
    happened_at=BOARD,
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
DEFERRAL = Deferral(
    returns_to="A future meeting of the Strategic Board",
    must_know=("What the community development work offers the post",),
    awaits_project="asset-based-development",
)
PCC = FunderExploration(funder="pcc", starts_on=APRIL, ends_on=dt.date(2017, 3, 31))
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


def test_the_position_says_where_every_penny_of_each_stream_is(reserve: Funding) -> None:
    """CAN-3: after £50,000 was paid, £44,874.50 came back, and £70 of another award was released."""
    for command in (APPRENTICES, PAID, MOST_OF_IT, BACK):
        reserve.does(command)
    other = terms("other", purpose="hate-crime", locality=10_000, safer=20_000)
    reserve.reacts(AwardByDecision(terms=other, decision="board-2014-11-24-other"))
    reserve.does(ReleaseCommitment(reserve="reserve", award="other", shares=shares(locality=7_000), reason="Cheaper."))
    position = reserve_position(reserve.reading(), "reserve")
    assert [(s.stream, s.money) for s in position.streams] == [
        ("locality", Money(12_000_000, 3_000, 512_550, 4_487_450, 6_997_000)),
        ("safer", Money(3_000_000, 20_000, 0, 0, 2_980_000)),
    ]
    assert position.total == Money(15_000_000, 23_000, 512_550, 4_487_450, 9_977_000)
    assert [(s.name, s.kind, s.source, s.purposes, s.ends_on) for s in position.streams] == [
        ("Locality Funds", "external_grant", "county-council", [], None),
        (
            "Safer and Stronger Communities Fund",
            "external_grant",
            "county-council",
            ["community-safety", "hate-crime"],
            MARCH,
        ),
    ]
    assert position.sources == [0, 1, 2, 3, 4, 6, 7, 8]  # an estimate moves nothing
    reserve.does(FreeReturnedFunds(reserve="reserve", return_="apprentices-return", decision="board-freed"))
    freed = reserve_position(reserve.reading(), "reserve").streams[0].money
    assert freed == Money(12_000_000, 3_000, 512_550, 0, 11_484_450)


def test_an_empty_reserve_has_nothing_anywhere(funding: Funding) -> None:
    """CAN-3"""
    funding.does(OpenReserve(reserve="reserve", name="Partnership financial reserve"))
    reading = funding.reading()
    assert reserve_position(reading, "reserve").total == Money(0, 0, 0, 0, 0)
    assert reserves(reading, ALL) == [ReserveEntry("reserve", "Partnership financial reserve")]


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_the_same_is_shown_however_the_events_were_paged(reserve: Funding, page: int) -> None:
    """design 11"""
    for command in (BLAKE_WORKER, APPRENTICES, PAID, MOST_OF_IT, BACK):
        reserve.does(command)
    reserve.reacts(DeferRequest(request="blake-worker", decision="d-1", deferral=DEFERRAL))
    reserve.does(ReconsiderRequest(request="blake-worker", reasons="It is known."))
    reserve.reacts(AwardByDecision(terms=terms("blake", locality=100), request="blake-worker", decision="d-2"))
    reading = reserve.reading(page=page)
    assert reserve_position(reading, "reserve").total == Money(15_000_000, 100, 512_550, 4_487_450, 9_999_900)
    request = funding_request(reading, "blake-worker")
    assert (request.status, request.sources) == (RequestStatus.AWARDED, [3, 8, 9, 10])
    assert one_award(reading, "reserve", "apprentices").sources == [4, 5, 6, 7]


def test_an_award_shows_its_payments_and_what_came_back_to_the_penny(reserve: Funding) -> None:
    """CAN-2: most of £50,000."""
    for command in (APPRENTICES, PAID, MOST_OF_IT):
        reserve.does(command)
    estimated = one_award(reserve.reading(), "reserve", "apprentices").returns[0]
    assert (estimated.wording, estimated.estimate_pence) == ("most of", 4_500_000)
    assert (estimated.returned_on, estimated.returned_pence) == (None, 0)
    reserve.does(BACK)
    reserve.does(FreeReturnedFunds(reserve="reserve", return_="apprentices-return", decision="board-freed"))
    assert one_award(reserve.reading(), "reserve", "apprentices") == FundingAward(
        reserve="reserve",
        award="apprentices",
        request=None,
        payee="skills-board",
        purpose="apprenticeships",
        starts_on=dt.date(2013, 4, 1),
        ends_on=None,
        decision="board-2013-03-04-apprentices",
        awarded_pence=5_000_000,
        released_pence=0,
        paid_pence=5_000_000,
        returned_pence=4_487_450,
        committed_pence=0,
        shares=[Share("locality", 5_000_000)],
        payments=[Payment("grant", dt.date(2013, 5, 1), 5_000_000, [Share("locality", 5_000_000)])],
        returns=[
            MoneyReturn(
                return_="apprentices-return",
                estimate_pence=4_500_000,
                wording="most of",
                reason="The project did not develop as first intended.",
                returned_on=dt.date(2015, 1, 12),
                returned_pence=4_487_450,
                difference_from_estimate_pence=-12_550,
                shares=[Share("locality", 4_487_450)],
                freed_by="board-freed",
            )
        ],
        sources=[3, 4, 5, 6, 7],
    )


def test_what_is_not_there_is_unknown(reserve: Funding) -> None:
    """design 12"""
    reserve.does(APPRENTICES)
    reading = reserve.reading()
    elsewhere = reserve.reading("elsewhere")
    for unknown in (
        lambda: reserve_position(reading, "nothing"),
        lambda: reserve_position(elsewhere, "reserve"),
        lambda: awards(reading, "nothing", ALL),
        lambda: one_award(reading, "reserve", "nothing"),
        lambda: one_award(elsewhere, "reserve", "apprentices"),
        lambda: refused_awards(reading, "nothing", ALL),
        lambda: funding_request(reading, "nothing"),
    ):
        with pytest.raises(Unknown):
            unknown()
    assert reserves(elsewhere, ALL) == []
    with pytest.raises(Unknown):
        reserve.does(msgspec.structs.replace(BLAKE_WORKER, reserve="nothing"))
    with pytest.raises(Unknown):
        reserve.reacts(NoteRequest(request="nothing", decision="d-1"))
    of_no_reserve = AwardByDecision(terms=msgspec.structs.replace(terms(locality=1), reserve="nothing"), decision="d-1")
    with pytest.raises(Unknown):
        reserve.reacts(of_no_reserve)


def test_names_are_given_once(reserve: Funding) -> None:
    """design 12"""
    reserve.does(BLAKE_WORKER)
    for command in (OpenReserve(reserve="reserve", name="Another"), receive(LOCALITY), BLAKE_WORKER):
        with pytest.raises(AlreadyThere):
            reserve.does(command)


def test_a_deferred_request_shows_when_it_returns_and_what_must_be_known(reserve: Funding) -> None:
    """CAN-2: the community development worker."""
    reserve.does(BLAKE_WORKER)
    reserve.reacts(DeferRequest(request="blake-worker", decision="d-1", deferral=DEFERRAL))
    shown = funding_request(reserve.reading(), "blake-worker")
    assert (shown.status, shown.decision, shown.total_pence) == (RequestStatus.DEFERRED, "d-1", 1_430_000)
    assert shown.requested_on == BOARD.date()
    assert shown.deferral == StandingDeferral(
        decision="d-1",
        returns_on=None,
        returns_to="A future meeting of the Strategic Board",
        must_know=["What the community development work offers the post"],
        awaits_project="asset-based-development",
    )
    reserve.does(ReconsiderRequest(request="blake-worker", meeting="board-2015-02-23", reasons="It is known."), CHAIR)
    taken_up = funding_request(reserve.reading(), "blake-worker")
    assert (taken_up.status, taken_up.decision, taken_up.deferral) == (RequestStatus.OPEN, None, None)
    assert taken_up.reasons == "It is known."
    reserve.reacts(DeferRequest(request="blake-worker", decision="d-2", deferral=Deferral(returns_to="The summer")))
    again = funding_request(reserve.reading(), "blake-worker")
    assert again.deferral == StandingDeferral("d-2", None, "The summer", [], None)
    assert again.reasons is None


def test_a_declined_request_shows_why(reserve: Funding) -> None:
    """CAN-2"""
    reserve.does(BLAKE_WORKER)
    reserve.reacts(DeclineRequest(request="blake-worker", decision="d-1", reasons="No money."))
    declined = funding_request(reserve.reading(), "blake-worker")
    assert (declined.status, declined.decision, declined.reasons) == (RequestStatus.DECLINED, "d-1", "No money.")


def test_a_noted_request_shows_the_other_funder_and_what_others_pledge(reserve: Funding) -> None:
    """CAN-2, CAN-3: the hate-crime officer; match funding counts, and is no part of the reserve."""
    reserve.does(HATE_CRIME_OFFICER)
    reserve.reacts(NoteRequest(request="hate-crime-officer", decision="d-1"))
    reserve.reacts(SeekOtherFunder(request="hate-crime-officer", decision="d-1", exploration=PCC))
    before = reserve_position(reserve.reading(), "reserve")
    pledge = PledgeMatchFunding(request="hate-crime-officer", funder="police", amount_pence=100_000)
    reserve.does(pledge, partner("police"))
    reserve.does(pledge)
    reading = reserve.reading()
    shown = funding_request(reading, "hate-crime-officer")
    assert (shown.status, shown.total_pence, shown.ends_on) == (RequestStatus.NOTED, None, None)
    assert shown.other_funders == [OtherFunder("pcc", APRIL, dt.date(2017, 3, 31), "d-1")]
    assert shown.match == MatchFunding(350_000, 200_000, [Pledge("police", 100_000), Pledge("police", 100_000)])
    assert shown.sources == [3, 4, 5, 6, 7]
    assert reserve_position(reading, "reserve") == before


def test_requests_are_listed_by_status_and_paged(reserve: Funding) -> None:
    """design 12"""
    reserve.does(HATE_CRIME_OFFICER)
    reserve.does(BLAKE_WORKER)
    reserve.reacts(NoteRequest(request="hate-crime-officer", decision="d-1"))
    reading = reserve.reading()
    listed = [request.request for request in funding_requests(reading, None, ALL)]
    assert listed == ["blake-worker", "hate-crime-officer"]  # by the day they were made
    assert [r.request for r in funding_requests(reading, RequestStatus.NOTED, ALL)] == ["hate-crime-officer"]
    assert funding_requests(reading, RequestStatus.DECLINED, ALL) == []
    assert [r.request for r in funding_requests(reading, None, Page(1, 1))] == ["hate-crime-officer"]
    assert funding_requests(reserve.reading("elsewhere"), None, ALL) == []


def test_each_request_shows_its_own_other_funder_and_pledges(reserve: Funding) -> None:
    """CAN-2, CAN-3"""
    for number, request in enumerate((BLAKE_WORKER, HATE_CRIME_OFFICER), start=1):
        reserve.does(request)
        reserve.reacts(SeekOtherFunder(request=request.request, decision=f"d-{number}", exploration=PCC))
        reserve.does(PledgeMatchFunding(request=request.request, funder="police", amount_pence=number))
    shown = funding_requests(reserve.reading(), None, ALL)
    assert [[funder.decision for funder in request.other_funders] for request in shown] == [["d-1"], ["d-2"]]
    assert [request.match.pledged_pence for request in shown] == [1, 2]


def test_each_award_shows_its_own_payments_and_returns(reserve: Funding) -> None:
    """CAN-3"""
    for number, slug in enumerate(("first", "second"), start=1):
        money = shares(locality=number)
        reserve.does(msgspec.structs.replace(APPRENTICES, award=slug, shares=money))
        reserve.does(msgspec.structs.replace(PAID, award=slug, shares=money))
        reserve.does(msgspec.structs.replace(BACK, award=slug, return_=f"{slug}-back", shares=money))
    shown = awards(reserve.reading(), "reserve", ALL)
    assert [(award.award, award.awarded_pence, award.paid_pence, award.returned_pence) for award in shown] == [
        ("first", 1, 1, 1),
        ("second", 2, 2, 2),
    ]
    assert [[payment.amount_pence for payment in award.payments] for award in shown] == [[1], [2]]
    assert [[back.return_ for back in award.returns] for award in shown] == [["first-back"], ["second-back"]]


def test_another_partnerships_reserve_of_the_same_name_is_another_reserve(reserve: Funding) -> None:
    """design 12"""
    neighbour = Principal("clerk", frozenset({Role.CLERK}), "elsewhere", None)
    for command in (OpenReserve(reserve="reserve", name="Elsewhere"), receive(LOCALITY), APPRENTICES, PAID):
        reserve.does(command, neighbour)
    here, there = reserve.reading(), reserve.reading("elsewhere")
    assert reserve_position(here, "reserve").total == Money(15_000_000, 0, 0, 0, 15_000_000)
    assert reserve_position(there, "reserve").total == Money(12_000_000, 0, 5_000_000, 0, 7_000_000)
    assert awards(here, "reserve", ALL) == []
    assert [s.money.paid_pence for s in streams_ending(here, MARCH, 0, ALL)] == [0]


def test_a_decision_awards_and_closes_the_request(reserve: Funding) -> None:
    """CAN-2"""
    reserve.does(BLAKE_WORKER)
    decided = AwardByDecision(terms=terms("blake", locality=1_430_000), request="blake-worker", decision="d-1")
    assert [event.type for event in reserve.reacts(decided, key="event-1").events] == ["funding.funds_awarded.v1"]
    assert reserve.reacts(decided, key="event-1") == reserve.reacts(decided, key="event-1")  # read twice, acted once
    reading = reserve.reading()
    shown = funding_request(reading, "blake-worker")
    assert (shown.status, shown.award, shown.decision) == (RequestStatus.AWARDED, "blake", "d-1")
    assert [(a.award, a.request, a.committed_pence) for a in awards(reading, "reserve", ALL)] == [
        ("blake", "blake-worker", 1_430_000)
    ]


def test_a_decision_that_the_reserve_cannot_bear_is_kept_and_the_request_stays_open(reserve: Funding) -> None:
    """CAN-3: a decision is never lost."""
    reserve.does(BLAKE_WORKER)
    beyond = AwardByDecision(terms=terms("blake", locality=12_050_000), request="blake-worker", decision="d-1")
    assert [event.type for event in reserve.reacts(beyond).events] == ["funding.award_refused.v1"]
    reading = reserve.reading()
    assert refused_awards(reading, "reserve", ALL) == [
        RefusedAward(
            award="blake",
            request="blake-worker",
            decision="d-1",
            shares=[Share("locality", 12_050_000)],
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
    with pytest.raises(ReserveExhausted):  # by hand, the clerk is told at once
        reserve.does(msgspec.structs.replace(APPRENTICES, shares=shares(locality=12_050_000)))


@pytest.mark.parametrize(
    ("request_slug", "rule"),
    [
        ("nothing", "What a command names must exist in this partnership."),
        ("blake-worker", "A deferred request is reconsidered before it is decided again."),
    ],
)
def test_a_decision_that_awards_an_unknown_or_deferred_request_is_kept(
    reserve: Funding, request_slug: str, rule: str
) -> None:
    """CAN-2: a decision is never lost, and never stops what follows."""
    reserve.does(BLAKE_WORKER)
    reserve.reacts(DeferRequest(request="blake-worker", decision="d-1", deferral=DEFERRAL))
    reserve.reacts(AwardByDecision(terms=terms("blake", locality=1), request=request_slug, decision="d-2"))
    kept = refused_awards(reserve.reading(), "reserve", ALL)
    assert [(r.request, r.rule, r.stream, r.short_by_pence) for r in kept] == [(request_slug, rule, None, None)]


def test_an_award_refused_twice_is_kept_twice(reserve: Funding) -> None:
    """CAN-3"""
    for decision in ("d-1", "d-2"):
        reserve.reacts(AwardByDecision(terms=terms("blake", locality=12_000_001), decision=decision))
    assert [r.decision for r in refused_awards(reserve.reading(), "reserve", ALL)] == ["d-1", "d-2"]


def test_the_clerk_awards_a_request_by_hand_once_it_is_reconsidered(reserve: Funding) -> None:
    """CAN-2: what is to be done when a decision came before the reconsideration."""
    reserve.does(BLAKE_WORKER)
    reserve.reacts(DeferRequest(request="blake-worker", decision="d-1", deferral=DEFERRAL))
    by_hand = msgspec.structs.replace(APPRENTICES, award="blake", request="blake-worker")
    with pytest.raises(RequestStillDeferred):
        reserve.does(by_hand)
    reserve.does(ReconsiderRequest(request="blake-worker", reasons="It is known."))
    reserve.does(by_hand, CHAIR)
    assert funding_request(reserve.reading(), "blake-worker").status is RequestStatus.AWARDED


def test_a_partner_speaks_for_its_own_organisation_only(reserve: Funding) -> None:
    """design 12"""
    pledge = PledgeMatchFunding(request="blake-worker", funder="police", amount_pence=1)
    for command, own in ((BLAKE_WORKER, "voluntary-council"), (pledge, "police")):
        with pytest.raises(Forbidden, match="speaks for 'fire'"):
            reserve.does(command, partner("fire"))
        reserve.does(command, partner(own))
    reserve.does(APPRENTICES)
    reserve.does(PAID)
    with pytest.raises(Forbidden):
        reserve.does(MOST_OF_IT, partner("police"))
    with pytest.raises(OtherPayee):
        reserve.does(msgspec.structs.replace(MOST_OF_IT, payee="police"), partner("police"))
    reserve.does(MOST_OF_IT, partner("skills-board"))


@pytest.mark.parametrize("principal", [partner("skills-board"), READER])
def test_money_is_moved_by_the_clerk(reserve: Funding, principal: Principal) -> None:
    """design 12"""
    reserve.does(APPRENTICES)
    for command in (
        OpenReserve(reserve="another", name="Another"),
        receive(LOCALITY),
        APPRENTICES,
        PAID,
        BACK,
        ReleaseCommitment(reserve="reserve", award="apprentices", shares=shares(locality=1), reason="Not needed."),
        FreeReturnedFunds(reserve="reserve", return_="apprentices-return", decision="d-1"),
        ReconsiderRequest(request="blake-worker", reasons="It is known."),
        AwardByDecision(terms=terms(locality=1), decision="d-1"),
        DeferRequest(request="blake-worker", decision="d-1", deferral=DEFERRAL),
    ):
        with pytest.raises(Forbidden):
            reserve.does(command, principal)
    with pytest.raises(Forbidden):
        reserve.does(AwardByDecision(terms=terms(locality=1), decision="d-1"), CLERK)


def test_what_is_recorded_today_moved_today_or_before(reserve: Funding) -> None:
    """CAN-3: today is when it is recorded, whenever it happened."""
    reserve.does(APPRENTICES)
    with pytest.raises(NotYetMoved):
        reserve.does(msgspec.structs.replace(PAID, paid_on=NOW.date() + dt.timedelta(days=1)))
    reserve.does(msgspec.structs.replace(PAID, paid_on=NOW.date(), happened_at=BOARD))


def test_streams_that_end_soon_show_before_they_do(reserve: Funding) -> None:
    """CAN-3, LOC-2: the stream ends on 31 March 2016."""
    reserve.reacts(AwardByDecision(terms=terms(purpose="hate-crime", safer=50), decision="d-1"))
    reading = reserve.reading()
    ending = streams_ending(reading, dt.date(2016, 1, 1), 90, ALL)
    assert [(s.reserve, s.stream, s.ends_on, s.days_left) for s in ending] == [("reserve", "safer", MARCH, 90)]
    assert ending[0].money == Money(3_000_000, 50, 0, 0, 2_999_950)
    assert ending[0].sources == [2, 3]
    assert streams_ending(reading, dt.date(2016, 1, 1), 89, ALL) == []
    assert [s.days_left for s in streams_ending(reading, MARCH, 0, ALL)] == [0]
    assert streams_ending(reading, dt.date(2016, 4, 1), 3660, ALL) == []
    assert streams_ending(reserve.reading("elsewhere"), MARCH, 0, ALL) == []


def test_what_the_views_show_is_what_the_rules_stand_on(reserve: Funding) -> None:
    """CAN-3"""
    for command in (APPRENTICES, PAID, MOST_OF_IT, BACK):
        reserve.does(command)
    state = Reserve("area", "reserve")
    for recorded in reserve.store.facts_of("area/reserve/reserve"):
        state.apply(recorded.fact)
    for shown in reserve_position(reserve.reading(), "reserve").streams:
        stream = state.streams[shown.stream]
        assert shown.money == Money(stream.received, stream.committed, stream.paid, stream.returned, stream.free)


def test_amounts_beyond_32_bits_are_shown_whole(reserve: Funding) -> None:
    """CAN-3: £100 billion is the most that one amount holds."""
    for number in range(3):
        slug, most = f"s-{number}", 10**13
        reserve.does(msgspec.structs.replace(receive(LOCALITY), stream=slug, amount_pence=most))
        reserve.does(msgspec.structs.replace(APPRENTICES, award=slug, shares=shares(**{slug: most})))
    total = reserve_position(reserve.reading(), "reserve").total
    assert (total.received_pence, total.committed_pence) == (3 * 10**13 + 15_000_000, 3 * 10**13)
