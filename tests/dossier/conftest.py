"""A played quarter on this run's platform, and dossiers of it, unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures_platform import RunningPlatform
from reporting.conftest import chronicle
from scenario.quarter import Quarter, quarter_on

__all__ = ["chronicle"]

SCENARIO = Path(__file__).parents[2] / "scenarios" / "cannock-chase-2015"
Unpacked = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def quarter(platform: RunningPlatform) -> Quarter:
    """The quarter of Cannock Chase, played, and one request met and paid as well."""
    quarter = quarter_on(platform, SCENARIO)
    quarter.play()
    return quarter


@pytest.fixture(scope="session")
def unpacked(quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """The dossier of a kind and slug, in a directory of its own."""
    directories: dict[tuple[str, str], Path] = {}

    def unpack(kind: str, slug: str) -> Path:
        if (kind, slug) not in directories:
            answer = quarter.clerk.get("reporting", f"/dossiers/{kind}/{slug}.zip")
            assert answer.status_code == 200, answer.text
            directories[kind, slug] = directory = tmp_path_factory.mktemp("dossier")
            with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
                found.extractall(directory)
        return directories[kind, slug]

    return unpack
