"""Reporting's real tables: empty for one test, or holding the example quarter for all tests that only read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy
from psycopg import sql
from reporting.chronicle import Chronicle
from reporting.quarter import record_quarter
from sqlalchemy.engine import make_url

from services.reporting.service import create_reporting
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.database import engine, migrate, url_for


@contextmanager
def _tables(owner_url: str) -> Iterator[sqlalchemy.Engine]:
    migrate(owner_url, [("reporting", create_reporting)])
    own = engine(url_for(owner_url, "reporting"))
    yield own
    own.dispose()


@pytest.fixture
def chronicle(database_url: str) -> Iterator[Chronicle]:
    """An empty record, worked on as reporting's own role."""
    with _tables(database_url) as own:
        yield Chronicle(own)


@pytest.fixture(scope="session")
def quarter(servers: EmbeddedServers) -> Iterator[Chronicle]:
    """The example quarter; only to be read."""
    server_url = servers.servers.database_url
    name = f"quarter_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with _tables(make_url(server_url).set(database=name).render_as_string(hide_password=False)) as own:
        chronicle = Chronicle(own)
        record_quarter(chronicle)
        yield chronicle
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
