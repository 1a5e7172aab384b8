"""The rules of readings."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule


@rule(
    "CAN-6",
    problem="period-unfinished",
    remedy="Read it once the period has ended, or for the days that have passed.",
)
def a_period_is_read_when_it_is_over(ends: dt.date, today: dt.date) -> Broken | None:
    """A measure is read for a period that is over."""
    if ends > today:  # a number before the last day is a forecast
        return Broken(f"The period ends on {ends}, after {today}.", field="period_ends")
    return None


@rule(
    "CAN-6",
    problem="period-already-read",
    remedy="To replace the reading, send it with correction set and a note that says why. Both stay in the log.",
)
def a_measure_is_read_once_for_a_period(
    measure: str, starts: dt.date, ends: dt.date, reporter: str | None
) -> Broken | None:
    """A measure is read once for a period. A second reading is a correction and says so."""
    if reporter is not None:
        return Broken(f"{reporter!r} has reported {measure!r} for {starts} to {ends} already.")
    return None


@rule(
    "CAN-6",
    problem="nothing-to-correct",
    remedy="Leave correction out, or check the first and last day of the period.",
)
def only_a_reading_is_corrected(measure: str, starts: dt.date, ends: dt.date, reporter: str | None) -> Broken | None:
    """Only what was read can be corrected."""
    return Broken(f"{measure!r} has no reading for {starts} to {ends}.") if reporter is None else None


@rule("CAN-6", problem="not-own-reading", remedy="Ask that organisation, or the clerk acting for it.")
def a_reading_is_corrected_by_who_reported_it(
    measure: str, starts: dt.date, ends: dt.date, reporter: str | None, reported_by: str
) -> Broken | None:
    """A reading is corrected by the organisation that reported it."""
    if reporter != reported_by:
        return Broken(f"{reporter!r} reported {measure!r} for {starts} to {ends}, not {reported_by!r}.")
    return None


@rule(
    "CAN-6",
    problem="correction-unexplained",
    remedy="Say in the note what was wrong with the earlier reading.",
    status=422,
)
def a_correction_says_why(measure: str, starts: dt.date, ends: dt.date, note: str | None) -> Broken | None:
    """A correction says why."""
    if note is None:
        return Broken(f"The correction of {measure!r} for {starts} to {ends} has no note.", field="note")
    return None
