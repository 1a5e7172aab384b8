"""The connection to PostgreSQL breaks during a commit: its result is unknown, and it counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.breaking_connection import Break, BreakingConnections
from sqlalchemy.engine import make_url

from services.membership.people.domain import RegisterPerson
from services.membership.service import service
from shared.contracts.command import Asked
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonErased
from shared.runtime.deciding.answers import Answer, KeyReused
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.ground.clock import new_id, now
from shared.runtime.ground.database import engine, migrate, url_for
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.runtime.identity.signing import SigningKey
from shared.values.roles import Role

CLERK = Principal("clerk", frozenset({Role.CLERK}), "area", None)
ESTABLISH = PartnershipEstablished(name="An area's partnership", area_code="E07000192")
POLICE = OrganisationRegistered(organisation="police", name="The police", sector=Sector.POLICE)
EVERY_BREAK = [
    (Break.AFTER_THE_COMMIT,),
    (Break.BEFORE_THE_COMMIT,),
    (Break.BEFORE_THE_COMMIT, Break.AFTER_THE_COMMIT),
]


@pytest.fixture
def between(short_directory: Path, database_url: str) -> Iterator[BreakingConnections]:
    """The proxy between membership and PostgreSQL."""
    host = make_url(database_url).query["host"]
    assert isinstance(host, str)
    between = BreakingConnections(short_directory, Path(host))
    yield between
    between.close()


@pytest.fixture
def application(short_directory: Path, database_url: str, between: BreakingConnections) -> Iterator[Application]:
    """Membership's application, which reaches PostgreSQL through what breaks."""
    migrate(database_url, [(service.name, lambda connection, role: service.create(database_url, connection, role))])
    url = make_url(url_for(database_url, service.name))
    broken = url.update_query_dict({"host": str(short_directory)}).render_as_string(hide_password=False)
    store, views = open_store(service.name, broken, SigningKey.generate(service.name)), engine(broken)
    yield Application(service.commands, store, views, clock=now, new_id=new_id, people_key=PeopleKey(b"k" * 32))
    store.close()
    views.dispose()
    (short_directory / ".s.PGSQL.5432").unlink()


Do = Callable[..., Answer]


@pytest.fixture
def do(application: Application) -> Do:
    """Send a command as the clerk."""

    def send(command: Asked, key: str | None = None) -> Answer:
        return application.execute(service.commands.declared[type(command)], command, Request(CLERK, "area", key))

    return send


@pytest.mark.parametrize("key", [None, "k-1"])
@pytest.mark.parametrize("breaks", EVERY_BREAK)
def test_a_command_is_answered_and_recorded_once(
    application: Application, between: BreakingConnections, do: Do, breaks: tuple[Break, ...], key: str | None
) -> None:
    between.break_next(*breaks)
    answer = do(ESTABLISH, key)
    assert between.broken == len(breaks)
    facts = application.store.facts_of("area/partnership/area")
    assert [fact.envelope.id for fact in facts] == [event.id for event in answer.events]
    assert application.sequence == 1
    if key is not None:
        assert do(ESTABLISH, key) == answer
        with pytest.raises(KeyReused):
            do(POLICE, key)
    assert application.sequence == 1


def test_an_erasure_whose_commit_was_not_acknowledged_holds(
    application: Application, between: BreakingConnections, do: Do
) -> None:
    for command in (ESTABLISH, POLICE, RegisterPerson(person="p-1", name="Robin Example", organisation="police")):
        do(command)
    between.break_next(Break.AFTER_THE_COMMIT)
    do(PersonErased(person="p-1", reason="They asked for it."), "k-1")
    assert between.broken == 1
    with application.store.source_recorder.datastore.transaction() as cursor:
        assert cursor.execute("SELECT person FROM membership.person_key").fetchall() == []
    assert application.sequence == 4
