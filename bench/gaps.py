"""How many committed events a reader at the end of a record misses for good, while eight writers write.

A reader asks for events after the highest number it has seen. It never sees an event that appears later with a lower
number. That happens if numbers are assigned before the order of commits is known.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from eventsourcing.application import Application as Bare
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import ApplicationRecorder
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from bench.figures import Figure
from bench.history import recorded
from services import catalogue
from shared.runtime.deciding.event_store import open_store
from shared.runtime.embedded.servers import Servers
from shared.runtime.ground.database import url_for
from shared.runtime.identity.signing import SigningKey

WRITERS = 8
SECONDS = 4.0
"""For each record."""
PAGE = 100
AT_MOST = 1_000_000


def events_skipped(servers: Servers) -> Figure:
    """Ours, and the bare library's, both unchanged and with its functions in the database."""
    with _database(servers, "gaps") as url:
        ours = _ours(url)
        default = _bare(url, "gaps_default", {})
        functions = _bare(url, "gaps_functions", {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"})
    return Figure(
        f"events skipped by a tailing reader, {WRITERS} writers",
        _summary(ours),
        f"bare eventsourcing: {_summary(default)}; with its database functions: {_summary(functions)}",
        "",
        "0",
        ours[0] == 0,
    )


def _ours(url: URL) -> tuple[int, int]:
    address = url.render_as_string(hide_password=False)
    catalogue.migrate(address)
    service = url_for(address, "projects")
    events, one_at_a_time = recorded("projects", AT_MOST), threading.Lock()
    key = SigningKey.generate("projects")
    with (
        closing(open_store("projects", service, key, pool_size=WRITERS)) as writing,
        closing(open_store("projects", service, key)) as reading,
    ):

        def write() -> None:
            with one_at_a_time:
                event = next(events)
            writing.save(event)

        return _skipped(write, reading.recorder)


def _bare(url: URL, name: str, also: dict[str, str]) -> tuple[int, int]:
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(url.database),
        "POSTGRES_HOST": str(url.query["host"]),
        "POSTGRES_PORT": str(url.query.get("port", url.port or 5432)),
        "POSTGRES_USER": str(url.username),
        "POSTGRES_PASSWORD": "unused",
        "POSTGRES_POOL_SIZE": str(WRITERS),
        **also,
    }
    kind: type[Bare[Any]] = type(name, (Bare,), {"name": name})
    with closing(kind(env=environment)) as writing, closing(kind(env=environment)) as reading:
        return _skipped(lambda: writing.save(Aggregate()), reading.recorder)


def _skipped(write: Callable[[], object], recorder: ApplicationRecorder) -> tuple[int, int]:
    """The number of committed events that the reader has missed, and the number of all."""
    ended = threading.Event()

    def write_on() -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            write()

    def read_on() -> set[int]:
        seen: set[int] = set()
        last = 0
        while True:
            over = ended.is_set()
            found = [notification.id for notification in recorder.select_notifications(last + 1, PAGE)]
            seen.update(found)
            last = max([last, *found])
            if over and not found:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        reading = threads.submit(read_on)
        try:
            for writer in [threads.submit(write_on) for _ in range(WRITERS)]:
                writer.result()
        finally:
            ended.set()
        seen = reading.result()
    there: set[int] = set()
    while found := {n.id for n in recorder.select_notifications(max(there, default=0) + 1, 10_000)}:
        there |= found
    return len(there - seen), len(there)


@contextmanager
def _database(servers: Servers, name: str) -> Iterator[URL]:
    """A separate database, so that writing here does not affect other figures."""
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield make_url(servers.database_url).set(database=name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _summary(result: tuple[int, int]) -> str:
    skipped, there = result
    return f"{skipped:,} of {there:,}"
