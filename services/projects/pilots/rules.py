"""The rules of pilots. Days may be known to the month only; a rule is broken by what is certainly too early or late."""

from __future__ import annotations

import datetime as dt

from shared.values.partial_date import PartialDate, first_day, is_before
from shared.values.rule import Broken, rule


@rule(
    "CAN-5",
    problem="invitation-closed",
    remedy="Ask the inviting organisation for more time, and record a new invitation.",
)
def an_expression_comes_before_the_invitation_closes(
    pilot: str, submitted_on: PartialDate, closes_on: dt.date | None
) -> Broken | None:
    """An expression of interest is submitted before the invitation closes."""
    if closes_on is not None and first_day(submitted_on) > closes_on:
        return Broken(f"The invitation to {pilot!r} closed on {closes_on}, before {submitted_on}.")
    return None


@rule(
    "CAN-5",
    problem="expression-already-submitted",
    remedy="Nothing more needs to be done. Wait for the answer to the one that was submitted.",
)
def an_expression_is_submitted_once(pilot: str, submitted_on: PartialDate | None) -> Broken | None:
    """An expression of interest is submitted once."""
    return Broken(f"The expression for {pilot!r} was submitted on {submitted_on}.") if submitted_on else None


@rule("CAN-5", problem="no-expression", remedy="Record the submission first, or check the day.")
def an_expression_is_accepted_after_its_submission(
    pilot: str, accepted_on: PartialDate, submitted_on: PartialDate | None
) -> Broken | None:
    """Only an expression of interest that was submitted is accepted."""
    if submitted_on is None:
        return Broken(f"No expression for {pilot!r} was submitted.")
    if is_before(accepted_on, submitted_on):
        return Broken(f"The expression for {pilot!r} was submitted on {submitted_on}, after {accepted_on}.")
    return None


@rule(
    "CAN-5",
    problem="expression-already-accepted",
    remedy="Nothing more needs to be done. Plan or start the pilot.",
)
def an_expression_is_accepted_once(pilot: str, accepted_on: PartialDate | None) -> Broken | None:
    """An expression of interest is accepted once."""
    return Broken(f"The expression for {pilot!r} was accepted on {accepted_on}.") if accepted_on else None


@rule("CAN-5", problem="no-acceptance", remedy="Record the acceptance first, or check the day.")
def a_pilot_starts_after_its_acceptance(
    pilot: str, started_on: PartialDate, accepted_on: PartialDate | None
) -> Broken | None:
    """A pilot starts after its expression of interest was accepted."""
    if accepted_on is None:
        return Broken(f"No expression for {pilot!r} was accepted.")
    if is_before(started_on, accepted_on):
        return Broken(f"The expression for {pilot!r} was accepted on {accepted_on}, after {started_on}.")
    return None


@rule("CAN-5", problem="pilot-running", remedy="Report what happens in it as progress of the project.")
def a_pilot_starts_once(pilot: str, started_on: PartialDate | None) -> Broken | None:
    """A pilot that has started is not planned or started again."""
    return Broken(f"The pilot {pilot!r} started on {started_on}.") if started_on else None
