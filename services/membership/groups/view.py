"""The register of groups, and a group's roster as at any date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Annotated

import msgspec
from sqlalchemy import ARRAY, Text, any_, cast, func, literal, or_

from services.membership.people.keys import MAY_READ_NAMES, People
from services.membership.views import queries
from services.membership.views import roster as tables
from shared.contracts.membership.terms_of_reference import TermsOfReference
from shared.contracts.nouns import GroupSlug
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.in_force import in_force
from shared.values.identifiers import Name
from shared.values.periods import a_year_after

AsAt = Annotated[dt.date | None, msgspec.Meta(description="The date; today if left out.")]


@entry(tables.group)
class GroupEntry:
    """A group in the partnership's register."""


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A group or an organisation that has a name, as its name, its short name or an alias (X-3)."""

    noun: str
    """``group`` or ``organisation``."""
    slug: str
    name: str
    sources: list[int]


class SeatHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits in a seat. ``name`` is null for readers who may not read names, and a tombstone for the erased."""

    person: str
    name: str | None


@entry(tables.seat)
class RosterSeat:
    """A seat of a roster, as at its date; ``representative`` is null while the seat is vacant."""

    representative: SeatHolder | None
    deputies: list[SeatHolder]


@entry(tables.officer)
class Officer:
    """Who holds an office of a group, and since when. An election is due every year (TSP-3)."""

    election_overdue_since: dt.date | None
    """The day a year after the election, if the roster's date has reached it; null if none is overdue."""


@entry(tables.group)
class BoardRoster:
    """A group's seats, officers and terms of reference as at a date (TSP-2, TSP-3)."""

    as_at: dt.date
    seats: list[RosterSeat]
    officers: list[Officer]
    terms_of_reference: TermsOfReference | None


queries.lists(
    "/groups",
    GroupEntry,
    summary="The groups of the partnership, by name",
    order=(tables.group.c.name,),
    filters=("kind", "accountable_to"),
)


@queries.gets("/called/{name}")
def called(reading: ReadContext, name: Name) -> list[Called]:
    """The groups and organisations that papers call by this name, in any of its spellings of case."""
    return [
        Called(noun=noun, slug=row[noun], name=row["name"], sources=row["sources"])
        for noun, table in (("group", tables.group), ("organisation", tables.organisation))
        for row in reading.rows(
            reading.select(table)
            .where(
                or_(
                    func.lower(table.c.name) == name.lower(),
                    func.lower(table.c.short_name) == name.lower(),
                    literal(name.lower()) == any_(cast(func.lower(cast(table.c.aliases, Text)), ARRAY(Text))),
                )
            )
            .order_by(table.c.name)
        )
    ]


@queries.gets("/groups/{group}/roster")
def roster(reading: ReadContext, access: HttpAccess, group: GroupSlug, as_at: AsAt = None) -> BoardRoster:
    """A group's roster as at any date."""
    day = as_at or reading.today
    found = reading.one(tables.group, group=group)
    created = reading.select(tables.seat, group=group).where(tables.seat.c.in_force_from <= day)
    seats = reading.rows(created.order_by(tables.seat.c.seat))
    here = {"partnership": reading.partnership, "group": group}
    holders = reading.rows(in_force(tables.holding, "seat", day=day, **here))
    deputies = reading.rows(in_force(tables.deputyship, "seat", "person", day=day, **here))
    officers = reading.rows(in_force(tables.officer, "office", day=day, since="elected_on", **here))
    terms = reading.rows(in_force(tables.terms, day=day, **here))
    representatives = {row["seat"]: row["person"] for row in holders if row["person"] is not None}
    standing_in: defaultdict[str, list[str]] = defaultdict(list)
    for row in deputies:
        if row["stands_in"]:
            standing_in[row["seat"]].append(row["person"])
    people = {*representatives.values(), *chain.from_iterable(standing_in.values())}
    names: Mapping[str, str] = {}
    if reading.principal.roles & MAY_READ_NAMES and people:
        names = People(reading.engine, access.people_key).names(reading.partnership, people)

    def holder(person: str) -> SeatHolder:
        return SeatHolder(person=person, name=names.get(person))

    def overdue(elected_on: dt.date) -> dt.date | None:
        due = a_year_after(elected_on)
        return due if due <= day else None

    shown = (found, *seats, *holders, *deputies, *officers, *terms)
    return as_entry(
        BoardRoster,
        found,
        as_at=day,
        seats=[
            as_entry(
                RosterSeat,
                row,
                representative=holder(representatives[row["seat"]]) if row["seat"] in representatives else None,
                deputies=[holder(person) for person in standing_in[row["seat"]]],
            )
            for row in seats
        ],
        officers=[as_entry(Officer, row, election_overdue_since=overdue(row["elected_on"])) for row in officers],
        terms_of_reference=terms[0]["terms"] if terms else None,
        sources=sorted({position for row in shown for position in row["sources"]}),
    )
