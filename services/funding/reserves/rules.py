"""The rules about a reserve's streams."""

from __future__ import annotations

import datetime as dt

from shared.values.money import pounds
from shared.values.rule import Broken, rule


@rule(
    "CAN-3",
    problem="commit-by-after-spend-by",
    remedy="Check both days. Leave out commit_by if it is the same as spend_by.",
    status=422,
)
def money_is_committed_before_it_is_spent(commit_by: dt.date | None, spend_by: dt.date | None) -> Broken | None:
    """A stream's day to commit by is no later than its day to spend by."""
    if commit_by and spend_by and commit_by > spend_by:
        return Broken(
            f"commit_by is {commit_by.isoformat()}, after spend_by, {spend_by.isoformat()}.", field="commit_by"
        )
    return None


@rule(
    "CAN-3",
    problem="not-carried-forward",
    remedy="Give a later commit_by or spend_by than the stream has now. A stream without such days does not lapse.",
)
def money_is_carried_forward_to_a_later_day(
    name: str, present: tuple[dt.date | None, dt.date | None], later: tuple[dt.date, dt.date]
) -> Broken | None:
    """Money is carried forward to a later day, and never to an earlier one.

    Both are the last day on which the stream can be awarded, and the last on which it can be spent.
    """
    days = [(now, then) for now, then in zip(present, later, strict=True) if now is not None]
    if all(then <= now for now, then in days) or any(then < now for now, then in days):
        committed, spent = (day.isoformat() if day else "any day" for day in present)
        return Broken(f"{name} can be awarded until {committed} and spent until {spent} now.", field="spend_by")
    return None


@rule(
    "CAN-3",
    problem="claw-back-exceeds-free",
    remedy="Claw back less, or release commitments and free returned money first.",
)
def no_more_is_clawed_back_than_is_free(name: str, free: int, amount: int) -> Broken | None:
    """No more is clawed back than a stream has free."""
    if amount > free:
        short = amount - free
        return Broken(f"{name} has {pounds(free)} free, {pounds(short)} less than this.", short_by_pence=short)
    return None
