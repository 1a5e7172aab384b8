"""A clerk's desk on a real database, and what is said over it: commands short enough to read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import sqlalchemy
from meetings.given import APRIL, BLAKE, RETURNS, STARTS

from services.meetings.commands.decision import RecordDecision
from services.meetings.commands.meeting import AddAgendaItem, OpenMeeting, RecordAttendance, ScheduleMeeting
from services.meetings.service import service
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent, encode_data, open_envelope, type_name
from shared.contracts.event import Event
from shared.contracts.meetings import Capacity, Deferral, Outcome
from shared.contracts.membership.seats import SeatCreated, SeatFilled
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.endpoints.web import Page, ReadContext
from shared.runtime.ground.clock import new_id
from shared.runtime.identity.principals import Principal
from shared.values.roles import Role

NOW = dt.datetime(2015, 6, 1, 9, 0, tzinfo=dt.UTC)
"""When everything is recorded unless a command says when it happened."""
NOVEMBER_1 = dt.datetime(2014, 11, 1, 12, 0, tzinfo=dt.UTC)
THEN = STARTS + dt.timedelta(minutes=40)
FEBRUARY = dt.datetime(2015, 2, 23, 14, 0, tzinfo=dt.UTC)
ALL = Page(200, 0)
ORGANISATIONS = ("council", "police", "fire", "voluntary-sector", "commissioner")


@dataclass
class Desk:
    """The clerk's desk of one partnership: sends commands, and reads what the ledger would have made known."""

    application: Application
    views: sqlalchemy.Engine
    partnership: str
    recorded: int
    """How much of the source has arrived from the ledger."""
    ledger: list[CloudEvent] = field(default_factory=list)

    def learns(self, *facts: Event) -> None:
        """Membership's facts arrive from the ledger."""
        for fact in facts:
            name = type_name(fact)
            envelope = CloudEvent(
                id=new_id(),
                source="/membership",
                type=name,
                subject=f"{self.partnership}/group/board",
                subjectversion=1,
                partnership=self.partnership,
                time=NOW,
                recordedtime=NOW,
                actor="clerk:clerk",
                authority="office: clerk:clerk",
                correlationid=new_id(),
                data=encode_data(fact),
            )
            self._arrive([envelope])

    def sends(self, command: Command, role: Role = Role.CLERK, organisation: str | None = None) -> None:
        """Send one command. Raises ``Refusal``."""
        declared = service.commands.declared[type(command)]
        principal = Principal(role.value, frozenset({role}), self.partnership, organisation)
        self.application.execute(declared, command, Request(principal, self.partnership))

    def does(self, *commands: Command, role: Role = Role.CLERK, organisation: str | None = None) -> None:
        """Send commands one after another; what they record arrives from the ledger."""
        for command in commands:
            self.sends(command, role, organisation)
        new = self.application.store.recorder.select_notifications(self.recorded + 1, 1000)
        self._arrive([open_envelope(notification.state) for notification in new])
        self.recorded += len(new)

    def reads_again(self) -> None:
        """Empty the views, and read the ledger from its start."""
        with self.views.begin() as connection:
            for table in service.views.metadata.sorted_tables:
                if "partnership" in table.c and "sources" in table.c:
                    connection.execute(table.delete().where(table.c.partnership == self.partnership))
            service.views.project(connection, list(enumerate(self.ledger)))

    def _arrive(self, envelopes: list[CloudEvent]) -> None:
        with self.views.begin() as connection:
            service.views.project(connection, list(enumerate(envelopes, len(self.ledger))))
        self.ledger += envelopes

    @property
    def reading(self) -> ReadContext:
        return ReadContext(
            self.views, Principal("reader", frozenset({Role.READER}), self.partnership, None), self.partnership
        )


def seat(slug: str, in_force_from: dt.date = APRIL) -> SeatCreated:
    return SeatCreated(group="board", seat=slug, organisation=slug, office="Head", in_force_from=in_force_from)


def filled(slug: str, person: str, in_force_from: dt.date = APRIL) -> SeatFilled:
    return SeatFilled(group="board", seat=slug, person=person, in_force_from=in_force_from)


def scheduled(meeting: str = "board-november", starts_at: dt.datetime = STARTS) -> ScheduleMeeting:
    return ScheduleMeeting(
        meeting=meeting, group="board", title="Board", starts_at=starts_at, place="Civic Centre", happened_at=NOVEMBER_1
    )


def item(meeting: str = "board-november", slug: str = "requests") -> AddAgendaItem:
    return AddAgendaItem(
        meeting=meeting, item=slug, title="Requests", raised_by="police", about=BLAKE, happened_at=NOVEMBER_1
    )


def sat(slug: str, meeting: str = "board-november", capacity: Capacity = Capacity.REPRESENTATIVE) -> RecordAttendance:
    return RecordAttendance(meeting=meeting, seat=slug, capacity=capacity)


def sitting(meeting: str = "board-november", starts_at: dt.datetime = STARTS) -> list[Command]:
    """Everything up to an open meeting with one item."""
    return [scheduled(meeting, starts_at), item(meeting), sat("council", meeting), OpenMeeting(meeting=meeting)]


def decided(
    decision: str = "blake-worker-deferred",
    outcome: Outcome = Outcome.DEFERRED,
    meeting: str = "board-november",
    deferral: Deferral | None = None,
) -> RecordDecision:
    return RecordDecision(
        meeting=meeting,
        decision=decision,
        item="requests",
        outcome=outcome,
        text="That it be so.",
        reasons="It was thought best.",
        deferral=deferral or (RETURNS if outcome is Outcome.DEFERRED else None),
        happened_at=THEN if meeting == "board-november" else None,
    )
