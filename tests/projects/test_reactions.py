"""Facts about what a meeting's decision does to projects: it is carried over, and nobody types it again."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from stage import enveloped

from services.projects.pilots.domain import SubmitExpression
from services.projects.problems.domain import AgreeMitigation
from services.projects.reactions import reactions
from shared.contracts.command import Command
from shared.contracts.meetings import DecisionRecorded, MitigationTerms, Outcome, Reference, ReferenceKind

SIGNPOST, HUB = (
    MitigationTerms(
        project="programme",
        problem="no-take-up",
        mitigation=name,
        text="Something is done.",
        owner=owner,
    )
    for name, owner in (("signpost", "police"), ("hub", "council"))
)
AGREED = DecisionRecorded(
    meeting="board-december",
    decision="december-take-up",
    group="board",
    item="take-up",
    outcome=Outcome.AGREED,
    text="That both be done.",
    reasons="Nobody has taken up a place.",
    mitigations=(SIGNPOST, HUB),
    quorate=True,
    present=7,
    required=3,
)
PANEL = Reference(kind=ReferenceKind.PILOT, id="panel", within="panels")


def reacted(fact: DecisionRecorded) -> list[tuple[str, Command]]:
    """What projects asks of itself after a decision of 16 December 2014."""
    return reactions.to(
        enveloped(
            fact,
            dt.datetime(2014, 12, 16, 14, tzinfo=dt.UTC),
            recorded=dt.datetime(2014, 12, 18, 9, tzinfo=dt.UTC),
            id="event-1",
        )
    )


def test_each_mitigation_of_a_decision_is_agreed_on_its_day() -> None:
    """CAN-6: a meeting agrees two mitigating actions."""
    assert [command for _, command in reacted(AGREED)] == [
        AgreeMitigation(
            project="programme",
            problem="no-take-up",
            mitigation=name,
            text="Something is done.",
            owner=owner,
            agreed_on="2014-12-16",
            decision="december-take-up",
            authority="decision december-take-up",
        )
        for name, owner in (("signpost", "police"), ("hub", "council"))
    ]


def test_the_commands_of_one_decision_have_keys_of_their_own_that_stay() -> None:
    """design 8: a page read twice is acted on once."""
    keys = [key for key, _ in reacted(AGREED)]
    assert len(set(keys)) == 2
    assert keys == [key for key, _ in reacted(AGREED)]


@pytest.mark.parametrize("outcome", [Outcome.AGREED, Outcome.ENDORSED])
def test_a_decision_about_a_pilot_submits_the_expression_of_interest(outcome: Outcome) -> None:
    """CAN-5: the partnership agreed to submit an expression of interest."""
    decision = msgspec.structs.replace(AGREED, outcome=outcome, mitigations=(), about=PANEL)
    assert [command for _, command in reacted(decision)] == [
        SubmitExpression(
            project="panels",
            pilot="panel",
            submitted_on="2014-12-16",
            decision="december-take-up",
            authority="decision december-take-up",
        )
    ]


@pytest.mark.parametrize("outcome", [Outcome.NOTED, Outcome.DEFERRED, Outcome.DECLINED])
def test_what_was_not_agreed_changes_no_project(outcome: Outcome) -> None:
    """CAN-5, CAN-6"""
    assert reacted(msgspec.structs.replace(AGREED, outcome=outcome, about=PANEL)) == []


def test_a_decision_about_something_else_submits_nothing() -> None:
    """CAN-5"""
    request = Reference(kind=ReferenceKind.REQUEST, id="panel", within="panels")
    assert reacted(msgspec.structs.replace(AGREED, mitigations=(), about=request)) == []
    assert reacted(msgspec.structs.replace(AGREED, mitigations=())) == []
