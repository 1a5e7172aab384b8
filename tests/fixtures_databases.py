"""A pytest plugin: databases on the PostgreSQL of this worker, for one test or for many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services import catalogue
from shared.runtime.embedded.servers import EmbeddedServers


class Databases:
    """Makes databases on a server. One with tables is copied from a template, which is migrated once."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._templates: dict[str, str] = {}

    @contextmanager
    def fresh(self, service: str | None = None) -> Iterator[str]:
        """A new database, as its owner: empty, or with a service's tables. It is dropped at the end."""
        name = f"test_{uuid.uuid4().hex}"
        self._create(name, self._template(service) if service else "template1")
        yield self._url(name)
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, service: str) -> str:
        if service not in self._templates:
            name = f"template_{service}"
            self._create(name, "template1")
            catalogue.migrate(self._url(name), names=[service])
            self._templates[service] = name
        return self._templates[service]

    def _create(self, name: str, template: str) -> None:
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, name: str) -> str:
        return make_url(self._server_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def databases(servers: EmbeddedServers) -> Databases:
    """The source of the tests' databases."""
    return Databases(servers.servers.database_url)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A new, empty database, as its owner. It is gone after the test."""
    with databases.fresh() as url:
        yield url
