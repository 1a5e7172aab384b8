"""Everything that is recorded of one meeting, and meetings' queries over HTTP."""

from __future__ import annotations

from services.meetings import awaiting as _awaiting
from services.meetings.actions.view import LoggedAction, actions_of
from services.meetings.agenda.view import AgendaEntry, agenda_item
from services.meetings.areas_of_interest import view as _areas_of_interest
from services.meetings.attendance.view import SeatApology, SeatAttendance
from services.meetings.decisions.view import RegisteredDecision, decisions_at
from services.meetings.interests.view import DeclaredInterest
from services.meetings.meetings import view as meetings
from services.meetings.meetings.view import CirculatedPaper, paper
from services.meetings.updates import view as _updates
from services.meetings.views import queries
from shared.contracts.nouns import Day, MeetingSlug
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry

assert _awaiting
assert _areas_of_interest
assert _updates
routes = queries.routes


@entry(meetings.meeting)
class MeetingRecord:
    """All that is recorded of one meeting; its actions as at a day."""

    agenda: list[AgendaEntry]
    papers: list[CirculatedPaper]
    apologies: list[SeatApology]
    attendance: list[SeatAttendance]
    interests: list[DeclaredInterest]
    decisions: list[RegisteredDecision]
    actions: list[LoggedAction]


@queries.gets("/meetings/{meeting}")
def meeting_record(reading: ReadContext, meeting: MeetingSlug, as_at: Day | None = None) -> MeetingRecord:
    """A meeting: agenda, papers, attendance, quorum explained, interests, decisions, actions, minutes."""
    return as_entry(
        MeetingRecord,
        reading.one(meetings.meeting, meeting=meeting),
        agenda=reading.entries(AgendaEntry, agenda_item.c.position, meeting=meeting),
        papers=reading.entries(CirculatedPaper, paper.c.position, paper.c.number, meeting=meeting),
        apologies=reading.entries(SeatApology, meeting=meeting),
        attendance=reading.entries(SeatAttendance, meeting=meeting),
        interests=reading.entries(DeclaredInterest, meeting=meeting),
        decisions=decisions_at(reading, meeting),
        actions=actions_of(reading, meeting, as_at or reading.today),
    )
