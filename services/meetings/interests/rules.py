"""Rules of declaring interests."""

from __future__ import annotations

from collections.abc import Collection

from shared.values.rule import Broken, rule


@rule("TSP-1", problem="not-present", remedy="Record the attendance first.")
def only_a_member_who_is_present_declares(meeting: str, seat: str, attendance: Collection[str]) -> Broken | None:
    """Only a member who is present at a meeting declares an interest in its items."""
    if seat in attendance:
        return None
    taken = ", ".join(attendance) or "none"
    return Broken(f"No one sits in seat {seat!r} at {meeting!r}. Seats that are taken: {taken}.", field="seat")


@rule(
    "CAN-2",
    problem="withdrawal-late",
    remedy="Declare the interest without changing who took part, so that it shows with the decision.",
)
def withdrawal_comes_before_the_decision(item: str, decided: Collection[str], changes: bool) -> Broken | None:
    """A member who takes no part in an item says so before it is decided."""
    if changes and item in decided:
        return Broken(f"Item {item!r} is already decided, by the members counted as present for it.", field="withdrew")
    return None
