"""The seats of a group: who fills them, and who may stand in."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import Day, GroupSlug, OrganisationSlug, PersonSlug, Reason, SeatSlug
from shared.values.identifiers import Name


@event("membership.seat_created.v1", about="group", names="office", of="seat")
class SeatCreated(Event, frozen=True, kw_only=True):
    """A group got a seat, vacant until it is filled. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    organisation: OrganisationSlug
    """Whose seat it is."""
    office: Annotated[Name, Meta(examples=["Superintendent"])]
    """The post in that organisation the seat is for."""
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which the seat belongs to the whole membership."""


@event("membership.seat_filled.v1", about="group")
class SeatFilled(Event, frozen=True, kw_only=True):
    """A person became the representative in a seat. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which the person represents the organisation there."""


@event("membership.seat_vacated.v1", about="group")
class SeatVacated(Event, frozen=True, kw_only=True):
    """A seat's representative left it; the seat stays and is vacant. Clauses TSP-1, TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    vacant_from: Annotated[Day, Meta(examples=["2015-01-05"])]
    """The first day on which the seat is vacant."""
    reason: Annotated[Reason, Meta(examples=["The post is being recruited to."])]


@event("membership.deputy_named.v1", about="group")
class DeputyNamed(Event, frozen=True, kw_only=True):
    """A person was named who may stand in for a seat's representative. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]


@event("membership.deputy_withdrawn.v1", about="group")
class DeputyWithdrawn(Event, frozen=True, kw_only=True):
    """A deputy may no longer stand in for a seat. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    withdrawn_from: Annotated[Day, Meta(examples=["2015-01-05"])]
    """The first day on which the person is no deputy."""
