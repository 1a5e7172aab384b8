"""PostgreSQL: one database, with a schema and a role for each service, and one migration step that creates them.

The owner, who runs the migration, owns every table. A service's role gets only the rights it needs. Event stores and
the ledger allow only INSERT and SELECT. All DDL runs under one advisory lock, because simultaneous starts would race.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy
from eventsourcing import persistence
from psycopg import sql
from sqlalchemy.engine import make_url

MIGRATION_LOCK = 0x666F6C6B  # "folk"

DATABASE_UNAVAILABLE = (
    persistence.OperationalError,
    persistence.InterfaceError,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    psycopg.OperationalError,
)
"""The errors raised when PostgreSQL does not answer or the connection breaks, by each library that uses it."""


def has_no_room(error: BaseException | None) -> bool:
    """Whether an error says that PostgreSQL's disk is full, even if libraries have wrapped it."""
    while error is not None and not isinstance(error, psycopg.errors.DiskFull):
        error = error.__cause__
    return error is not None


Create = Callable[[psycopg.Connection, str], None]
"""Creates a service's tables as the owner, given an open connection and the service's role. Safe to run again."""


def role_of(service: str) -> str:
    """The database role a service works as."""
    return f"folkmoot_{service}"


def url_for(url: str, service: str) -> str:
    """The same database's URL for the service's own role. The password stays; the migration sets the roles' own."""
    return make_url(url).set(username=role_of(service)).render_as_string(hide_password=False)


def conninfo(url: str) -> str:
    """A URL in the form for libpq."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def has_ended(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether PostgreSQL has ended an idle connection.

    It says nothing on an idle connection until it ends it, so the socket tells. Asking it would cost a round trip each
    time a connection is used.
    """
    if connection.closed:
        return True
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))


def engine(url: str, *, pool_size: int = 5) -> sqlalchemy.Engine:
    """A pool that checks for dead connections (after PostgreSQL restarts) before it hands them out."""
    made = sqlalchemy.create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=10,
        hide_parameters=True,  # parameters hold people's texts, which must not be in error messages and logs
    )

    @sqlalchemy.event.listens_for(made, "checkout")
    def check(connection: psycopg.Connection[Any], record: object, proxy: object) -> None:
        if has_ended(connection):
            raise sqlalchemy.exc.DisconnectionError("PostgreSQL has ended this connection.")  # the pool takes another

    return made


@contextmanager
def migration(owner_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection of the owner that holds the migration lock."""
    with psycopg.connect(conninfo(owner_url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        try:
            yield connection
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


def migrate(owner_url: str, services: Iterable[tuple[str, Create]], service_password: str | None = None) -> None:
    """Create or update roles, schemas and tables. Safe to run again, and when several processes start at once."""
    with migration(owner_url) as connection:
        for service, create in services:
            _ensure_role(connection, role_of(service), service_password)
            schema, role = sql.Identifier(service), sql.Identifier(role_of(service))
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
            create(connection, role_of(service))


def _ensure_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    # An answer must survive a power cut (design 8), whatever the server's default is.
    connection.execute(sql.SQL("ALTER ROLE {} SET synchronous_commit = on").format(sql.Identifier(role)))
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def create_tables(connection: psycopg.Connection, metadata: sqlalchemy.MetaData, role: str) -> None:
    """Create a service's SQLAlchemy tables, which can all be derived again, and let its role read and write them."""
    own = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(connection.info.dsn, password=connection.info.password)
    )
    metadata.create_all(own)
    own.dispose()
    for table in metadata.sorted_tables:
        connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(
                sql.Identifier(table.schema or "public", table.name), sql.Identifier(role)
            )
        )
