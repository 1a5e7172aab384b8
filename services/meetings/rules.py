"""Rules that several nouns of a meeting share."""

from __future__ import annotations

import datetime as dt

from shared.contracts.meetings.references import Reference
from shared.contracts.nouns import NOUNS
from shared.values.rule import Broken, rule


@rule("TSP-1", problem="before-meeting-day", remedy="Record it once it has happened, or check the day.")
def nothing_is_done_at_a_meeting_before_its_day(meeting: str, day: dt.date, today: dt.date) -> Broken | None:
    """Nothing is done at a meeting before its day."""
    if today < day:
        return Broken(f"{meeting!r} meets on {day.isoformat()}; this is dated {today.isoformat()}.")
    return None


@rule("TSP-1", problem="meeting-closed", remedy="Take it to the group's next meeting.")
def a_closed_meeting_stands_as_it_is(meeting: str, closed: bool) -> Broken | None:
    """A closed meeting cannot be changed: only its minutes and the completion of its actions can follow."""
    return Broken(f"{meeting!r} was closed.") if closed else None


@rule("TSP-1", problem="meeting-not-open", remedy="Record the attendance and open the meeting first.")
def a_meeting_acts_once_it_is_open(meeting: str, opened: bool) -> Broken | None:
    """A meeting decides, assigns actions and is minuted only once it was opened and its quorum is known."""
    return None if opened else Broken(f"{meeting!r} was not opened yet.")


@rule(
    "TSP-1",
    problem="inquorate",
    remedy="Note the matter, and decide it when more members are present or at the next meeting.",
)
def an_inquorate_meeting_may_note_but_not_decide(
    what: str, merely_notes: bool, present: int, required: int
) -> Broken | None:
    """An inquorate meeting may note but not decide."""
    if present >= required or merely_notes:
        return None
    return Broken(
        f"{what}: {present} of the {required} members needed are present, {required - present} short.",
        present=present,
        required=required,
    )


@rule(
    "CAN-6",
    problem="ambiguous-reference",
    remedy="Give its project, reserve or meeting as `within`.",
    status=422,
)
def a_reference_says_what_its_thing_belongs_to(about: Reference | None) -> Broken | None:
    """A thing whose name is unique only within another is named together with it, and no other thing is."""
    if about is None:
        return None
    noun = NOUNS[about.kind.value]
    if noun.within and about.within is None:
        return Broken(
            f"The {noun.words} {about.id!r} belongs to {noun.within.with_article}, which is not named.",
            field="about.within",
        )
    if about.within is not None and not noun.within:
        return Broken(
            f"The {noun.words} {about.id!r} belongs to nothing else, and {about.within!r} is named.",
            remedy="Leave `within` out.",
            field="about.within",
        )
    return None
