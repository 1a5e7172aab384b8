"""Every module here that kills servers has a platform and servers of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.harness import FaultHarness
from fixtures_platform import running_platform

from services import catalogue
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.source_keys import register_sources


@pytest.fixture(scope="module")
def short_directory() -> Iterator[Path]:
    """A data directory whose path leaves room for PostgreSQL's socket, so that a restart does not move it."""
    path = Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)  # started by root, PostgreSQL runs as another account
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def harness(short_directory: Path) -> Iterator[FaultHarness]:
    """The module's own platform."""
    servers = EmbeddedServers(short_directory)
    found = servers.start()
    catalogue.migrate(found.database_url)
    register_sources(Settings(data=short_directory), catalogue.SOURCES)
    asyncio.run(catalogue.prepare_bus(found.nats_url, Settings(data=short_directory)))
    # Given their addresses, the platform treats the servers as external and does not restart them.
    with running_platform(short_directory, database_url=found.database_url, nats_url=found.nats_url) as platform:
        yield FaultHarness(platform, servers, short_directory)
    servers.stop()
