"""``folkmoot replay``: the history, or what of it is wanted, read from the ledger over gRPC and written as it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import grpc
import msgspec

from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.hosting.process import CHANNEL_OPTIONS
from shared.values.periods import LONDON


class NotRead(Exception):
    """The history could not be read, or not from there; the message says why."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which part of the history is wanted; empty texts mean no filter."""

    partnership: str = ""
    service: str = ""
    type: str = ""
    subject: str = ""
    actor: str = ""
    decision: str = ""
    as_at: dt.datetime | None = None
    """Only what had happened by then."""
    as_known_at: dt.datetime | None = None
    """Only what had been recorded by then."""
    end: int | None = None
    """The position to stop before."""

    def filter(self) -> ledger_pb2.Filter:
        """The part of it that the ledger calls a filter."""
        return ledger_pb2.Filter(
            partnership=self.partnership,
            service=self.service,
            subject=self.subject,
            type=self.type,
            actor=self.actor,
            decision=self.decision,
        )

    def request(self, first: int) -> ledger_pb2.ReplayRequest:
        """What to ask the ledger for, from a position on."""
        request = ledger_pb2.ReplayRequest(from_position=first, filter=self.filter(), to_position=self.end)
        if self.as_known_at is not None:
            request.recorded_until.FromDatetime(self.as_known_at)
        if self.as_at is not None:
            request.happened_until.FromDatetime(self.as_at)
        return request


class Writer(Protocol):
    """A form in which the history is written."""

    async def begin(self, reader: Reader, wanted: Wanted) -> None:
        """Look up what is needed, and write what stands before the first entry."""

    def write(self, entry: ledger_pb2.Entry) -> None:
        """Write one entry."""

    def flush(self) -> None:
        """Let go of what was written: it is counted as delivered after this."""


class Reader:
    """Somebody who reads the ledger with a token."""

    def __init__(self, stub: LedgerStub, token: str) -> None:
        self._stub = stub
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def size(self) -> int:
        """How many entries the ledger has."""
        return int((await self._stub.Head(ledger_pb2.HeadRequest(), metadata=self._metadata)).size)

    async def replay(self, wanted: Wanted, first: int = 0) -> AsyncIterator[ledger_pb2.Page]:
        """Pages to the end. A page is asked for when the last one has been written: nothing piles up."""
        async for page in self._stub.Replay(wanted.request(first), metadata=self._metadata):
            yield page

    async def follow(self, wanted: Wanted, first: int) -> AsyncIterator[ledger_pb2.Page]:
        """Pages to the end, and those to come."""
        request = ledger_pb2.FollowRequest(from_position=first, filter=wanted.filter())
        async for page in self._stub.Follow(request, metadata=self._metadata):
            yield page


@asynccontextmanager
async def reading(address: str, token: str) -> AsyncIterator[Reader]:
    """A reader at a ledger's address. What the ledger refuses is said as it says it: raises ``NotRead``."""
    try:
        async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
            yield Reader(LedgerStub(channel), token)
    except grpc.aio.AioRpcError as error:
        raise NotRead(f"The ledger at {address} answered {error.code().name}: {error.details()}") from None


async def replay(
    reader: Reader,
    wanted: Wanted,
    writer: Writer,
    *,
    first: int = 0,
    follow: bool = False,
    reached: Callable[[int], None] = lambda position: None,
) -> None:
    """Write the history wanted. ``reached`` is told the next position whenever all before it has been written."""
    await writer.begin(reader, wanted)
    async for page in reader.follow(wanted, first) if follow else reader.replay(wanted, first):
        for entry in page.entries:
            writer.write(entry)
        writer.flush()
        reached(page.next_position)


class Bookmark:
    """A file that remembers how far a replay has come, and of what."""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self._path = path
        self._wanted = wanted

    def position(self) -> int | None:
        """Where to go on; None when the file is not there yet.

        Raises ``NotRead`` when it belongs to another replay, whose place means nothing for this one.
        """
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_SavedPlace)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise NotRead(f"{self._path} is not a replay's place: {error}. Choose another file.") from None
        if kept.wanted != self._wanted:
            said = msgspec.json.encode(kept.wanted).decode()
            raise NotRead(f"{self._path} is the place of another replay, of {said}. Choose another file.")
        return kept.next_position

    def keep(self, position: int) -> None:
        """Remember, whole or not at all."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.write_bytes(msgspec.json.encode(_SavedPlace(position, self._wanted)))
        draft.replace(self._path)


class _SavedPlace(msgspec.Struct, frozen=True):
    next_position: int
    wanted: Wanted


def moment(text: str) -> dt.datetime:
    """A date, meaning the end of that day, or a date and time, by London's clock unless it says otherwise.

    Raises ``ValueError``.
    """
    if len(text) == len("2014-11-24"):
        after = dt.date.fromisoformat(text) + dt.timedelta(days=1)
        return dt.datetime.combine(after, dt.time(), LONDON).astimezone(dt.UTC) - dt.timedelta(microseconds=1)
    found = dt.datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(dt.UTC)
