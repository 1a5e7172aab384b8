"""The ledger over gRPC: reading and proofs, as ``ledger.proto`` describes them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Literal

import grpc
import msgspec
import psycopg
from google.protobuf.timestamp_pb2 import Timestamp

from services.ledger.checkpoints import Checkpoints, NotYetPublished, SignedCheckpoint
from services.ledger.log import LedgerStopped, Log
from services.ledger.pages import EntryFilter, Pages
from services.ledger.readers import admit, confine
from services.ledger.recent import Page
from services.ledger.signatures import BatchProof, Place, Signatures
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerServicer
from shared.runtime.endpoints.grpc_callers import Context, authenticate_call, refuse_for_now, token_of_call
from shared.runtime.endpoints.limits import Callers, RateLimited, TooManyStreams
from shared.runtime.identity.principals import NotAuthenticated, Principal
from shared.values.refusals import Forbidden, Unknown

MAX_PROOFS = 1_000
MAX_TYPES = 1_000
TOKEN_CHECK_S = 5.0
"""Seconds after which a follower's token is checked again if nothing comes."""
MAX_PAGE_BYTES = 2 * 1024 * 1024
"""The largest page. By default gRPC readers refuse messages of more than 4 MiB."""

Message = ledger_pb2.Page


class InvalidRequest(Exception):
    """A request that makes no sense. The message names the field."""


class BeyondTheEnd(Exception):
    """A reader asks for a position beyond the end of the ledger.

    It must not wait there. What it read is no longer in the ledger: one of the two was restored from an older copy,
    and people must look at it.
    """


class Calls(LedgerServicer):
    """Answers the calls of the service ``shared.rpc.ledger.v1.Ledger``."""

    def __init__(
        self, log: Log, pages: Pages, signatures: Signatures, checkpoints: Checkpoints, callers: Callers
    ) -> None:
        self._log = log
        self._pages = pages
        self._signatures = signatures
        self._checkpoints = checkpoints
        self._callers = callers

    async def Head(self, request: ledger_pb2.HeadRequest, context: Context) -> ledger_pb2.HeadReply:
        """The ledger's size."""
        async with _grpc_errors(context):
            await self._reader(context)
            return ledger_pb2.HeadReply(size=await self._log.size())

    async def Replay(self, request: ledger_pb2.ReplayRequest, context: Context) -> AsyncIterator[ledger_pb2.Page]:
        """The matching entries of a range. The stream ends after the last."""
        async with _grpc_errors(context):
            dates = _until(request, "recorded_until"), _until(request, "happened_until")
            reader = await self._reader(context)
            which = confine(_filter(request.filter, *dates), reader)
            size = await self._begin(request.from_position)
            end = min(request.to_position, size) if request.HasField("to_position") else size
            with self._callers.stream(reader):
                async for page in self._pages.all(request.from_position, end, which):
                    for message in _messages(page, size):
                        yield message

    async def Follow(self, request: ledger_pb2.FollowRequest, context: Context) -> AsyncIterator[ledger_pb2.Page]:
        """The matching entries, including future ones. Ends with UNAUTHENTICATED when the token expires."""
        async with _grpc_errors(context):
            reader = await self._reader(context)
            which = confine(_followed(request), reader)
            with self._callers.stream(reader):
                async for page in self._follow(request, which, lambda: self._still_valid(context)):
                    yield page

    def follow_here(self, request: ledger_pb2.FollowRequest) -> AsyncGenerator[ledger_pb2.Page, None]:
        """The same for a follower in this process, without a connection in between.

        Raises what ``Follow`` turns into status codes.
        """
        return self._follow(request, _followed(request))

    async def _follow(
        self,
        request: ledger_pb2.FollowRequest,
        which: EntryFilter,
        still_valid: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncGenerator[ledger_pb2.Page, None]:
        """``still_valid`` raises when the caller's token has expired."""
        position = request.from_position
        size = await self._begin(position)
        # History and live entries are read the same way, from the end of the last page, so nothing falls between.
        while True:
            async for page in self._pages.all(position, size, which):
                position = page.next_position
                proofs = await self._signatures.of(page.rows) if request.with_proofs else {}
                *before, last = _messages(page, size, proofs)
                for message in before:
                    yield message
                if position == size and not which.partnership:
                    last.reached.update(await self._pages.reached(size))
                yield last
                if still_valid is not None:
                    await still_valid()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if still_valid is None else TOKEN_CHECK_S):
                    size = await self._log.beyond(position)
            if still_valid is not None:
                await still_valid()

    async def GetCheckpoint(self, request: ledger_pb2.GetCheckpointRequest, context: Context) -> ledger_pb2.Checkpoint:
        """The newest published checkpoint."""
        async with _grpc_errors(context):
            await self._reader(context)
            return _checkpoint(await self._checkpoints.published())

    async def GetProof(self, request: ledger_pb2.GetProofRequest, context: Context) -> ledger_pb2.GetProofReply:
        """Proofs for some entries, all in one checkpoint's tree. Hashes reveal nothing about other partnerships."""
        async with _grpc_errors(context):
            await self._reader(context)
            if len(request.positions) + len(request.event_ids) > MAX_PROOFS:
                raise InvalidRequest(f"positions and event_ids: at most {MAX_PROOFS} in one call")
            signed = await self._checkpoints.published()
            found = await self._checkpoints.inclusions(signed.size, request.positions, request.event_ids)
            inclusions = [ledger_pb2.Inclusion(**each._asdict()) for each in found]
            return ledger_pb2.GetProofReply(
                checkpoint=_checkpoint(signed), inclusions=inclusions, policy=self._checkpoints.policy.format().decode()
            )

    async def GetConsistency(
        self, request: ledger_pb2.GetConsistencyRequest, context: Context
    ) -> ledger_pb2.GetConsistencyReply:
        """The proof that one tree begins with another."""
        async with _grpc_errors(context):
            await self._reader(context)
            await self._begin(request.new_size)
            if request.old_size > request.new_size:
                raise InvalidRequest(f"old_size {request.old_size} is larger than new_size {request.new_size}")
            hashes = await self._checkpoints.consistency(request.old_size, request.new_size)
            return ledger_pb2.GetConsistencyReply(hashes=hashes)

    async def _reader(self, context: Context) -> Principal:
        return admit(await authenticate_call(context, self._callers))

    async def _still_valid(self, context: Context) -> None:
        await self._callers.verifier.authenticate_async(token_of_call(context))

    async def _begin(self, position: int) -> int:
        size = await self._log.size()
        if position > size:
            raise BeyondTheEnd(
                f"You asked to read from position {position}, but the ledger has {size} entries. It may have been "
                "restored from an older copy. Ask its operator, and read again from a position you can verify."
            )
        return size


@asynccontextmanager
async def _grpc_errors(context: Context) -> AsyncIterator[None]:
    """Turn errors into gRPC status codes."""
    try:
        yield
    except NotAuthenticated as error:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
    except (RateLimited, TooManyStreams) as refusal:
        await refuse_for_now(context, refusal)
    except Forbidden as error:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{error.detail} {error.advice}")
    except InvalidRequest as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except NotYetPublished as error:
        await context.abort(grpc.StatusCode.UNAVAILABLE, error.detail)
    except Unknown as error:
        await context.abort(grpc.StatusCode.NOT_FOUND, error.detail)
    except BeyondTheEnd as error:
        await context.abort(grpc.StatusCode.OUT_OF_RANGE, str(error))
    except LedgerStopped as error:
        await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
    except psycopg.OperationalError:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "The ledger's database does not answer. Call again shortly.")


def _checkpoint(signed: SignedCheckpoint) -> ledger_pb2.Checkpoint:
    return ledger_pb2.Checkpoint(size=signed.size, root=signed.root, note=signed.note.format().decode())


def _followed(request: ledger_pb2.FollowRequest) -> EntryFilter:
    which = _filter(request.filter)
    if len(request.types) > MAX_TYPES:
        raise InvalidRequest(f"types: at most {MAX_TYPES} in one call; leave them out for all.")
    if any("\0" in name for name in request.types):
        raise InvalidRequest("types: a text with the character U+0000 matches nothing; leave it out.")
    return msgspec.structs.replace(which, types=frozenset(request.types))


def _filter(
    asked: ledger_pb2.Filter,
    recorded_until: dt.datetime | None = None,
    happened_until: dt.datetime | None = None,
) -> EntryFilter:
    texts = (asked.partnership, asked.service, asked.subject, asked.type, asked.actor, asked.decision)
    if any("\0" in text for text in texts):
        raise InvalidRequest("filter: a text with the character U+0000 matches nothing; leave it out.")
    return EntryFilter(*texts, recorded_until, happened_until)


def _until(request: ledger_pb2.ReplayRequest, field: Literal["recorded_until", "happened_until"]) -> dt.datetime | None:
    if not request.HasField(field):
        return None
    moment: Timestamp = getattr(request, field)
    try:
        return moment.ToDatetime(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(f"{field}: {error}") from None


def _messages(page: Page, size: int, proofs: Mapping[Place, BatchProof] = MappingProxyType({})) -> Iterator[Message]:
    """The page, cut into messages that every reader takes, each with the batches of its entries."""
    entries: list[ledger_pb2.Entry] = []
    batches: dict[Place, ledger_pb2.SignedBatch] = {}
    room = MAX_PAGE_BYTES
    make = ledger_pb2.Entry
    for position, source, source_sequence, entry, leaf_hash in page.rows:
        proof = proofs.get((source, source_sequence))
        another = proof is not None and (source, proof.last) not in batches
        needed = len(entry) + (len(proof.leaf_hashes) if proof and another else 0)
        if needed > room and entries:
            yield Message(entries=entries, next_position=position, size=size, batches=batches.values())
            entries, batches, room, another = [], {}, MAX_PAGE_BYTES, proof is not None
        room -= needed
        entries.append(
            make(position=position, source=source, source_sequence=source_sequence, entry=entry, leaf_hash=leaf_hash)
        )
        if proof and another:
            batches[source, proof.last] = ledger_pb2.SignedBatch(**proof._asdict())
    yield Message(entries=entries, next_position=page.next_position, size=size, batches=batches.values())
