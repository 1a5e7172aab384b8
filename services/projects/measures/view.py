"""Measures and their readings."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func

from services.projects.delivery.view import project as projects
from services.projects.views import queries, views
from shared.contracts.nouns import ProjectSlug
from shared.contracts.projects.measures import MeasureDefined, MeasureRead
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry

measure = views.keeps("measure", MeasureDefined, key=("project", "measure"))
reading = views.keeps("reading", MeasureRead, key=("project", "measure", "period_starts", "period_ends"))


# A period is read again only to correct it, so a reading that several events made was corrected.
@entry(reading, corrected=func.cardinality(reading.c.sources) > 1)
class PeriodReading:
    """A measure's value for a period, as last reported, and whether that corrected an earlier one (CAN-6)."""

    corrected: bool


@entry(measure)
class MeasureStatus:
    """A measure and its reading for the latest period; null while there is none."""

    latest: PeriodReading | None


@entry(measure)
class MeasureHistory:
    """A measure with all its readings, the latest period first (CAN-6)."""

    readings: list[PeriodReading]


@queries.gets("/projects/{project}/measures")
def measures(context: ReadContext, project: ProjectSlug, page: Page) -> list[MeasureHistory]:
    """A project's measures with their readings, the latest period first."""
    context.one(projects, project=project)
    rows = page.rows(context, context.select(measure, project=project))
    readings = _readings(context, project)
    return [as_entry(MeasureHistory, row, readings=readings[row["measure"]]) for row in rows]


def measures_of(context: ReadContext, project: str) -> list[MeasureStatus]:
    """A project's measures with their latest readings."""
    readings = _readings(context, project)
    rows = context.rows(context.select(measure, project=project).order_by(measure.c.measure))
    return [as_entry(MeasureStatus, row, latest=next(iter(readings[row["measure"]]), None)) for row in rows]


def _readings(context: ReadContext, project: str) -> defaultdict[str, list[PeriodReading]]:
    """The readings of each measure, the latest period first."""
    order = reading.c.period_ends.desc(), reading.c.period_starts.desc()
    return context.entries_by("measure", PeriodReading, *order, project=project)
