"""Reporting's real tables: empty for one test, or holding the example quarter for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fixtures_databases import Databases
from reporting.chronicle import Chronicle
from reporting.quarter import record_quarter

from shared.runtime.ground.database import engine, url_for


@contextmanager
def _empty(databases: Databases) -> Iterator[Chronicle]:
    with databases.fresh("reporting") as owner_url:
        own = engine(url_for(owner_url, "reporting"))
        yield Chronicle(own)
        own.dispose()


@pytest.fixture
def chronicle(databases: Databases) -> Iterator[Chronicle]:
    """An empty record, used with reporting's own role."""
    with _empty(databases) as chronicle:
        yield chronicle


@pytest.fixture(scope="session")
def quarter(databases: Databases) -> Iterator[Chronicle]:
    """The example quarter; only to be read."""
    with _empty(databases) as chronicle:
        record_quarter(chronicle)
        yield chronicle
