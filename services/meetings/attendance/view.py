"""Who came, and who sent apologies."""

from __future__ import annotations

from services.meetings.views import views
from shared.contracts.meetings.attendance import ApologyReceived, AttendanceRecorded
from shared.runtime.following.entries import entry

apology = views.keeps("apology", ApologyReceived, key=("meeting", "seat"))
attendance = views.keeps("attendance", AttendanceRecorded, key=("meeting", "seat"))


@entry(apology, leaves_out=("meeting",))
class SeatApology:
    """A seat whose representative sent apologies."""


@entry(attendance, leaves_out=("meeting",))
class SeatAttendance:
    """Who sat in a seat, as its representative or deputy. People are shown by slug."""
