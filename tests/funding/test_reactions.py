"""What funding does with the effects of a decision (CAN-2): pure translation, so that no one types a decision twice."""

from __future__ import annotations

import datetime as dt

import pytest
from fixtures_databases import Databases
from funding.given import award as awarding
from msgspec.structs import asdict
from stage import enveloped, on_stage

from services.funding.awards.domain import AwardByDecision
from services.funding.commands import commands
from services.funding.reactions import reactions
from services.funding.requests.domain import NoteRequest, RequestFunds
from services.funding.service import service
from shared.contracts.command import Asked
from shared.contracts.envelope import encode
from shared.contracts.event import Event
from shared.contracts.funding.requests import Basis, OtherFunderSought, RequestDeclined, RequestDeferred
from shared.contracts.funding.reserves import ReserveOpened
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import (
    AskFunder,
    AwardDecided,
    AwardMoney,
    DeclineDecided,
    DeferralDecided,
    FunderExplorationDecided,
    NotingDecided,
)
from shared.runtime.following.acting import Acting

DECISION = "board-2014-11-24-blake-worker"
WHICH = {"meeting": "board-2014-11-24", "decision": DECISION}
DEFERRAL = Deferral(returns_to="A future meeting of the Strategic Board", returns_on="2015-02")
PCC = AskFunder(funder="pcc", starts_on=dt.date(2015, 4, 1), ends_on=dt.date(2017, 3, 31))
AWARD = awarding("blake", purpose="community-development", decision=DECISION, locality=1_430_000)
TERMS = AwardMoney(**{name: value for name, value in asdict(AWARD).items() if name in AwardMoney.__struct_fields__})


def reacted(fact: Event) -> list[Asked]:
    """The commands that funding gives itself when this was decided."""
    return [command for _, command in reactions.to(enveloped(fact, "2014-11-24T14:40:00+00:00"))]


def by_decision(request: str | None) -> AwardByDecision:
    return AwardByDecision(**{**asdict(AWARD), "request": request})


def test_a_deferral_puts_the_request_off_with_all_it_says() -> None:
    """CAN-2: the community development worker."""
    assert reacted(DeferralDecided(**WHICH, request="blake-worker", deferral=DEFERRAL)) == [
        RequestDeferred(request="blake-worker", decision=DECISION, **asdict(DEFERRAL))
    ]


def test_another_funder_is_sought_for_its_term() -> None:
    """CAN-2: the hate-crime officer and the commissioner."""
    decided = FunderExplorationDecided(**WHICH, request="blake-worker", **asdict(PCC))
    assert reacted(decided) == [OtherFunderSought(request="blake-worker", decision=DECISION, **asdict(PCC))]


def test_a_request_that_is_noted_is_only_noted() -> None:
    """CAN-2"""
    assert reacted(NotingDecided(**WHICH, request="blake-worker")) == [
        NoteRequest(request="blake-worker", decision=DECISION)
    ]


def test_a_request_that_is_declined_is_declined_for_the_reasons_given() -> None:
    """CAN-2"""
    assert reacted(DeclineDecided(**WHICH, request="blake-worker", reasons="The reserve is finite.")) == [
        RequestDeclined(request="blake-worker", decision=DECISION, reasons="The reserve is finite.")
    ]


@pytest.mark.parametrize("request_", ["blake-worker", None])
def test_an_award_is_made_on_the_terms_decided(request_: str | None) -> None:
    """CAN-2, CAN-3: money awarded unasked meets no request."""
    assert reacted(AwardDecided(**WHICH, request=request_, award_checked=True, **asdict(TERMS))) == [
        by_decision(request_)
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_the_decision_itself_moves_no_money_and_no_request(outcome: Outcome) -> None:
    """CAN-2: what it brings about does."""
    fact = DecisionRecorded(
        **WHICH,
        group="strategic-board",
        item="requests",
        outcome=outcome,
        text="What the minutes say.",
        reasons="The reserve is finite.",
        quorate=True,
        present=7,
        required=3,
    )
    assert reacted(fact) == []


def test_every_reaction_is_a_command_without_an_endpoint() -> None:
    """design 12: they act for a meeting's decision, which no token can claim."""
    for command in (AwardByDecision, RequestDeferred, NoteRequest, OtherFunderSought, RequestDeclined):
        assert commands.declared[command].path is None
        assert commands.declared[command].roles == frozenset()


def test_what_was_refused_stays_refused_when_its_page_of_the_ledger_is_read_again(databases: Databases) -> None:
    """CAN-2: even if the request has been made since; that it was refused is recorded once."""
    with on_stage(service, databases) as stage:
        acting = Acting(service.name, stage.application, reactions)
        noted = enveloped(NotingDecided(**WHICH, request="blake-worker"))
        assert acting.act([(0, encode(noted), noted)]) == {}
        stage.sends(ReserveOpened(reserve="reserve", name="Reserve"), request_for("blake-worker"))
        assert acting.act([(0, encode(noted), noted)]) == {}
        (refused,) = stage.facts_of("decision", DECISION)
        assert refused.type == "funding.funding_effect_refused.v1"
        assert (refused.causationid, refused.authority) == (noted.id, f"decision {DECISION}")
        assert [fact.type for fact in stage.facts_of("request", "blake-worker")] == ["funding.funds_requested.v1"]


def request_for(slug: str) -> RequestFunds:
    return RequestFunds(
        request=slug,
        reserve="reserve",
        applicant="police",
        title="A worker",
        purpose="community-development",
        purpose_text="A worker.",
        basis=Basis.ONE_OFF,
        amount_pence=1_560_000,
        starts_on=dt.date(2015, 5, 1),
    )
