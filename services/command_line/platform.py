"""Finds the running platform or starts one, for commands that need it.

A command looks for the platform of its data directory. If there is none, the command starts one and stops it at its own
end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.command_line.addresses import Addresses, running
from shared.runtime.ground.settings import Settings

START_TIMEOUT_S = 60.0
"""Seconds a command waits while another process starts or stops the platform."""
POLL_INTERVAL_S = 0.1


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[Addresses]:
    """The platform of this data directory: the running one, or one started for the length of the block."""
    async with AsyncExitStack() as stack:
        yield await _found_or_started(settings, stack)


async def _found_or_started(settings: Settings, stack: AsyncExitStack) -> Addresses:
    if found := await running(settings):
        return found
    from services.command_line.serving import AlreadyServed, serving

    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            _, addresses = await stack.enter_async_context(serving(settings))
            return addresses
        except AlreadyServed:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_INTERVAL_S)  # another process is starting its platform, or stopping it
        if found := await running(settings):
            return found
