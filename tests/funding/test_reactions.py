"""What funding does when a meeting has decided (CAN-2): pure translation, so that nobody types a decision twice."""

from __future__ import annotations

import datetime as dt

import pytest
from funding.given import award as awarding
from msgspec.structs import asdict

from services.funding.awards.domain import AwardByDecision
from services.funding.commands import commands
from services.funding.reactions import reactions
from services.funding.requests.domain import DeclineRequest, DeferRequest, NoteRequest, SeekOtherFunder
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent, encode_data
from shared.contracts.meetings import (
    AwardTerms,
    DecisionRecorded,
    Deferral,
    FunderExploration,
    Outcome,
    Reference,
    ReferenceKind,
)

DECISION = "board-2014-11-24-blake-worker"
AUTHORITY = f"decision {DECISION}"
HAPPENED = dt.datetime(2014, 11, 24, 14, 40, tzinfo=dt.UTC)
BLAKE_WORKER = Reference(kind=ReferenceKind.REQUEST, id="blake-worker")
DEFERRAL = Deferral(returns_to="A future meeting of the Strategic Board")
PCC = FunderExploration(funder="pcc", starts_on=dt.date(2015, 4, 1), ends_on=dt.date(2017, 3, 31))
AWARD = awarding("blake", purpose="community-development", decision=DECISION, locality=1_430_000)
TERMS = AwardTerms(**{name: value for name, value in asdict(AWARD).items() if name in AwardTerms.__struct_fields__})


def decided(
    outcome: Outcome,
    about: Reference | None = BLAKE_WORKER,
    *,
    deferral: Deferral | None = None,
    award: AwardTerms | None = None,
    exploration: FunderExploration | None = None,
) -> list[Command]:
    """The commands funding gives itself when this was decided."""
    fact = DecisionRecorded(
        meeting="board-2014-11-24",
        decision=DECISION,
        group="strategic-board",
        item="requests",
        outcome=outcome,
        text="What the minutes say.",
        reasons="The reserve is finite.",
        about=about,
        deferral=deferral,
        award=award,
        exploration=exploration,
        quorate=True,
        present=7,
        required=3,
    )
    envelope = CloudEvent(
        id="event-1",
        source="/meetings",
        type="meetings.decision_recorded.v1",
        subject="area/meeting/board-2014-11-24",
        subjectversion=9,
        partnership="area",
        time=HAPPENED,
        recordedtime=HAPPENED,
        actor="clerk:clerk",
        authority="office: clerk:clerk",
        correlationid="correlation-1",
        data=encode_data(fact),
    )
    return [command for _, command in reactions.to(envelope)]


def by_decision(request: str | None) -> AwardByDecision:
    return AwardByDecision(**{**asdict(AWARD), "request": request, "authority": AUTHORITY})


def test_a_deferral_puts_the_request_off_with_all_it_says() -> None:
    """CAN-2: the community development worker."""
    assert decided(Outcome.DEFERRED, deferral=DEFERRAL) == [
        DeferRequest(request="blake-worker", decision=DECISION, returns_to=DEFERRAL.returns_to, authority=AUTHORITY)
    ]


def test_a_request_that_is_noted_with_another_funder_to_explore_is_noted_and_the_funder_sought() -> None:
    """CAN-2: the hate-crime officer and the commissioner."""
    assert decided(Outcome.NOTED, exploration=PCC) == [
        NoteRequest(request="blake-worker", decision=DECISION, authority=AUTHORITY),
        SeekOtherFunder(request="blake-worker", decision=DECISION, authority=AUTHORITY, **asdict(PCC)),
    ]


def test_a_request_that_is_noted_is_only_noted() -> None:
    """CAN-2"""
    assert decided(Outcome.NOTED) == [NoteRequest(request="blake-worker", decision=DECISION, authority=AUTHORITY)]


def test_a_request_that_is_declined_is_declined_for_the_reasons_given() -> None:
    """CAN-2"""
    assert decided(Outcome.DECLINED) == [
        DeclineRequest(request="blake-worker", decision=DECISION, reasons="The reserve is finite.", authority=AUTHORITY)
    ]


@pytest.mark.parametrize("outcome", [Outcome.AGREED, Outcome.ENDORSED])
def test_an_agreed_request_is_awarded_on_the_terms_decided(outcome: Outcome) -> None:
    """CAN-2"""
    assert decided(outcome, award=TERMS) == [by_decision("blake-worker")]


@pytest.mark.parametrize("about", [None, Reference(kind=ReferenceKind.PROJECT, id="blake-worker")])
def test_money_awarded_unasked_meets_no_request(about: Reference | None) -> None:
    """CAN-3"""
    assert decided(Outcome.AGREED, about, award=TERMS) == [by_decision(None)]


@pytest.mark.parametrize("outcome", [Outcome.NOTED, Outcome.DEFERRED, Outcome.DECLINED])
def test_terms_that_were_not_agreed_award_nothing(outcome: Outcome) -> None:
    """CAN-2"""
    deferral = DEFERRAL if outcome is Outcome.DEFERRED else None
    commands = decided(outcome, award=TERMS, deferral=deferral)
    assert [type(command) for command in commands] == [
        {Outcome.NOTED: NoteRequest, Outcome.DEFERRED: DeferRequest, Outcome.DECLINED: DeclineRequest}[outcome]
    ]


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("about", [None, Reference(kind=ReferenceKind.PROJECT, id="blake-worker")])
def test_a_decision_about_something_else_moves_no_request(outcome: Outcome, about: Reference | None) -> None:
    """CAN-2"""
    assert decided(outcome, about, deferral=DEFERRAL, exploration=PCC) == []


def test_a_request_agreed_in_principle_without_terms_awaits_them() -> None:
    """CAN-2"""
    assert decided(Outcome.AGREED) == []


def test_every_reaction_is_a_command_that_no_door_takes() -> None:
    """design 12: they act for a meeting's decision, which no token can claim."""
    for command in (AwardByDecision, DeferRequest, NoteRequest, SeekOtherFunder, DeclineRequest):
        assert commands.declared[command].path is None
        assert commands.declared[command].roles == frozenset()
