"""Updates in preparation, and the areas of interest that they answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, exists, select

from services.meetings.queries.entries import About, entries_by, entry
from services.meetings.views import area_answer, area_of_interest, implication, update
from shared.contracts.meetings import Implication
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class ReportHeading:
    """The heading of an update, as the council's reports bear it."""

    report_of: str
    contact_post: str
    portfolio_leader: str
    key_decision: bool
    report_track: str


@dataclass(frozen=True)
class StatedImplication:
    """What an update means under one heading."""

    heading: Implication
    text: str
    sources: list[int]


@dataclass(frozen=True)
class CommissionedUpdate:
    """An update as commissioned, with the implications stated so far in their order; the others read None (CAN-1)."""

    update: str
    body: str
    title: str
    meets_on: dt.date
    since: dt.date | None
    until: dt.date
    heading: ReportHeading
    purpose: str
    recommendations: list[str]
    key_issues: str
    appendices: list[str]
    previous_consideration: list[str]
    background_papers: list[str]
    implications: list[StatedImplication]
    sources: list[int]


@dataclass(frozen=True)
class AnswerGiven:
    """What an update answered to an area of interest."""

    update: str
    text: str
    about: About | None
    sources: list[int]


@dataclass(frozen=True)
class AreaToAnswer:
    """What a body wants to know, with the answers given so far, the earliest update first (CAN-8)."""

    area_of_interest: str
    body: str
    named_on: dt.date
    text: str
    about: About | None
    answers: list[AnswerGiven]
    sources: list[int]


def updates(reading: ReadContext, part: Page, *, body: str | None = None) -> list[CommissionedUpdate]:
    """The updates commissioned, the latest first; for one body."""
    statement = select(update).where(update.c.partnership == reading.partnership)
    if body is not None:
        statement = statement.where(update.c.body == body)
    return _with_implications(reading, part.of(statement.order_by(update.c.meets_on.desc(), update.c.update)))


def update_of(reading: ReadContext, slug: str) -> CommissionedUpdate:
    """One update. Raises ``Unknown``."""
    statement = select(update).where(update.c.partnership == reading.partnership, update.c.update == slug)
    found = _with_implications(reading, statement)
    if not found:
        raise Unknown(f"There is no update {slug!r} in {reading.partnership!r}.")
    return found[0]


def _with_implications(reading: ReadContext, statement: Select[Any]) -> list[CommissionedUpdate]:
    rows = reading.rows(statement)
    order = case({heading.value: number for number, heading in enumerate(Implication)}, value=implication.c.heading)
    stated = entries_by(
        reading,
        StatedImplication,
        "update",
        select(implication)
        .where(
            implication.c.partnership == reading.partnership,
            implication.c.update.in_([found["update"] for found in rows]),
        )
        .order_by(order),
    )
    return [entry({**found, "implications": stated[found["update"]]}, CommissionedUpdate) for found in rows]


def areas_of_interest(
    reading: ReadContext, part: Page, *, body: str | None = None, answered: bool | None = None
) -> list[AreaToAnswer]:
    """The areas of interest, the earliest first; of one body, only the answered, or only those that wait."""
    statement = select(area_of_interest).where(area_of_interest.c.partnership == reading.partnership)
    if body is not None:
        statement = statement.where(area_of_interest.c.body == body)
    if answered is not None:
        answers = exists().where(
            area_answer.c.partnership == area_of_interest.c.partnership,
            area_answer.c.area_of_interest == area_of_interest.c.area_of_interest,
        )
        statement = statement.where(answers if answered else ~answers)
    rows = reading.rows(part.of(statement.order_by(area_of_interest.c.named_on, area_of_interest.c.area_of_interest)))
    given = entries_by(
        reading,
        AnswerGiven,
        "area_of_interest",
        select(area_answer, update.c.meets_on)
        .join_from(
            area_answer,
            update,
            and_(update.c.partnership == area_answer.c.partnership, update.c.update == area_answer.c.update),
        )
        .where(
            area_answer.c.partnership == reading.partnership,
            area_answer.c.area_of_interest.in_([found["area_of_interest"] for found in rows]),
        )
        .order_by(update.c.meets_on),
    )
    return [entry({**found, "answers": given[found["area_of_interest"]]}, AreaToAnswer) for found in rows]
