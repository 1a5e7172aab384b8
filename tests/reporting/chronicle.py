"""A ledger for tests: facts with the day they happened, projected into reporting's real tables."""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy.dialects.postgresql import insert

from services.reporting.history import Period, snapshot
from services.reporting.reports.make import NamesOfPeople, cabinet_update, scrutiny_view
from services.reporting.reports.published import Report, ReportRow, ReportSection, ReportStatement
from services.reporting.views import views
from services.reporting.views.sources import keep_sources
from shared.contracts.envelope import CloudEvent, encode, encode_data, type_name
from shared.contracts.event import Event

PARTNERSHIP = "cannock-chase"


class Chronicle:
    """Records facts as if the ledger had been followed that far."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self.engine = engine
        self.events: list[tuple[int, CloudEvent]] = []

    def happened(
        self,
        when: str,
        *facts: Event,
        recorded: str | None = None,
        authority: str = "Minutes of the Strategic Board",
        partnership: str = PARTNERSHIP,
    ) -> int:
        """The facts happened at this moment, or at noon UTC of this day. The position of the first."""
        first = len(self.events)
        for fact in facts:
            position = len(self.events)
            service = type_name(fact).partition(".")[0]
            envelope = CloudEvent(
                id=f"01936032-3a80-7000-8000-{position:012x}",
                source=f"/{service}",
                type=type_name(fact),
                subject=f"{partnership}/{service}/test",
                subjectversion=position + 1,
                partnership=partnership,
                time=_moment(when),
                recordedtime=_moment(recorded or when),
                actor="clerk:c-1",
                authority=authority,
                correlationid=f"01936032-3a80-7000-8000-{position:012x}",
                data=encode_data(fact),
            )
            self.events.append((position, envelope))
        self._project(self.events[first:])
        return first

    def _project(self, page: list[tuple[int, CloudEvent]]) -> None:
        followed = views.metadata.tables["reporting.followed"]
        with self.engine.begin() as connection:
            views.project(connection, page)
            keep_sources(connection, [(position, encode(envelope), envelope) for position, envelope in page])
            mark = insert(followed).values(source="ledger", sequence=len(self.events))
            connection.execute(
                mark.on_conflict_do_update(index_elements=["source"], set_={"sequence": mark.excluded.sequence})
            )

    def update(self, name: str) -> Report:
        """The Cabinet update of that name."""
        with snapshot(self.engine) as connection:
            return cabinet_update(connection, PARTNERSHIP, name)

    def scrutiny(self, since: str, until: str, as_at: str | None = None, names: NamesOfPeople | None = None) -> Report:
        """The scrutiny view."""
        period = Period(dt.date.fromisoformat(since), dt.date.fromisoformat(until))
        day = dt.date.fromisoformat(as_at or until)
        with snapshot(self.engine) as connection:
            return scrutiny_view(connection, PARTNERSHIP, period, day, names)


def _moment(when: str) -> dt.datetime:
    return dt.datetime.fromisoformat(when if "T" in when else f"{when}T12:00:00+00:00")


def section(report: Report, title: str) -> ReportSection:
    """The section of that title."""
    return next(found for found in report.sections if found.title == title)


def texts(report: Report, title: str) -> list[str]:
    """The texts of a section."""
    return [statement.text for statement in section(report, title).statements]


def statement(report: Report, part: str) -> ReportStatement:
    """The one statement that contains these words."""
    found = [said for s in report.sections for said in s.statements if part in said.text]
    assert len(found) == 1, f"{len(found)} statements with {part!r}: {[said.text for said in found]}"
    return found[0]


def cells(row: ReportRow) -> tuple[str, ...]:
    """The texts of a row's cells."""
    return tuple(cell.text for cell in row.cells)


def cited(report: Report, part: str) -> list[str]:
    """The kinds of events that the statement with these words comes from."""
    names = {event.position: event.type.split(".")[1] for event in report.events}
    return [names[source.position] for source in statement(report, part).sources]
