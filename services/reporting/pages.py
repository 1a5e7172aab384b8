"""Reports and events as pages: one file each, printable, without scripts, and without requests to other hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from services.reporting.fields import describe_fields
from services.reporting.history import Source
from services.reporting.reports.published import Report, ReportEvent, ReportSource, ReportStatement, event_cited
from services.reporting.wording import day, moment, runs


@dataclass(frozen=True)
class SourceEvent(ReportEvent):
    """An event as recorded in the ledger: who, when, by what authority, and all its fields."""

    partnership: str
    subject: str
    """The thing it happened to."""
    subject_version: int
    """The number of this fact about that thing, from 1."""
    correlation_id: str
    causation_id: str | None
    """The event that caused this one, if any."""
    data: dict[str, Any]


def source_event(found: Source) -> SourceEvent:
    """An event with all its fields."""
    envelope = found.envelope
    return SourceEvent(
        **vars(event_cited(found)),
        partnership=envelope.partnership,
        subject=envelope.subject,
        subject_version=envelope.subjectversion,
        correlation_id=envelope.correlationid,
        causation_id=envelope.causationid or None,
        data=msgspec.json.decode(envelope.data),
    )


def report_page(report: Report) -> str:
    """A report as one complete HTML file."""
    return _report("report.html", report, files=False)


def dossier_page(report: Report, kind: str) -> str:
    """A dossier's page, which is in the same directory as its events' files."""
    return _report("dossier.html", report, files=True, kind=kind)


def _report(template: str, report: Report, **more: object) -> str:
    events = {event.position: (number, event) for number, event in enumerate(report.events, 1)}

    def cited(sources: Iterable[ReportSource]) -> list[tuple[int, object]]:
        return [events[source.position] for source in sources]

    return _pages.get_template(template).render(report=report, cited=cited, blocks=_blocks, **more)


def event_page(event: SourceEvent) -> str:
    """An event as HTML: its circumstances, and its fields as a table."""
    return _pages.get_template("event.html").render(event=event, rows=list(describe_fields(event.data)))


def _runs(numbers: Iterable[int]) -> str:
    """Numbers in order, with runs of three or more as ranges: ``3–12, 15``."""
    shown = (
        f"{first}–{last}" if last > first + 1 else ", ".join(map(str, range(first, last + 1)))
        for first, last in runs(numbers)
    )
    return ", ".join(shown)


def _blocks(statements: Iterable[ReportStatement]) -> Iterator[tuple[str, list[ReportStatement]]]:
    """Statements grouped as the page needs them: paragraphs, and lists of items."""
    for form, some in groupby(statements, lambda statement: statement.form):
        yield form.value, list(some)


_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters.update(day=day, moment=moment, runs=_runs)
