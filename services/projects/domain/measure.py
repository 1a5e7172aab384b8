"""How a project's success is measured, and the periods for which it was read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from services.projects.domain.rules import (
    a_measure_is_read_once_for_a_period,
    a_period_ends_no_earlier_than_it_starts,
    a_period_is_read_when_it_is_over,
    a_project_is_told_of_by_who_leads_or_delivers,
    a_reading_is_corrected_by_who_reported_it,
)
from shared.contracts.projects import MeasureRead


@dataclass
class Measure:
    """A measure of a project (CAN-6)."""

    project: str
    slug: str
    own: frozenset[str]
    """The organisations whose project it is."""
    reporters: dict[tuple[dt.date, dt.date], str] = field(default_factory=dict)
    """Who reported the reading of each period, by its first and last day."""

    def read(
        self,
        *,
        value: int,
        starts: dt.date,
        ends: dt.date,
        reported_by: str,
        note: str | None,
        correction: bool,
        today: dt.date,
    ) -> MeasureRead:
        """Take a reading for a period, or correct the one there is. Zero is a value (CAN-6).

        A correction is the same fact once more for the same period: the later one holds, the earlier stays in the log.
        Only who leads or delivers the project reads it, lest another take a period first. Raises ``ForeignProject``,
        ``ReversedPeriod``, ``UnfinishedPeriod``, ``PeriodReadBefore`` or, for a correction,
        ``NothingToCorrect``, ``ForeignReading``, ``UnexplainedCorrection``.
        """
        a_project_is_told_of_by_who_leads_or_delivers(self.project, reported_by, self.own)
        a_period_ends_no_earlier_than_it_starts(starts, ends)
        a_period_is_read_when_it_is_over(ends, today)
        reporter = self.reporters.get((starts, ends))
        if correction:
            a_reading_is_corrected_by_who_reported_it(self.slug, starts, ends, reporter, reported_by, note)
        else:
            a_measure_is_read_once_for_a_period(self.slug, starts, ends, reporter)
        return MeasureRead(
            project=self.project,
            measure=self.slug,
            value=value,
            period_starts=starts,
            period_ends=ends,
            reported_by=reported_by,
            note=note,
        )
