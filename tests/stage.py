"""The harness for tests of the command services: given facts, when a command, then facts or a refusal.

Decisions need no database::

    given(STARTED, opened(1)).when(OpenTenderRound(...), on=MARCH).then(opened(2))
    given(STARTED).when(OpenTenderRound(...)).refused(tender_rounds_open_in_order, "Round 1 is next")

A ``Stage`` is a whole service on a real database, without its endpoints::

    with on_stage(service, databases, now=NOW) as stage:
        stage.learns(seat("police"))            # facts of other services arrive from the ledger
        stage.sends(ScheduleMeeting(...))       # a command is decided and saved, and its facts arrive in the views
        meetings(stage.reads())                 # what readers see
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy
from fixtures_databases import Databases

from shared.contracts.command import Asked, Occasion
from shared.contracts.envelope import CloudEvent, encode, encode_data, open_envelope, type_name
from shared.contracts.event import Event, subject
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import EventStore, open_store
from shared.runtime.deciding.time_limits import check_dates
from shared.runtime.deciding.unit_of_work import Request, UnitOfWork
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.database import engine, url_for
from shared.runtime.hosting.service_definition import CommandService
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.runtime.identity.signing import SigningKey
from shared.values.aggregate import Aggregate
from shared.values.identifiers import subject_of
from shared.values.refusals import Refusal
from shared.values.roles import Role
from shared.values.rule import Rule

PARTNERSHIP = "area"
NOW = dt.datetime(2015, 6, 1, 9, 0, tzinfo=dt.UTC)
"""When commands are recorded, unless a test says otherwise."""

type When = dt.datetime | dt.date | str


def principal(role: Role = Role.CLERK, organisation: str | None = None, partnership: str = PARTNERSHIP) -> Principal:
    """A caller with one role; a partner names its organisation."""
    return Principal(role.value, frozenset({role}), partnership, organisation)


CLERK, CHAIR, READER, SERVICE = (principal(role) for role in (Role.CLERK, Role.CHAIR, Role.READER, Role.SERVICE))


def partner(organisation: str) -> Principal:
    """A partner's system."""
    return principal(Role.PARTNER, organisation)


def moment(when: When) -> dt.datetime:
    """A moment; for a day, its noon in UTC."""
    if isinstance(when, str):
        when = dt.datetime.fromisoformat(when) if "T" in when else dt.date.fromisoformat(when)
    return when if isinstance(when, dt.datetime) else dt.datetime.combine(when, dt.time(12), dt.UTC)


def enveloped(
    fact: Event,
    happened: When = NOW,
    *,
    recorded: When | None = None,
    partnership: str = PARTNERSHIP,
    version: int = 1,
    id: str | None = None,
    authority: str = "office: clerk:clerk",
) -> CloudEvent:
    """A fact as its service publishes it."""
    name = type_name(fact)
    id = id or new_id()
    return CloudEvent(
        id=id,
        source=f"/{name.partition('.')[0]}",
        type=name,
        subject=subject(partnership, fact),
        subjectversion=version,
        partnership=partnership,
        time=moment(happened),
        recordedtime=moment(recorded or happened),
        actor="clerk:clerk",
        authority=authority,
        correlationid=id,
        data=encode_data(fact),
    )


@dataclass(frozen=True)
class Dated:
    """A command with what is said of its occasion."""

    command: Asked
    occasion: Occasion


def dated(command: Asked | Dated, *, happened_at: dt.datetime | None = None, authority: str | None = None) -> Dated:
    """A command, when it happened if not now, and by what authority."""
    return (
        command
        if isinstance(command, Dated)
        else Dated(command, Occasion(happened_at=happened_at, authority=authority))
    )


class _History:
    """Facts by subject, folded into states as the event store folds them."""

    def __init__(self, facts: Iterable[Event]) -> None:
        self._facts: dict[str, list[Event]] = {}
        for fact in facts:
            self._facts.setdefault(subject(PARTNERSHIP, fact), []).append(fact)

        self.loaded: list[tuple[Aggregate, bytes]] = []
        """The requested states, each as it was handed out."""

    def state_of[A: Aggregate](
        self, kind: type[A], partnership: str, key: tuple[str, ...], *, remembered: bool = False
    ) -> A:
        state = kind(partnership, "/".join(key))
        for fact in self._facts.get(subject_of(partnership, kind.noun, *key), []):
            before = msgspec.msgpack.encode(state)
            after = state.after([fact])
            assert msgspec.msgpack.encode(state) == before, f"{fact} changed a state that others may be reading"
            state = after
        self.loaded.append((state, msgspec.msgpack.encode(state)))
        return state


@dataclass(frozen=True)
class Given:
    """What has happened so far."""

    facts: tuple[Event, ...]
    provided: Mapping[type, Any] = field(default_factory=dict)

    def providing(self, *values: object) -> Given:
        """Give decisions these values where they take their types, in place of what the service would find."""
        return Given(self.facts, {**self.provided, **{type(value): value for value in values}})

    def and_then(self, *facts: Event) -> Given:
        """The same, and these facts."""
        return Given((*self.facts, *facts), self.provided)

    def state[A: Aggregate](self, kind: type[A], *key: str) -> A:
        """The state that the facts have made."""
        return _History(self.facts).state_of(kind, PARTNERSHIP, key)

    def when(self, command: Asked | Dated, *, on: When = NOW, by: Principal = CLERK) -> Decided:
        """A command, recorded on a day; it happened then too, unless it is ``dated``."""
        return Decided(self, dated(command), moment(on), by)


@dataclass(frozen=True)
class Decided:
    """A command that is decided once a test asks for the outcome."""

    given: Given
    asked: Dated
    recorded_at: dt.datetime
    by: Principal

    @property
    def facts(self) -> tuple[Event, ...]:
        """What is decided. Raises ``Refusal``."""
        command = self.asked.command
        commands = commands_of(command)
        check_dates(command)
        history = _History(self.given.facts)
        unit = UnitOfWork(
            cast(EventStore, history),
            cast(sqlalchemy.Engine, None),
            Request(self.by, PARTNERSHIP, occasion=self.asked.occasion),
            lambda: self.recorded_at,
            new_id,
            PeopleKey(bytes(32)),
        )
        unit.add(*commands.decisions[type(command)].facts(command, unit, self.given.provided))
        for state, before in history.loaded:
            assert msgspec.msgpack.encode(state) == before, "the decision changed a state that others may be reading"
        return tuple(recorded.fact for recorded in unit.pending)

    @property
    def fact(self) -> Any:
        """The one fact that is decided."""
        (fact,) = self.facts
        return fact

    def then(self, *facts: Event) -> Given:
        """It was decided as these facts and no others; they have happened now."""
        assert self.facts == facts
        return self.given.and_then(*facts)

    def happens(self) -> Given:
        """It was decided, and has happened now."""
        return self.given.and_then(*self.facts)

    def refused(self, by: Rule[...] | type[Refusal], detail: str = "") -> Refusal:
        """A rule refused it, with these words in the detail."""
        kind = by.refusal if isinstance(by, Rule) else by
        with pytest.raises(kind, match=re.escape(detail) or None) as refused:
            _ = self.facts
        assert type(refused.value) is kind
        return refused.value


def given(*facts: Event) -> Given:
    """These facts have happened, in this order."""
    return Given(facts)


def commands_of(command: Asked) -> Commands:
    """The table in which a command stands: that of its service."""
    *_, service, _ = type(command).__module__.removesuffix(".domain").rsplit(".", 2)
    commands = importlib.import_module(f"services.{service}.commands").commands
    assert isinstance(commands, Commands)
    return commands


@dataclass
class Stage:
    """A service on a separate database."""

    service: CommandService
    application: Application
    engine: sqlalchemy.Engine
    now: dt.datetime
    ledger: list[CloudEvent] = field(default_factory=list)
    """What has arrived, in the order of the ledger."""
    recorded: int = 0
    """How many of its own events have arrived."""

    @property
    def store(self) -> EventStore:
        return self.application.store

    def sends(self, *commands: Asked | Dated, by: Principal = CLERK, key: str | None = None) -> Answer:
        """Send commands one after another; what they record arrives. The last answer. Raises ``Refusal``."""
        for command in commands:
            said = dated(command)
            request = Request(by, by.partnership or PARTNERSHIP, key, occasion=said.occasion)
            answer = self._executes(said.command, request)
        return answer

    def learns(self, *facts: Event, happened: When | None = None, partnership: str = PARTNERSHIP) -> list[Answer]:
        """Facts of other services arrive from the ledger. The answers to the commands by which the service reacts."""
        arrived = [enveloped(fact, happened or self.now, partnership=partnership) for fact in facts]
        self._arrive(arrived)
        return [answer for cause in arrived for answer in self.reacts(cause)]

    def reacts(self, cause: CloudEvent) -> list[Answer]:
        """React to an event of another service, as to each that the ledger brings."""
        return [
            self._executes(command, Request(SERVICE, cause.partnership, key, cause=cause))
            for key, command in self.service.reactions.to(cause)
        ]

    def reads(self, partnership: str = PARTNERSHIP, by: Principal | None = None) -> ReadContext:
        """A reader of the views."""
        return ReadContext(
            self.engine, by or principal(Role.READER, partnership=partnership), partnership, clock=lambda: self.now
        )

    def reads_again(self, page: int = 1000) -> None:
        """Empty the views, and read the ledger from its start, by pages of so many events."""
        with self.engine.begin() as connection:
            for table in self.service.views.metadata.sorted_tables:
                if "sources" in table.c:
                    connection.execute(table.delete())
        entries = list(enumerate(self.ledger))
        for start in range(0, len(entries), page):
            with self.engine.begin() as connection:
                self.service.views.project(connection, entries[start : start + page])

    def facts_of(self, noun: str, *key: str) -> list[CloudEvent]:
        """The envelopes of the facts about one subject."""
        return [recorded.envelope for recorded in self.store.facts_of(subject_of(PARTNERSHIP, noun, *key))]

    def _executes(self, command: Asked, request: Request) -> Answer:
        answer = self.application.execute(self.service.commands.declared[type(command)], command, request)
        new = self.store.recorder.select_notifications(self.recorded + 1, 1000)
        self.recorded += len(new)
        self._arrive([open_envelope(notification.state) for notification in new])
        return answer

    def _arrive(self, envelopes: list[CloudEvent]) -> None:
        entries = list(enumerate(envelopes, len(self.ledger)))
        self.ledger += envelopes
        with self.engine.begin() as connection:
            self.service.views.project(connection, entries)
            also = [(position, encode(found), found) for position, found in entries if self.service.also.wants(found)]
            if also:
                self.service.also.write(connection, also)


@contextmanager
def on_stage(service: CommandService, databases: Databases, now: dt.datetime = NOW) -> Iterator[Stage]:
    """Open a service on a database with its tables and nothing in them, where it is always now."""
    with databases.fresh(service.name) as owner_url:
        url = url_for(owner_url, service.name)
        store, views = open_store(service.name, url, SigningKey.generate(service.name)), engine(url)
        application = Application(
            service.commands, store, views, clock=lambda: now, new_id=new_id, people_key=PeopleKey(bytes(32))
        )
        try:
            yield Stage(service, application, views, now)
        finally:
            store.close()
            views.dispose()
