"""Facts about a project's plan, how far it is, and what is told of it, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projects.domain.project import Project
from services.projects.domain.rules import (
    DatedAhead,
    RepeatedStage,
    StageOutOfOrder,
    StageReachedBefore,
    TwoPlans,
)
from services.projects.domain.templates import SEVEN_STEPS, planned_stages
from shared.contracts.event import Event
from shared.contracts.projects import AreaAgreed, ProjectStarted, Stage, StageReached
from shared.values.refusals import Refusal, Unknown

NOVEMBER, DECEMBER, JANUARY = dt.date(2014, 11, 24), dt.date(2014, 12, 5), dt.date(2015, 1, 12)
STEPS = [step.stage for step in SEVEN_STEPS]

STARTED = ProjectStarted(
    project="community",
    title="Community development",
    purpose="To let residents lead.",
    lead="county-council",
    template="seven-steps",
    stages=SEVEN_STEPS,
)


def reached(step: str, day: dt.date) -> StageReached:
    return StageReached(project="community", stage=step, reached_on=day, evidence="The steering group met.")


def project(*facts: Event) -> Project:
    """The project to which these facts happened."""
    found = Project("area", "community")
    for fact in (STARTED, *facts):
        found.apply(fact)
        found.version += 1
    return found


def own(name: str) -> Stage:
    return Stage(stage=name, title="Begin", description="Somebody begins.")


def test_the_community_model_has_seven_steps() -> None:
    """CAN-4"""
    assert [f"step-{number}" for number in range(1, 8)] == STEPS


def test_a_project_takes_over_its_templates_steps() -> None:
    """CAN-4"""
    assert planned_stages("seven-steps", ()) == SEVEN_STEPS


def test_a_project_may_have_stages_of_its_own_or_none() -> None:
    """CAN-4"""
    assert planned_stages(None, (own("begin"), own("end"))) == (own("begin"), own("end"))
    assert planned_stages(None, ()) == ()


def test_a_template_and_own_stages_are_two_plans() -> None:
    """CAN-4"""
    with pytest.raises(TwoPlans, match="'seven-steps' and 1 stages"):
        planned_stages("seven-steps", (own("begin"),))


def test_an_unknown_template_is_answered_with_those_there_are() -> None:
    """CAN-4"""
    with pytest.raises(Unknown, match="there is seven-steps"):
        planned_stages("eight-steps", ())


def test_two_stages_of_one_plan_do_not_share_a_name() -> None:
    """CAN-4"""
    with pytest.raises(RepeatedStage, match="'begin' stands in the plan 2 times"):
        planned_stages(None, (own("begin"), own("end"), own("begin")))


def test_the_first_step_can_be_reached_at_once() -> None:
    """CAN-4"""
    assert project().reach_stage("step-1", DECEMBER, "The steering group met.", DECEMBER) == reached("step-1", DECEMBER)


def test_step_three_is_not_reached_before_step_two() -> None:
    """CAN-4"""
    with pytest.raises(StageOutOfOrder, match="'step-3' comes after 'step-2', which has not been reached"):
        project(reached("step-1", NOVEMBER)).reach_stage("step-3", DECEMBER, "The event was held.", DECEMBER)


def test_one_day_may_see_two_steps() -> None:
    """CAN-4"""
    group = project(reached("step-1", DECEMBER))
    assert group.reach_stage("step-2", DECEMBER, "A workshop followed.", DECEMBER).stage == "step-2"


def test_a_step_is_not_reached_on_a_day_before_the_step_before_it() -> None:
    """CAN-4"""
    with pytest.raises(StageOutOfOrder, match="2014-12-05, not before 2014-11-24"):
        project(reached("step-1", DECEMBER)).reach_stage("step-2", NOVEMBER, "A workshop was held.", DECEMBER)


def test_a_step_is_reached_once() -> None:
    """CAN-4"""
    with pytest.raises(StageReachedBefore, match="reached on 2014-11-24"):
        project(reached("step-1", NOVEMBER)).reach_stage("step-1", DECEMBER, "It met again.", DECEMBER)


def test_a_step_that_nobody_planned_is_unknown() -> None:
    """CAN-4"""
    with pytest.raises(Unknown, match="no stage 'step-8'"):
        project().reach_stage("step-8", DECEMBER, "All is well.", DECEMBER)


def test_no_step_is_reached_tomorrow() -> None:
    """design 6"""
    with pytest.raises(DatedAhead, match="2015-01-12, after 2014-12-05"):
        project().reach_stage("step-1", JANUARY, "The steering group will meet.", DECEMBER)


def test_progress_is_not_told_ahead() -> None:
    """CAN-1, design 6"""
    assert project().report_progress("The event was held.", DECEMBER, None, DECEMBER).reported_on == DECEMBER
    with pytest.raises(DatedAhead):
        project().report_progress("The event will be held.", JANUARY, None, DECEMBER)


def test_an_area_is_agreed_with_what_is_outstanding() -> None:
    """CAN-4: the geography is agreed, maps and numbers of households are to follow."""
    outstanding = ("Maps", "Numbers of households")
    assert project().agree_area("Parts of the Blake area.", DECEMBER, outstanding, DECEMBER) == AreaAgreed(
        project="community", description="Parts of the Blake area.", agreed_on=DECEMBER, outstanding=outstanding
    )


def test_an_area_can_be_agreed_anew_when_the_maps_are_drawn() -> None:
    """CAN-4"""
    first = AreaAgreed(
        project="community", description="Parts of the Blake area.", agreed_on=DECEMBER, outstanding=("Maps",)
    )
    assert project(first).agree_area("As on the map.", JANUARY, (), JANUARY).outstanding == ()
    with pytest.raises(DatedAhead):
        project(first).agree_area("As on the map.", JANUARY, (), DECEMBER)


def test_history_loads_whatever_todays_rules_say() -> None:
    """design 5: the rules never run at replay."""
    assert project(reached("step-5", JANUARY), reached("step-2", NOVEMBER)).reached == {
        "step-5": JANUARY,
        "step-2": NOVEMBER,
    }


ATTEMPTS = st.lists(
    st.tuples(st.sampled_from([*STEPS, "step-8"]), st.dates(dt.date(2014, 12, 1), dt.date(2015, 1, 31))), max_size=40
)


@given(ATTEMPTS)
def test_whatever_is_tried_the_steps_reached_are_the_first_of_the_plan_in_their_order(
    attempts: list[tuple[str, dt.date]],
) -> None:
    """CAN-4: and none that is next, on a day in order, is ever refused."""
    today = dt.date(2015, 1, 15)
    found = project()
    for step, day in attempts:
        done = len(found.reached)
        is_next = done < len(STEPS) and step == STEPS[done]
        in_time = day <= today and day >= max(found.reached.values(), default=day)
        try:
            fact = found.reach_stage(step, day, "The steering group met.", today)
        except Refusal:
            assert not (is_next and in_time)
        else:
            assert is_next
            assert in_time
            found.apply(fact)
    assert list(found.reached) == STEPS[: len(found.reached)]
    assert list(found.reached.values()) == sorted(found.reached.values())
