"""What bodies want to know, and the answers."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import and_, exists

from services.meetings.updates.view import update
from services.meetings.views import queries, views
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered, AreaOfInterestNamed
from shared.contracts.meetings.updates import Body
from shared.contracts.nouns import Day
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At
from shared.values.partial_date import settled_day
from shared.values.periods import day_of


def _asked_by(fact: AreaOfInterestNamed, at: At) -> Day:
    return settled_day(fact.named_on, day_of(at.envelope.recordedtime))


area = views.keeps("area_of_interest", AreaOfInterestNamed, key=("area_of_interest",), asked_by=_asked_by)
answer = views.keeps("area_answer", AreaOfInterestAnswered, key=("area_of_interest", "update"))
is_answered = exists().where(
    answer.c.partnership == area.c.partnership, answer.c.area_of_interest == area.c.area_of_interest
)
"""Whether any update has answered an area."""


@entry(answer, leaves_out=("area_of_interest",))
class AnswerGiven:
    """What an update answered to an area of interest."""


@entry(area, leaves_out=("asked_by",))
class AreaToAnswer:
    """What a body wants to know, with the answers given so far, the earliest update first (CAN-8)."""

    answers: list[AnswerGiven]


@queries.gets("/areas-of-interest")
def areas_of_interest(
    reading: ReadContext, page: Page, body: Body | None = None, answered: bool | None = None
) -> list[AreaToAnswer]:
    """What bodies want to know, the earliest first; of one body, only the answered, or only the others."""
    found = reading.select(area, **({} if body is None else {"body": body}))
    if answered is not None:
        found = found.where(is_answered if answered else ~is_answered)
    rows = page.rows(reading, found, area.c.named_on)
    its_update = and_(update.c.partnership == answer.c.partnership, update.c.update == answer.c.update)
    given = reading.select(answer, area_of_interest=[row["area_of_interest"] for row in rows])
    by_area: defaultdict[str, list[AnswerGiven]] = defaultdict(list)
    for row in reading.rows(given.join(update, its_update).order_by(update.c.meets_on)):
        by_area[row["area_of_interest"]].append(as_entry(AnswerGiven, row))
    return [as_entry(AreaToAnswer, row, answers=by_area[row["area_of_interest"]]) for row in rows]
