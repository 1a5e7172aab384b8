"""The follower: how a service learns of its own facts and others', only from the ledger.

It reads pages over gRPC from its last position, acts on the events its reactions name, and writes its views and its new
position in one transaction. If it dies between acting and writing, it reads the page again: each reaction has its own
key and acts once, and views only assign. All services share the ledger's total order, so each remembers one number, not
one for each source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import grpc
import sqlalchemy
import structlog
from anyio import to_thread
from opentelemetry.trace import SpanKind
from sqlalchemy import BigInteger, Column, Table, Text
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.envelope import CloudEvent, open_envelope
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.deciding.answers import KeyReused
from shared.runtime.deciding.application import Application, TooBusy
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.following.views import Views
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Refusal
from shared.values.roles import Role

LEDGER = "ledger"
"""The name of the ledger's own position among the positions of the sources."""
WARN_AFTER_S = 2.0
"""Seconds without a ledger before one warning."""

Entry = tuple[int, bytes, CloudEvent]
"""A position, the entry's exact bytes in the ledger, and the envelope in them."""

log = structlog.get_logger()


class NotReached(Exception):
    """A service has not yet followed the ledger as far as requested."""


class PositionsChanged(Exception):
    """The views are not at the position where their follower left them. It must read their position and continue."""


@dataclass
class Positions:
    """A follower's progress: the highest sequence number of each source, and the ledger's next position."""

    reached: dict[str, int] = field(default_factory=dict)

    def cover(self, wanted: Mapping[str, int]) -> bool:
        return all(self.reached.get(name, 0) >= number for name, number in wanted.items())

    @property
    def position(self) -> int:
        return self.reached.get(LEDGER, 0)


def positions_table(views: Views) -> Table:
    """The table of a service's positions, next to its views."""
    return Table(
        "followed",
        views.metadata,
        Column("source", Text, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
    )


class Follower:
    """Follows the ledger for one service, writes its views and, in a command service, runs its reactions."""

    def __init__(
        self,
        views: Views,
        engine: sqlalchemy.Engine,
        channel: Callable[[], grpc.aio.Channel],
        token: Callable[[], str],
        telemetry: Telemetry,
        *,
        application: Application | None = None,
        reactions: Reactions | None = None,
        also: Callable[[sqlalchemy.Connection, list[Entry]], None] = lambda connection, entries: None,
    ) -> None:
        """``also`` writes data that is not a view of one kind of event, in the page's transaction."""
        self._views = views
        self._engine = engine
        self._channel = channel
        self._token = token
        self._telemetry = telemetry
        self._application = application
        self._reactions = reactions or Reactions()
        self._also = also
        self._followed = views.metadata.tables[f"{views.service}.followed"]
        self._moved = asyncio.Condition()
        self.marks = Positions()
        self.size = 0
        """The ledger's size when the last page was read. ``size - marks.position`` entries are left to follow."""

    async def run(self) -> None:
        """Follow until cancelled. Raises when the ledger or the database fail; start it again."""
        self.marks = Positions(await to_thread.run_sync(self._read_marks))
        stub = await self._ledger()
        request = ledger_pb2.FollowRequest(from_position=self.marks.position)
        async for page in stub.Follow(request, metadata=(("authorization", f"Bearer {self._token()}"),)):
            reached = await to_thread.run_sync(self._take, page)
            async with self._moved:
                self.marks = reached
                self.size = page.size
                self._moved.notify_all()

    async def wait_for(self, wanted: Mapping[str, int], timeout: float) -> None:
        """Return once the views cover these positions. Raises ``NotReached`` after ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout), self._moved:
                await self._moved.wait_for(lambda: self.marks.cover(wanted))
        except TimeoutError:
            raise NotReached(
                f"{self._views.service} has followed the ledger to {self.marks.reached}, not yet to {dict(wanted)}."
            ) from None

    async def _ledger(self) -> LedgerStub:
        """The ledger, once it answers.

        This waits instead of failing and restarting. Pauses between restarts would add to the channel's own, and
        readers would wait for seconds after the ledger is back.
        """
        channel = self._channel()
        ready = asyncio.ensure_future(channel.channel_ready())
        try:
            done, _ = await asyncio.wait([ready], timeout=WARN_AFTER_S)
            if not done:
                log.warning("the ledger does not answer; trying again", service=self._views.service)
            await ready
        finally:
            ready.cancel()
        return LedgerStub(channel)

    def _read_marks(self) -> dict[str, int]:
        with self._engine.connect() as connection:
            rows = connection.execute(sqlalchemy.select(self._followed.c.source, self._followed.c.sequence))
            return {source: sequence for source, sequence in rows}

    def _take(self, page: ledger_pb2.Page) -> Positions:
        entries = [(entry.position, entry.entry, open_envelope(entry.entry)) for entry in page.entries]
        events = [(position, envelope) for position, _, envelope in entries]
        reached = dict(self.marks.reached)
        for entry in page.entries:
            reached[entry.source] = entry.source_sequence
        reached[LEDGER] = page.next_position
        for _, envelope in events:
            self._react(envelope)
        with self._engine.begin() as connection:
            # While there is more to read, do not wait for the disk: if a crash loses a page, it loses position and
            # views together, the next page notices, and both are read again. After the last page there may be no next
            # one for a long time, and readers rely on it, so wait for the disk.
            durable = "on" if page.next_position >= page.size else "off"
            connection.execute(sqlalchemy.text(f"SET LOCAL synchronous_commit = {durable}"))
            self._move(connection, page.next_position)
            self._views.project(connection, events)
            self._also(connection, entries)
            statement = insert(self._followed)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[self._followed.c.source], set_={"sequence": statement.excluded.sequence}
                ),
                [{"source": source, "sequence": sequence} for source, sequence in reached.items()],
            )
        if self._telemetry.enabled:
            self._trace(events)
        return Positions(reached)

    def _move(self, connection: sqlalchemy.Connection, position: int) -> None:
        """Move the position from the start of this page. Raises ``PositionsChanged`` if the views are elsewhere.

        PostgreSQL may have lost the previous page in a crash unnoticed here, or a second process of this service (in a
        rolling restart) may have moved on. Writing this page anyway would leave a hole.
        """
        source, sequence = self._followed.c.source, self._followed.c.sequence
        moving: sqlalchemy.UpdateBase
        if self.marks.position == 0:  # there may be no row yet
            first = insert(self._followed).values(source=LEDGER, sequence=position)
            moving = first.on_conflict_do_update(
                index_elements=[source], set_={"sequence": position}, where=sequence == 0
            )
        else:
            here = (source == LEDGER, sequence == self.marks.position)
            moving = self._followed.update().where(*here).values(sequence=position)
        if connection.execute(moving.returning(sequence)).first() is None:
            raise PositionsChanged(
                f"The views of {self._views.service} are not at the ledger's position {self.marks.position} any more."
            )

    def _react(self, envelope: CloudEvent) -> None:
        if self._application is None:
            return
        for key, command in self._reactions.to(envelope):
            principal = Principal(
                subject=self._views.service,
                roles=frozenset({Role.SERVICE}),
                partnership=envelope.partnership,
                organisation=None,
            )
            traceparent = envelope.traceparent or None
            request = Request(principal, envelope.partnership, key, cause=envelope, traceparent=traceparent)
            declared = self._application.commands.declared[type(command)]
            try:
                self._application.execute(declared, command, request)
            except TooBusy:
                raise  # not refused by a rule, so read the page again
            except KeyReused:
                continue  # refused when this page was read before, which is recorded under the same key
            except Refusal as refusal:
                log.warning("reaction refused", service=self._views.service, event_id=envelope.id, rule=refusal.slug())
                note = self._reactions.refusal_of(envelope, refusal)
                self._application.execute(self._application.commands.declared[type(note)], note, request)

    def _trace(self, events: list[tuple[int, CloudEvent]]) -> None:
        for position, envelope in events:
            if envelope.traceparent:
                attributes = {"folkmoot.position": position}
                name = f"project {envelope.type}"
                with self._telemetry.span(name, envelope.traceparent, attributes=attributes, kind=SpanKind.CONSUMER):
                    pass
