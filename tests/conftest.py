"""The basis of all tests: a real PostgreSQL and a real NATS, started once for each worker."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from nats.aio.client import Client

from shared.runtime.embedded.servers import EmbeddedServers

# Machines are shared: how long an example takes is no fact about partnerships.
settings.register_profile("folkmoot", deadline=None)
settings.load_profile("folkmoot")


# What tests print of an exception is its traceback: structlog's own default draws every local variable of every frame,
# and the platform under test, whose event loop that holds up, is no longer itself.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S"),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """If nothing may be left out (``FOLKMOOT_REQUIRE_ALL``, set by ``.ci/run``), a skipped test fails."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("FOLKMOOT_REQUIRE_ALL"):
        report.outcome = "failed"
        report.longrepr = f"FOLKMOOT_REQUIRE_ALL is set, and this would be skipped: {report.longreprtext}"
    return report


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked ``anyio`` run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """The servers of this test run (under xdist: of this worker). A test may kill them if it starts them again."""
    data: Path = tmp_path_factory.mktemp("servers")
    embedded = EmbeddedServers(data)
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture
def nats_url(servers: EmbeddedServers) -> str:
    """NATS, as the user that may do anything, without any stream of an earlier test."""
    url = servers.servers.nats_admin_url
    forgotten = asyncio.run(_forget_streams(url))
    # The server answers before it has removed the files, and refuses a stream of the same name until then.
    deadline = time.monotonic() + 10
    while any(True for name in forgotten for _ in servers._data.rglob(f"streams/{name}")):
        assert time.monotonic() < deadline, f"the files of {forgotten} are still there"
        time.sleep(0.01)
    return url


async def _forget_streams(url: str) -> list[str]:
    bus = Client()
    await bus.connect(url)
    js = bus.jetstream()
    names = [str(stream.config.name) for stream in await js.streams_info()]
    for name in names:
        await js.delete_stream(name)
    await bus.close()
    return names
