"""Messages may be lost, repeated or reordered on the way: each source still ends complete and in its own order."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_sources import Source, in_order
from nats.aio.client import Client

from shared.contracts.envelope import STREAM

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

NAMES = ("membership", "meetings", "funding")

Step = tuple[str, int]
steps = st.one_of(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 12)),  # a copy of one of a source's events is delivered
    st.just(("the stream is purged", 0)),
    st.just(("the stream is deleted", 0)),
)


@settings(
    max_examples=40,
    deadline=None,
    # The ledger only grows, so each example counts from the end of the previous one.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lengths=st.tuples(*(st.integers(0, 12) for _ in NAMES)), course=st.lists(steps, max_size=40))
async def test_any_interleaving_loss_and_repetition_ends_in_each_sources_order(
    ledger: RunningLedger, sources: dict[str, Source], bus: Client, lengths: tuple[int, ...], course: list[Step]
) -> None:
    mine = [sources[name] for name in NAMES]
    before = {source.name: len(source.record) for source in mine}
    for source, length in zip(mine, lengths, strict=True):
        source.happens(length, correlationid=str(uuid.uuid4()))
    js = bus.jetstream()
    for what, number in course:
        if what == "the stream is deleted":
            await bus.flush()
            streams = [str(stream.config.name) for stream in await js.streams_info()]
            if STREAM in streams:
                await js.delete_stream(STREAM)
        elif what == "the stream is purged":
            await bus.flush()
            if [stream for stream in await js.streams_info() if stream.config.name == STREAM]:
                await js.purge_stream(STREAM)
        else:
            sequence = before[what] + number
            if sequence <= len(sources[what].record):
                await sources[what].publish(sequence)
    entries = await ledger.follow_to(sum(len(source.record) for source in mine))
    assert in_order(entries, *mine)
