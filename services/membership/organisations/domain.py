"""Organisations: registered once, by the clerk."""

from __future__ import annotations

from services.membership.partnership.domain import Partnership
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.membership.organisations import Identifiers, OrganisationRegistered, Sector
from shared.contracts.nouns import Aliases, OrganisationSlug, ShortName
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name


class Organisation(Aggregate):
    """A body that takes part: a council, the police, a college, a charity (TSP-2)."""

    noun = "organisation"


Organisation.ignores(OrganisationRegistered)


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """Register an organisation that takes part."""

    organisation: OrganisationSlug
    name: Name
    short_name: ShortName | None = None
    aliases: Aliases = ()
    sector: Sector
    identifiers: Identifiers = ()


def register_organisation(
    command: RegisterOrganisation, organisation: Organisation, partnership: Partnership
) -> OrganisationRegistered:
    """Register it in the partnership (TSP-2). Raises ``AlreadyThere``, ``Unknown``."""
    return fact(OrganisationRegistered, command)
