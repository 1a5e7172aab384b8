"""Dossiers of the played quarter, unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from reporting.conftest import chronicle
from scenario.quarter import Quarter

__all__ = ["chronicle"]

Unpacked = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def unpacked(cannock_chase: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """The dossier of a kind and slug, in a separate directory."""
    directories: dict[tuple[str, str], Path] = {}

    def unpack(kind: str, slug: str) -> Path:
        if (kind, slug) not in directories:
            answer = cannock_chase.clerk.get("reporting", f"/dossiers/{kind}/{slug}.zip")
            assert answer.status_code == 200, answer.text
            directories[kind, slug] = directory = tmp_path_factory.mktemp("dossier")
            with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
                found.extractall(directory)
        return directories[kind, slug]

    return unpack
