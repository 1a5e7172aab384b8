"""The cost of a command: against the bare library, on a long history, and with many clients at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
from eventsourcing.application import Application as Bare
from eventsourcing.domain import Aggregate as BareAggregate
from eventsourcing.domain import event as bare_event
from sqlalchemy.engine import make_url

from bench.figures import TIMEOUT_S, Figure
from bench.history import PARTNERSHIP
from services import catalogue
from services.command_line.serving import serving
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.embedded.servers import Servers
from shared.runtime.ground import database
from shared.runtime.ground.clock import new_id, now
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.roles import Role

COMMANDS = 400
SUBJECTS = 20
LONG_HISTORY = 10_000
CLIENTS = 64
AT_ONCE = 2_000
"""Commands that all clients send together."""

Execute = Callable[..., None]


class _Register(BareAggregate):
    """The bare library's counterpart of a project whose progress is reported."""

    def __init__(self) -> None:
        self.last = ""

    @bare_event("Reported")
    def report(self, text: str) -> None:
        self.last = text


@contextmanager
def _bare(servers: Servers) -> Iterator[Callable[[int], None]]:
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
def _service(servers: Servers, name: str) -> Iterator[Execute]:
    """A service's commands, by name and fields, without HTTP."""
    url = database.url_for(servers.database_url, name)
    store = open_store(name, url)
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


def a_command_against_the_bare_library(servers: Servers) -> Figure:
    """Load, one event, save: ours with roles, rules, envelope and validation; the library's with nothing."""
    with _bare(servers) as bare, _service(servers, "projects") as execute:
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


def a_command_on_a_long_history(servers: Servers) -> Figure:
    """A stream of money that is carried forward for the 10,000th time, in turn with the first time of a new one."""
    first_day = dt.date(2015, 1, 1)
    with _service(servers, "funding") as execute:

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


async def many_clients_at_once(servers: Servers, settings: Settings) -> Figure:
    """Many clients recording over HTTP on the whole platform, against as many threads on the bare library."""
    with _bare(servers) as bare, ThreadPoolExecutor(CLIENTS) as threads:
        began = time.perf_counter()
        await asyncio.gather(
            *(asyncio.get_running_loop().run_in_executor(threads, bare, number) for number in range(AT_ONCE)),
            return_exceptions=True,
        )
        own = AT_ONCE / (time.perf_counter() - began)
    token = issuer_of(settings).issue(
        roles=[Role.CLERK], subject="bench", partnership="crowd", lifetime=dt.timedelta(hours=1)
    )
    async with (
        serving(settings, catalogue.NAMES) as (_, addresses),
        httpx2.AsyncClient(
            base_url=addresses.http,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            limits=httpx2.Limits(max_connections=CLIENTS),
        ) as client,
    ):

        async def one(first: int) -> None:
            for number in range(first, AT_ONCE, CLIENTS):
                body = {"priority": f"p-{number}", "title": "A priority", "outcome": "It is measured."}
                (await client.post("/projects/crowd/priorities", json=body)).raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(one(first) for first in range(CLIENTS)))
        rate = AT_ONCE / (time.perf_counter() - began)
    return Figure(
        f"{CLIENTS} clients recording over HTTP",
        f"{rate:,.0f} commands a second",
        f"bare eventsourcing, {CLIENTS} threads: {own:,.0f}",
        f"{rate / own:.2f} of it",
        "none yet: the next step raises it",
        True,
    )
