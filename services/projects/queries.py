"""What projects shows: the delivery plan, the register of projects, one project's record, its measures, open questions.

Every entry has ``sources``: the ledger positions of the events it comes from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Select, Table, select

from services.projects import views
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class PlannedObjective:
    """An objective under a priority."""

    objective: str
    title: str
    sources: list[int]


@dataclass(frozen=True)
class PlannedPriority:
    """A priority in the partnership's delivery plan, with its objectives (TSP-7)."""

    priority: str
    title: str
    outcome: str
    corporate_priorities: list[str]
    objectives: list[PlannedObjective]
    sources: list[int]


@dataclass(frozen=True)
class RegisteredProject:
    """A project in the register of projects."""

    project: str
    title: str
    purpose: str
    lead: str
    delivered_by: str | None
    priorities: list[str]
    outcomes: list[str]
    template: str | None
    sources: list[int]


@dataclass(frozen=True)
class AgreedArea:
    """The area that a project covers, as last agreed, and what is outstanding (CAN-4)."""

    description: str
    agreed_on: dt.date
    outstanding: list[str]
    sources: list[int]


@dataclass(frozen=True)
class PlanStage:
    """A stage of a project's plan; ``reached_on`` is null until it is reached (CAN-4)."""

    stage: str
    title: str
    description: str
    reached_on: dt.date | None
    evidence: str | None
    sources: list[int]


@dataclass(frozen=True)
class ProgressNote:
    """Something worth telling that happened in a project."""

    reported_on: dt.date
    topic: str | None
    text: str
    sources: list[int]


@dataclass(frozen=True)
class PeriodReading:
    """A measure's value for a period, as last reported, and whether that corrected an earlier one (CAN-6)."""

    period_starts: dt.date
    period_ends: dt.date
    value: int
    reported_by: str
    note: str | None
    corrected: bool
    sources: list[int]


@dataclass(frozen=True)
class MeasureStanding:
    """A measure and its reading for the latest period; null while there is none."""

    measure: str
    name: str
    unit: str
    target: int | None
    better: str
    latest: PeriodReading | None
    sources: list[int]


@dataclass(frozen=True)
class MeasureHistory:
    """A measure with all its readings, the latest period first (CAN-6)."""

    measure: str
    name: str
    unit: str
    target: int | None
    better: str
    readings: list[PeriodReading]
    sources: list[int]


@dataclass(frozen=True)
class AgreedMitigation:
    """What is done against a problem, and by whom."""

    mitigation: str
    text: str
    owner: str
    agreed_on: dt.date
    decision: str | None
    sources: list[int]


@dataclass(frozen=True)
class OpenProblem:
    """A problem of a project with its mitigations (CAN-6)."""

    problem: str
    text: str
    raised_by: str
    raised_on: dt.date
    measure: str | None
    mitigations: list[AgreedMitigation]
    sources: list[int]


@dataclass(frozen=True)
class PilotTrack:
    """How far a pilot is; a day that is null has not come (CAN-5). It is planned to start on ``starts_on``."""

    pilot: str
    title: str
    invited_by: str
    text: str
    closes_on: dt.date | None
    submitted_on: dt.date | None
    decision: str | None
    accepted_on: dt.date | None
    starts_on: dt.date | None
    built_by: str | None
    started_on: dt.date | None
    sources: list[int]


@dataclass(frozen=True)
class OpenQuestion:
    """A question that is carried from report to report (CAN-7)."""

    project: str
    question: str
    kind: str
    text: str
    raised_by: str
    raised_on: dt.date
    sources: list[int]


@dataclass(frozen=True)
class StatedIntention:
    """What an organisation last said it intends to put into a project; money is whole pence (CAN-7)."""

    organisation: str
    text: str
    amount_pence: int | None
    stated_on: dt.date
    sources: list[int]


@dataclass(frozen=True)
class PublishedDocument:
    """A document that an organisation published (TSP-7)."""

    document: str
    title: str
    published_by: str
    published_on: dt.date
    address: str
    project: str | None
    sources: list[int]


@dataclass(frozen=True)
class TenderRound:
    """A round of tendering (CAN-7)."""

    round: int
    opened_on: dt.date
    text: str
    sources: list[int]


@dataclass(frozen=True)
class ProjectRecord:
    """All there is to know about one project, but for its progress notes and earlier readings."""

    project: str
    title: str
    purpose: str
    lead: str
    delivered_by: str | None
    priorities: list[str]
    outcomes: list[str]
    template: str | None
    area: AgreedArea | None
    stages: list[PlanStage]
    measures: list[MeasureStanding]
    problems: list[OpenProblem]
    pilots: list[PilotTrack]
    open_questions: list[OpenQuestion]
    intentions: list[StatedIntention]
    tender_rounds: list[TenderRound]
    sources: list[int]


def delivery_plan(reading: ReadContext, part: Page) -> list[PlannedPriority]:
    """The priorities with their objectives, by title."""
    table, below = views.priority, views.objective
    rows = reading.rows(part.of(_here(table, reading).order_by(table.c.title, table.c.priority)))
    named = below.c.priority.in_([row["priority"] for row in rows])
    objectives = reading.rows(_here(below, reading).where(named).order_by(below.c.title, below.c.objective))
    return [
        _entry(PlannedPriority, row, objectives=_entries(PlannedObjective, _of("priority", row, objectives)))
        for row in rows
    ]


def register(reading: ReadContext, part: Page) -> list[RegisteredProject]:
    """The projects of the partnership, by title."""
    table = views.project
    return _entries(
        RegisteredProject, reading.rows(part.of(_here(table, reading).order_by(table.c.title, table.c.project)))
    )


def record(reading: ReadContext, project: str) -> ProjectRecord:
    """One project. Raises ``Unknown``."""
    found = _project(reading, project)

    def all_of(table: Table, *order: str) -> Sequence[RowMapping]:
        return reading.rows(_here(table, reading, project).order_by(*(table.c[name] for name in order)))

    areas = _entries(AgreedArea, all_of(views.area))
    measures = all_of(views.measure, "measure")
    readings = _readings(reading, project, measures)
    mitigations = all_of(views.mitigation, "agreed_on", "mitigation")
    questions = all_of(views.question, "raised_on", "question")
    return _entry(
        ProjectRecord,
        found,
        area=areas[0] if areas else None,
        stages=_entries(PlanStage, all_of(views.stage, "number")),
        measures=[_entry(MeasureStanding, row, latest=next(iter(readings[row["measure"]]), None)) for row in measures],
        problems=[
            _entry(OpenProblem, row, mitigations=_entries(AgreedMitigation, _of("problem", row, mitigations)))
            for row in all_of(views.problem, "raised_on", "problem")
        ],
        pilots=_entries(PilotTrack, all_of(views.pilot, "pilot")),
        open_questions=_entries(OpenQuestion, [row for row in questions if row["answered_on"] is None]),
        intentions=_entries(StatedIntention, all_of(views.intention, "organisation")),
        tender_rounds=_entries(TenderRound, all_of(views.tender_round, "round")),
    )


def progress(reading: ReadContext, project: str, part: Page) -> list[ProgressNote]:
    """What happened in a project, the latest first. Raises ``Unknown``."""
    _project(reading, project)
    table = views.progress
    order = table.c.reported_on.desc(), table.c.number.desc()
    return _entries(ProgressNote, reading.rows(part.of(_here(table, reading, project).order_by(*order))))


def documents(reading: ReadContext, part: Page) -> list[PublishedDocument]:
    """What organisations published, the latest first."""
    table = views.document
    order = table.c.published_on.desc(), table.c.document
    return _entries(PublishedDocument, reading.rows(part.of(_here(table, reading).order_by(*order))))


def measures(reading: ReadContext, project: str, part: Page) -> list[MeasureHistory]:
    """A project's measures, by name, with their readings, the latest period first. Raises ``Unknown``."""
    _project(reading, project)
    table = views.measure
    rows = reading.rows(part.of(_here(table, reading, project).order_by(table.c.measure)))
    readings = _readings(reading, project, rows)
    return [_entry(MeasureHistory, row, readings=readings[row["measure"]]) for row in rows]


def open_questions(reading: ReadContext, part: Page) -> list[OpenQuestion]:
    """The partnership's open questions, the oldest first."""
    table = views.question
    open_ones = _here(table, reading).where(table.c.answered_on.is_(None))
    order = table.c.raised_on, table.c.project, table.c.question
    return _entries(OpenQuestion, reading.rows(part.of(open_ones.order_by(*order))))


def _here(table: Table, reading: ReadContext, project: str | None = None) -> Select[Any]:
    here = select(table).where(table.c.partnership == reading.partnership)
    return here if project is None else here.where(table.c.project == project)


def _project(reading: ReadContext, project: str) -> RowMapping:
    rows = reading.rows(_here(views.project, reading, project))
    if not rows:
        raise Unknown(f"There is no project {project!r} in {reading.partnership!r}.")
    return rows[0]


def _readings(reading: ReadContext, project: str, measures: Sequence[RowMapping]) -> dict[str, list[PeriodReading]]:
    """Of each of the measures, its readings, the latest period first."""
    table = views.measure_reading
    named = table.c.measure.in_([row["measure"] for row in measures])
    order = table.c.period_ends.desc(), table.c.period_starts.desc()
    rows = reading.rows(_here(table, reading, project).where(named).order_by(*order))
    return {
        # A period is read again only to correct it, so a reading that several events made was corrected.
        row["measure"]: [
            _entry(PeriodReading, found, corrected=len(found["sources"]) > 1) for found in _of("measure", row, rows)
        ]
        for row in measures
    }


def _of(key: str, row: RowMapping, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Those of the rows that belong to ``row`` by the key both have."""
    return [found for found in rows if found[key] == row[key]]


def _entry[E: DataclassInstance](kind: type[E], row: RowMapping, **more: object) -> E:
    """An entry whose fields are the row's columns of the same names, and those of ``more``."""
    return kind(**{field.name: row[field.name] for field in fields(kind) if field.name not in more}, **more)


def _entries[E: DataclassInstance](kind: type[E], rows: Sequence[RowMapping]) -> list[E]:
    return [_entry(kind, row) for row in rows]
