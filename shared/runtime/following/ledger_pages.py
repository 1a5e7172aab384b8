"""Where a follower's pages come from: the ledger over gRPC or in the same process; and how it takes what has come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

import grpc
import structlog

from shared.rpc.ledger.v1.ledger_pb2 import FollowRequest, Page
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub

Follow = Callable[[FollowRequest], AsyncGenerator[Page, None]]
"""The pages that a request asks for, without end. Raises when the ledger fails; ask again."""

WARN_AFTER_S = 2.0
"""Seconds without a ledger before one warning."""
AT_ONCE = 500
"""As soon as so many entries have come, a follower gets them as one page."""

log = structlog.get_logger()


def over_grpc(channel: Callable[[], grpc.aio.Channel], token: Callable[[], str]) -> Follow:
    """The pages of a ledger in another process."""

    async def follow(request: FollowRequest) -> AsyncGenerator[Page, None]:
        stub = LedgerStub(await _answering(channel()))
        call = stub.Follow(request, metadata=(("authorization", f"Bearer {token()}"),))
        try:
            async for page in call:
                yield page
        finally:
            call.cancel()

    return follow


async def _answering(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """The channel, once the ledger answers.

    This waits instead of failing and restarting. Pauses between restarts would add to the channel's own, and readers
    would wait for seconds after the ledger is back.
    """
    ready = asyncio.ensure_future(channel.channel_ready())
    try:
        done, _ = await asyncio.wait([ready], timeout=WARN_AFTER_S)
        if not done:
            log.warning("the ledger does not answer; trying again")
        await ready
    finally:
        ready.cancel()
    return channel


async def drained(
    pages: AsyncGenerator[Page, None], quiet: Callable[[], float | None]
) -> AsyncGenerator[list[Page], None]:
    """All pages that have come meanwhile, together, up to ``AT_ONCE`` entries and the page that exceeds them.

    While the caller works on some pages, the next ones are read. ``quiet``: after how many seconds without a page an
    empty list comes; None: never.
    """
    came: list[Page] = []
    something, room = asyncio.Event(), asyncio.Event()
    room.set()

    async def read() -> None:
        try:
            async with aclosing(pages):
                async for page in pages:
                    came.append(page)
                    something.set()
                    if sum(len(each.entries) for each in came) >= AT_ONCE:
                        room.clear()
                    await room.wait()
        finally:
            something.set()

    reading = asyncio.create_task(read(), name="pages")
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet()):
                    await something.wait()
            if reading.done() and not came:
                reading.result()
                return
            taken, came[:] = list(came), []
            if not reading.done():
                something.clear()
            room.set()
            yield taken
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading
