"""The published report: numbered sections of statements, each with its events; the same for JSON and HTML.

A report holds everything its page shows, including the cited events, so a saved file is complete. Statements and cells
have their text, and the typed parts it is made of. Anything based on an example says so, see ``example_in``.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.reporting.history import Source
from services.reporting.phrases.statements import Form, PartKind, Section, Statement, Table, TextPart, plain
from services.reporting.wording import name_in_words


class Kind(enum.StrEnum):
    """The audience of a report."""

    CABINET = "cabinet"
    SCRUTINY = "scrutiny"
    DOSSIER = "dossier"


@dataclass(frozen=True)
class ReportSource:
    """An event that something comes from."""

    event_id: str
    position: int


@dataclass(frozen=True)
class ReportText:
    """A text, and the typed parts it is made of."""

    text: str
    parts: tuple[TextPart, ...]

    @property
    def is_figure(self) -> bool:
        """Whether it is one amount or number, which a table aligns to the right."""
        return len(self.parts) == 1 and self.parts[0].kind in (PartKind.AMOUNT, PartKind.NUMBER)


@dataclass(frozen=True)
class ReportHeading:
    """A row of the heading: ``Report of``, ``Chief Executive``."""

    label: str
    text: str
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportStatement(ReportText):
    """A statement and the events it comes from, at least one."""

    number: str
    """``5.2.1``; empty for a list item, and in a part with a single statement."""
    form: Form
    example: str
    """Which of it is invented: ``example`` for all, ``example: the day`` for a part; empty for a fact."""
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportRow:
    """A row of a table; the first cell is its heading."""

    cells: tuple[ReportText, ...]
    example: str
    """As for a statement."""
    sources: tuple[ReportSource, ...]


@dataclass(frozen=True)
class ReportTable:
    """Figures in rows and columns."""

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
    """The time after ``since`` (none: from the beginning) up to the end of ``until``."""

    since: dt.date | None
    until: dt.date


@dataclass(frozen=True)
class ReportEvent:
    """A cited event: enough to check a sentence, and the id to find the rest."""

    position: int
    event_id: str
    type: str
    name: str
    """The type as words: ``Decision deferred``."""
    happened_at: dt.datetime
    recorded_at: dt.datetime
    actor: str
    authority: str
    example: str
    """Which of it is invented, as its authority says."""


@dataclass(frozen=True)
class Report:
    """One report. ``ledger_position``: it covers all of the ledger's events below this position."""

    kind: Kind
    partnership: str
    partnership_name: str
    title: str
    occasion: str
    """The audience and the day: ``Cabinet, 29 January 2015``."""
    heading: tuple[ReportHeading, ...]
    sections: tuple[ReportSection, ...]
    period: ReportPeriod
    as_at: dt.date
    """The day for which states are shown, such as money and open questions."""
    ledger_position: int
    events: tuple[ReportEvent, ...]
    """Every event that is cited, by position."""
    edition: int | None = None
    """The number of the edition, from 1; none for a preview."""
    issued_at: dt.datetime | None = None
    """None for a preview."""

    def issued(self, edition: int, at: dt.datetime) -> Report:
        """The same report as an issued edition."""
        return replace(self, edition=edition, issued_at=at)


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
        example=example_in([envelope.authority]),
    )


_PART_OF_IT = re.compile(r"\(example: ([^)]+)\)$")


def example_in(authorities: Iterable[str]) -> str:
    """Which part of something based on these authorities is invented: all, some or none.

    An authority that begins with ``example:`` is invented, and so is everything based on it. One that ends with
    ``(example: the day; who raised it)`` is real; only the parts that it names are invented.

    >>> example_in(["Minutes of 3 May, item 2", "Letter of 4 May (example: the day)"])
    'example: the day'
    >>> example_in(["example: minutes of 3 May", "Letter of 4 May (example: the day)"])
    'example'
    """
    parts: dict[str, None] = {}
    for authority in authorities:
        if authority.startswith("example:"):
            return "example"
        if found := _PART_OF_IT.search(authority):
            parts |= dict.fromkeys(found[1].split("; "))
    return f"example: {', '.join(parts)}" if parts else ""


def positions_in(sections: Iterable[Section]) -> Iterable[int]:
    """The positions of all events that sections come from."""
    for section in sections:
        for statement in section.statements:
            yield from statement.sources
        for table in section.tables:
            for row in table.rows:
                yield from row.sources
        yield from positions_in(section.sections)


@dataclass(frozen=True)
class Publishing:
    """Numbers sections and statements, and names their sources by id."""

    known: dict[int, ReportSource]
    authorities: dict[int, str]

    def sources(self, positions: Iterable[int]) -> tuple[ReportSource, ...]:
        """The sources at these positions."""
        return tuple(self.known[position] for position in positions)

    def sections(self, sections: Sequence[Section], above: str = "", depth: int = 1) -> Iterable[ReportSection]:
        """The sections with all that is in them, in the order of the page."""
        count = 0
        for section in sections:
            count += section.numbered
            number = f"{above}{count}" if section.numbered else ""
            yield ReportSection(
                number,
                depth,
                section.title,
                tuple(self._statements(section.statements, number, depth)),
                tuple(self._table(table) for table in section.tables),
            )
            yield from self.sections(section.sections, f"{number}.", depth + 1)

    def _statements(self, statements: Sequence[Statement], section: str, depth: int) -> Iterable[ReportStatement]:
        # A part with a single statement uses the part's own number, such as 6.2.
        counted = bool(section) and (depth == 1 or len(statements) > 1)
        count = 0
        for statement in statements:
            count += statement.form is Form.PARAGRAPH
            number = f"{section}.{count}" if counted and statement.form is Form.PARAGRAPH else ""
            example, sources = self._example(statement.sources), self.sources(statement.sources)
            yield ReportStatement(statement.text, statement.parts, number, statement.form, example, sources)

    def _example(self, positions: Iterable[int]) -> str:
        return example_in(self.authorities[position] for position in positions)

    def _table(self, table: Table) -> ReportTable:
        rows = tuple(
            ReportRow(
                tuple(ReportText(plain(cell), cell) for cell in row.cells),
                self._example(row.sources),
                self.sources(row.sources),
            )
            for row in table.rows
        )
        return ReportTable(table.caption, table.columns, rows)
