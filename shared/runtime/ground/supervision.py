"""Tasks that run as long as the process. A task that raises is logged and started again."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from shared.runtime.ground.clock import now

FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Failure:
    """That a task fails again and again."""

    task: str
    since: dt.datetime
    """When it first failed, of the failures between which it never ran long."""
    because: str
    """Its last error."""

    def __str__(self) -> str:
        return f"{self.task}: failing since {self.since:%Y-%m-%d %H:%M:%S} UTC, because {self.because}"


class Supervised:
    """Work that is started again after each failure, with growing pauses in between."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._work = work
        self._failure: Failure | None = None
        self._running_since: float | None = None

    def start(self) -> asyncio.Task[None]:
        """Run the work in a task. Cancel the task to stop it. If the work returns, it is not started again."""
        return asyncio.create_task(self._restart_forever(), name=self._name)

    @property
    def failing(self) -> Failure | None:
        """Since when and why it fails; None once it has run for some seconds since its last failure."""
        if self._failure and self._ran_long():
            self._failure = None
        return self._failure

    def _ran_long(self) -> bool:
        return self._running_since is not None and asyncio.get_running_loop().time() - self._running_since > MAX_PAUSE_S

    async def _restart_forever(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            self._running_since = asyncio.get_running_loop().time()
            try:
                await self._work()
                self._failure = None
                return
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if self._ran_long():
                    pause, self._failure = FIRST_PAUSE_S, None
                since = self._failure.since if self._failure else now()
                self._failure = Failure(self._name, since, repr(error)[:500])
                self._running_since = None
                log.warning("task failed, starting it again", task=self._name, error=repr(error), pause=round(pause, 2))
                # Jitter, so that tasks that lost the same server do not all return in the same instant.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, MAX_PAUSE_S)


def supervise(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """Run work in its own task, of which nobody asks whether it fails."""
    return Supervised(name, work).start()


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
