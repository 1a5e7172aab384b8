"""The ledger service with a policy of witnesses: what its endpoints give, and what its readiness shows."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from fixtures_ledger import RunningLedger
from ledger_sources import append, event
from witness.harness import AgencyWitness
from witness.some_log import SomeLog

from services.ledger.entry import examine
from shared.contracts.envelope import encode
from shared.proofs.note import Note
from shared.proofs.policy import Policy
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.signing import SigningKeys, log_keys_of

if TYPE_CHECKING:
    from shared.runtime.hosting.running_service import ServiceContext
    from shared.runtime.identity.local_issuer import LocalIssuer

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, witness_policy=tmp_path / "policy", witness_interval=0.05)


@pytest.fixture
def keys(settings: Settings) -> SigningKeys:
    return log_keys_of(settings)


@pytest.fixture
def agencies(settings: Settings, keys: SigningKeys, tmp_path: Path) -> Iterator[list[AgencyWitness]]:
    """Three, of which the policy asks for two."""
    names = ("police", "fire", "health")
    found = [AgencyWitness(name, tmp_path, [key.verifier for key in keys.keys]) for name in names]
    for agency in found:
        agency.start()
    lines = [*(agency.policy_line for agency in found), f"group agencies 2 {' '.join(names)}", "quorum agencies\n"]
    assert settings.witness_policy is not None
    settings.witness_policy.write_text("\n".join(lines))
    yield found
    for agency in found:
        agency.stop()


@pytest.fixture
async def ledger(
    context: ServiceContext, issuer: LocalIssuer, settings: Settings, agencies: list[AgencyWitness]
) -> AsyncIterator[RunningLedger]:
    async with RunningLedger(dataclasses.replace(context, settings=settings), issuer) as running:
        yield running


async def record(ledger: RunningLedger, count: int) -> None:
    await append(
        ledger.service.log, [examine("meetings", number, encode(event("meetings"))) for number in range(1, count + 1)]
    )


def client_of(ledger: RunningLedger) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(ledger.service.app), base_url="http://ledger")


async def test_a_stranger_reads_a_checkpoint_that_the_agencies_cosigned(ledger: RunningLedger) -> None:
    await record(ledger, 7)
    async with asyncio.timeout(20), client_of(ledger) as client:
        policy = Policy.parse((await client.get("/policy")).content)
        while (answer := await client.get("/checkpoint")).status_code != 200 or b"\n7\n" not in answer.content:
            await asyncio.sleep(0.02)
    verified = policy.verify(Note.parse(answer.content))
    assert verified.checkpoint.size == 7
    assert len(verified.witnesses) >= 2
    assert await ledger.service.condition() == {"witness_alarms": []}


async def test_a_ledger_that_lost_entries_says_so_at_readiness_and_publishes_nothing(
    context: ServiceContext, issuer: LocalIssuer, settings: Settings, agencies: list[AgencyWitness], keys: SigningKeys
) -> None:
    before = SomeLog(50, keys=keys)
    for agency in agencies:
        assert agency.witness.add_checkpoint(before.request(0)).status == 200
    async with RunningLedger(dataclasses.replace(context, settings=settings), issuer) as ledger:
        await record(ledger, 7)
        async with asyncio.timeout(20):
            while len(alarms := (await ledger.service.condition())["witness_alarms"]) < 3:  # type: ignore[arg-type]
                await asyncio.sleep(0.02)
        async with client_of(ledger) as client:
            assert (await client.get("/checkpoint")).status_code == 503
    message = "\n".join(alarms)  # type: ignore[arg-type]  # a list of sentences, for JSON
    assert "It saw 50 entries of this ledger" in message
    assert "entries were lost or removed" in message
    assert "under the ledger's own signature" in message
