"""The follower: how a service learns of its own facts and others', only from the ledger.

It reads pages from its last position, acts on the events its reactions name, and writes its views and its new position
in one transaction. If it dies between acting and writing, it reads the page again: each reaction has its own key and
acts once, and views only assign. All services share the ledger's total order, so each remembers one number, not one for
each source.

The ledger sends only events of the types that the service takes. Where nothing is wanted, the position moves in memory
alone. After a crash that stretch is read again, which does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy
import structlog
from anyio import to_thread
from opentelemetry.trace import SpanKind

from shared.contracts.envelope import CloudEvent, open_envelope
from shared.rpc.ledger.v1.ledger_pb2 import Filter, FollowRequest, Page
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.following.acting import Acting
from shared.runtime.following.ledger_pages import Follow, drained
from shared.runtime.following.marks import LEDGER, KeptPositions, Positions, PositionsChanged, positions_table
from shared.runtime.following.set_aside import Entry, SetAside, blames_the_entry, set_aside_table, settle
from shared.runtime.following.views import Views
from shared.runtime.ground.clock import now
from shared.runtime.ground.telemetry import Telemetry

__all__ = ["LEDGER", "Also", "Condition", "Entry", "Follower", "NotReached", "follower_tables"]

KEEP_AFTER_S = 3.0
"""Seconds after which the place is written even if nothing of it was wanted."""

log = structlog.get_logger()


class NotReached(Exception):
    """A service has not yet followed the ledger as far as requested."""


@dataclass(frozen=True)
class Also:
    """Data that is not a view of one kind of event, written in the transaction of the views."""

    write: Callable[[sqlalchemy.Connection, list[Entry]], None] = lambda connection, entries: None
    types: frozenset[str] | None = frozenset()
    """The types of the events that it takes; None: all."""
    wants: Callable[[CloudEvent], bool] = lambda envelope: True
    """Which of these it takes."""


@dataclass(frozen=True)
class Condition:
    """What a follower says of itself."""

    position: int
    """Everything in the ledger before this has been followed."""
    behind: int
    """How many entries are left, as far as the follower knows."""
    set_aside: int
    """Entries that the views or reactions could not take."""


def follower_tables(views: Views) -> None:
    """Declare the tables that a follower keeps next to its views."""
    positions_table(views)
    set_aside_table(views)


class Follower:
    """Follows the ledger for one service, writes its views and, in a command service, runs its reactions."""

    def __init__(
        self,
        views: Views,
        engine: sqlalchemy.Engine,
        follow: Follow,
        telemetry: Telemetry,
        *,
        application: Application | None = None,
        reactions: Reactions | None = None,
        also: Also = Also(),
        verify: Callable[[Page], None] | None = None,
    ) -> None:
        """``verify`` checks a page, with its sources' signatures, before anything is done because of it.

        It raises if the page must not be believed. None: nothing is done that needs it.
        """
        self._views = views
        self._engine = engine
        self._follow = follow
        self._telemetry = telemetry
        self._acting = Acting(views.service, application, reactions or Reactions())
        self._also = also
        self._verify = verify
        self._own_types = views.event_types | self._acting.types
        self._kept = KeptPositions(views)
        self._set_aside = SetAside(views)
        self._moved = asyncio.Condition()
        self._connection: sqlalchemy.Connection | None = None
        self._written = 0
        """The position in the table. ``marks`` may be ahead of it by entries that nobody wanted."""
        self._written_at = 0.0
        self._durable = True
        """Whether a crash of PostgreSQL leaves what was written."""
        self.marks = Positions()
        self.size = 0
        """The ledger's size when the last page was read. ``size - marks.position`` entries are left to follow."""
        self.set_aside: Mapping[str, int] = {}
        """How many entries of each partnership are set aside."""

    @property
    def set_aside_table(self) -> sqlalchemy.Table:
        """The entries that are set aside."""
        return self._set_aside.table

    @property
    def types(self) -> Collection[str]:
        """The types of the events that the ledger is asked for; none: all."""
        return () if self._also.types is None else self._own_types | self._also.types

    @property
    def condition(self) -> Condition:
        """How far it is, and what people must look at."""
        position = self.marks.position
        return Condition(position, max(0, self.size - position), sum(self.set_aside.values()))

    async def run(self) -> None:
        """Follow until cancelled. Raises when the ledger or the database fail; start it again."""
        while True:
            try:
                await self._follow_on()
            except PositionsChanged as changed:
                log.info("following again from where the views are", service=self._views.service, why=str(changed))

    async def wait_for(self, wanted: Mapping[str, int], timeout: float) -> None:
        """Return once the views cover these positions. Raises ``NotReached`` after ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout), self._moved:
                await self._moved.wait_for(lambda: self.marks.cover(wanted))
        except TimeoutError:
            raise NotReached(
                f"{self._views.service} has followed the ledger to {self.marks.reached}, not yet to {dict(wanted)}."
            ) from None

    async def _follow_on(self) -> None:
        try:
            fit_now, misfits = await to_thread.run_sync(self._open)
            for partnership in fit_now:
                await self._write_again(partnership, misfits)
            pages = self._follow(self._request(from_position=self.marks.position))
            async with contextlib.aclosing(drained(pages, self._quiet)) as each:
                async for some in each:
                    await self._take(some)
        finally:
            await to_thread.run_sync(self._close)

    def _request(self, **where: Any) -> FollowRequest:
        return FollowRequest(types=sorted(self.types), with_proofs=self._verify is not None, **where)

    def _quiet(self) -> float | None:
        return KEEP_AFTER_S if self.marks.position > self._written else None

    async def _take(self, pages: list[Page]) -> None:
        reached = dict(self.marks.reached)
        for page in pages:
            reached.update((entry.source, entry.source_sequence) for entry in page.entries)
            reached.update(page.reached)
            reached[LEDGER] = page.next_position
        to = Positions(reached)
        size = pages[-1].size if pages else self.size
        at_end = to.position >= size
        due = to.position > self._written and time.monotonic() > self._written_at + KEEP_AFTER_S
        if due or (at_end and not self._durable) or any(page.entries for page in pages):
            await to_thread.run_sync(self._write, pages, to, at_end, due)
        async with self._moved:
            self.marks = to
            self.size = size
            self._moved.notify_all()

    async def _write_again(self, partnership: str, misfits: Mapping[int, Exception]) -> None:
        """Write a partnership's rows again from the start. Readers see the rows of before until all of it is done."""
        log.info("writing a partnership's views again", service=self._views.service, partnership=partnership)
        end = self.marks.position
        pages = self._follow(self._request(filter=Filter(partnership=partnership)))
        with self._database.begin():
            # Another process of this service must not move on meanwhile.
            await to_thread.run_sync(partial(self._kept.move, self._database, end, self.marks, durable=True))
            await to_thread.run_sync(self._set_aside.empty, self._database, partnership)
            async with contextlib.aclosing(drained(pages, lambda: None)) as each:
                async for some in each:
                    entries = [entry for entry in self._wanted(some) if entry[0] < end]
                    await to_thread.run_sync(self._settle, entries, misfits)
                    if some[-1].next_position >= end:
                        break
            self.set_aside = await to_thread.run_sync(self._set_aside.count, self._database)

    # In a thread

    @property
    def _database(self) -> sqlalchemy.Connection:
        """The one connection of this run. So a page need not ask first whether PostgreSQL answers."""
        assert self._connection is not None
        return self._connection

    def _open(self) -> tuple[list[str], Mapping[int, Exception]]:
        """Read the place. Returns the partnerships with something set aside that now fits, and what does not fit."""
        connection = self._connection = self._engine.connect()
        with connection.begin():
            self.marks = self._kept.read(connection)
            self.set_aside = self._set_aside.count(connection)
            aside = self._set_aside.all(connection) if self.set_aside else []
        self._written, self._durable, self._written_at = self.marks.position, True, time.monotonic()
        misfits = self._acting.act(aside)
        with connection.begin() as trial:
            misfits |= settle(connection, aside, self._write_views)
            trial.rollback()
        return sorted({envelope.partnership for position, _, envelope in aside if position not in misfits}), misfits

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # If this fails, a stretch that nobody wanted is read again.
        with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError, PositionsChanged), contextlib.closing(connection):
            if self.marks.position > self._written or not self._durable:
                with connection.begin():
                    self._kept.move(connection, self._written, self.marks, durable=True)

    def _write(self, pages: list[Page], to: Positions, at_end: bool, due: bool) -> None:
        """Act on what is wanted of some pages, and write it and the place that they lead to."""
        if self._verify is not None:
            for page in pages:
                self._verify(page)
        entries = self._wanted(pages)
        if not (entries or due or (at_end and not self._durable)):
            return
        misfits = self._acting.act(entries)
        # While there is more to read, do not wait for the disk: if a crash loses a page, it loses position and views
        # together, the next page notices, and both are read again. After the last page there may be no next one for a
        # long time, and readers rely on it, so wait for the disk.
        move = partial(self._kept.move, self._database, self._written, to, durable=at_end)
        try:
            with self._database.begin():
                move()
                self._write_views(self._database, entries)
                self._set_apart(entries, misfits)
        except Exception as error:
            if not blames_the_entry(error):
                raise
            with self._database.begin():
                move()
                self._settle(entries, misfits)
        self._written, self._durable, self._written_at = to.position, at_end, time.monotonic()
        if self._telemetry.enabled:
            self._trace(entries)

    def _write_views(self, connection: sqlalchemy.Connection, entries: list[Entry]) -> None:
        self._views.project(connection, [(position, envelope) for position, _, envelope in entries])
        also = [entry for entry in entries if self._also_wants(entry[2])]
        if also:
            self._also.write(connection, also)

    def _settle(self, entries: list[Entry], misfits: Mapping[int, Exception]) -> None:
        """Write the entries that fit, and set the others aside, with those that did not fit a reaction."""
        unfit = settle(self._database, entries, self._write_views)
        unfit.update((position, misfits[position]) for position, _, _ in entries if position in misfits)
        self._set_apart(entries, unfit)

    def _set_apart(self, entries: list[Entry], why: Mapping[int, Exception]) -> None:
        if why:
            self._set_aside.add(self._database, entries, why, now())
            self.set_aside = self._set_aside.count(self._database)
            for position, error in sorted(why.items()):
                # What does not fit may hold people's texts: the log names the kind of error only.
                log.error(
                    "an entry is set aside: a view or a reaction cannot take it",
                    service=self._views.service,
                    position=position,
                    error=type(error).__name__,
                    see=f"GET /{self._views.service}/{{partnership}}/set-aside",
                )

    def _wanted(self, pages: list[Page]) -> list[Entry]:
        opened = ((each.position, each.entry, open_envelope(each.entry)) for page in pages for each in page.entries)
        return [entry for entry in opened if entry[2].type in self._own_types or self._also_wants(entry[2])]

    def _also_wants(self, envelope: CloudEvent) -> bool:
        types = self._also.types
        return (types is None or envelope.type in types) and self._also.wants(envelope)

    def _trace(self, entries: list[Entry]) -> None:
        for position, _, envelope in entries:
            if envelope.traceparent:
                attributes = {"folkmoot.position": position}
                name = f"project {envelope.type}"
                with self._telemetry.span(name, envelope.traceparent, attributes=attributes, kind=SpanKind.CONSUMER):
                    pass
