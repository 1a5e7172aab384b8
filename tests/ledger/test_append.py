"""Facts about appending: dense, durable, once, and loud about contradictions."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import pytest
import structlog.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_sources import NOON, event
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.ledger.entry import Candidate, NotAnEntry, examine
from services.ledger.evidence import Evidence
from services.ledger.log import Log, ParkedMessage
from services.ledger.pages import EntryFilter, Pages
from services.ledger.pool import Connections, connections
from services.ledger.recent import Row
from shared.contracts.envelope import encode
from shared.proofs.merkle import leaf_hash
from shared.runtime.ground.database import url_for

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def candidates(source: str, first: int, last: int, **changed: object) -> list[Candidate]:
    return [
        examine(source, number, encode(event(source, id=f"{source}-{number}", **changed)))
        for number in range(first, last + 1)
    ]


async def entries(log: Log, pool: Connections) -> list[Row]:
    return [row async for page in Pages(pool).all(0, await log.size(), EntryFilter()) for row in page.rows]


async def test_positions_begin_at_0_and_continue(log: Log, pool: Connections) -> None:
    await log.append(candidates("meetings", 1, 3))
    await log.append(candidates("funding", 1, 2) + candidates("meetings", 4, 4))
    found = await entries(log, pool)
    assert [(row.position, row.source, row.source_sequence) for row in found] == [
        (0, "meetings", 1),
        (1, "meetings", 2),
        (2, "meetings", 3),
        (3, "funding", 1),
        (4, "funding", 2),
        (5, "meetings", 4),
    ]


async def test_an_entry_keeps_its_bytes_and_has_their_leaf_hash(log: Log, pool: Connections) -> None:
    entry = encode(event("meetings", actor="Bürgermeister ✓")).replace(b'"actor":', b'"actor" :  ')
    await log.append([examine("meetings", 1, entry)])
    (row,) = await entries(log, pool)
    assert (row.entry, row.leaf_hash) == (entry, leaf_hash(entry))


async def test_two_processes_that_append_at_once_make_one_dense_order(
    ledger_database: str, log: Log, pool: Connections
) -> None:
    other_pool = connections(url_for(ledger_database, "ledger"))
    await other_pool.open()
    logs = [log, Log(other_pool)]
    # Both get everything, in pieces that overlap.
    batches = [candidates(source, first, first + 9) for first in range(1, 200, 5) for source in ("meetings", "funding")]

    async def bring(ledger: Log) -> None:
        for batch in batches:
            await ledger.append(batch)

    await asyncio.gather(*(bring(ledger) for ledger in logs for _ in range(2)))
    await other_pool.close()
    found = await entries(log, pool)
    assert [row.position for row in found] == list(range(410))
    for source in ("meetings", "funding"):
        assert [row.source_sequence for row in found if row.source == source] == list(range(1, 206))


async def test_what_the_ledger_has_is_not_appended_again(log: Log, pool: Connections) -> None:
    await log.append(candidates("meetings", 1, 5))
    with structlog.testing.capture_logs() as lines:
        arranged = await log.append(candidates("meetings", 3, 6))
    assert (arranged.duplicates, len(arranged.new), await log.size()) == (3, 1, 6)
    assert lines == []


async def test_a_conflict_is_loud_and_kept_and_changes_nothing(log: Log, pool: Connections) -> None:
    await log.append(candidates("meetings", 1, 2))
    other = examine("meetings", 2, encode(event("meetings", id="from an old backup")))
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            await log.append([other, *candidates("funding", 1, 1)])
    (conflict,) = await Evidence(pool).conflicts(0, 10, None)
    assert (conflict.event_id, conflict.held_event_id) == ("from an old backup", "meetings-2")
    assert bytes(conflict.event) == other.entry
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("error", "conflict: a source contradicts the ledger")
    ]
    assert "meetings 2 came as event from an old backup" in lines[0]["conflict"]
    found = await entries(log, pool)
    assert [(row.source, row.entry) for row in found] == [
        (each.source, each.entry) for each in candidates("meetings", 1, 2) + candidates("funding", 1, 1)
    ]


async def test_an_event_id_may_not_come_back_under_another_number(log: Log, pool: Connections) -> None:
    await log.append(candidates("meetings", 1, 2))
    await log.append([examine("funding", 1, encode(event("funding", id="meetings-1")))])
    (conflict,) = await Evidence(pool).conflicts(0, 10, None)
    assert (conflict.source, conflict.held_source, conflict.held_source_sequence) == ("funding", "meetings", 1)
    assert await log.size() == 2


async def test_what_waits_for_growth_is_woken_by_the_commit(log: Log) -> None:
    waiting = [asyncio.create_task(log.beyond(2)) for _ in range(3)]
    await log.append(candidates("meetings", 1, 2))
    assert not any(task.done() for task in waiting)
    await log.append(candidates("meetings", 3, 5))
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == [5, 5, 5]


async def test_an_append_is_part_of_its_commands_trace(pool: Connections) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    log = Log(pool, tracer=provider.get_tracer("test"))
    await log.append(candidates("meetings", 1, 1) + candidates("meetings", 2, 2, traceparent=TRACEPARENT))
    (span,) = spans.get_finished_spans()
    assert span.name == "ledger append"
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}-{span.parent.span_id:016x}" == TRACEPARENT[3:-3]
    assert span.attributes is not None
    assert span.attributes["ledger.position"] == 1


async def test_a_spans_parent_is_the_message_it_came_in_before_the_command(pool: Connections) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    relayed = TRACEPARENT.replace("b7ad6b7169203331", "00f067aa0ba902b7")
    entry = encode(event("meetings", traceparent=TRACEPARENT))
    await Log(pool, tracer=provider.get_tracer("test")).append([examine("meetings", 1, entry, relayed)])
    (span,) = spans.get_finished_spans()
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "00f067aa0ba902b7"


texts = st.text(st.characters(categories=None, exclude_categories=()), min_size=0, max_size=600)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.fixed_dictionaries({name: texts for name in ("type", "subject", "partnership")}),
    times=st.fixed_dictionaries(
        {name: st.datetimes(timezones=st.timezones() | st.none()) for name in ("time", "recordedtime")}
    ),
    data=st.binary(max_size=20),
)
async def test_whatever_passes_examination_can_be_appended(
    log: Log, text: dict[str, str], times: dict[str, dt.datetime], data: bytes
) -> None:
    number = await log.last("meetings") + 1
    try:
        entry = encode(event("meetings", **text, **times, data=msgspec.Raw(data)))
        found = examine("meetings", number, entry)
    except (NotAnEntry, UnicodeEncodeError):
        return
    assert (await log.append([found])).new == [found]


async def test_what_happens_to_what_came_is_counted(pool: Connections) -> None:
    reader = InMemoryMetricReader()
    log = Log(pool, meter=MeterProvider([reader]).get_meter("test"))
    await log.append(candidates("meetings", 1, 3))
    other = examine("meetings", 2, encode(event("meetings")))
    await log.append([other])
    await log.append([other])
    for _ in range(2):
        await log.park([ParkedMessage("somewhere", "it is broken", b"\x00\xff")])
    data = reader.get_metrics_data()
    assert data is not None
    counted = {
        metric.name: [getattr(point, "value", None) for point in metric.data.data_points]
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
    }
    assert counted == {"ledger.appended": [3], "ledger.conflicts": [1], "ledger.parked": [1]}


async def test_a_partnerships_readers_see_their_own_conflicts_only(log: Log, pool: Connections) -> None:
    await log.append(candidates("meetings", 1, 1))
    await log.append([examine("meetings", 1, encode(event("meetings", partnership="tamworth", recordedtime=NOON)))])
    assert len(await Evidence(pool).conflicts(0, 10, "tamworth")) == 1
    assert await Evidence(pool).conflicts(0, 10, "cannock-chase") == []
