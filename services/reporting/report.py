"""The report as it is published: numbered sections of statements, each with its events; the same for JSON and HTML.

A report holds everything its page shows, the cited events included, so that a saved file proves itself.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy

from services.reporting.cabinet import SECTIONS as CABINET
from services.reporting.cabinet import heading
from services.reporting.dossier.matter import DossierKind, matter_of
from services.reporting.dossier.trail import heading as dossier_heading
from services.reporting.dossier.trail import tell_trail
from services.reporting.english import day, name_in_words
from services.reporting.history import History, Period, Source, history_of, sources_at
from services.reporting.scrutiny import SECTIONS as SCRUTINY
from services.reporting.scrutiny import NamesOfPeople, inquire
from services.reporting.statements import Form, Part, Statement, Table, TableRow
from shared.contracts.meetings import UpdateCommissioned
from shared.values.refusals import Unknown


class Kind(enum.StrEnum):
    """For whom a report is."""

    CABINET = "cabinet"
    SCRUTINY = "scrutiny"
    DOSSIER = "dossier"


@dataclass(frozen=True)
class ReportSource:
    """An event that something comes from."""

    event_id: str
    position: int


@dataclass(frozen=True)
class ReportHeading:
    """A row of the heading: ``Report of``, ``Chief Executive``."""

    label: str
    text: str
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportStatement:
    """What is said, and the events it comes from; never without one."""

    number: str
    """``5.2.1``; empty for one of a list, and where a part says one thing."""
    form: Form
    text: str
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportRow:
    """A row of a table; the first cell is its heading."""

    cells: tuple[str, ...]
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportTable:
    """Figures side by side; a row for each line of them."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True)
class ReportSection:
    """A section or a part of one, in the order of the page."""

    number: str
    """``5.2``; empty for an unnumbered section."""
    depth: int
    """1 for a section, 2 for a part of one."""
    title: str
    statements: tuple[ReportStatement, ...]
    tables: tuple[ReportTable, ...]


@dataclass(frozen=True)
class ReportPeriod:
    """What happened after ``since`` (none: from the beginning) up to the end of ``until``."""

    since: dt.date | None
    until: dt.date


@dataclass(frozen=True)
class ReportEvent:
    """A cited event: enough to judge a sentence by, and its id to find all of it."""

    position: int
    event_id: str
    type: str
    name: str
    """The type as words: ``Decision deferred``."""
    happened_at: dt.datetime
    recorded_at: dt.datetime
    actor: str
    authority: str


@dataclass(frozen=True)
class Report:
    """One report. ``ledger_position``: how many of the ledger's events it covers, all those at lower positions."""

    kind: Kind
    partnership: str
    partnership_name: str
    title: str
    occasion: str
    """Whom it is for, and when: ``Cabinet, 29 January 2015``."""
    heading: tuple[ReportHeading, ...]
    sections: tuple[ReportSection, ...]
    period: ReportPeriod
    as_at: dt.date
    """The day of what is told as a state, such as money and open questions."""
    ledger_position: int
    events: tuple[ReportEvent, ...]
    """Every event that is cited, by position."""
    edition: int | None = None
    """Which edition, from 1; none for a preview."""
    issued_at: dt.datetime | None = None
    """None for a preview."""

    def issued(self, edition: int, at: dt.datetime) -> Report:
        """The same report as an issued edition."""
        return replace(self, edition=edition, issued_at=at)


def cabinet_update(connection: sqlalchemy.Connection, partnership: str, update: str) -> Report:
    """The update of that name as its period's facts make it now. Raises ``Unknown``."""
    history = history_of(connection, partnership, Period(None, dt.date.max))
    commissioned = history.ever(UpdateCommissioned, update=update)
    if not commissioned:
        raise Unknown(f"No update {update!r} has been commissioned in {partnership!r}.")
    asked = commissioned[-1]
    what = asked.what
    history = replace(history, period=Period(what.since, what.until))
    body = _publish(history, [section(history, asked) for section in CABINET], heading(asked))
    return Report(
        kind=Kind.CABINET,
        partnership=partnership,
        partnership_name=history.names.partnership,
        title=what.title,
        occasion=f"{what.body}, {day(what.meets_on)}",
        heading=body.heading,
        sections=body.sections,
        period=ReportPeriod(what.since, what.until),
        as_at=what.until,
        ledger_position=history.position,
        events=body.events,
    )


def scrutiny_view(
    connection: sqlalchemy.Connection, partnership: str, period: Period, as_at: dt.date, names: NamesOfPeople | None
) -> Report:
    """Scrutiny's view of a period, and of what stood on a day; ``names``: None shows posts only. Raises ``Unknown``."""
    history = history_of(connection, partnership, period)
    inquiry = inquire(history, as_at, names)
    body = _publish(history, [section(inquiry) for section in SCRUTINY])
    return Report(
        kind=Kind.SCRUTINY,
        partnership=partnership,
        partnership_name=history.names.partnership,
        title="Decisions, money and actions",
        occasion="Overview and scrutiny",
        heading=body.heading,
        sections=body.sections,
        period=ReportPeriod(period.since, period.until),
        as_at=as_at,
        ledger_position=history.position,
        events=body.events,
    )


def dossier(
    connection: sqlalchemy.Connection, partnership: str, kind: DossierKind, slug: str, today: dt.date
) -> Report:
    """The trail of one decision, request or project, as it is on record today. Raises ``Unknown``."""
    history = history_of(connection, partnership, Period(None, dt.date.max))
    matter = matter_of(history, kind, slug)
    rows = [TableRow(cells, (matter.asked_by.position,)) for cells in dossier_heading(history, matter)]
    body = _publish(history, tell_trail(history, matter), rows)
    return Report(
        kind=Kind.DOSSIER,
        partnership=partnership,
        partnership_name=history.names.partnership,
        title=matter.title,
        occasion=f"Dossier of a {kind.value}",
        heading=body.heading,
        sections=body.sections,
        period=ReportPeriod(None, today),
        as_at=today,
        ledger_position=history.position,
        events=body.events,
    )


def event_cited(found: Source) -> ReportEvent:
    """What a report shows of an event."""
    envelope = found.envelope
    return ReportEvent(
        position=found.position,
        event_id=envelope.id,
        type=envelope.type,
        name=name_in_words(envelope.type),
        happened_at=envelope.time,
        recorded_at=envelope.recordedtime,
        actor=envelope.actor,
        authority=envelope.authority,
    )


@dataclass(frozen=True)
class _Body:
    heading: tuple[ReportHeading, ...]
    sections: tuple[ReportSection, ...]
    events: tuple[ReportEvent, ...]


def _publish(history: History, parts: Sequence[Part], rows: Sequence[TableRow] = ()) -> _Body:
    cited = sources_at(history.connection, {*_positions(parts), *(p for row in rows for p in row.sources)})
    numbering = _Numbering({position: ReportSource(s.envelope.id, position) for position, s in cited.items()})
    return _Body(
        heading=tuple(ReportHeading(r.cells[0], r.cells[1], numbering.sources(r.sources)) for r in rows),
        sections=tuple(numbering.sections(parts)),
        events=tuple(event_cited(cited[position]) for position in sorted(cited)),
    )


def _positions(parts: Iterable[Part]) -> Iterable[int]:
    for part in parts:
        for statement in part.statements:
            yield from statement.sources
        for table in part.tables:
            for row in table.rows:
                yield from row.sources
        yield from _positions(part.parts)


@dataclass(frozen=True)
class _Numbering:
    known: dict[int, ReportSource]

    def sources(self, positions: Iterable[int]) -> tuple[ReportSource, ...]:
        return tuple(self.known[position] for position in positions)

    def sections(self, parts: Sequence[Part], above: str = "", depth: int = 1) -> Iterable[ReportSection]:
        count = 0
        for part in parts:
            count += part.numbered
            number = f"{above}{count}" if part.numbered else ""
            yield ReportSection(
                number,
                depth,
                part.title,
                tuple(self._statements(part.statements, number, depth)),
                tuple(self._table(table) for table in part.tables),
            )
            yield from self.sections(part.parts, f"{number}.", depth + 1)

    def _statements(self, statements: Sequence[Statement], section: str, depth: int) -> Iterable[ReportStatement]:
        # A part that says one thing is named by its own number, as 6.2 is.
        counted = bool(section) and (depth == 1 or len(statements) > 1)
        count = 0
        for statement in statements:
            count += statement.form is Form.PARAGRAPH
            number = f"{section}.{count}" if counted and statement.form is Form.PARAGRAPH else ""
            yield ReportStatement(number, statement.form, statement.text, self.sources(statement.sources))

    def _table(self, table: Table) -> ReportTable:
        rows = tuple(ReportRow(row.cells, self.sources(row.sources)) for row in table.rows)
        return ReportTable(table.caption, table.columns, rows)
