"""A task that fails is started again, and says since when and why it fails."""

from __future__ import annotations

import asyncio

import pytest

from shared.runtime.ground import supervision
from shared.runtime.ground.clock import now
from shared.runtime.ground.supervision import Supervised, stop

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervision, "MAX_PAUSE_S", 0.2)


async def until_failing(task: Supervised, because: str) -> supervision.Failure:
    async with asyncio.timeout(20):
        while (failure := task.failing) is None or because not in failure.because:
            await asyncio.sleep(0.01)
    return failure


async def test_a_failure_has_its_beginning_and_its_last_reason() -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        raise ValueError(f"try {tries}")

    began = now()
    task = Supervised("sweeping", work)
    assert task.failing is None
    running = task.start()
    first = later = await until_failing(task, "try ")
    async with asyncio.timeout(20):
        while later.because == first.because:
            later = await until_failing(task, "try ")
            await asyncio.sleep(0.01)
    assert began <= first.since == later.since
    assert str(later).startswith("sweeping: failing since ")
    assert str(later).endswith(f" UTC, because {later.because}")
    await stop(running)


async def test_a_task_that_runs_again_fails_no_longer() -> None:
    broken = True

    async def work() -> None:
        if broken:
            raise ValueError("broken")
        await asyncio.Event().wait()

    task = Supervised("sweeping", work)
    running = task.start()
    first = await until_failing(task, "broken")
    broken = False
    async with asyncio.timeout(20):
        while task.failing is not None:
            await asyncio.sleep(0.01)
    await stop(running)
    assert first.task == "sweeping"


async def test_work_that_returns_is_not_started_again() -> None:
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1

    task = Supervised("sweeping", work)
    await task.start()
    assert (times, task.failing) == (1, None)
