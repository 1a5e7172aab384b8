"""Tasks that run as long as the process. A task that raises is logged and started again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0

log = structlog.get_logger()


def supervise(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """Run ``work`` in its own task and restart it after each failure, with growing pauses in between.

    Cancel the task to stop it. If ``work`` returns, it has finished and is not started again.
    """
    return asyncio.create_task(_restart_forever(name, work), name=name)


async def _restart_forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    pause = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await work()
            return
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if loop.time() - began > MAX_PAUSE_S:
                pause = FIRST_PAUSE_S
            log.warning("task failed, starting it again", task=name, error=repr(error), pause=round(pause, 2))
            # Jitter, so that tasks that lost the same server do not all return in the same instant.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, MAX_PAUSE_S)


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
