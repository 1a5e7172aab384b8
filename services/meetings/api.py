"""Meetings' queries over HTTP. Its commands' routes come from their declarations."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.meetings.queries import calendar, register, update
from services.meetings.queries.calendar import CalendarEntry, MeetingRecord
from services.meetings.queries.register import DeferredMatter, LoggedAction, RegisteredDecision
from services.meetings.queries.update import AreaToAnswer, CommissionedUpdate
from shared.contracts.meetings import Outcome, ReferenceKind
from shared.runtime.endpoints.web import SLUG, Day, HttpAccess, Page, PathSlug, ReadContext
from shared.runtime.ground.clock import now
from shared.values.periods import day_of

OneOf = Annotated[str | None, Query(pattern=SLUG, max_length=63, description="Only those of this one.")]
Body = Annotated[
    str | None,
    Query(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f]+$", description="Only those of this body."),
]
AsAt = Annotated[Day | None, Query(description="As things stood on this day; today if left out.")]


def routes(door: HttpAccess) -> APIRouter:
    """The calendar, meetings, decisions, deferred matters, actions, updates and areas of interest."""
    router = APIRouter(tags=["queries"])
    Reader = Annotated[ReadContext, Depends(door.reading)]
    Part = Annotated[Page, Depends()]

    @router.get("/{partnership}/meetings", summary="The meetings, the latest first")
    def list_meetings(
        reading: Reader,
        part: Part,
        group: OneOf = None,
        since: Annotated[Day | None, Query(description="From this day on.")] = None,
        until: Annotated[Day | None, Query(description="Up to this day, included.")] = None,
    ) -> list[CalendarEntry]:
        return calendar.calendar(reading, part, group=group, since=since, until=until)

    @router.get(
        "/{partnership}/meetings/{meeting}",
        summary="A meeting: agenda, papers, attendance, quorum explained, interests, decisions, actions, minutes",
    )
    def meeting_record(reading: Reader, meeting: PathSlug, as_at: AsAt = None) -> MeetingRecord:
        return calendar.meeting_record(reading, meeting, _day(as_at))

    @router.get("/{partnership}/decisions", summary="The register of decisions, the latest first")
    def list_decisions(
        reading: Reader,
        part: Part,
        group: OneOf = None,
        outcome: Annotated[Outcome | None, Query(description="Only those with this outcome.")] = None,
        about_kind: Annotated[ReferenceKind | None, Query(description="Only those about a thing of this kind.")] = None,
        about: Annotated[
            str | None, Query(pattern=SLUG, max_length=63, description="Only those about the thing of this slug.")
        ] = None,
    ) -> list[RegisteredDecision]:
        return register.decisions(reading, part, group=group, outcome=outcome, kind=about_kind, about=about)

    @router.get("/{partnership}/decisions/{decision}", summary="One decision")
    def one_decision(reading: Reader, decision: PathSlug) -> RegisteredDecision:
        return register.decision_of(reading, decision)

    @router.get("/{partnership}/deferred-matters", summary="What was deferred and when it returns, the first first")
    def list_deferred_matters(
        reading: Reader,
        part: Part,
        as_at: AsAt = None,
        settled: Annotated[bool, Query(description="With those that a later decision took up.")] = False,
    ) -> list[DeferredMatter]:
        return register.deferred_matters(reading, part, _day(as_at), settled=settled)

    @router.get("/{partnership}/actions", summary="The action log, the first due first")
    def list_actions(
        reading: Reader,
        part: Part,
        as_at: AsAt = None,
        owner: OneOf = None,
        overdue: Annotated[bool | None, Query(description="Only the overdue, or only the others.")] = None,
    ) -> list[LoggedAction]:
        return register.actions(reading, part, _day(as_at), owner=owner, overdue=overdue)

    @router.get("/{partnership}/updates", summary="The updates to bodies outside the partnership, the latest first")
    def list_updates(reading: Reader, part: Part, body: Body = None) -> list[CommissionedUpdate]:
        return update.updates(reading, part, body=body)

    @router.get("/{partnership}/updates/{update_slug}", summary="One update with its implications")
    def one_update(reading: Reader, update_slug: PathSlug) -> CommissionedUpdate:
        return update.update_of(reading, update_slug)

    @router.get("/{partnership}/areas-of-interest", summary="What bodies want to know, with the answers given")
    def list_areas_of_interest(
        reading: Reader,
        part: Part,
        body: Body = None,
        answered: Annotated[bool | None, Query(description="Only the answered, or only those that wait.")] = None,
    ) -> list[AreaToAnswer]:
        return update.areas_of_interest(reading, part, body=body, answered=answered)

    return router


def _day(as_at: dt.date | None) -> dt.date:
    return as_at or day_of(now())
