"""Facts about priorities, open questions, intentions and rounds of tendering, each with its clause."""

from __future__ import annotations

import pytest
from hypothesis import given as trying
from hypothesis import strategies as st
from stage import given

from services.projects.commissioning.rules import tender_rounds_open_in_order
from services.projects.priorities.domain import Priority
from services.projects.project import Project
from services.projects.questions.rules import a_question_is_answered_once
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.contracts.projects.delivery import ProjectStarted
from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.values.refusals import AlreadyThere, Refusal, Unknown
from shared.values.rules import nothing_is_recorded_before_its_day

DECEMBER, JANUARY, MARCH = "2014-12-01", "2015-01-12", "2015-03-16"

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
SAFETY = PrioritySet(priority="safety", title="Community safety", outcome="People are safe.")
LESS_ABUSE = ObjectiveSet(priority="safety", objective="less-abuse", title="Fewer repeat offences")


def opened(number: int, day: str) -> TenderRoundOpened:
    return TenderRoundOpened(project="commissioning", round=number, opened_on=day, text="Tenders are invited.")


def opens(number: int, day: str) -> TenderRoundOpened:
    return TenderRoundOpened(project="commissioning", round=number, opened_on=day, text="Tenders are invited.")


def asks(kind: QuestionKind = QuestionKind.FINANCIAL) -> QuestionRaised:
    return QuestionRaised(
        project="commissioning",
        question="other-money",
        kind=kind,
        text="Can money that is not for health pay in?",
        raised_by="commissioner",
    )


def answers(answer: str = "It can, from the second round.") -> QuestionAnswered:
    return QuestionAnswered(project="commissioning", question="other-money", answer=answer, answered_on=MARCH)


def test_a_priority_is_set_once() -> None:
    """TSP-7"""
    command = PrioritySet(priority="safety", title="Community safety", outcome="People are safe.")
    given().when(command).then(SAFETY).when(command).refused(
        AlreadyThere, "There is already a priority 'safety' in 'area'"
    )


def test_a_priority_has_objectives_each_set_once() -> None:
    """TSP-7"""
    fact = ObjectiveSet(priority="safety", objective="less-abuse", title="Fewer repeat offences")
    again = given(SAFETY).when(LESS_ABUSE).then(fact).when(LESS_ABUSE)
    again.refused(AlreadyThere, "'safety' has objective 'less-abuse' already.")


def test_a_priority_knows_only_its_own_kind_of_facts() -> None:
    """design 5"""
    with pytest.raises(TypeError, match="Priority has no way to apply QuestionRaised"):
        Priority("area", "safety").apply(OTHER_MONEY)


def test_a_question_is_raised_once() -> None:
    """CAN-7"""
    again = given(STARTED).when(asks()).then(OTHER_MONEY).when(asks(QuestionKind.LEGAL))
    again.refused(AlreadyThere, "question 'other-money'")


def test_an_open_question_is_answered_once() -> None:
    """CAN-7"""
    again = given(STARTED, OTHER_MONEY).when(answers(), on=MARCH).then(ANSWERED).when(answers("It cannot."), on=MARCH)
    again.refused(a_question_is_answered_once, "answered on 2015-03-16")


def test_a_question_that_nobody_raised_has_no_answer() -> None:
    """CAN-7"""
    given(STARTED).when(answers(), on=MARCH).refused(Unknown, "no question 'other-money'")


def test_no_question_is_answered_ahead() -> None:
    """CAN-7, design 6"""
    given(STARTED, OTHER_MONEY).when(answers(), on=JANUARY).refused(nothing_is_recorded_before_its_day)


def test_an_intention_may_name_no_amount_and_be_stated_again() -> None:
    """CAN-7: this commits no money."""
    first = IntentionStated(project="commissioning", organisation="council", text="We intend to take part.")
    command = IntentionStated(project="commissioning", organisation="council", text="We intend to take part.")
    more = IntentionStated(
        project="commissioning", organisation="council", text="We intend to give this.", amount_pence=5_000_000
    )
    assert given(STARTED).when(command).then(first).when(more).fact.amount_pence == 5_000_000


def test_the_first_round_is_round_one() -> None:
    """CAN-7"""
    given(STARTED).when(opens(1, DECEMBER)).then(opened(1, DECEMBER))
    given(STARTED).when(opens(2, DECEMBER)).refused(tender_rounds_open_in_order, "Round 1 is next, not 2")


def test_after_round_one_comes_round_two() -> None:
    """CAN-7"""
    one = given(STARTED, opened(1, DECEMBER))
    one.when(opens(2, MARCH)).then(opened(2, MARCH))
    for number in (1, 3):
        one.when(opens(number, MARCH)).refused(tender_rounds_open_in_order, f"Round 2 is next, not {number}")


def test_a_round_is_not_opened_on_a_day_before_the_round_before_it() -> None:
    """CAN-7: where only the month is known, it is not before a day in that month."""
    one = given(STARTED, opened(1, JANUARY))
    one.when(opens(2, DECEMBER)).refused(tender_rounds_open_in_order, "before round 1, which opened on 2015-01-12")
    one.when(opens(2, "2014-12")).refused(tender_rounds_open_in_order, "would open on 2014-12, before round 1")
    one.when(opens(2, "2015-01")).then(opened(2, "2015-01"))


def test_no_round_is_opened_ahead() -> None:
    """CAN-7, design 6"""
    given(STARTED).when(opens(1, MARCH), on=JANUARY).refused(nothing_is_recorded_before_its_day)


@trying(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([DECEMBER, JANUARY, MARCH])), max_size=30))
def test_whatever_is_tried_rounds_are_numbered_without_a_gap(attempts: list[tuple[int, str]]) -> None:
    """CAN-7"""
    found = given(STARTED)
    for number, day in attempts:
        rounds = found.state(Project, "commissioning").commissioning.rounds
        try:
            found = found.when(opens(number, day), on=MARCH).happens()
        except Refusal:
            assert number != len(rounds) + 1 or day < max(rounds.values())
    rounds = found.state(Project, "commissioning").commissioning.rounds
    assert list(rounds) == list(range(1, len(rounds) + 1))
    assert list(rounds.values()) == sorted(rounds.values())
