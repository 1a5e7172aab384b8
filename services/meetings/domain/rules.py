"""The rules of meetings and updates, each a sentence with the clause it comes from.

How a quorum is worked out is in ``quorum.py``; what a decision may carry is in ``decision_rules.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from services.meetings.domain.membership import ASK_MEMBERSHIP, Seat
from services.meetings.domain.quorum import Attendee
from shared.contracts.meetings import Capacity
from shared.values.refusals import Refusal


class AgendaClosed(Refusal):
    """Agenda items reach the chair as long before a meeting as its terms of reference say."""

    clause = "TSP-1"
    remedy = "Ask the chair to accept it late, or raise it at the next meeting."


def late_items_need_the_chair(meeting: str, closed_on: dt.date, today: dt.date, by_chair: bool) -> bool:
    """An item after the agenda closed is on it only if the chair accepts it (TSP-1). Raises ``AgendaClosed``.

    Returns whether the item is late.
    """
    late = today > closed_on
    if late and not by_chair:
        raise AgendaClosed(
            f"The agenda of {meeting!r} closed on {closed_on.isoformat()}; the item comes on {today.isoformat()},"
            f" {(today - closed_on).days} days late.",
            agenda_closes_on=closed_on.isoformat(),
            days_late=(today - closed_on).days,
        )
    return late


class ShortNotice(Refusal):
    """Agenda and papers go out as long before a meeting as its terms of reference say."""

    clause = "TSP-1"
    remedy = "Have the chair circulate them and give the waiver's authority, or take them to the next meeting."


def papers_go_out_in_time_unless_the_chair_waives_it(
    meeting: str, due_on: dt.date, today: dt.date, waived: bool
) -> None:
    """Members have time to read what they decide on (TSP-1). Raises ``ShortNotice``."""
    if today > due_on and not waived:
        raise ShortNotice(
            f"Papers of {meeting!r} were due on {due_on.isoformat()}; they would go out on {today.isoformat()},"
            f" {(today - due_on).days} days late.",
            papers_due_on=due_on.isoformat(),
            days_late=(today - due_on).days,
        )


class NotYetItsDay(Refusal):
    """Nothing is done at a meeting before its day."""

    clause = "TSP-1"
    remedy = "Record it once it has happened."


def nothing_is_done_at_a_meeting_before_its_day(meeting: str, day: dt.date, today: dt.date) -> None:
    """Attendance, decisions and actions are facts of the day itself (TSP-1). Raises ``NotYetItsDay``."""
    if today < day:
        raise NotYetItsDay(f"{meeting!r} meets on {day.isoformat()}; this is dated {today.isoformat()}.")


class NotOpen(Refusal):
    """A meeting decides only once it has been opened and its quorum worked out."""

    clause = "TSP-1"
    remedy = "Record the attendance and open the meeting first."


class AlreadyOpened(Refusal):
    """A meeting is opened once; its quorum is worked out then."""

    clause = "TSP-1"
    remedy = "Record late arrivals as attendance: they count from the next decision on."


class Closed(Refusal):
    """A closed meeting stands as it is: only its minutes and what came of its actions follow."""

    clause = "TSP-1"
    remedy = "Take it to the group's next meeting."


def a_closed_meeting_stands_as_it_is(meeting: str, closed: bool) -> None:
    """After closing there is nothing left to decide or attend (TSP-1). Raises ``Closed``."""
    if closed:
        raise Closed(f"{meeting!r} was closed.")


def a_meeting_decides_once_it_is_open(meeting: str, opened: bool, closed: bool) -> None:
    """No decision before the quorum is known, and none afterwards (TSP-1). Raises ``NotOpen``, ``Closed``."""
    if not opened:
        raise NotOpen(f"{meeting!r} was not opened yet.")
    a_closed_meeting_stands_as_it_is(meeting, closed)


class VacantSeat(Refusal):
    """Nobody represents an organisation in a vacant seat."""

    clause = "TSP-2"
    remedy = ASK_MEMBERSHIP


def a_representative_fills_the_seat(seat: str, place: Seat, day: dt.date) -> str:
    """Who sits or apologises for a seat as its representative is registered in it (TSP-2). Raises ``VacantSeat``."""
    if place.representative is None:
        raise VacantSeat(f"Nobody represents {place.organisation!r} in seat {seat!r} on {day.isoformat()}.")
    return place.representative


class Stranger(Refusal):
    """Who sits in a seat is its representative, or a deputy who was named for it by that day."""

    clause = "TSP-2"
    remedy = ASK_MEMBERSHIP


def who_sits_in_a_seat_was_named_for_it(
    seat: str, place: Seat, day: dt.date, person: str | None, capacity: Capacity
) -> str:
    """The person who sat there: the one given, or else the only one it can be (TSP-2).

    Raises ``VacantSeat``, ``Stranger``.
    """
    if capacity is Capacity.REPRESENTATIVE:
        named: tuple[str, ...] = (a_representative_fills_the_seat(seat, place, day),)
    else:
        named = place.deputies
    known = ", ".join(named) or "nobody"
    if person is None and len(named) > 1:
        raise Stranger(f"Seat {seat!r} has the deputies {known}.", remedy="Say which of them sat there.")
    if not named or person not in (None, *named):
        who = "A deputy" if person is None else repr(person)
        raise Stranger(f"{who} cannot sit in seat {seat!r} on {day.isoformat()}: its {capacity.value} is {known}.")
    return named[0] if person is None else person


class TwoSeats(Refusal):
    """Nobody sits in two seats at one meeting."""

    clause = "TSP-1"
    remedy = "Record somebody else, such as a deputy, in one of the seats."


def nobody_sits_in_two_seats(seat: str, person: str, attendance: Mapping[str, Attendee]) -> None:
    """One person counts once towards the quorum (TSP-1). Raises ``TwoSeats``."""
    other = next((place for place, attendee in attendance.items() if attendee.person == person and place != seat), None)
    if other is not None:
        raise TwoSeats(f"{person!r} sits in seat {other!r} already and cannot sit in {seat!r} as well.")


class ForeignSeat(Refusal):
    """An organisation speaks for its own seats."""

    clause = "TSP-2"
    remedy = "Name a seat of that organisation."


def an_organisation_speaks_for_its_own_seats(seat: str, holder: str, organisation: str | None) -> None:
    """What is told of a seat comes from whoever holds it, or from the clerk (TSP-2). Raises ``ForeignSeat``."""
    if organisation not in (None, holder):
        raise ForeignSeat(f"Seat {seat!r} is held by {holder!r}, not by {organisation!r}.")


class PresentMember(Refusal):
    """Who is present sends no apology."""

    clause = "TSP-2"
    remedy = "If a deputy sat there instead, record that attendance first."


class AbsentMember(Refusal):
    """Only who is present at a meeting declares an interest in its items."""

    clause = "TSP-1"
    remedy = "Record the attendance first."


class LateWithdrawal(Refusal):
    """Who takes no part in an item says so before it is decided."""

    clause = "CAN-2"
    remedy = "Declare the interest without having withdrawn, so that it shows with the decision."


class DueBeforeItsMeeting(Refusal):
    """An action is due no earlier than the meeting that assigns it."""

    clause = "TSP-1"
    remedy = "Give a day on or after that of the meeting."


def an_action_is_due_after_it_is_assigned(day: dt.date, due_on: dt.date) -> None:
    """Nothing can be asked for by a day that is past (TSP-1). Raises ``DueBeforeItsMeeting``."""
    if due_on < day:
        raise DueBeforeItsMeeting(f"Due on {due_on.isoformat()}, assigned on {day.isoformat()}.")


class ActionDone(Refusal):
    """An action is completed once."""

    clause = "TSP-1"
    remedy = "Assign another action if more is to be done."


class NoDraft(Refusal):
    """Only minutes that were drafted are approved."""

    clause = "TSP-1"
    remedy = "Draft the minutes first."


class MinutesFinal(Refusal):
    """Approved minutes stand as they are."""

    clause = "TSP-1"
    remedy = "Have a later meeting record a correction as a decision of its own."


class StillOpen(Refusal):
    """Minutes are approved of a meeting that is over."""

    clause = "TSP-1"
    remedy = "Close that meeting first."


class NotALaterMeeting(Refusal):
    """Minutes are approved at a later meeting of the same group."""

    clause = "TSP-1"
    remedy = "Name a later meeting of that group."


class PeriodReversed(Refusal):
    """What begins ends no earlier."""

    clause = "CAN-1"
    remedy = "Check the days."


def a_period_ends_no_earlier_than_it_begins(what: str, first: dt.date | None, last: dt.date | None) -> None:
    """Terms and periods run forward (CAN-1). Raises ``PeriodReversed``."""
    if first is not None and last is not None and last < first:
        raise PeriodReversed(f"{what} runs from {first.isoformat()} to {last.isoformat()}.")


class ForeignArea(Refusal):
    """An area of interest is answered in an update to the body that named it, once it was named."""

    clause = "CAN-8"
    remedy = "Answer it in that body's next update."


def an_area_is_answered_to_the_body_that_named_it(
    area: str, named_by: str, named_on: dt.date, update: str, body: str, meets_on: dt.date
) -> None:
    """The next update to a body answers what that body asked (CAN-8). Raises ``ForeignArea``."""
    if named_by != body:
        raise ForeignArea(f"{area!r} was named by {named_by}; {update!r} goes to {body}.")
    if meets_on < named_on:
        raise ForeignArea(
            f"{area!r} was named on {named_on.isoformat()}; {update!r} was for {meets_on.isoformat()}, before that."
        )
