"""Facts about the stream between the services and the ledger, and about asking to send again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import nats.errors
import pytest
import structlog.testing
from ledger_sources import Source, in_order
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, DiscardPolicy, StorageType

from shared.contracts.envelope import MAX_BYTES, STREAM
from shared.runtime.following.bus import ask_to_resend, decode_resend_request, encode_resend_request
from shared.runtime.following.streams import MAX_HEADER_BYTES, StreamBounds, ensure_events
from shared.runtime.ground.supervision import stop
from shared.runtime.hosting.running_service import ServiceContext
from shared.runtime.identity.local_issuer import LocalIssuer

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def js(nats_url: str) -> AsyncIterator[JetStreamContext]:
    """JetStream without any stream, for the user that may make them."""
    from fixtures_ledger import connected

    client = await connected(nats_url)
    yield client.jetstream()
    await client.close()


async def test_the_stream_is_made_once_on_disk_and_within_its_bounds(js: JetStreamContext) -> None:
    for _ in range(2):
        await ensure_events(js, StreamBounds(10_000_000, 3600))
    config = (await js.stream_info(STREAM)).config
    assert (config.subjects, config.storage, config.allow_atomic) == (["events.>"], StorageType.FILE, True)
    assert (config.max_bytes, config.max_age, config.discard) == (10_000_000, 3600, DiscardPolicy.OLD)
    assert (await js.consumer_info(STREAM, "ledger")).config.ack_policy == AckPolicy.ALL


@pytest.mark.parametrize("age", [0.2, 119, 121])
async def test_the_bounds_of_a_stream_that_exists_are_changed(js: JetStreamContext, age: float) -> None:
    await ensure_events(js, StreamBounds(10_000_000, 3600))
    await ensure_events(js, StreamBounds(20_000_000, age))
    config = (await js.stream_info(STREAM)).config
    assert (config.max_bytes, config.max_age, config.duplicate_window) == (20_000_000, age, min(age, 120))


async def test_what_else_an_operator_has_chosen_of_a_stream_stays(js: JetStreamContext) -> None:
    await js.add_stream(name=STREAM, subjects=["events.>"], description="ours, with three replicas")
    await ensure_events(js, StreamBounds(10_000_000, 3600))
    config = (await js.stream_info(STREAM)).config
    assert (config.description, config.max_bytes) == ("ours, with three replicas", 10_000_000)


async def test_what_the_stream_has_dropped_while_the_ledger_was_away_comes_from_the_sources(
    context: ServiceContext, issuer: LocalIssuer, sources: dict[str, Source], bus: Client
) -> None:
    from fixtures_ledger import RunningLedger

    await stop(*(task for task in asyncio.all_tasks() if task.get_name() == "streams"))
    await ensure_events(bus.jetstream(), StreamBounds(50_000, 3600))
    for source in sources.values():
        await source.publish(*source.happens(500))
    await bus.flush()
    held = (await bus.jetstream().stream_info(STREAM)).state
    assert 0 < held.messages < 500
    async with RunningLedger(context, issuer) as ledger:
        assert in_order(await ledger.follow_to(2000), *sources.values())


async def test_without_the_stream_the_ledger_says_what_to_do_and_asks_the_sources(
    context: ServiceContext, issuer: LocalIssuer, sources: dict[str, Source], bus: Client
) -> None:
    from fixtures_ledger import RunningLedger

    await stop(*(task for task in asyncio.all_tasks() if task.get_name() == "streams"))
    meetings = sources["meetings"]
    async with RunningLedger(context, issuer) as ledger:
        with structlog.testing.capture_logs() as said:
            await bus.jetstream().delete_stream(STREAM)
            await meetings.publish(*meetings.happens(20))
            assert in_order(await ledger.follow_to(20), meetings)
            await meetings.publish(*meetings.happens(20))
            assert in_order(await ledger.follow_to(40), meetings)
            async with asyncio.timeout(30):
                while not any("run `folkmoot migrate`" in line["event"] for line in said):
                    await asyncio.sleep(0.02)
        await ensure_events(bus.jetstream(), StreamBounds(10_000_000, 3600))
        async with asyncio.timeout(30):
            while not await ledger.takes_in():
                await asyncio.sleep(0.02)


async def test_the_largest_event_fits_with_its_headers(bus: Client) -> None:
    js = bus.jetstream()
    headers = {"Nats-Msg-Id": "x" * (MAX_HEADER_BYTES - 40)}
    await js.publish("events.a.b", b"x" * MAX_BYTES, headers=headers)
    assert (await js.stream_info(STREAM)).state.messages == 1


async def test_a_source_sends_whole_batches_again(bus: Client) -> None:
    source = Source("meetings", bus)
    source.happens(5, batch=2)
    await source.answer()
    await bus.flush()
    resent = await ask_to_resend(bus, "meetings", 2, 2, 5)
    assert list(resent.events) == [(3, source.record[2]), (4, source.record[3])]
    assert resent.signatures == [source.signatures[1].format()]
    nothing = await ask_to_resend(bus, "meetings", 5, 100, 5)
    assert (nothing.events, nothing.signatures) == ([], [])


async def test_a_source_that_is_not_there_is_noticed_at_once(bus: Client) -> None:
    with pytest.raises(nats.errors.NoRespondersError):
        await ask_to_resend(bus, "nobody", 0, 1, 5)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"after":-1,"limit":1}', b'{"after":0,"limit":0}', b'{"after":"0"}'])
def test_a_request_to_send_again_says_from_where_and_how_many(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_resend_request(data)
    assert decode_resend_request(encode_resend_request(7, 500)).after == 7
