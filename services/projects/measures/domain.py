"""How a project's success is measured, and the periods for which it was read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from services.projects.delivery.rules import only_the_responsible_report
from services.projects.measures.rules import (
    a_correction_says_why,
    a_measure_is_read_once_for_a_period,
    a_period_is_read_when_it_is_over,
    a_reading_is_corrected_by_who_reported_it,
    only_a_reading_is_corrected,
)
from shared.contracts.event import fact
from shared.contracts.projects.measures import MeasureDefined, MeasureRead
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.rules import a_period_ends_no_earlier_than_it_starts

if TYPE_CHECKING:
    from services.projects.project import Project


class Measure(Aggregate):
    """A measure of a project (CAN-6), with a history of its own: two agencies may read two measures at once."""

    noun = "measure"

    reporters: dict[tuple[dt.date, dt.date], str] = {}
    """Who reported the reading of each period, by its first and last day."""


Measure.ignores(MeasureDefined)


@Measure.applies
def _(measure: Measure, fact: MeasureRead) -> None:
    measure.reporters[fact.period_starts, fact.period_ends] = fact.reported_by


def define_measure(asked: MeasureDefined, measure: Measure, project: Project) -> MeasureDefined:
    """Say how a project's success is measured (CAN-6)."""
    return asked


class ReadMeasure(MeasureRead, frozen=True, kw_only=True):
    """Report a measure's value for a period; zero is a value.

    A period is read once. To correct its reading, send it again with ``correction`` and a note that says why.
    """

    correction: Annotated[bool, Meta(description="Whether this replaces the reading of the same period.")] = False


def read_measure(command: ReadMeasure, measure: Measure, project: Project, at: Circumstances) -> MeasureRead:
    """Take a reading for a period, or correct the one there is (CAN-6).

    A correction is the same fact once more for the same period: the later one holds, the earlier stays in the log.
    Raises ``NotResponsible``, ``PeriodReversed``, ``PeriodUnfinished``, ``PeriodAlreadyRead`` or, for a correction,
    ``NothingToCorrect``, ``NotOwnReading``, ``CorrectionUnexplained``.
    """
    starts, ends, name = command.period_starts, command.period_ends, command.measure
    only_the_responsible_report(command.project, command.reported_by, project.delivery.responsible)
    a_period_ends_no_earlier_than_it_starts(starts, ends)
    a_period_is_read_when_it_is_over(ends, at.today)
    reporter = measure.reporters.get((starts, ends))
    if command.correction:
        only_a_reading_is_corrected(name, starts, ends, reporter)
        a_reading_is_corrected_by_who_reported_it(name, starts, ends, reporter, command.reported_by)
        a_correction_says_why(name, starts, ends, command.note)
    else:
        a_measure_is_read_once_for_a_period(name, starts, ends, reporter)
    return fact(MeasureRead, command)
