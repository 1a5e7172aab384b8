"""Rules that hold in every service."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from shared.values.partial_date import PartialDate, first_day
from shared.values.rule import Broken, rule


@rule(
    "design 6",
    problem="period-reversed",
    remedy="Check both days. A period of one day starts and ends on it.",
    status=422,
)
def a_period_ends_no_earlier_than_it_starts(
    starts: dt.date, ends: dt.date | None, what: str = "The period", **field: str
) -> Broken | None:
    """A period cannot end before it starts."""
    if ends is not None and ends < starts:
        return Broken(f"{what} would end on {ends.isoformat()}, before it starts on {starts.isoformat()}.", **field)
    return None


@rule("design 6", problem="dated-ahead", remedy="Check the day, or record it once it has come.", status=422)
def nothing_is_recorded_before_its_day(field: str, day: dt.date | PartialDate, today: dt.date) -> Broken | None:
    """A fact cannot be recorded before its day."""
    # What happened in December may be recorded during December.
    if (first_day(day) if isinstance(day, str) else day) > today:
        return Broken(f"{field} is {day}, after {today}.", field=field)
    return None


@rule("design 12", problem="named-twice", remedy="Name each of them once.", status=422)
def each_is_named_once(what: str, names: Iterable[str]) -> Broken | None:
    """A list can name each thing only once."""
    for name, times in Counter(names).items():
        if times > 1:
            return Broken(f"{what} {name!r} is named {times} times.", name=name)
    return None


@rule("TSP-2", problem="not-own-seat", remedy="Name a seat of that organisation.")
def an_organisation_speaks_for_its_own_seats(seat: str, holder: str, organisation: str | None) -> Broken | None:
    """An organisation can speak only for its own seats."""
    # None: the clerk speaks.
    if organisation not in (None, holder):
        return Broken(f"Seat {seat!r} is held by {holder!r}, not by {organisation!r}.", field="seat")
    return None
