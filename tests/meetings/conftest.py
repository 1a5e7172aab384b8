"""The stage on which the facts about meetings' commands and views are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fixtures_databases import Databases
from meetings.given import APRIL, terms
from meetings.saying import ORGANISATIONS, filled, seat
from stage import Stage, on_stage

from services.meetings.service import service
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted


@pytest.fixture
def stage(databases: Databases) -> Iterator[Stage]:
    """A stage that knows a board of three seats that meets by the usual terms since April."""
    with on_stage(service, databases) as stage:
        stage.learns(
            *(OrganisationRegistered(organisation=slug, name=slug, sector=Sector.OTHER) for slug in ORGANISATIONS),
            GroupFormed(group="board", name="Board", kind=GroupKind.STRATEGIC_BOARD),
            TermsOfReferenceAdopted(group="board", terms=terms(), in_force_from=APRIL),
            *(seat(slug) for slug in ("council", "police", "fire")),
            *(filled(slug, f"person-{slug}") for slug in ("council", "police", "fire")),
        )
        yield stage
