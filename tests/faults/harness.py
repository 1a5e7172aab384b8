"""The harness for faults: a platform in this process, and its servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fixtures_platform import RunningPlatform

from shared.runtime.embedded.servers import EmbeddedServers


@dataclass
class FaultHarness:
    """A running platform, and control of its servers."""

    platform: RunningPlatform
    servers: EmbeddedServers
    directory: Path
    """Where the servers keep what is theirs."""

    @property
    def database_url(self) -> str:
        """As the owner."""
        return self.servers.servers.database_url

    @property
    def nats_url(self) -> str:
        """As the user that may do anything."""
        return self.servers.servers.nats_admin_url
