"""Rules of calling a meeting and sending out its papers."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule


@rule(
    "TSP-1",
    problem="papers-late",
    remedy="Have the chair circulate them and give the waiver's authority, or take them to the next meeting.",
)
def papers_go_out_in_time_unless_the_chair_waives_it(
    meeting: str, due_on: dt.date, today: dt.date, waived: bool
) -> Broken | None:
    """Agenda and papers go out as long before a meeting as its terms of reference say."""
    days_late = (today - due_on).days
    if days_late <= 0 or waived:
        return None
    return Broken(
        f"Papers of {meeting!r} were due on {due_on.isoformat()}; they would go out on {today.isoformat()},"
        f" {days_late} days late.",
        papers_due_on=due_on.isoformat(),
        days_late=days_late,
    )
