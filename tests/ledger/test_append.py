"""Facts about appending: dense, durable, once, and contradictions are reported."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import psycopg
import pytest
import structlog.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_sources import NOON, append, batch, event
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate, NotAnEntry, examine
from services.ledger.evidence import Evidence
from services.ledger.log import Log, ParkedMessage, UnsignedEntries
from services.ledger.pages import EntryFilter, Pages
from services.ledger.pool import Connections, connections
from services.ledger.recent import Row
from shared.contracts.envelope import encode
from shared.proofs.merkle import leaf_hash
from shared.runtime.ground.database import conninfo, url_for

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def candidates(source: str, first: int, last: int, **changed: object) -> list[Candidate]:
    return [
        examine(source, number, encode(event(source, id=f"{source}-{number}", **changed)))
        for number in range(first, last + 1)
    ]


def chain(source: str, count: int, size: int) -> list[Batch]:
    """A source's events, signed in batches of one size."""
    found: list[Batch] = []
    head = Head()
    for first in range(1, count, size):
        found.append(batch(candidates(source, first, first + size - 1), head))
        head = Head(found[-1].signature.last, found[-1].head)
    return found


async def entries(log: Log, pool: Connections) -> list[Row]:
    return [row async for page in Pages(pool).all(0, await log.size(), EntryFilter()) for row in page.rows]


async def test_positions_begin_at_0_and_continue(log: Log, pool: Connections) -> None:
    await append(log, candidates("meetings", 1, 3))
    await append(log, candidates("funding", 1, 2) + candidates("meetings", 4, 4))
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
    await append(log, [examine("meetings", 1, entry)])
    (row,) = await entries(log, pool)
    assert (row.entry, row.leaf_hash) == (entry, leaf_hash(entry))


async def test_two_processes_that_append_at_once_make_one_dense_order(
    ledger_database: str, log: Log, pool: Connections
) -> None:
    other_pool = connections(url_for(ledger_database, "ledger"))
    await other_pool.open()
    logs = [log, Log(other_pool)]
    # Both get everything.
    mine = [each for source in ("meetings", "funding") for each in chain(source, 200, 10)]

    async def bring(ledger: Log) -> None:
        for each in mine:
            await ledger.append([each])

    await asyncio.gather(*(bring(ledger) for ledger in logs for _ in range(2)))
    await other_pool.close()
    found = await entries(log, pool)
    assert [row.position for row in found] == list(range(400))
    for source in ("meetings", "funding"):
        assert [row.source_sequence for row in found if row.source == source] == list(range(1, 201))


async def test_a_ledger_with_an_entry_that_nobody_signed_does_not_start(
    log: Log, ledger_database: str, pool: Connections
) -> None:
    await append(log, candidates("meetings", 1, 3))
    await Log(pool).open()
    with psycopg.connect(conninfo(ledger_database)) as owner:
        owner.execute("ALTER TABLE ledger.signature DISABLE TRIGGER append_only")
        owner.execute("DELETE FROM ledger.signature")
    with pytest.raises(UnsignedEntries, match="has 3 entries, and 0 are signed"):
        await Log(pool).open()


async def test_what_the_ledger_has_is_not_appended_again(log: Log, pool: Connections) -> None:
    await append(log, candidates("meetings", 1, 5))
    with structlog.testing.capture_logs() as lines:
        arranged = await append(log, candidates("meetings", 3, 6))
    assert (arranged.duplicates, len(arranged.candidates), await log.size()) == (3, 1, 6)
    assert lines == []


async def test_a_conflict_is_loud_and_kept_and_changes_nothing(log: Log, pool: Connections) -> None:
    await append(log, candidates("meetings", 1, 2))
    other = examine("meetings", 2, encode(event("meetings", id="from an old backup")))
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            await append(log, [other, *candidates("funding", 1, 1)])
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
    await append(log, candidates("meetings", 1, 2))
    await append(log, [examine("funding", 1, encode(event("funding", id="meetings-1")))])
    (conflict,) = await Evidence(pool).conflicts(0, 10, None)
    assert (conflict.source, conflict.held_source, conflict.held_source_sequence) == ("funding", "meetings", 1)
    assert await log.size() == 2


async def test_what_waits_for_growth_is_woken_by_the_commit(log: Log) -> None:
    waiting = [asyncio.create_task(log.beyond(2)) for _ in range(3)]
    await append(log, candidates("meetings", 1, 2))
    assert not any(task.done() for task in waiting)
    await append(log, candidates("meetings", 3, 5))
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == [5, 5, 5]


async def test_an_append_is_part_of_its_commands_trace(pool: Connections) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    log = Log(pool, tracer=provider.get_tracer("test"))
    await append(log, candidates("meetings", 1, 1) + candidates("meetings", 2, 2, traceparent=TRACEPARENT))
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
    await append(Log(pool, tracer=provider.get_tracer("test")), [examine("meetings", 1, entry, relayed)])
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
    number = (await log.heads(["meetings"]))["meetings"].last + 1
    try:
        entry = encode(event("meetings", **text, **times, data=msgspec.Raw(data)))
        found = examine("meetings", number, entry)
    except (NotAnEntry, UnicodeEncodeError):
        return
    assert (await append(log, [found])).candidates == [found]


async def test_the_outcome_of_every_message_is_counted(pool: Connections) -> None:
    reader = InMemoryMetricReader()
    log = Log(pool, meter=MeterProvider([reader]).get_meter("test"))
    await append(log, candidates("meetings", 1, 3))
    other = examine("meetings", 2, encode(event("meetings")))
    await append(log, [other])
    await append(log, [other])
    for _ in range(2):
        await log.park([ParkedMessage("somewhere", "it is broken", b"\x00\xff")])
    data = reader.get_metrics_data()
    assert data is not None
    counted = {
        metric.name: [getattr(point, "value", None) for point in metric.data.data_points]
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
    }
    assert await Evidence(pool).counts() == (1, 1)
    assert counted == {"ledger.appended": [3], "ledger.conflicts": [1], "ledger.parked": [1]}


async def test_a_partnerships_readers_see_their_own_conflicts_only(log: Log, pool: Connections) -> None:
    await append(log, candidates("meetings", 1, 1))
    await append(log, [examine("meetings", 1, encode(event("meetings", partnership="tamworth", recordedtime=NOON)))])
    assert len(await Evidence(pool).conflicts(0, 10, "tamworth")) == 1
    assert await Evidence(pool).conflicts(0, 10, "cannock-chase") == []
