"""A pytest plugin: ``cannock_chase``, the quarter of Cannock Chase on a platform of its own.

Playing it is costly: ``whole_suite`` keeps the tests that look at it on one worker, so that it is played once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures_platform import running_platform
from scenario.quarter import Quarter, quarter_on

SCENARIO = Path(__file__).parents[1] / "scenarios" / "cannock-chase-2015"


@pytest.fixture(scope="session")
def cannock_chase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarter]:
    """The quarter before Cabinet of 29 January 2015, played.

    Tests only read it, repeat what was played, or record what happened after the period of its reports.
    """
    with running_platform(tmp_path_factory.mktemp("quarter")) as platform:
        quarter = quarter_on(platform, SCENARIO)
        quarter.play()
        yield quarter
