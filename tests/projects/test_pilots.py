"""Facts about pilots, from the invitation to the start, each with its clause."""

from __future__ import annotations

import datetime as dt

from stage import given

from services.projects.pilots.rules import (
    a_pilot_starts_after_its_acceptance,
    a_pilot_starts_once,
    an_expression_comes_before_the_invitation_closes,
    an_expression_is_accepted_after_its_submission,
    an_expression_is_accepted_once,
    an_expression_is_submitted_once,
)
from shared.contracts.projects.delivery import ProjectStarted
from shared.contracts.projects.pilots import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
)
from shared.runtime.deciding.time_limits import NoSuchDay
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import nothing_is_recorded_before_its_day

NOVEMBER, CLOSING, DECEMBER, FEBRUARY = "2014-11-24", "2014-11-28", "2014-12-15", "2015-02-09"

STARTED = ProjectStarted(
    project="panels", title="Neighbourhood panels", purpose="To hold the police to account.", lead="commissioner"
)
INVITED = ExpressionInvited(
    project="panels",
    pilot="panel",
    title="A panel",
    invited_by="commissioner",
    text="Districts may be first.",
    closes_on=dt.date.fromisoformat(CLOSING),
)
SUBMITTED = ExpressionSubmitted(project="panels", pilot="panel", submitted_on=NOVEMBER, decision="board-panel")
ACCEPTED = ExpressionAccepted(project="panels", pilot="panel", accepted_on=DECEMBER)
PLANNED = PilotPlanned(project="panels", pilot="panel", starts_on="2015-02", built_by="panel-group")
RUNNING = PilotStarted(project="panels", pilot="panel", started_on=FEBRUARY)

INVITES = ExpressionInvited(
    project="panels",
    pilot="panel",
    title="A panel",
    invited_by="commissioner",
    text="Districts may be first.",
    closes_on=dt.date.fromisoformat(CLOSING),
)


def submits(day: str, decision: str | None = None) -> ExpressionSubmitted:
    return ExpressionSubmitted(project="panels", pilot="panel", submitted_on=day, decision=decision)


def accepts(day: str) -> ExpressionAccepted:
    return ExpressionAccepted(project="panels", pilot="panel", accepted_on=day)


def plans(day: str) -> PilotPlanned:
    return PilotPlanned(project="panels", pilot="panel", starts_on=day, built_by="panel-group")


def starts(day: str) -> PilotStarted:
    return PilotStarted(project="panels", pilot="panel", started_on=day)


def test_a_pilot_goes_from_invited_to_started() -> None:
    """CAN-5"""
    invited = given(STARTED).when(INVITES).then(INVITED)
    submitted = invited.when(submits(NOVEMBER, "board-panel"), on=NOVEMBER).then(SUBMITTED)
    accepted = submitted.when(accepts(DECEMBER), on=DECEMBER).then(ACCEPTED)
    planned = accepted.when(plans("2015-02"), on=DECEMBER).then(PLANNED)
    planned.when(starts(FEBRUARY), on=FEBRUARY).then(RUNNING)


def test_a_pilot_is_invited_once() -> None:
    """CAN-5"""
    given(STARTED, INVITED).when(INVITES).refused(AlreadyThere, "pilot 'panel'")


def test_nothing_is_submitted_without_an_invitation() -> None:
    """CAN-5"""
    given(STARTED).when(submits(NOVEMBER)).refused(Unknown, "no pilot 'panel'")


def test_the_last_day_is_in_time() -> None:
    """CAN-5"""
    assert given(STARTED, INVITED).when(submits(CLOSING), on=CLOSING).facts


def test_the_day_after_the_last_is_too_late() -> None:
    """CAN-5"""
    given(STARTED, INVITED).when(submits("2014-11-29")).refused(
        an_expression_comes_before_the_invitation_closes, "closed on 2014-11-28, before 2014-11-29"
    )


def test_what_may_have_come_in_time_is_not_refused() -> None:
    """CAN-5: it is known that it was submitted in November, and not on which day."""
    given(STARTED, INVITED).when(submits("2014-11")).happens()
    given(STARTED, INVITED).when(submits("2014-12")).refused(an_expression_comes_before_the_invitation_closes)


def test_a_decision_does_not_reopen_an_invitation() -> None:
    """CAN-5"""
    late = given(STARTED, INVITED).when(submits(DECEMBER, "board-panel"))
    late.refused(an_expression_comes_before_the_invitation_closes)


def test_an_invitation_without_a_last_day_stays_open() -> None:
    """CAN-5"""
    invited = ExpressionInvited(
        project="panels", pilot="panel", title="A panel", invited_by="commissioner", text="Districts may be first."
    )
    assert given(STARTED, invited).when(submits(FEBRUARY)).facts


def test_an_expression_is_submitted_once() -> None:
    """CAN-5"""
    again = given(STARTED, INVITED, SUBMITTED).when(submits(CLOSING))
    again.refused(an_expression_is_submitted_once, "submitted on 2014-11-24")


def test_a_further_decision_about_the_pilot_submits_nothing() -> None:
    """CAN-5: the board may agree something else about a pilot that runs already."""
    given(STARTED, INVITED, SUBMITTED).when(submits(DECEMBER, "board-panel-extended")).then()


def test_nothing_is_submitted_ahead() -> None:
    """CAN-5, design 6"""
    given(STARTED, INVITED).when(submits(CLOSING), on=NOVEMBER).refused(nothing_is_recorded_before_its_day)


def test_what_happened_in_a_month_can_be_recorded_during_it() -> None:
    """design 6"""
    given(STARTED, INVITED, SUBMITTED).when(accepts("2014-12"), on=DECEMBER).happens()
    given(STARTED, INVITED, SUBMITTED).when(accepts("2015-01"), on=DECEMBER).refused(nothing_is_recorded_before_its_day)


def test_only_a_submitted_expression_is_accepted() -> None:
    """CAN-5"""
    given(STARTED, INVITED).when(accepts(DECEMBER)).refused(
        an_expression_is_accepted_after_its_submission, "No expression for 'panel' was submitted"
    )


def test_an_expression_is_not_accepted_on_a_day_before_it_was_submitted() -> None:
    """CAN-5"""
    submitted = given(STARTED, INVITED, SUBMITTED)
    for day in (NOVEMBER, "2014-11", "2014"):
        assert submitted.when(accepts(day), on=DECEMBER).facts
    submitted.when(accepts("2014-11-23")).refused(
        an_expression_is_accepted_after_its_submission, "submitted on 2014-11-24, after 2014-11-23"
    )
    submitted.when(accepts("2014-10")).refused(an_expression_is_accepted_after_its_submission, "after 2014-10")


def test_an_expression_is_accepted_once_and_not_ahead() -> None:
    """CAN-5"""
    given(STARTED, INVITED, SUBMITTED, ACCEPTED).when(accepts(FEBRUARY)).refused(an_expression_is_accepted_once)
    given(STARTED, INVITED, SUBMITTED).when(accepts(FEBRUARY), on=DECEMBER).refused(nothing_is_recorded_before_its_day)


def test_a_pilot_starts_only_after_its_acceptance() -> None:
    """CAN-5"""
    given(STARTED, INVITED, SUBMITTED, PLANNED).when(starts(FEBRUARY)).refused(
        a_pilot_starts_after_its_acceptance, "No expression for 'panel' was accepted"
    )
    given(STARTED, INVITED, SUBMITTED, ACCEPTED).when(starts(CLOSING)).refused(
        a_pilot_starts_after_its_acceptance, "accepted on 2014-12-15, after 2014-11-28"
    )


def test_a_pilot_can_start_on_the_day_of_its_acceptance() -> None:
    """CAN-5"""
    accepted = given(STARTED, INVITED, SUBMITTED, ACCEPTED)
    assert accepted.when(starts(DECEMBER), on=DECEMBER).fact.started_on == DECEMBER


def test_a_pilot_starts_once_and_not_ahead() -> None:
    """CAN-5"""
    accepted = given(STARTED, INVITED, SUBMITTED, ACCEPTED)
    accepted.and_then(RUNNING).when(starts(FEBRUARY)).refused(a_pilot_starts_once, "started on 2015-02-09")
    accepted.when(starts(FEBRUARY), on=DECEMBER).refused(nothing_is_recorded_before_its_day)


def test_plans_change_until_the_pilot_starts() -> None:
    """CAN-5"""
    planned = given(STARTED, INVITED, SUBMITTED, ACCEPTED, PLANNED)
    assert planned.when(plans("2015-03-02")).fact.starts_on == "2015-03-02"
    planned.and_then(RUNNING).when(plans("2015-03-02")).refused(a_pilot_starts_once)


def test_a_pilot_planned_for_february_is_kept_as_february() -> None:
    """CAN-5: never as its first day."""
    assert given(STARTED, INVITED).when(plans("2015-02")).fact.starts_on == "2015-02"


def test_a_day_that_no_calendar_has_is_no_day() -> None:
    """design 6"""
    given(STARTED, INVITED).when(plans("2015-02-30")).refused(NoSuchDay, "starts_on is '2015-02-30'")
