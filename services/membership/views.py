"""The tables of what membership shows, and the events that set their rows. ``queries.py`` reads them."""

from __future__ import annotations

from collections.abc import Iterator

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
from shared.contracts.nouns import PersonSlug
from shared.runtime.following.views import At, Row, Views, row

views = Views("membership")


def _sealed(fact: PersonRegistered, at: At) -> str:
    """The name, which only the person's key opens."""
    return fact.name.ciphertext


def _stands_in(fact: DeputyNamed, at: At) -> bool:
    """Whether the person is a deputy from that day on."""
    return True


partnership = views.keeps("partnership", PartnershipEstablished, key=())
organisation = views.keeps("organisation", OrganisationRegistered, key=("organisation",))
person = views.keeps(
    "person", PersonRegistered, key=("person",), leaves_out=("contact",), name=_sealed, erased=bool | None
)
group = views.keeps("group", GroupFormed, key=("group",))
terms = views.keeps("terms_of_reference", TermsOfReferenceAdopted, key=("group", "in_force_from"))
seat = views.keeps("seat", SeatCreated, key=("group", "seat"))
holding = views.keeps("holding", SeatFilled, key=("group", "seat", "in_force_from"), person=PersonSlug | None)
deputyship = views.keeps(
    "deputyship", DeputyNamed, key=("group", "seat", "person", "in_force_from"), stands_in=_stands_in
)
officer = views.keeps("officer", OfficerElected, key=("group", "office", "elected_on"))


@views.on(PersonErased)
def _(fact: PersonErased, at: At) -> Iterator[Row]:
    yield row(person, person=fact.person, erased=True)


@views.on(SeatVacated)
def _(fact: SeatVacated, at: At) -> Iterator[Row]:
    yield row(holding, group=fact.group, seat=fact.seat, in_force_from=fact.vacant_from, person=None)


@views.on(DeputyWithdrawn)
def _(fact: DeputyWithdrawn, at: At) -> Iterator[Row]:
    yield row(
        deputyship,
        group=fact.group,
        seat=fact.seat,
        person=fact.person,
        in_force_from=fact.withdrawn_from,
        stands_in=False,
    )
