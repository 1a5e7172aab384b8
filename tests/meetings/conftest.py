"""The desk at which the facts about meetings' commands and views are found."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from fixtures_databases import Databases
from meetings.desk import NOW, ORGANISATIONS, Desk, filled, seat
from meetings.given import APRIL, terms

from services.meetings.service import service
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import open_store
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.database import engine, url_for
from shared.runtime.identity.sealing import PeopleKey


@pytest.fixture(scope="session")
def meetings_database(databases: Databases) -> Iterator[str]:
    """A database with the tables of meetings, for all desks of this run; they keep apart by partnership."""
    with databases.fresh("meetings") as url:
        yield url_for(url, "meetings")


@pytest.fixture
def desk(meetings_database: str) -> Iterator[Desk]:
    """A desk that knows a board of three seats that meets by the usual terms since April."""
    store, views = open_store("meetings", meetings_database), engine(meetings_database)
    application = Application(
        service.commands, store, views, clock=lambda: NOW, new_id=new_id, people_key=PeopleKey(bytes(32))
    )
    desk = Desk(application, views, partnership=f"area-{uuid.uuid4().hex[:12]}", recorded=application.sequence)
    desk.learns(
        *(OrganisationRegistered(organisation=slug, name=slug, sector=Sector.OTHER) for slug in ORGANISATIONS),
        GroupFormed(group="board", name="Board", kind=GroupKind.STRATEGIC_BOARD),
        TermsOfReferenceAdopted(group="board", terms=terms(), in_force_from=APRIL),
        *(seat(slug) for slug in ("council", "police", "fire")),
        *(filled(slug, f"person-{slug}") for slug in ("council", "police", "fire")),
    )
    yield desk
    store.close()
    views.dispose()
