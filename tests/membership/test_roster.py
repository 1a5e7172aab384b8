"""What was in force on a day, as membership shows it, and as the services that include its read model ask it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import cast

import pytest
from fixtures_databases import Databases
from membership.facts import (
    DEPUTY,
    ESTABLISHED,
    FORMED,
    JANUARY,
    JUNE,
    NOVEMBER,
    WITHDRAWN,
    created,
    elected,
    filled,
    registered,
    terms,
)
from stage import CLERK, PARTNERSHIP, Stage, on_stage

from services.membership.groups.view import roster as shown
from services.membership.service import service
from services.membership.views import roster
from shared.contracts.membership.officers import Office
from shared.contracts.membership.seats import SeatVacated
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted
from shared.readmodels.membership import Membership
from shared.runtime.deciding.unit_of_work import Request, UnitOfWork
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.ground.clock import new_id
from shared.runtime.identity.sealing import PeopleKey
from shared.values.refusals import Unknown

FEBRUARY = dt.date(2015, 2, 23)


@pytest.fixture
def stage(databases: Databases) -> Iterator[Stage]:
    """A board: police and fire since June; the police leave in January, when the fire service takes the chair."""
    with on_stage(service, databases) as stage:
        stage.learns(
            ESTABLISHED,
            registered("police"),
            FORMED,
            TermsOfReferenceAdopted(group="board", terms=terms(1, 3), in_force_from=JANUARY),
            TermsOfReferenceAdopted(group="board", terms=terms(1, 4), in_force_from=JUNE),
            *(created(slug) for slug in ("police", "fire")),
            SeatVacated(group="board", seat="police", vacant_from=JANUARY, reason="Moved on."),
            filled("police", "person-1"),
            filled("fire", "person-2"),
            filled("fire", "person-4", FEBRUARY),
            DEPUTY,
            WITHDRAWN,
            elected(Office.CHAIR, "police"),
            elected(Office.CHAIR, "fire", JANUARY),
        )
        yield stage


@pytest.fixture
def unit(stage: Stage) -> Iterator[UnitOfWork]:
    """A command in progress that asks for the membership."""
    request = Request(CLERK, PARTNERSHIP)
    unit = UnitOfWork(stage.store, stage.engine, request, lambda: stage.now, new_id, PeopleKey(bytes(32)))
    yield unit
    unit.close()


def sitting(membership: Membership) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    return {slug: (seat.representative, seat.deputies) for slug, seat in membership.seats.items()}


def test_the_membership_is_that_of_the_day_in_whatever_order_it_was_recorded(unit: UnitOfWork) -> None:
    """TSP-1, TSP-2"""
    november = roster.membership_on(unit, "board", NOVEMBER)
    assert sitting(november) == {"fire": ("person-2", ()), "police": ("person-1", ("person-3",))}
    assert (november.terms, november.terms_in_force_from) == (terms(1, 4), JUNE)
    january = roster.membership_on(unit, "board", JANUARY)
    assert sitting(january) == {"fire": ("person-2", ()), "police": (None, ())}
    assert january.terms == terms(1, 3)
    assert january.seat("police").vacant


def test_there_is_no_membership_without_a_group_terms_or_such_a_seat(unit: UnitOfWork) -> None:
    """TSP-1"""
    with pytest.raises(Unknown, match="no group 'cabinet'"):
        roster.membership_on(unit, "cabinet", NOVEMBER)
    with pytest.raises(Unknown, match="no terms of reference in force on 2014-06-01"):
        roster.membership_on(unit, "board", dt.date(2014, 6, 1))
    with pytest.raises(Unknown, match="no seat 'health' on 2014-11-24; it has fire, police"):
        roster.membership_on(unit, "board", NOVEMBER).seat("health")


def test_only_registered_organisations_take_part(unit: UnitOfWork) -> None:
    """TSP-2"""
    roster.registered(unit, "police", None)
    with pytest.raises(Unknown, match="No organisation 'college', 'health' is registered") as refused:
        roster.registered(unit, "health", "police", "college", field="owner")
    assert refused.value.members == {"field": "owner"}


def test_the_roster_shows_who_was_there_on_any_day(stage: Stage) -> None:
    """TSP-2, TSP-3: a reader sees people by slug."""

    def on(day: dt.date) -> tuple[dict[str, str | None], list[str], list[str]]:
        found = shown(stage.reads(), cast(HttpAccess, None), "board", day)
        held = {seat.seat: seat.representative.person if seat.representative else None for seat in found.seats}
        deputies = [deputy.person for seat in found.seats for deputy in seat.deputies]
        return held, deputies, [officer.seat for officer in found.officers]

    assert on(dt.date(2014, 6, 1)) == ({}, [], [])
    assert on(NOVEMBER) == ({"fire": "person-2", "police": "person-1"}, ["person-3"], ["police"])
    assert on(FEBRUARY) == ({"fire": "person-4", "police": None}, [], ["fire"])


@pytest.mark.parametrize(
    ("day", "since"), [(dt.date(2016, 1, 4), None), (dt.date(2016, 1, 5), 2016), (dt.date(2018, 5, 1), 2016)]
)
def test_an_election_that_is_a_year_old_is_overdue(stage: Stage, day: dt.date, since: int | None) -> None:
    """TSP-3: the chair was elected on 5 January 2015, and holds the office until the next election all the same."""
    (chair,) = shown(stage.reads(), cast(HttpAccess, None), "board", day).officers
    assert (chair.seat, chair.election_overdue_since) == ("fire", since and dt.date(since, 1, 5))
