"""Rules of the agenda."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule


@rule("TSP-1", problem="agenda-closed", remedy="Ask the chair to accept it late, or raise it at the next meeting.")
def late_items_need_the_chair(meeting: str, closed_on: dt.date, today: dt.date, by_chair: bool) -> Broken | None:
    """Agenda items reach the chair as long before a meeting as its terms of reference say."""
    days_late = (today - closed_on).days
    if days_late <= 0 or by_chair:
        return None
    return Broken(
        f"The agenda of {meeting!r} closed on {closed_on.isoformat()}; the item comes on {today.isoformat()},"
        f" {days_late} days late.",
        agenda_closes_on=closed_on.isoformat(),
        days_late=days_late,
    )
