"""Facts about a project's plan, how far it is, and what is reported of it, each with its clause."""

from __future__ import annotations

import datetime as dt

from hypothesis import given as trying
from hypothesis import strategies as st
from stage import given

from services.projects.delivery.domain import ReportProgress
from services.projects.delivery.rules import (
    a_stage_is_reached_once,
    a_template_is_one_of_those_there_are,
    only_the_responsible_report,
    stages_are_reached_in_order,
    stages_come_from_a_template_or_are_given,
)
from services.projects.delivery.templates import SEVEN_STEPS
from services.projects.project import Project
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted, Stage, StageReached
from shared.contracts.projects.priorities import PrioritySet
from shared.values.refusals import Refusal, Unknown
from shared.values.rules import each_is_named_once, nothing_is_recorded_before_its_day

NOVEMBER, DECEMBER, JANUARY = "2014-11-24", "2014-12-05", "2015-01-12"
STEPS = [step.stage for step in SEVEN_STEPS]

STARTED = ProjectStarted(
    project="community",
    title="Community development",
    purpose="To let residents lead.",
    lead="county-council",
    template="seven-steps",
    stages=SEVEN_STEPS,
)


def starts(
    template: str | None = None, stages: tuple[Stage, ...] = (), priorities: tuple[str, ...] = ()
) -> ProjectStarted:
    return ProjectStarted(
        project="community",
        title="Community development",
        purpose="To let residents lead.",
        lead="county-council",
        template=template,
        stages=stages,
        priorities=priorities,
    )


def reached(step: str, day: str) -> StageReached:
    return StageReached(project="community", stage=step, reached_on=day, evidence="The steering group met.")


def reaches(step: str, day: str) -> StageReached:
    return StageReached(project="community", stage=step, reached_on=day, evidence="The steering group met.")


def own(name: str) -> Stage:
    return Stage(stage=name, title="Begin", description="Somebody begins.")


def test_the_community_model_has_seven_steps() -> None:
    """CAN-4"""
    assert [f"step-{number}" for number in range(1, 8)] == STEPS


def test_a_project_takes_over_its_templates_steps() -> None:
    """CAN-4"""
    given().when(starts("seven-steps")).then(STARTED)


def test_a_project_may_have_stages_of_its_own_or_none() -> None:
    """CAN-4"""
    stages = (own("begin"), own("end"))
    assert given().when(starts(stages=stages)).fact.stages == stages
    assert given().when(starts()).fact.stages == ()


def test_a_template_and_own_stages_are_two_plans() -> None:
    """CAN-4"""
    two = given().when(starts("seven-steps", (own("begin"),)))
    two.refused(stages_come_from_a_template_or_are_given, "'seven-steps' and 1 stages")


def test_an_unknown_template_is_answered_with_those_there_are() -> None:
    """CAN-4"""
    given().when(starts("eight-steps")).refused(a_template_is_one_of_those_there_are, "not one of: seven-steps")


def test_two_stages_of_one_plan_do_not_share_a_name() -> None:
    """CAN-4"""
    twice = given().when(starts(stages=(own("begin"), own("end"), own("begin"))))
    twice.refused(each_is_named_once, "'begin' is named 2 times")


def test_a_project_serves_priorities_that_were_set() -> None:
    """TSP-7"""
    safety = PrioritySet(priority="safety", title="Community safety", outcome="People are safe.")
    assert given(safety).when(starts(priorities=("safety",))).fact.priorities == ("safety",)
    given(safety).when(starts(priorities=("safety", "health"))).refused(Unknown, "no priority 'health'")


def test_the_first_step_can_be_reached_at_once() -> None:
    """CAN-4"""
    given(STARTED).when(reaches("step-1", DECEMBER), on=DECEMBER).then(reached("step-1", DECEMBER))


def test_step_three_is_not_reached_before_step_two() -> None:
    """CAN-4"""
    third = given(STARTED, reached("step-1", NOVEMBER)).when(reaches("step-3", DECEMBER))
    third.refused(stages_are_reached_in_order, "'step-3' comes after 'step-2', which has not been reached")


def test_one_day_may_see_two_steps() -> None:
    """CAN-4"""
    group = given(STARTED, reached("step-1", DECEMBER))
    assert group.when(reaches("step-2", DECEMBER), on=DECEMBER).fact.stage == "step-2"


def test_a_step_is_not_reached_on_a_day_before_the_step_before_it() -> None:
    """CAN-4: where only the month is known, it is not before a day in that month."""
    group = given(STARTED, reached("step-1", DECEMBER))
    for day in (NOVEMBER, "2014-11"):
        group.when(reaches("step-2", day)).refused(stages_are_reached_in_order, f"2014-12-05, not before {day}")
    assert group.when(reaches("step-2", "2014-12")).fact.reached_on == "2014-12"


def test_a_step_is_reached_once() -> None:
    """CAN-4"""
    again = given(STARTED, reached("step-1", NOVEMBER)).when(reaches("step-1", DECEMBER))
    again.refused(a_stage_is_reached_once, "reached on 2014-11-24")


def test_a_step_that_nobody_planned_is_unknown() -> None:
    """CAN-4"""
    given(STARTED).when(reaches("step-8", DECEMBER)).refused(Unknown, "no stage 'step-8'")


def test_no_step_is_reached_tomorrow() -> None:
    """design 6"""
    tomorrow = given(STARTED).when(reaches("step-1", JANUARY), on=DECEMBER)
    tomorrow.refused(nothing_is_recorded_before_its_day, "2015-01-12, after 2014-12-05")


def test_progress_is_not_reported_ahead() -> None:
    """CAN-1, design 6"""
    fact = ProgressReported(project="community", text="The event was held.", reported_on=DECEMBER)
    command = ReportProgress(project="community", text="The event was held.", reported_on=DECEMBER)
    given(STARTED).when(command, on=DECEMBER).then(fact)
    given(STARTED).when(command, on=NOVEMBER).refused(nothing_is_recorded_before_its_day)


def test_progress_is_reported_by_who_leads_or_delivers() -> None:
    """TSP-9"""
    command = ReportProgress(
        project="community", text="The event was held.", reported_on=DECEMBER, reported_by="police"
    )
    given(STARTED).when(command).refused(only_the_responsible_report, "is that of county-council, not of 'police'")


AREA = AreaAgreed(
    project="community",
    description="Parts of the Blake area.",
    agreed_on=DECEMBER,
    outstanding=("Maps", "Numbers of households"),
)


def agrees(description: str, day: str, outstanding: tuple[str, ...] = ()) -> AreaAgreed:
    return AreaAgreed(project="community", description=description, agreed_on=day, outstanding=outstanding)


def test_an_area_is_agreed_with_what_is_outstanding() -> None:
    """CAN-4: the geography is agreed, maps and numbers of households are to follow."""
    command = agrees("Parts of the Blake area.", DECEMBER, ("Maps", "Numbers of households"))
    given(STARTED).when(command, on=DECEMBER).then(AREA)


def test_an_area_can_be_agreed_again_when_the_maps_are_drawn() -> None:
    """CAN-4"""
    again = agrees("As on the map.", JANUARY)
    assert given(STARTED, AREA).when(again, on=JANUARY).fact.outstanding == ()
    given(STARTED, AREA).when(again, on=DECEMBER).refused(nothing_is_recorded_before_its_day)


def test_history_loads_whatever_todays_rules_say() -> None:
    """design 5: the rules never run at replay."""
    history = given(STARTED, reached("step-5", JANUARY), reached("step-2", NOVEMBER))
    assert history.state(Project, "community").delivery.reached == {"step-5": JANUARY, "step-2": NOVEMBER}


ATTEMPTS = st.lists(
    st.tuples(st.sampled_from([*STEPS, "step-8"]), st.dates(dt.date(2014, 12, 1), dt.date(2015, 1, 31))), max_size=40
)


@trying(ATTEMPTS)
def test_whatever_is_tried_the_steps_reached_are_the_first_of_the_plan_in_their_order(
    attempts: list[tuple[str, dt.date]],
) -> None:
    """CAN-4: and none that is next, on a day in order, is ever refused."""
    today = dt.date(2015, 1, 15)
    found, done = given(STARTED), list[str]()
    for step, day in attempts:
        is_next = len(done) < len(STEPS) and step == STEPS[len(done)]
        in_time = day <= today and day.isoformat() >= max(done, default="")
        try:
            found = found.when(reaches(step, day.isoformat()), on=today).happens()
        except Refusal:
            assert not (is_next and in_time)
        else:
            assert is_next
            assert in_time
            done.append(day.isoformat())
    days = found.state(Project, "community").delivery.reached
    assert list(days) == STEPS[: len(done)]
    assert list(days.values()) == sorted(days.values())
