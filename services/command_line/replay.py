"""``folkmoot replay``: reads the history, or a part of it, from the ledger over gRPC and writes it as it arrives."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import grpc
import msgspec

from services.command_line.environment import CommandFailed
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.ground.grpc_options import CHANNEL_OPTIONS


class NotRead(CommandFailed):
    """The history could not be read. The message says why."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of the history that is wanted. An empty text does not filter."""

    partnership: str = ""
    service: str = ""
    type: str = ""
    subject: str = ""
    actor: str = ""
    decision: str = ""
    as_at: dt.datetime | None = None
    """Only events that happened by then."""
    as_known_at: dt.datetime | None = None
    """Only events recorded by then."""
    end: int | None = None
    """Stop before this position."""

    def filter(self) -> ledger_pb2.Filter:
        """The ledger's filter for it."""
        return ledger_pb2.Filter(
            partnership=self.partnership,
            service=self.service,
            subject=self.subject,
            type=self.type,
            actor=self.actor,
            decision=self.decision,
        )

    def request(self, first: int) -> ledger_pb2.ReplayRequest:
        """The request to the ledger, from a position onwards."""
        request = ledger_pb2.ReplayRequest(from_position=first, filter=self.filter(), to_position=self.end)
        if self.as_known_at is not None:
            request.recorded_until.FromDatetime(self.as_known_at)
        if self.as_at is not None:
            request.happened_until.FromDatetime(self.as_at)
        return request


class Writer(Protocol):
    """Writes the history in one form."""

    async def begin(self, reader: Reader, wanted: Wanted) -> None:
        """Look up what the form needs, and write its heading."""

    def write(self, entry: ledger_pb2.Entry) -> None:
        """Write one entry."""

    def flush(self) -> None:
        """Flush the output. After this the entries count as delivered."""


class Reader:
    """Reads the ledger with a token."""

    def __init__(self, stub: LedgerStub, token: str) -> None:
        self._stub = stub
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def size(self) -> int:
        """The number of entries in the ledger."""
        return int((await self._stub.Head(ledger_pb2.HeadRequest(), metadata=self._metadata)).size)

    async def replay(self, wanted: Wanted, first: int = 0) -> AsyncIterator[ledger_pb2.Page]:
        """Pages to the end. Each page is requested after the last one was written, so nothing piles up in memory."""
        async for page in self._stub.Replay(wanted.request(first), metadata=self._metadata):
            yield page

    async def follow(self, wanted: Wanted, first: int) -> AsyncIterator[ledger_pb2.Page]:
        """Pages to the end, then future ones."""
        request = ledger_pb2.FollowRequest(from_position=first, filter=wanted.filter())
        async for page in self._stub.Follow(request, metadata=self._metadata):
            yield page


@asynccontextmanager
async def reading(address: str, token: str) -> AsyncIterator[Reader]:
    """A reader at a ledger's address. Raises ``NotRead`` with the ledger's own error message."""
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
    """Write the wanted history. ``reached`` gets the next position each time everything before it was written."""
    await writer.begin(reader, wanted)
    async for page in reader.follow(wanted, first) if follow else reader.replay(wanted, first):
        for entry in page.entries:
            writer.write(entry)
        writer.flush()
        reached(page.next_position)


class Bookmark:
    """A file with the position that a replay has reached, and what it replays."""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self._path = path
        self._wanted = wanted

    def position(self) -> int | None:
        """The position to continue from; None when the file does not exist yet.

        Raises ``NotRead`` when the file belongs to another replay, because its position means nothing for this one.
        """
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_SavedPlace)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise NotRead(f"{self._path} does not hold a replay's position: {error}. Choose another file.") from None
        if kept.wanted != self._wanted:
            said = msgspec.json.encode(kept.wanted).decode()
            raise NotRead(f"{self._path} holds the position of another replay, {said}. Choose another file.")
        return kept.next_position

    def keep(self, position: int) -> None:
        """Save the position. After a crash the file has the old position or the new one."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.write_bytes(msgspec.json.encode(_SavedPlace(position, self._wanted)))
        draft.replace(self._path)


class _SavedPlace(msgspec.Struct, frozen=True):
    next_position: int
    wanted: Wanted
