"""Updates in preparation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping, case

from services.meetings.views import queries, views
from shared.contracts.meetings.updates import (
    Body,
    Implication,
    ImplicationStated,
    UpdateChanged,
    UpdateCommissioned,
    UpdateIssued,
    UpdateWithdrawn,
)
from shared.contracts.nouns import Reason, UpdateSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, row

update = views.keeps(
    "update", UpdateCommissioned, UpdateChanged, UpdateIssued, key=("update",), withdrawn_because=Reason | None
)
implication = views.keeps("implication", ImplicationStated, key=("update", "heading"))
ORDER = case({heading.value: number for number, heading in enumerate(Implication)}, value=implication.c.heading)


@views.on(UpdateWithdrawn)
def _(fact: UpdateWithdrawn, at: At) -> Iterator[Row]:
    yield row(update, update=fact.update, withdrawn_because=fact.reason)


@entry(implication, leaves_out=("update",))
class StatedImplication:
    """What an update means under one heading."""


@entry(update)
class CommissionedUpdate:
    """An update as it is now, with the implications stated so far in their order; the others read None (CAN-1)."""

    implications: list[StatedImplication]


@queries.gets("/updates")
def updates(reading: ReadContext, page: Page, body: Body | None = None) -> list[CommissionedUpdate]:
    """The updates to bodies outside the partnership, the latest first; for one body."""
    found = reading.select(update, **({} if body is None else {"body": body}))
    return _with_implications(reading, page.rows(reading, found, update.c.meets_on.desc()))


@queries.gets("/updates/{update}")
def update_of(reading: ReadContext, update: UpdateSlug) -> CommissionedUpdate:
    """One update with its implications."""
    return _with_implications(reading, [_row(reading, update)])[0]


def _row(reading: ReadContext, slug: str) -> RowMapping:
    return reading.one(update, update=slug)


def _with_implications(reading: ReadContext, rows: Sequence[RowMapping]) -> list[CommissionedUpdate]:
    named = [row["update"] for row in rows]
    stated = reading.entries_by("update", StatedImplication, ORDER, update=named)
    return [
        as_entry(
            CommissionedUpdate,
            row,
            implications=stated[row["update"]],
        )
        for row in rows
    ]
