"""Rules of minutes."""

from __future__ import annotations

import datetime as dt

from shared.values.rule import Broken, rule

type Which = tuple[str, str, dt.datetime]
"""A meeting: its slug, group and start."""


@rule("TSP-1", problem="minutes-approved", remedy="Have a later meeting record a correction as a decision of its own.")
def approved_minutes_stand_as_they_are(meeting: str, approved_at: str | None) -> Broken | None:
    """Approved minutes cannot be changed."""
    return Broken(f"The minutes of {meeting!r} were approved at {approved_at!r}.") if approved_at else None


@rule("TSP-1", problem="minutes-not-drafted", remedy="Draft the minutes first.")
def minutes_are_approved_once_drafted(meeting: str, drafted: bool) -> Broken | None:
    """Minutes are approved only once they are drafted."""
    return None if drafted else Broken(f"No minutes of {meeting!r} were drafted.")


@rule("TSP-1", problem="meeting-not-over", remedy="Close that meeting first.")
def minutes_are_approved_once_the_meeting_is_over(meeting: str, closed: bool) -> Broken | None:
    """Minutes are approved only of a meeting that is closed."""
    return None if closed else Broken(f"{meeting!r} was not closed yet.")


@rule("TSP-1", problem="not-a-later-meeting", remedy="Name a later meeting of that group.")
def minutes_are_approved_at_a_later_meeting_of_the_group(of: Which, at: Which) -> Broken | None:
    """Minutes are approved at a later meeting of the same group."""
    (slug, group, start), (later, other, later_start) = of, at
    if other != group:
        return Broken(f"{later!r} is of the group {other!r}, {slug!r} of {group!r}.", field="approved_at")
    if later_start <= start:
        return Broken(
            f"{later!r} began at {later_start.isoformat()}, {slug!r} at {start.isoformat()}.", field="approved_at"
        )
    return None
