"""A document that an organisation published."""

from __future__ import annotations

import datetime as dt
from functools import singledispatchmethod

from services.projects.domain.rules import nothing_is_done_before_its_day
from shared.contracts.projects import DocumentPublished
from shared.values.old_aggregate import Aggregate


class Document(Aggregate):
    """What the partnership's work rests on: a needs assessment, a strategy, a survey (TSP-7, STK-5)."""

    noun = "document"

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: DocumentPublished) -> None:
        """Readers want what it says; no rule depends on it."""

    def publish(
        self, title: str, published_by: str, published_on: dt.date, address: str, project: str | None, today: dt.date
    ) -> DocumentPublished:
        """Say where it can be read (TSP-7). Raises ``DatedAhead``."""
        nothing_is_done_before_its_day("published_on", published_on, today)
        return DocumentPublished(
            document=self.slug,
            title=title,
            published_by=published_by,
            published_on=published_on,
            address=address,
            project=project,
        )
