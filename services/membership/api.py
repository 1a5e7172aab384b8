"""Membership's queries over HTTP. Its commands' routes come from their declarations."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.membership.people import MAY_READ_NAMES, People
from services.membership.views import (
    BoardRoster,
    GroupEntry,
    OrganisationEntry,
    groups,
    organisations,
    roster,
)
from shared.runtime.endpoints.web import Day, HttpAccess, Page, PathSlug, ReadContext
from shared.runtime.ground.clock import now
from shared.values.periods import day_of


def routes(door: HttpAccess) -> APIRouter:
    """The register of organisations, the groups, and rosters as at any date."""
    router = APIRouter(tags=["queries"])
    people = People(door.engine, door.people_key)
    Reader = Annotated[ReadContext, Depends(door.reading)]

    @router.get("/{partnership}/organisations", summary="The organisations that take part, by name")
    def list_organisations(reading: Reader, part: Annotated[Page, Depends()]) -> list[OrganisationEntry]:
        return [OrganisationEntry(**r) for r in reading.rows(part.of(organisations(reading.partnership)))]

    @router.get("/{partnership}/groups", summary="The groups of the partnership, by name")
    def list_groups(reading: Reader, part: Annotated[Page, Depends()]) -> list[GroupEntry]:
        return [GroupEntry(**r) for r in reading.rows(part.of(groups(reading.partnership)))]

    @router.get("/{partnership}/groups/{group}/roster", summary="A group's roster as at any date")
    def group_roster(
        reading: Reader,
        group: PathSlug,
        as_at: Annotated[Day | None, Query(description="The date; today if left out.")] = None,
    ) -> BoardRoster:
        may_read = reading.principal.roles & MAY_READ_NAMES
        day: dt.date = as_at or day_of(now())
        return roster(reading, group, day, people.names if may_read else None)

    return router
