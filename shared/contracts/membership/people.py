"""The people who may fill seats. What is known of them is sealed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import OrganisationSlug, PersonSlug, Reason


class Sealed(Value, frozen=True, kw_only=True):
    """Personal data, encrypted with the person's own key; the clear text is never in an event."""

    ciphertext: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9+/]+={0,2}$(?!\n)",
            min_length=4,
            max_length=4096,
            description="Base64 (RFC 4648 §4) of what was sealed.",
            examples=["q83vEjRWeJASNFZ4kKvN7w=="],
        ),
    ]


@event("membership.person_registered.v1", about="person")
class PersonRegistered(Event, frozen=True, kw_only=True):
    """A person who may fill seats was registered, name and contact sealed. Clauses TSP-2, design 10."""

    person: PersonSlug
    name: Sealed
    contact: Sealed | None = None
    organisation: OrganisationSlug
    """Whom the person works or speaks for."""


@event("membership.person_erased.v1", about="person")
class PersonErased(Event, frozen=True, kw_only=True):
    """A person's key was destroyed, so that the name and contact can never be read again. Clause design 10."""

    person: PersonSlug
    reason: Annotated[Reason, Meta(examples=["The person asked for it on leaving the partnership."])]
