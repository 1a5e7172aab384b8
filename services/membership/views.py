"""The tables of what membership shows, and the events that set their rows. ``queries.py`` reads them."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonErased, PersonRegistered
from shared.readmodels.roster import Roster
from shared.runtime.following.views import At, Row, Views, row

views = Views("membership")
roster = Roster(views)


def _sealed(fact: PersonRegistered, at: At) -> str:
    """The name, which only the person's key opens."""
    return fact.name.ciphertext


partnership = views.keeps("partnership", PartnershipEstablished, key=())
person = views.keeps(
    "person", PersonRegistered, key=("person",), leaves_out=("contact",), name=_sealed, erased=bool | None
)


@views.on(PersonErased)
def _(fact: PersonErased, at: At) -> Iterator[Row]:
    yield row(person, person=fact.person, erased=True)
