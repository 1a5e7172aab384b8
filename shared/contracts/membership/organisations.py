"""The organisations that take part."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import Aliases, OrganisationSlug, ShortName
from shared.values.identifiers import Name


class Sector(enum.StrEnum):
    """The part of public life an organisation belongs to."""

    COUNCIL = "council"
    POLICE = "police"
    HEALTH = "health"
    FIRE = "fire"
    EDUCATION = "education"
    BUSINESS = "business"
    VOLUNTARY = "voluntary"
    FAITH = "faith"
    OTHER = "other"


class Identifier(Value, frozen=True, kw_only=True):
    """An organisation's identifier in a register outside the partnership."""

    scheme: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9-]{1,39}$(?!\n)", max_length=40, examples=["GB-LAE"])]
    """The register's code in the org-id.guide list, such as ``GB-LAE`` for local authorities in England."""
    id: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S+$(?!\n)", examples=["STS"])]
    """The organisation's entry there."""


Identifiers = Annotated[tuple[Identifier, ...], Meta(max_length=20)]


@event("membership.organisation_registered.v1", about="organisation", names="name")
class OrganisationRegistered(Event, frozen=True, kw_only=True):
    """An organisation was registered as one that takes part in the partnership's work. Clauses TSP-2, X-3."""

    organisation: OrganisationSlug
    name: Annotated[Name, Meta(examples=["Staffordshire County Council"])]
    short_name: ShortName | None = None
    aliases: Aliases = ()
    sector: Sector
    identifiers: Identifiers = ()
    """Where else the organisation is registered."""
