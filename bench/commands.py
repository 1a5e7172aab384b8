"""The cost of a command in one process: against the bare library, and on a long history."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eventsourcing.application import Application as Bare
from eventsourcing.domain import Aggregate as BareAggregate
from eventsourcing.domain import event as bare_event
from sqlalchemy.engine import make_url

from bench.figures import Figure
from bench.history import PARTNERSHIP
from services import catalogue
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.embedded.servers import Servers
from shared.runtime.ground import database
from shared.runtime.ground.clock import new_id, now
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.runtime.identity.source_keys import source_key_of
from shared.values.roles import Role

COMMANDS = 400
SUBJECTS = 20
LONG_HISTORY = 10_000
CLIENTS = 64

Execute = Callable[..., None]


class _Register(BareAggregate):
    """The bare library's counterpart of a project whose progress is reported."""

    def __init__(self) -> None:
        self.last = ""

    @bare_event("Reported")
    def report(self, text: str) -> None:
        self.last = text


@contextmanager
def bare_library(servers: Servers) -> Iterator[Callable[[int], None]]:
    """A command on the bare library, by its number: load, one event, save."""
    url = make_url(servers.database_url)
    bare = Bare[Any](
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(url.database),
            "POSTGRES_HOST": str(url.query["host"]),
            "POSTGRES_PORT": str(url.query.get("port", url.port or 5432)),
            "POSTGRES_USER": str(url.username),
            "POSTGRES_PASSWORD": "unused",
            "POSTGRES_POOL_SIZE": str(CLIENTS),
        }
    )
    registers = [_Register() for _ in range(CLIENTS)]
    bare.save(*registers)

    def command(number: int) -> None:
        register: _Register = bare.repository.get(registers[number % CLIENTS].id)
        register.report("Progress was made.")
        bare.save(register)

    yield command
    bare.close()


@contextmanager
def service_commands(servers: Servers, settings: Settings, name: str) -> Iterator[Execute]:
    """A service's commands, by name and fields, without HTTP."""
    url = database.url_for(servers.database_url, name)
    store = open_store(name, url, source_key_of(settings, name))
    commands = catalogue.DECIDING[name].commands
    application = Application(
        commands, store, database.engine(url), clock=now, new_id=new_id, people_key=PeopleKey(bytes(32))
    )
    request = Request(Principal("bench", frozenset({Role.CLERK}), PARTNERSHIP, None), PARTNERSHIP)

    def execute(command: str, **fields: object) -> None:
        declared = commands.by_name(f"{name}.{command}.v1")
        assert declared is not None
        asked, _ = declared.build(fields)
        application.execute(declared, asked, request)

    yield execute
    store.close()


def in_turn(commands: dict[str, Callable[[int], None]], count: int) -> dict[str, float]:
    """The seconds that each command took. Commands alternate, so that changes in the machine's load affect all."""
    spent = dict.fromkeys(commands, 0.0)
    for number in range(count):
        for name, command in commands.items():
            began = time.perf_counter()
            command(number)
            spent[name] += time.perf_counter() - began
    return spent


def a_command_against_the_bare_library(servers: Servers, settings: Settings) -> Figure:
    """Load, one event, save: ours with roles, rules, envelope and validation; the library's with nothing."""
    with bare_library(servers) as bare, service_commands(servers, settings, "projects") as execute:
        for number in range(SUBJECTS):
            execute("start_project", project=f"p-{number}", title="A project", purpose="To measure.", lead="council")

        def ours(number: int) -> None:
            execute(
                "report_progress", project=f"p-{number % SUBJECTS}", text="Progress was made.", reported_on="2015-01-08"
            )

        spent = in_turn({"bare": bare, "ours": ours}, COMMANDS)
    ratio = spent["ours"] / spent["bare"]
    return Figure(
        "a command: load, decide, save",
        f"{COMMANDS / spent['ours']:,.0f} a second",
        f"bare eventsourcing: {COMMANDS / spent['bare']:,.0f} a second",
        f"{ratio:.2f} of its time",
        "1.5 of its time",
        ratio <= 1.5,
    )


def a_command_on_a_long_history(servers: Servers, settings: Settings) -> Figure:
    """A stream of money that is carried forward for the 10,000th time, in turn with the first time of a new one."""
    first_day = dt.date(2015, 1, 1)
    with service_commands(servers, settings, "funding") as execute:

        def receive(reserve: str) -> None:
            execute("open_reserve", reserve=reserve, name="A reserve")
            execute(
                "receive_stream",
                reserve=reserve,
                stream="grant",
                name="A grant",
                kind="external_grant",
                source="police",
                amount_pence=100,
                spend_by=first_day.isoformat(),
            )

        def carry(reserve: str, number: int) -> None:
            day = first_day + dt.timedelta(days=1 + number)
            execute(
                "carry_funds_forward", reserve=reserve, stream="grant", spend_by=day.isoformat(), decision="to-keep-it"
            )

        receive("long")
        for number in range(LONG_HISTORY):
            carry("long", number)
        for number in range(COMMANDS):
            receive(f"new-{number}")
        spent = in_turn(
            {"long": lambda n: carry("long", LONG_HISTORY + n), "new": lambda n: carry(f"new-{n}", n)}, COMMANDS
        )
    ratio = spent["long"] / spent["new"]
    return Figure(
        f"a command on a subject of {LONG_HISTORY:,} facts",
        f"{COMMANDS / spent['long']:,.0f} a second",
        f"on a new subject: {COMMANDS / spent['new']:,.0f} a second",
        f"{ratio:.2f} of its time",
        "1.5 of its time",
        ratio <= 1.5,
    )
