"""The register of people's keys: where names are sealed when a person is registered, opened for those who may read
them, and lost for ever when the key is destroyed (design 10).

Keys are kept wrapped in a table outside the event store, never in an event: the log is append only, and a key must be
destroyed. The key that wraps them lies outside PostgreSQL, so that neither tables nor backups alone open a name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import grpc
import psycopg
import sqlalchemy
from anyio import to_thread
from psycopg import sql
from sqlalchemy import LargeBinary, MetaData, Table, Text, select, tuple_

from services.membership.people.view import person as person_view
from shared.contracts.membership.people import Sealed
from shared.rpc.membership.v1 import people_pb2, people_pb2_grpc
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.grpc_callers import Context, caller_in
from shared.runtime.endpoints.limits import Callers
from shared.runtime.identity.sealing import TOMBSTONE, PeopleKey, new_key, open_sealed, seal
from shared.values.identifiers import subject_of
from shared.values.roles import Role

MAY_READ_NAMES = frozenset({Role.CLERK, Role.CHAIR, Role.MEMBER, Role.SERVICE})
MAX_PEOPLE = 1000

_keys = Table(
    "person_key",
    MetaData(schema="membership"),
    sqlalchemy.Column("partnership", Text, primary_key=True),
    sqlalchemy.Column("person", Text, primary_key=True),
    sqlalchemy.Column("wrapped", LargeBinary, nullable=False),
)


def seal_new(unit: UnitOfWork, person: str, name: str, contact: str | None) -> tuple[Sealed, Sealed | None]:
    """Name and contact sealed with a new key of the person's own, which is saved with the facts or not at all."""
    subject = subject_of(unit.partnership, "person", person)
    key = new_key()
    unit.companions.append(
        (
            sql.SQL("INSERT INTO membership.person_key (partnership, person, wrapped) VALUES (%s, %s, %s)"),
            (unit.partnership, person, unit.people_key.wrap(key, subject)),
        )
    )
    return (
        Sealed(ciphertext=seal(key, name, f"{subject}/name")),
        None if contact is None else Sealed(ciphertext=seal(key, contact, f"{subject}/contact")),
    )


def destroy_key(unit: UnitOfWork, person: str) -> None:
    """Destroy a person's key together with recording that it was."""
    unit.companions.append(
        (
            sql.SQL("DELETE FROM membership.person_key WHERE partnership = %s AND person = %s"),
            (unit.partnership, person),
        )
    )


class People:
    """Opens names for those who may read them."""

    def __init__(self, engine: sqlalchemy.Engine, people_key: PeopleKey) -> None:
        self._engine = engine
        self._people_key = people_key

    def names(self, partnership: str, people: Collection[str]) -> dict[str, str]:
        """The names of those people who are registered; the tombstone for the erased.

        The sealed name comes from the view; a person registered an instant ago may still be missing.
        """
        wanted = [(partnership, person) for person in people]
        sealed = select(person_view.c.person, person_view.c.name).where(
            tuple_(person_view.c.partnership, person_view.c.person).in_(wanted)
        )
        keys = select(_keys.c.person, _keys.c.wrapped).where(tuple_(_keys.c.partnership, _keys.c.person).in_(wanted))
        with self._engine.connect() as connection:
            wrapped: Mapping[str, bytes] = {slug: bytes(key) for slug, key in connection.execute(keys)}
            rows = connection.execute(sealed).all()
        return {slug: self._open(partnership, slug, name, wrapped.get(slug)) for slug, name in rows}

    def _open(self, partnership: str, person: str, sealed: str, wrapped: bytes | None) -> str:
        if wrapped is None:
            return TOMBSTONE
        subject = subject_of(partnership, "person", person)
        return open_sealed(self._people_key.unwrap(wrapped, subject), sealed, f"{subject}/name")


class PeopleServicer(people_pb2_grpc.PeopleServicer):
    """``People.Names`` over gRPC, for the services that show names: clerks, chairs, members and services may ask."""

    def __init__(self, people: People, callers: Callers) -> None:
        self._people = people
        self._callers = callers

    async def Names(self, request: people_pb2.NamesRequest, context: Context) -> people_pb2.NamesReply:
        """The names asked for. UNAUTHENTICATED, PERMISSION_DENIED or INVALID_ARGUMENT otherwise."""
        await caller_in(context, self._callers, MAY_READ_NAMES, request.partnership)
        if len(request.people) > MAX_PEOPLE:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Ask for {MAX_PEOPLE} people at most.")
        names = await to_thread.run_sync(self._people.names, request.partnership, list(request.people))
        return people_pb2.NamesReply(names=names)


def add_people(server: grpc.aio.Server, access: HttpAccess, application: Application) -> Sequence[str]:
    """Serve ``People`` on a gRPC server."""
    servicer = PeopleServicer(People(access.engine, access.people_key), access.callers)
    people_pb2_grpc.add_PeopleServicer_to_server(servicer, server)
    return [people_pb2.DESCRIPTOR.services_by_name["People"].full_name]


def create_keys(connection: psycopg.Connection, role: str) -> None:
    """Make the table of wrapped keys, as the owner. The only table of Folkmoot from which a row is ever deleted."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS membership.person_key (partnership text, person text, wrapped bytea NOT NULL,"
        " PRIMARY KEY (partnership, person))"
    )
    connection.execute(
        sql.SQL("GRANT SELECT, INSERT, DELETE ON membership.person_key TO {}").format(sql.Identifier(role))
    )
