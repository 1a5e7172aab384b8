"""Rules of opening a meeting."""

from __future__ import annotations

from shared.contracts.meetings.meetings import Quorum
from shared.values.rule import Broken, rule


@rule(
    "TSP-1",
    problem="already-opened",
    remedy="Record late arrivals as attendance: they count from the next decision on.",
)
def a_meeting_is_opened_once(meeting: str, quorum: Quorum | None) -> Broken | None:
    """A meeting is opened once; its quorum is worked out then."""
    return None if quorum is None else Broken(f"{meeting!r} was opened with {quorum.present} present.")
