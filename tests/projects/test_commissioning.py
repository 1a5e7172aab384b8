"""Facts about priorities, open questions, intentions and rounds of tendering, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projects.domain.priority import Priority
from services.projects.domain.project import Project
from services.projects.domain.rules import DatedAhead, QuestionAnsweredBefore, RoundOutOfOrder
from shared.contracts.event import Event
from shared.contracts.projects import (
    IntentionStated,
    ObjectiveSet,
    PrioritySet,
    ProjectStarted,
    QuestionAnswered,
    QuestionKind,
    QuestionRaised,
    TenderRoundOpened,
)
from shared.values.refusals import AlreadyThere, Refusal, Unknown

DECEMBER, JANUARY, MARCH = dt.date(2014, 12, 1), dt.date(2015, 1, 12), dt.date(2015, 3, 16)

STARTED = ProjectStarted(
    project="commissioning", title="Joint commissioning", purpose="To commission together.", lead="health-board"
)
OTHER_MONEY = QuestionRaised(
    project="commissioning",
    question="other-money",
    kind=QuestionKind.FINANCIAL,
    text="Can money that is not for health pay in?",
    raised_by="commissioner",
)
ANSWERED = QuestionAnswered(
    project="commissioning", question="other-money", answer="It can, from the second round.", answered_on=MARCH
)


def project(*facts: Event) -> Project:
    """The project to which these facts happened."""
    found = Project("area", "commissioning")
    for fact in (STARTED, *facts):
        found.apply(fact)
        found.version += 1
    return found


def opened(number: int, day: dt.date) -> TenderRoundOpened:
    return TenderRoundOpened(project="commissioning", round=number, opened_on=day, text="Tenders are invited.")


def priority() -> Priority:
    found = Priority("area", "safety")
    found.apply(PrioritySet(priority="safety", title="Community safety", outcome="People are safe."))
    return found


def test_a_priority_has_objectives() -> None:
    """TSP-7"""
    fact = priority().set_objective("less-abuse", "Fewer repeat offences")
    assert fact == ObjectiveSet(priority="safety", objective="less-abuse", title="Fewer repeat offences")


def test_an_objective_is_set_once() -> None:
    """TSP-7"""
    found = priority()
    found.apply(found.set_objective("less-abuse", "Fewer repeat offences"))
    with pytest.raises(AlreadyThere, match="objective 'less-abuse'"):
        found.set_objective("less-abuse", "Fewer offences")


def test_a_priority_knows_only_its_own_kind_of_facts() -> None:
    """design 5"""
    with pytest.raises(TypeError, match="Priority has no way to apply QuestionRaised"):
        priority().apply(OTHER_MONEY)


def test_a_question_is_raised_once() -> None:
    """CAN-7"""
    found = project()
    fact = found.raise_question(
        "other-money", QuestionKind.FINANCIAL, "Can money that is not for health pay in?", "commissioner"
    )
    assert fact == OTHER_MONEY
    found.apply(fact)
    with pytest.raises(AlreadyThere, match="question 'other-money'"):
        found.raise_question("other-money", QuestionKind.LEGAL, "May it?", "council")


def test_an_open_question_is_answered() -> None:
    """CAN-7"""
    answer = project(OTHER_MONEY).answer_question("other-money", "It can, from the second round.", MARCH, MARCH)
    assert answer == ANSWERED


def test_a_question_is_answered_once() -> None:
    """CAN-7"""
    with pytest.raises(QuestionAnsweredBefore, match="answered on 2015-03-16"):
        project(OTHER_MONEY, ANSWERED).answer_question("other-money", "It cannot.", MARCH, MARCH)


def test_a_question_that_nobody_raised_has_no_answer() -> None:
    """CAN-7"""
    with pytest.raises(Unknown, match="no question 'other-money'"):
        project().answer_question("other-money", "It can.", MARCH, MARCH)


def test_no_question_is_answered_ahead() -> None:
    """CAN-7, design 6"""
    with pytest.raises(DatedAhead):
        project(OTHER_MONEY).answer_question("other-money", "It can.", MARCH, JANUARY)


def test_an_intention_may_name_no_amount_and_be_stated_anew() -> None:
    """CAN-7: no money is bound by it."""
    first = project().state_intention("council", "We intend to take part.", None)
    assert first == IntentionStated(
        project="commissioning", organisation="council", text="We intend to take part.", amount_pence=None
    )
    assert project(first).state_intention("council", "We intend to give this.", 5_000_000).amount_pence == 5_000_000


def test_the_first_round_is_round_one() -> None:
    """CAN-7"""
    assert project().open_tender_round(1, DECEMBER, "Tenders are invited.", DECEMBER) == opened(1, DECEMBER)
    with pytest.raises(RoundOutOfOrder, match="Round 1 is next, not 2"):
        project().open_tender_round(2, DECEMBER, "Tenders are invited.", DECEMBER)


def test_after_round_one_comes_round_two() -> None:
    """CAN-7"""
    found = project(opened(1, DECEMBER))
    assert found.open_tender_round(2, MARCH, "Tenders are invited.", MARCH).round == 2
    for number in (1, 3):
        with pytest.raises(RoundOutOfOrder, match=f"Round 2 is next, not {number}"):
            found.open_tender_round(number, MARCH, "Tenders are invited.", MARCH)


def test_a_round_is_not_opened_on_a_day_before_the_round_before_it() -> None:
    """CAN-7"""
    with pytest.raises(RoundOutOfOrder, match="before round 1, which opened on 2015-01-12"):
        project(opened(1, JANUARY)).open_tender_round(2, DECEMBER, "Tenders are invited.", MARCH)


def test_no_round_is_opened_ahead() -> None:
    """CAN-7, design 6"""
    with pytest.raises(DatedAhead):
        project().open_tender_round(1, MARCH, "Tenders are invited.", JANUARY)


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([DECEMBER, JANUARY, MARCH])), max_size=30))
def test_whatever_is_tried_rounds_are_numbered_without_a_gap(attempts: list[tuple[int, dt.date]]) -> None:
    """CAN-7"""
    found = project()
    for number, day in attempts:
        try:
            found.apply(found.open_tender_round(number, day, "Tenders are invited.", MARCH))
        except Refusal:
            assert number != len(found.rounds) + 1 or day < max(found.rounds.values())
    assert list(found.rounds) == list(range(1, len(found.rounds) + 1))
    assert list(found.rounds.values()) == sorted(found.rounds.values())
