"""Facts about the intake of the ledger: nothing is lost, skipped or doubled, even if NATS fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import structlog.testing
from ledger_sources import Source, in_order
from nats.aio.client import Client

from services.ledger.condition import StuckSource
from services.ledger.evidence import Evidence
from services.ledger.pool import Connections
from shared.contracts.envelope import STREAM
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.following.streams import ACK_TIMEOUT_S
from shared.runtime.hosting.running_service import ServiceContext
from shared.runtime.identity.local_issuer import LocalIssuer

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

Sources = dict[str, Source]


async def eventually[T](look: Callable[[], Coroutine[Any, Any, T]], wanted: Callable[[T], bool]) -> T:
    """Check repeatedly until it is so, for a state that cannot be awaited."""
    async with asyncio.timeout(60):
        while not wanted(found := await look()):
            await asyncio.sleep(0.02)
    return found


async def test_eight_publishers_at_once_make_one_dense_order(patient_ledger: RunningLedger, sources: Sources) -> None:
    shuffle = random.Random(1)

    async def publisher(source: Source, mine: list[int]) -> None:
        twice = mine + shuffle.sample(mine, len(mine) // 3)
        shuffle.shuffle(twice)
        for number in twice:
            await source.publish(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as publishers:
        for source in sources.values():
            numbers = source.happens(250, batch=1)
            for half in (numbers[::2], numbers[1::2]):
                publishers.create_task(publisher(source, half))
    entries = await patient_ledger.follow_to(1000)
    assert len(entries) == 1000
    assert in_order(entries, *sources.values())


async def test_if_nothing_is_lost_no_source_is_asked(patient_ledger: RunningLedger, sources: Sources) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    await meetings.publish(*meetings.happens(1200))
    await funding.publish(*funding.happens(300))
    assert in_order(await patient_ledger.follow_to(1500), meetings, funding)
    assert meetings.asked == funding.asked == []


async def test_what_is_in_the_ledger_is_acknowledged(
    patient_ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    meetings = sources["meetings"]
    await meetings.publish(*meetings.happens(700))
    await patient_ledger.follow_to(700)
    await eventually(
        lambda: bus.jetstream().consumer_info(STREAM, "ledger"),
        lambda consumer: consumer.num_ack_pending == consumer.num_pending == 0,
    )


async def test_what_a_ledger_had_in_hand_when_it_died_comes_again_at_once(
    context: ServiceContext, issuer: LocalIssuer, bus: Client
) -> None:
    from fixtures_ledger import RunningLedger

    nobody_answers = Source("meetings", bus)
    async with RunningLedger(context, issuer):
        pass
    await nobody_answers.publish(*nobody_answers.happens(50))
    in_hand = await (await bus.jetstream().pull_subscribe_bind("ledger", STREAM)).fetch(50)
    assert in_hand
    async with RunningLedger(context, issuer) as again, asyncio.timeout(ACK_TIMEOUT_S / 2):
        assert in_order(await again.follow_to(50), nobody_answers)


async def test_a_gap_is_filled_by_the_source(patient_ledger: RunningLedger, sources: Sources) -> None:
    meetings = sources["meetings"]
    meetings.happens(10, batch=3)
    await meetings.publish(1, 2, 3, 7, 8)
    assert in_order(await patient_ledger.follow_to(10), meetings)
    assert meetings.asked[0] == 3


async def test_what_was_never_published_is_asked_for(ledger: RunningLedger, sources: Sources) -> None:
    for source in sources.values():
        source.happens(1200)
    assert in_order(await ledger.follow_to(4800), *sources.values())


async def test_a_stream_deleted_half_way_is_created_again_and_its_loss_repaired(
    patient_ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    ledger = patient_ledger
    meetings = sources["meetings"]
    await meetings.publish(*meetings.happens(20))
    await ledger.follow_to(20)
    lost = meetings.happens(20)
    await bus.jetstream().delete_stream(STREAM)
    await meetings.publish(*lost)  # into the void
    await eventually(ledger.takes_in, bool)
    await meetings.publish(*meetings.happens(20))
    assert in_order(await ledger.follow_to(60), meetings)


async def test_a_stream_deleted_half_way_is_repaired_though_nothing_happens_any_more(
    ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    await meetings.publish(*meetings.happens(20))
    await ledger.follow_to(20)
    await bus.jetstream().delete_stream(STREAM)
    await meetings.publish(*meetings.happens(20))
    await funding.publish(*funding.happens(20))
    assert in_order(await ledger.follow_to(60), meetings, funding)
    # And the stream is there again for what comes next.
    await eventually(ledger.takes_in, bool)
    await meetings.publish(*meetings.happens(1))
    await bus.flush()
    assert in_order(await ledger.follow_to(61), meetings, funding)


async def test_a_purged_stream_and_a_deleted_consumer_lose_nothing(
    ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    meetings, js = sources["meetings"], bus.jetstream()
    for round_ in range(3):
        await eventually(ledger.takes_in, bool)
        await meetings.publish(*meetings.happens(30, batch=7))
        await js.purge_stream(STREAM)
        await meetings.publish(*meetings.happens(30))
        await js.delete_consumer(STREAM, "ledger")
        await meetings.publish(*meetings.happens(30))
        assert in_order(await ledger.follow_to(90 * (round_ + 1)), meetings)


async def test_nats_killed_and_started_again_loses_nothing(
    ledger: RunningLedger, sources: Sources, bus: Client, servers: EmbeddedServers
) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    for round_ in range(2):
        await meetings.publish(*meetings.happens(30))
        await asyncio.to_thread(servers.nats.kill)
        unpublished = meetings.happens(30), funding.happens(30)
        await asyncio.to_thread(servers.nats.start)
        await eventually(_connected(bus), bool)
        await meetings.publish(*unpublished[0][10:])
        await bus.flush()
        assert in_order(await ledger.follow_to(90 * (round_ + 1)), meetings, funding)
    # Not only by asking: JetStream delivers again.
    await eventually(ledger.takes_in, bool)


async def test_postgresql_killed_and_started_again_loses_nothing(
    ledger: RunningLedger, sources: Sources, servers: EmbeddedServers
) -> None:
    meetings = sources["meetings"]
    await meetings.publish(*meetings.happens(30))
    await ledger.follow_to(30)
    await asyncio.to_thread(servers.postgres.kill)
    await meetings.publish(*meetings.happens(600))
    await asyncio.to_thread(servers.postgres.start)
    await meetings.publish(*meetings.happens(30))
    assert in_order(await eventually(_entries(ledger), lambda entries: len(entries) == 660), meetings)


async def test_a_ledger_that_was_stopped_reads_what_it_missed(
    context: ServiceContext, issuer: LocalIssuer, sources: Sources, bus: Client
) -> None:
    from fixtures_ledger import RunningLedger

    meetings = sources["meetings"]
    for round_ in range(3):
        await meetings.publish(*meetings.happens(700))
        async with RunningLedger(context, issuer) as ledger:
            assert in_order(await ledger.follow_to(700 * (round_ + 1)), meetings)


async def test_a_source_that_does_not_answer_delays_no_other(
    ledger: RunningLedger, bus: Client, sources: Sources
) -> None:
    silent, funding = Source("projects", bus), sources["funding"]
    silent.happens(5, batch=2)
    answering = sources["projects"]  # the one that answers knows nothing of it
    await silent.publish(1, 2, 5)
    await funding.publish(*funding.happens(50))
    entries = await ledger.follow_to(52)
    assert [entry.source_sequence for entry in entries if entry.source == "projects"] == [1, 2]
    assert in_order(entries, funding)
    answering.record, answering.signatures = silent.record, silent.signatures  # now it does
    assert in_order(await ledger.follow_to(55), funding, silent)


async def test_a_source_that_contradicts_itself_is_logged_and_delays_nothing_else(
    ledger: RunningLedger, sources: Sources, bus: Client, pool: Connections
) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    await meetings.publish(*meetings.happens(5, batch=1))
    await ledger.follow_to(5)
    kept = list(meetings.record)
    with structlog.testing.capture_logs() as lines:
        # The source comes back from an old copy: it has forgotten 4 and 5, and goes on from there.
        meetings.goes_back(3)
        await meetings.publish(*meetings.happens(4, batch=2))
        await funding.publish(*funding.happens(5))
        evidence = await eventually(lambda: Evidence(pool).conflicts(0, 10, None), lambda found: len(found) == 2)
        stuck = await eventually(_stuck(ledger), bool)
        entries = await ledger.follow_to(10)
    assert [(found.source, found.source_sequence) for found in evidence] == [("meetings", 4), ("meetings", 5)]
    assert [line["log_level"] for line in lines if line["event"].startswith("conflict")] == ["error", "error"]
    assert stuck["meetings"].after == 5
    assert "meetings did not sign its events 6 to 7" in stuck["meetings"].why
    assert [entry.entry for entry in entries if entry.source == "meetings"] == kept
    assert in_order(entries, funding)


async def test_a_source_whose_own_record_is_broken_is_stuck_alone_and_visibly(
    ledger: RunningLedger, sources: Sources, pool: Connections
) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    meetings.happens(2)
    meetings.records(b"not an event")
    meetings.happens(2)
    with structlog.testing.capture_logs() as lines:
        await meetings.publish(5)
        await funding.publish(*funding.happens(5))
        assert in_order(await ledger.follow_to(7), funding)
        await eventually(_list(lines), lambda found: any(line["event"].startswith("stuck") for line in found))
    (parked,) = await Evidence(pool).parked(0, 10)
    assert parked.origin == "sent again by meetings as 3"
    assert await ledger.size() == 7
    stuck = ledger.service.way_in.stuck["meetings"]
    assert (stuck.after, stuck.why) == (2, f"Its event 3 cannot become an entry: {parked.reason}")


def _connected(bus: Client) -> Callable[[], Coroutine[Any, Any, bool]]:
    async def look() -> bool:
        return bus.is_connected

    return look


def _entries(ledger: RunningLedger) -> Callable[[], Coroutine[Any, Any, list[Any]]]:
    async def look() -> list[Any]:
        try:
            return [entry for page in await ledger.replay() for entry in page.entries]
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return []

    return look


def _stuck(ledger: RunningLedger) -> Callable[[], Coroutine[Any, Any, dict[str, StuckSource]]]:
    async def look() -> dict[str, StuckSource]:
        return ledger.service.way_in.stuck

    return look


def _list(lines: list[Any]) -> Callable[[], Coroutine[Any, Any, list[Any]]]:
    async def look() -> list[Any]:
        return list(lines)

    return look
