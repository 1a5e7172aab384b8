"""Funding's queries over HTTP. Its commands' routes come from their declarations."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.funding.queries.awards import FundingAward, RefusedAward, awards, one_award, refused_awards
from services.funding.queries.positions import (
    EndingStream,
    PaidContribution,
    ReserveEntry,
    ReservePosition,
    contributions,
    reserve_position,
    reserves,
    streams_ending,
)
from services.funding.queries.requests import FundingRequest, funding_request, funding_requests
from services.funding.views import RequestStatus
from shared.runtime.endpoints.web import Day, HttpAccess, Page, PathSlug, ReadContext
from shared.runtime.ground.clock import now
from shared.values.periods import day_of


def routes(door: HttpAccess) -> APIRouter:
    """Reserves and where their money is, requests, awards with payments and returns, streams about to end."""
    router = APIRouter(tags=["queries"])
    # FastAPI reads these from the signatures, which is why this module does not postpone its annotations.
    Reader = Annotated[ReadContext, Depends(door.reading)]
    Part = Annotated[Page, Depends()]

    @router.get("/{partnership}/reserves", summary="The reserves, by name")
    def list_reserves(reading: Reader, part: Part) -> list[ReserveEntry]:
        return reserves(reading, part)

    @router.get("/{partnership}/reserves/{reserve}", summary="Where a reserve's money is, by stream and in all")
    def get_reserve(reading: Reader, reserve: PathSlug) -> ReservePosition:
        return reserve_position(reading, reserve)

    @router.get("/{partnership}/reserves/{reserve}/contributions", summary="What organisations say they have paid")
    def list_contributions(reading: Reader, reserve: PathSlug, part: Part) -> list[PaidContribution]:
        return contributions(reading, reserve, part)

    @router.get("/{partnership}/reserves/{reserve}/awards", summary="A reserve's awards, the oldest first")
    def list_awards(reading: Reader, reserve: PathSlug, part: Part) -> list[FundingAward]:
        return awards(reading, reserve, part)

    @router.get("/{partnership}/reserves/{reserve}/awards/{award}", summary="An award with its payments and returns")
    def get_award(reading: Reader, reserve: PathSlug, award: PathSlug) -> FundingAward:
        return one_award(reading, reserve, award)

    @router.get("/{partnership}/reserves/{reserve}/refused-awards", summary="What meetings awarded and a rule forbade")
    def list_refused_awards(reading: Reader, reserve: PathSlug, part: Part) -> list[RefusedAward]:
        return refused_awards(reading, reserve, part)

    @router.get("/{partnership}/requests", summary="The requests for funding, the oldest first")
    def list_requests(
        reading: Reader,
        part: Part,
        status: Annotated[RequestStatus | None, Query(description="Only those of this status.")] = None,
    ) -> list[FundingRequest]:
        return funding_requests(reading, status, part)

    @router.get("/{partnership}/requests/{request}", summary="A request for funding, and how far it has come")
    def get_request(reading: Reader, request: PathSlug) -> FundingRequest:
        return funding_request(reading, request)

    @router.get("/{partnership}/streams-ending", summary="The streams about to end, the first to end first")
    def list_streams_ending(
        reading: Reader,
        part: Part,
        within_days: Annotated[int, Query(ge=0, le=3660, description="How many days ahead.")] = 90,
        as_at: Annotated[Day | None, Query(description="From this date on; today if left out.")] = None,
    ) -> list[EndingStream]:
        day: dt.date = as_at or day_of(now())
        return streams_ending(reading, day, within_days, part)

    return router
