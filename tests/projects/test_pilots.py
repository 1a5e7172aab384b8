"""Facts about pilots, from the invitation to the start, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest

from services.projects.domain.project import Project
from services.projects.domain.rules import (
    DatedAhead,
    ExpressionAcceptedBefore,
    ExpressionSubmittedBefore,
    InvitationClosed,
    NoAcceptance,
    NoExpression,
    PilotRunning,
)
from shared.contracts.event import Event
from shared.contracts.projects import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
    ProjectStarted,
)
from shared.values.refusals import AlreadyThere, Unknown

NOVEMBER, CLOSING, DECEMBER, FEBRUARY = (
    dt.date(2014, 11, 24),
    dt.date(2014, 11, 28),
    dt.date(2014, 12, 15),
    dt.date(2015, 2, 9),
)

STARTED = ProjectStarted(
    project="panels", title="Neighbourhood panels", purpose="To hold the police to account.", lead="commissioner"
)
INVITED = ExpressionInvited(
    project="panels",
    pilot="panel",
    title="A panel",
    invited_by="commissioner",
    text="Districts may be first.",
    closes_on=CLOSING,
)
SUBMITTED = ExpressionSubmitted(project="panels", pilot="panel", submitted_on=NOVEMBER, decision="board-panel")
ACCEPTED = ExpressionAccepted(project="panels", pilot="panel", accepted_on=DECEMBER)
PLANNED = PilotPlanned(project="panels", pilot="panel", starts_on=dt.date(2015, 2, 1), built_by="panel-group")
RUNNING = PilotStarted(project="panels", pilot="panel", started_on=FEBRUARY)


def project(*facts: Event) -> Project:
    """The project to which these facts happened."""
    found = Project("area", "panels")
    for fact in (STARTED, *facts):
        found.apply(fact)
        found.version += 1
    return found


def test_a_pilot_goes_from_invited_to_started() -> None:
    """CAN-5"""
    found = project()
    fact: Event = found.invite_expression("panel", "A panel", "commissioner", "Districts may be first.", CLOSING)
    assert fact == INVITED
    found.apply(fact)
    (submitted,) = found.pilot("panel").submit(NOVEMBER, "board-panel", NOVEMBER)
    assert submitted == SUBMITTED
    found.apply(submitted)
    accepted = found.pilot("panel").accept(DECEMBER, DECEMBER)
    assert accepted == ACCEPTED
    found.apply(accepted)
    planned = found.pilot("panel").plan(dt.date(2015, 2, 1), "panel-group")
    assert planned == PLANNED
    found.apply(planned)
    assert found.pilot("panel").start(FEBRUARY, FEBRUARY) == RUNNING


def test_a_pilot_is_invited_once() -> None:
    """CAN-5"""
    with pytest.raises(AlreadyThere, match="pilot 'panel'"):
        project(INVITED).invite_expression("panel", "A panel", "commissioner", "Again.", None)


def test_nothing_is_submitted_without_an_invitation() -> None:
    """CAN-5"""
    with pytest.raises(Unknown, match="no pilot 'panel'"):
        project().pilot("panel")


def test_the_last_day_is_in_time() -> None:
    """CAN-5"""
    assert project(INVITED).pilot("panel").submit(CLOSING, None, CLOSING)


def test_the_day_after_the_last_is_too_late() -> None:
    """CAN-5"""
    day = CLOSING + dt.timedelta(days=1)
    with pytest.raises(InvitationClosed, match="closed on 2014-11-28, before 2014-11-29"):
        project(INVITED).pilot("panel").submit(day, None, day)


def test_a_decision_does_not_reopen_an_invitation() -> None:
    """CAN-5"""
    with pytest.raises(InvitationClosed):
        project(INVITED).pilot("panel").submit(DECEMBER, "board-panel", DECEMBER)


def test_an_invitation_without_a_last_day_stays_open() -> None:
    """CAN-5"""
    invited = ExpressionInvited(
        project="panels", pilot="panel", title="A panel", invited_by="commissioner", text="Districts may be first."
    )
    assert project(invited).pilot("panel").submit(FEBRUARY, None, FEBRUARY)


def test_an_expression_is_submitted_once() -> None:
    """CAN-5"""
    with pytest.raises(ExpressionSubmittedBefore, match="submitted on 2014-11-24"):
        project(INVITED, SUBMITTED).pilot("panel").submit(CLOSING, None, CLOSING)


def test_a_further_decision_about_the_pilot_submits_nothing() -> None:
    """CAN-5: the board may agree something else about a pilot that runs already."""
    assert project(INVITED, SUBMITTED).pilot("panel").submit(DECEMBER, "board-panel-extended", DECEMBER) == ()


def test_nothing_is_submitted_ahead() -> None:
    """CAN-5, design 6"""
    with pytest.raises(DatedAhead):
        project(INVITED).pilot("panel").submit(CLOSING, None, NOVEMBER)


def test_only_a_submitted_expression_is_accepted() -> None:
    """CAN-5"""
    with pytest.raises(NoExpression, match="No expression for 'panel' was submitted"):
        project(INVITED).pilot("panel").accept(DECEMBER, DECEMBER)


def test_an_expression_is_not_accepted_on_a_day_before_it_was_submitted() -> None:
    """CAN-5"""
    assert project(INVITED, SUBMITTED).pilot("panel").accept(NOVEMBER, DECEMBER)
    with pytest.raises(NoExpression, match="submitted on 2014-11-24, after 2014-11-23"):
        project(INVITED, SUBMITTED).pilot("panel").accept(NOVEMBER - dt.timedelta(days=1), DECEMBER)


def test_an_expression_is_accepted_once_and_not_ahead() -> None:
    """CAN-5"""
    with pytest.raises(ExpressionAcceptedBefore):
        project(INVITED, SUBMITTED, ACCEPTED).pilot("panel").accept(FEBRUARY, FEBRUARY)
    with pytest.raises(DatedAhead):
        project(INVITED, SUBMITTED).pilot("panel").accept(FEBRUARY, DECEMBER)


def test_a_pilot_starts_only_after_its_acceptance() -> None:
    """CAN-5"""
    with pytest.raises(NoAcceptance, match="No expression for 'panel' was accepted"):
        project(INVITED, SUBMITTED, PLANNED).pilot("panel").start(FEBRUARY, FEBRUARY)
    with pytest.raises(NoAcceptance, match="accepted on 2014-12-15, after 2014-11-28"):
        project(INVITED, SUBMITTED, ACCEPTED).pilot("panel").start(CLOSING, FEBRUARY)


def test_a_pilot_can_start_on_the_day_of_its_acceptance() -> None:
    """CAN-5"""
    assert project(INVITED, SUBMITTED, ACCEPTED).pilot("panel").start(DECEMBER, DECEMBER).started_on == DECEMBER


def test_a_pilot_starts_once_and_not_ahead() -> None:
    """CAN-5"""
    with pytest.raises(PilotRunning, match="started on 2015-02-09"):
        project(INVITED, SUBMITTED, ACCEPTED, RUNNING).pilot("panel").start(FEBRUARY, FEBRUARY)
    with pytest.raises(DatedAhead):
        project(INVITED, SUBMITTED, ACCEPTED).pilot("panel").start(FEBRUARY, DECEMBER)


def test_plans_change_until_the_pilot_starts() -> None:
    """CAN-5"""
    later = dt.date(2015, 3, 2)
    assert project(INVITED, SUBMITTED, ACCEPTED, PLANNED).pilot("panel").plan(later, "panel-group").starts_on == later
    with pytest.raises(PilotRunning):
        project(INVITED, SUBMITTED, ACCEPTED, PLANNED, RUNNING).pilot("panel").plan(later, "panel-group")
