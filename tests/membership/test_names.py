"""One body is known under several names (X-3)."""

from __future__ import annotations

import pytest
from fixtures_databases import Databases
from stage import on_stage

from services.membership.groups.view import called
from services.membership.service import service
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished


@pytest.mark.parametrize("name", ["TSP", "tsp", "TP Board", "tp board", "Tamworth Strategic Partnership"])
def test_a_group_is_found_by_any_of_its_names(databases: Databases, name: str) -> None:
    """X-3"""
    with on_stage(service, databases) as stage:
        stage.sends(
            PartnershipEstablished(name="Tamworth Strategic Partnership", area_code="E07000199"),
            OrganisationRegistered(organisation="council", name="Tamworth Borough Council", sector=Sector.COUNCIL),
            GroupFormed(
                group="board",
                name="Tamworth Strategic Partnership",
                short_name="TSP",
                aliases=("TSB", "TP Board"),
                kind=GroupKind.STRATEGIC_BOARD,
            ),
            GroupFormed(group="families", name="Family Improvement Board", kind=GroupKind.THEMATIC_PARTNERSHIP),
        )
        assert [(found.noun, found.slug) for found in called(stage.reads(), name)] == [("group", "board")]
        assert called(stage.reads(), "UKSP") == []
