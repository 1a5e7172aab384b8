"""The action log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, or_

from services.meetings.meetings.view import meeting
from services.meetings.views import queries, views
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.nouns import Day, GroupSlug, OrganisationSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, row
from shared.values.partial_date import last_day, settled_day
from shared.values.periods import day_of


def _due_by(fact: ActionAssigned, at: At) -> Day:
    return last_day(fact.due_on)


action = views.keeps(
    "action", ActionAssigned, ActionCompleted, key=("meeting", "action"), due_by=_due_by, done_by=Day | None
)


@views.on(ActionCompleted)
def _(fact: ActionCompleted, at: At) -> Iterator[Row]:
    done_by = settled_day(fact.completed_on, day_of(at.envelope.recordedtime))
    yield row(action, meeting=fact.meeting, action=fact.action, done_by=done_by)


@entry(action, leaves_out=("due_by", "done_by"))
class LoggedAction:
    """An action in the action log as at a day: done by then, overdue, or neither (TSP-1)."""

    group: GroupSlug
    overdue: bool


@queries.gets("/actions")
def actions(
    reading: ReadContext,
    page: Page,
    as_at: Day | None = None,
    owner: OrganisationSlug | None = None,
    overdue: bool | None = None,
) -> list[LoggedAction]:
    """The action log as at a day, the first due first; of an owner, only the overdue, or only the others."""
    day = as_at or reading.today
    found = _actions(reading, day, **({} if owner is None else {"owner": owner}))
    if overdue is not None:
        found = found.where(is_overdue(day) == overdue)
    return _logged(page.rows(reading, found, action.c.due_on), day)


def actions_of(reading: ReadContext, meeting: str, day: dt.date) -> list[LoggedAction]:
    """The actions that one meeting assigned, as at a day, the first due first."""
    found = _actions(reading, day, meeting=meeting).order_by(action.c.due_on, action.c.action)
    return _logged(reading.rows(found), day)


def _actions(reading: ReadContext, day: dt.date, **columns: object) -> Select[Any]:
    its_meeting = and_(meeting.c.partnership == action.c.partnership, meeting.c.meeting == action.c.meeting)
    found = reading.select(action, **columns).add_columns(meeting.c.group, is_overdue(day).label("overdue"))
    return found.join(meeting, its_meeting).where(meeting.c.day <= day)


def is_overdue(day: dt.date) -> ColumnElement[bool]:
    """Whether an action was not done by a day, though due before it. A month is not over until its last day."""
    return and_(action.c.due_by < day, or_(action.c.done_by.is_(None), action.c.done_by > day))


def _logged(rows: Iterable[RowMapping], day: dt.date) -> list[LoggedAction]:
    not_yet = {"outcome": None, "completed_on": None}
    return [
        as_entry(LoggedAction, row, **({} if row["done_by"] is not None and row["done_by"] <= day else not_yet))
        for row in rows
    ]
