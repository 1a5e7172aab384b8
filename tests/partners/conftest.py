"""A partnership with a project that the county council reports on."""

from __future__ import annotations

import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import MEASURE, PROJECT, PartnerSystem, partner_system


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk, after a project with a measure was started."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("projects", "/projects", PROJECT)
    clerk.does("projects", "/projects/programme/measures", MEASURE)
    return clerk


@pytest.fixture
def system(platform: RunningPlatform, clerk: Caller, partnership: str) -> PartnerSystem:
    """The county council's system."""
    return partner_system(platform, partnership)
