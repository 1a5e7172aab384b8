"""Facts about what a meeting's decision does to projects: it is carried over, and no one types it again."""

from __future__ import annotations

from stage import enveloped

from services.projects.reactions import reactions
from shared.contracts.command import Asked
from shared.contracts.event import Event
from shared.contracts.meetings.effects import ExpressionDecided, MitigationDecided
from shared.contracts.projects.pilots import ExpressionSubmitted
from shared.contracts.projects.problems import MitigationAgreed

WHICH = {"meeting": "board-december", "decision": "december-take-up"}
SIGNPOST = MitigationDecided(
    **WHICH,
    project="programme",
    problem="no-take-up",
    mitigation="signpost",
    text="Something is done.",
    owner="police",
)


def reacted(fact: Event) -> list[tuple[str, Asked]]:
    """What projects asks of itself after a decision of 16 December 2014."""
    return reactions.to(enveloped(fact, "2014-12-16T14:00:00+00:00", recorded="2014-12-18", id="event-1"))


def test_a_mitigation_is_agreed_on_the_day_of_its_decision() -> None:
    """CAN-6: a meeting agrees a mitigating action."""
    assert [command for _, command in reacted(SIGNPOST)] == [
        MitigationAgreed(
            project="programme",
            problem="no-take-up",
            mitigation="signpost",
            text="Something is done.",
            owner="police",
            agreed_on="2014-12-16",
            decision="december-take-up",
        )
    ]


def test_the_command_of_an_effect_has_a_key_that_stays() -> None:
    """design 8: a page read twice is acted on once."""
    keys = [key for key, _ in reacted(SIGNPOST)]
    assert keys == [key for key, _ in reacted(SIGNPOST)]
    assert len(keys) == 1


def test_a_decision_about_a_pilot_submits_the_expression_of_interest() -> None:
    """CAN-5: the partnership agreed to submit an expression of interest."""
    assert [command for _, command in reacted(ExpressionDecided(**WHICH, project="panels", pilot="panel"))] == [
        ExpressionSubmitted(project="panels", pilot="panel", submitted_on="2014-12-16", decision="december-take-up")
    ]
