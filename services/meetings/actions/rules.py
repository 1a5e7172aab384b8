"""Rules of actions."""

from __future__ import annotations

import datetime as dt

from shared.values.partial_date import last_day
from shared.values.rule import Broken, rule


@rule("TSP-1", problem="due-before-meeting", remedy="Give a day on or after that of the meeting.", status=422)
def an_action_is_due_after_it_is_assigned(day: dt.date, due_on: str) -> Broken | None:
    """An action is due no earlier than the meeting that assigns it."""
    if last_day(due_on) < day:
        return Broken(f"Due on {due_on}, assigned on {day.isoformat()}.", field="due_on")
    return None


@rule("TSP-1", problem="action-done", remedy="Assign another action if more is to be done.")
def an_action_is_completed_once(action: str, done: bool) -> Broken | None:
    """An action is completed once."""
    return Broken(f"Action {action!r} was completed before.") if done else None
