"""Facts about the stream between the services and the ledger, and about asking to send again."""

from __future__ import annotations

import msgspec
import nats.errors
import pytest
from ledger_sources import Source
from nats.aio.client import Client
from nats.js.api import StorageType

from shared.contracts.envelope import MAX_BYTES, STREAM
from shared.runtime.following.bus import (
    MAX_HEADER_BYTES,
    ask_to_resend,
    decode_resend_request,
    encode_resend_request,
    ensure_stream,
)

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio


async def test_the_stream_is_made_once_and_keeps_everything_on_disk(bus: Client) -> None:
    js = bus.jetstream()
    for _ in range(2):
        await ensure_stream(js)
    config = (await js.stream_info(STREAM)).config
    assert (config.subjects, config.storage, config.max_age, config.allow_atomic) == (
        ["events.>"],
        StorageType.FILE,
        0,
        True,
    )


async def test_a_stream_an_operator_has_made_is_left_as_it_is(bus: Client) -> None:
    js = bus.jetstream()
    await js.add_stream(name=STREAM, subjects=["events.>"], description="ours, with three replicas")
    await ensure_stream(js)
    assert (await js.stream_info(STREAM)).config.description == "ours, with three replicas"


async def test_the_largest_event_fits_with_its_headers(bus: Client) -> None:
    js = bus.jetstream()
    await ensure_stream(js)
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
