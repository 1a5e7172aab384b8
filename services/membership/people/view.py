"""The people, with their names sealed. Names are opened by ``keys.py``, for those who may read them."""

from __future__ import annotations

from collections.abc import Iterator

from services.membership.views import views
from shared.contracts.membership.people import PersonErased, PersonRegistered
from shared.runtime.following.views import At, Row, row


def _sealed(fact: PersonRegistered, at: At) -> str:
    """The name, which only the person's key opens."""
    return fact.name.ciphertext


person = views.keeps(
    "person", PersonRegistered, key=("person",), leaves_out=("contact",), name=_sealed, erased=bool | None
)


@views.on(PersonErased)
def _(fact: PersonErased, at: At) -> Iterator[Row]:
    yield row(person, person=fact.person, erased=True)
