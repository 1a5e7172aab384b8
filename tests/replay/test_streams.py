"""Facts about slow readers and readers who leave: the ledger buffers nothing, and frees all connections."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import TYPE_CHECKING

import grpc
import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from ledger_sources import append, event

from services.ledger.entry import examine
from services.ledger.log import Log
from services.ledger.pages import EntryFilter, Pages
from services.ledger.recent import Page
from shared.contracts.envelope import encode
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.ground.database import conninfo
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger
    from fixtures_platform import RunningPlatform

pytest_plugins = ["fixtures_ledger", "fixtures_platform"]
pytestmark = pytest.mark.anyio

LEDGER = "shared.rpc.ledger.v1.Ledger"
LARGE = 8_000
"""Characters an entry has here, so that a page of 500 is 4 MB."""
PAGES = 24
ENTRIES = PAGES * 500
SLOW = ledger_pb2.Filter(partnership="cannock-chase")


@pytest.fixture
async def long_ledger(log: Log, ledger: RunningLedger) -> RunningLedger:
    """A ledger of 100 MB."""
    entries = (encode(event("meetings", actor="x" * LARGE)) for _ in range(ENTRIES))
    for batch in itertools.batched(enumerate(entries, 1), 500):
        await append(log, [examine("meetings", number, entry) for number, entry in batch])
    return ledger


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many pages were read from PostgreSQL, by the partnership asked for."""
    counted: Counter[str] = Counter()
    real = Pages.read

    async def read(self: Pages, start: int, end: int, which: EntryFilter, most: int = 500) -> Page:
        counted[which.partnership] += 1
        return await real(self, start, end, which, most)

    monkeypatch.setattr(Pages, "read", read)
    return counted


async def test_a_reader_who_pauses_makes_the_ledger_pause(long_ledger: RunningLedger, reads: Counter[str]) -> None:
    """The clock of this test is a second reader, who reads everything again while the first reads nothing.

    What is on its way to the first (HTTP/2's window, which gRPC widens to 16 MiB) has been read, and nothing beyond it.
    """
    caller = long_ledger.as_(Role.SERVICE)
    call = long_ledger.stub.Replay(ledger_pb2.ReplayRequest(filter=SLOW), metadata=caller)
    slow = aiter(call)
    seen = len((await anext(slow)).entries)
    ahead = []
    for _ in range(3):
        assert sum(len(page.entries) for page in await long_ledger.replay()) == ENTRIES
        ahead.append(reads["cannock-chase"])
    assert reads[""] == 3 * PAGES
    assert ahead[0] == ahead[1] == ahead[2] <= 7, "what a reader does not take must not be fetched"
    seen += sum([len(page.entries) async for page in slow])
    assert (seen, reads["cannock-chase"]) == (ENTRIES, PAGES)


async def test_fifty_slow_readers_hold_no_connection(long_ledger: RunningLedger, reads: Counter[str]) -> None:
    caller = long_ledger.as_(Role.SERVICE)
    calls = [long_ledger.stub.Replay(ledger_pb2.ReplayRequest(filter=SLOW), metadata=caller) for _ in range(50)]
    async with asyncio.timeout(60):
        for call in calls:
            await anext(aiter(call))
        # The pool has ten connections: if each reader held one, no other caller would be answered.
        assert await long_ledger.size() == ENTRIES
        assert sum(len(page.entries) for page in await long_ledger.replay()) == ENTRIES
    assert reads["cannock-chase"] <= 50 * 7
    for call in calls:
        call.cancel()


async def test_a_cancelled_call_frees_its_connection_at_once(
    log: Log, patient_ledger: RunningLedger, ledger_database: str
) -> None:
    """Ten calls are held up inside PostgreSQL, which is all the connections there are, and then given up.

    The ledger itself is patient: it does not look up how far its sources are meanwhile, which would be held up as well.
    """
    await append(log, [examine("meetings", 1, encode(event("meetings")))])
    caller = patient_ledger.as_(Role.SERVICE)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    owner = await psycopg.AsyncConnection.connect(conninfo(ledger_database))
    async with owner, asyncio.timeout(60):
        await owner.execute("LOCK TABLE ledger.entry IN ACCESS EXCLUSIVE MODE")
        calls = [patient_ledger.stub.Replay(ledger_pb2.ReplayRequest(), metadata=caller) for _ in range(10)]
        readers = [asyncio.ensure_future(anext(aiter(call))) for call in calls]

        async def until(number: int) -> None:
            while True:
                (found,) = await (await owner.execute(waiting)).fetchone() or (0,)
                await owner.execute("SELECT pg_stat_clear_snapshot()")
                if found == number:
                    return
                await asyncio.sleep(0.02)

        await until(10)
        for call in calls:
            call.cancel()
        await until(0)
        assert all(
            isinstance(found, asyncio.CancelledError)
            for found in await asyncio.gather(*readers, return_exceptions=True)
        )
        await owner.rollback()
        assert sum(len(page.entries) for page in await patient_ledger.replay()) == 1


async def test_followers_who_leave_are_not_waited_for(ledger: RunningLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, changed = 0, asyncio.Condition()
    real = Log.beyond

    async def count(by: int) -> None:
        nonlocal waiting
        async with changed:
            waiting += by
            changed.notify_all()

    async def beyond(self: Log, position: int) -> int:
        await count(1)
        try:
            return await real(self, position)
        finally:
            await count(-1)

    monkeypatch.setattr(Log, "beyond", beyond)
    calls = [ledger.stub.Follow(ledger_pb2.FollowRequest(), metadata=ledger.as_(Role.SERVICE)) for _ in range(20)]
    async with asyncio.timeout(20), changed:
        for call in calls:
            await anext(aiter(call))
        await changed.wait_for(lambda: waiting == 20)
        for call in calls:
            call.cancel()
        await changed.wait_for(lambda: waiting == 0)


async def test_reading_goes_on_from_where_a_lost_call_ended(long_ledger: RunningLedger) -> None:
    found: list[int] = []
    at = 0
    while at < ENTRIES:
        request = ledger_pb2.ReplayRequest(from_position=at)
        call = long_ledger.stub.Replay(request, metadata=long_ledger.as_(Role.SERVICE))
        page = await anext(aiter(call))
        call.cancel()
        found += [entry.position for entry in page.entries]
        at = page.next_position
    assert found == list(range(ENTRIES))


def test_the_ledger_offers_reflection(platform: RunningPlatform) -> None:
    """gRPC's reflection: a partner's tools need no file from us."""
    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        described = ProtoReflectionDescriptorDatabase(channel)
        assert {LEDGER, "grpc.health.v1.Health"} <= set(described.get_services())
        file = described.FindFileContainingSymbol(LEDGER)
    (service,) = [each for each in file.service if each.name == "Ledger"]
    assert {"Replay", "Follow", "Head"} <= {method.name for method in service.method}
    (filtered,) = [each for each in file.message_type if each.name == "Filter"]
    assert [field.name for field in filtered.field] == [
        "partnership",
        "service",
        "subject",
        "type",
        "actor",
        "decision",
    ]


def test_the_ledger_says_that_it_serves(platform: RunningPlatform) -> None:
    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", LEDGER):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
            stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
