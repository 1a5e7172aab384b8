"""What membership shows: the register of organisations, the groups, and a group's roster as at any date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Date, Select, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from shared.contracts.membership import (
    DeputyNamed,
    DeputyWithdrawn,
    GroupFormed,
    OfficerElected,
    OrganisationRegistered,
    PartnershipEstablished,
    PersonErased,
    PersonRegistered,
    SeatCreated,
    SeatFilled,
    SeatVacated,
    TermsOfReferenceAdopted,
)
from shared.runtime.endpoints.web import ReadContext
from shared.runtime.following.views import At, Row, Views, row
from shared.values.refusals import Unknown

views = Views("membership")

partnership = views.table("partnership", Column("name", Text), Column("area_code", Text))
organisation = views.table(
    "organisation",
    Column("organisation", Text, primary_key=True),
    Column("name", Text),
    Column("sector", Text),
    Column("identifiers", JSONB),
)
person = views.table(
    "person",
    Column("person", Text, primary_key=True),
    Column("name", Text, comment="sealed"),
    Column("organisation", Text),
    Column("erased", Boolean),
)
group = views.table(
    "group",
    Column("group", Text, primary_key=True),
    Column("name", Text),
    Column("kind", Text),
    Column("accountable_to", Text),
)
terms = views.table(
    "terms_of_reference",
    Column("group", Text, primary_key=True),
    Column("in_force_from", Date, primary_key=True),
    Column("terms", JSONB),
)
seat = views.table(
    "seat",
    Column("group", Text, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("organisation", Text),
    Column("office", Text),
    Column("in_force_from", Date),
)
holding = views.table(
    "holding",
    Column("group", Text, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("person", Text, comment="null: vacant"),
)
deputyship = views.table(
    "deputyship",
    Column("group", Text, primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("stands_in", Boolean),
)
officer = views.table(
    "officer",
    Column("group", Text, primary_key=True),
    Column("office", Text, primary_key=True),
    Column("elected_on", Date, primary_key=True),
    Column("seat", Text),
)


@views.on(PartnershipEstablished)
def _(fact: PartnershipEstablished, at: At) -> Iterator[Row]:
    yield row(partnership, name=fact.name, area_code=fact.area_code)


@views.on(OrganisationRegistered)
def _(fact: OrganisationRegistered, at: At) -> Iterator[Row]:
    yield row(
        organisation,
        organisation=fact.organisation,
        name=fact.name,
        sector=fact.sector,
        identifiers=msgspec.to_builtins(fact.identifiers),
    )


@views.on(PersonRegistered)
def _(fact: PersonRegistered, at: At) -> Iterator[Row]:
    yield row(person, person=fact.person, name=fact.name.ciphertext, organisation=fact.organisation, erased=False)


@views.on(PersonErased)
def _(fact: PersonErased, at: At) -> Iterator[Row]:
    yield row(person, person=fact.person, erased=True)


@views.on(GroupFormed)
def _(fact: GroupFormed, at: At) -> Iterator[Row]:
    yield row(group, group=fact.group, name=fact.name, kind=fact.kind, accountable_to=fact.accountable_to)


@views.on(TermsOfReferenceAdopted)
def _(fact: TermsOfReferenceAdopted, at: At) -> Iterator[Row]:
    yield row(terms, group=fact.group, in_force_from=fact.in_force_from, terms=msgspec.to_builtins(fact.terms))


@views.on(SeatCreated)
def _(fact: SeatCreated, at: At) -> Iterator[Row]:
    yield row(
        seat,
        group=fact.group,
        seat=fact.seat,
        organisation=fact.organisation,
        office=fact.office,
        in_force_from=fact.in_force_from,
    )


@views.on(SeatFilled)
def _(fact: SeatFilled, at: At) -> Iterator[Row]:
    yield row(holding, group=fact.group, seat=fact.seat, since=fact.in_force_from, person=fact.person)


@views.on(SeatVacated)
def _(fact: SeatVacated, at: At) -> Iterator[Row]:
    yield row(holding, group=fact.group, seat=fact.seat, since=fact.vacant_from, person=None)


@views.on(DeputyNamed)
def _(fact: DeputyNamed, at: At) -> Iterator[Row]:
    yield row(
        deputyship, group=fact.group, seat=fact.seat, person=fact.person, since=fact.in_force_from, stands_in=True
    )


@views.on(DeputyWithdrawn)
def _(fact: DeputyWithdrawn, at: At) -> Iterator[Row]:
    yield row(
        deputyship, group=fact.group, seat=fact.seat, person=fact.person, since=fact.withdrawn_from, stands_in=False
    )


@views.on(OfficerElected)
def _(fact: OfficerElected, at: At) -> Iterator[Row]:
    yield row(officer, group=fact.group, office=fact.office, elected_on=fact.elected_on, seat=fact.seat)


@dataclass(frozen=True)
class OrganisationEntry:
    """An organisation in the partnership's register."""

    organisation: str
    name: str
    sector: str
    identifiers: list[dict[str, str]]


@dataclass(frozen=True)
class GroupEntry:
    """A group in the partnership's register."""

    group: str
    name: str
    kind: str
    accountable_to: str | None


@dataclass(frozen=True)
class SeatHolder:
    """Who sits in a seat. ``name`` is absent for readers who may not read names, and a tombstone for the erased."""

    person: str
    name: str | None


@dataclass(frozen=True)
class RosterSeat:
    """A seat of a roster, as at its date; ``representative`` is null while the seat is vacant."""

    seat: str
    organisation: str
    office: str
    representative: SeatHolder | None
    deputies: list[SeatHolder] = field(default_factory=list)


@dataclass(frozen=True)
class Officer:
    """Who holds an office of a group, and since when."""

    office: str
    seat: str
    elected_on: dt.date


@dataclass(frozen=True)
class BoardRoster:
    """A group's seats, officers and terms of reference as at a date (TSP-2, TSP-3)."""

    group: str
    name: str
    as_at: dt.date
    seats: list[RosterSeat]
    officers: list[Officer]
    terms_of_reference: dict[str, object] | None
    sources: list[int]
    """Ledger positions of the events this roster comes from."""


def organisations(partnership_slug: str) -> Select[Any]:
    """The register of organisations, by name."""
    columns = (organisation.c.organisation, organisation.c.name, organisation.c.sector, organisation.c.identifiers)
    return select(*columns).where(organisation.c.partnership == partnership_slug).order_by(organisation.c.name)


def groups(partnership_slug: str) -> Select[Any]:
    """The register of groups, by name."""
    columns = (group.c.group, group.c.name, group.c.kind, group.c.accountable_to)
    return select(*columns).where(group.c.partnership == partnership_slug).order_by(group.c.name)


Names = Callable[[str, Collection[str]], Mapping[str, str]]


def roster(reading: ReadContext, group_slug: str, day: dt.date, names: Names | None) -> BoardRoster:
    """The roster of a group as at a day. ``names`` opens names, or is None when this reader may not read them.

    Raises ``Unknown``.
    """
    found = reading.rows(_in(group, reading, group_slug))
    if not found:
        raise Unknown(f"There is no group {group_slug!r} in {reading.partnership!r}.")
    seats = reading.rows(_in(seat, reading, group_slug).where(seat.c.in_force_from <= day).order_by(seat.c.seat))
    holders = reading.rows(_latest(holding, reading, group_slug, "since", day, "seat"))
    deputies = reading.rows(_latest(deputyship, reading, group_slug, "since", day, "seat", "person"))
    officers = reading.rows(_latest(officer, reading, group_slug, "elected_on", day, "office"))
    in_force = reading.rows(_latest(terms, reading, group_slug, "in_force_from", day, "group"))
    representatives = {r["seat"]: r["person"] for r in holders if r["person"] is not None}
    standing_in = [(r["seat"], r["person"]) for r in deputies if r["stands_in"]]
    people = {*representatives.values(), *(slug for _, slug in standing_in)}
    opened = names(reading.partnership, people) if names is not None and people else {}
    return BoardRoster(
        group=group_slug,
        name=found[0]["name"],
        as_at=day,
        seats=[
            RosterSeat(
                seat=r["seat"],
                organisation=r["organisation"],
                office=r["office"],
                representative=_holder(representatives.get(r["seat"]), opened),
                deputies=[SeatHolder(slug, opened.get(slug)) for place, slug in standing_in if place == r["seat"]],
            )
            for r in seats
        ],
        officers=[Officer(r["office"], r["seat"], r["elected_on"]) for r in officers],
        terms_of_reference=in_force[0]["terms"] if in_force else None,
        sources=sorted({p for r in [*found, *seats, *holders, *deputies, *officers, *in_force] for p in r["sources"]}),
    )


def _holder(slug: str | None, opened: Mapping[str, str]) -> SeatHolder | None:
    return None if slug is None else SeatHolder(slug, opened.get(slug))


def _in(table: Table, reading: ReadContext, group_slug: str) -> Select[Any]:
    return select(table).where(table.c.partnership == reading.partnership, table.c.group == group_slug)


def _latest(table: Table, reading: ReadContext, group_slug: str, since: str, day: dt.date, *keys: str) -> Select[Any]:
    """For each of the keys the row that is in force on the day."""
    columns = [table.c[key] for key in keys]
    return (
        _in(table, reading, group_slug)
        .where(table.c[since] <= day)
        .ext(distinct_on(*columns))
        .order_by(*columns, table.c[since].desc())
    )
