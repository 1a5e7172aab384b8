"""A scenario on a platform, and what it recorded there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from fixtures_platform import Caller, RunningPlatform

from services import catalogue
from services.command_line.player import Endpoints, Player, Scenario, Step
from shared.runtime.identity.local_issuer import issuer_of


@dataclass
class Quarter:
    """A scenario on a platform, and the clerk who reads what it recorded."""

    platform: RunningPlatform
    scenario: Scenario
    clerk: Caller

    def play(self) -> list[Step]:
        """Play all steps, wait until all services have reacted, and return what was played."""
        return asyncio.run(self._play())

    async def _play(self) -> list[Step]:
        steps: list[Step] = []
        http, nats = self.platform.addresses.http, self.platform.addresses.nats
        endpoints = Endpoints({name: f"{http}/{name}" for name in catalogue.NAMES}, nats)
        async with Player(issuer_of(self.platform.settings), endpoints, self.scenario) as player:
            await player.play(steps.append)
        for _ in range(2):  # what a service does in reaction to another's facts are facts in turn
            for service in catalogue.DECIDING:
                record = self.clerk.get(service, "/record").json()
                self.clerk.marks[record["source"]] = str(record["sequence"])
        return steps

    def ledger_size(self) -> int:
        """The number of events."""
        return int(self.clerk.get("reporting", "/position").json()["ledger_size"])


def quarter_on(platform: RunningPlatform, directory: Path) -> Quarter:
    """A scenario, not yet played."""
    scenario = Scenario.read(directory)
    return Quarter(platform, scenario, platform.caller("clerk", scenario.about.partnership))
