"""Organisations: registered once, by the clerk."""

from __future__ import annotations

from services.membership.partnership.domain import Partnership
from shared.contracts.membership.organisations import OrganisationRegistered
from shared.values.aggregate import Aggregate


class Organisation(Aggregate):
    """A body that takes part: a council, the police, a college, a charity (TSP-2)."""

    noun = "organisation"


Organisation.ignores(OrganisationRegistered)


def register_organisation(
    asked: OrganisationRegistered, organisation: Organisation, partnership: Partnership
) -> OrganisationRegistered:
    """Register an organisation that takes part (TSP-2). Raises ``AlreadyThere``, ``Unknown``."""
    return asked
