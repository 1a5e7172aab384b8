"""Facts about attackers on the bus: what no source signed becomes no entry, is shown, and displaces nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from ledger_sources import Source, event, in_order, key_of, register
from nats.aio.client import Client

from services.ledger.batches import Reason
from services.ledger.condition import RefusedMessage
from services.ledger.evidence import Evidence
from services.ledger.pool import Connections
from shared.contracts.envelope import MAX_BYTES, SEQUENCE_HEADER, SIGNATURE_HEADER, SOURCE_HEADER, encode
from shared.proofs.sources import START, SourceSignature
from shared.runtime.following.bus import Resent, encode_resend_reply, resend_subject
from shared.runtime.hosting.running_service import ServiceContext
from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.signing import SigningKey, verify

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

Sources = dict[str, Source]
STRANGER = SigningKey("funding", sha256(b"a stranger").digest())


async def eventually[T](look: Callable[[], Coroutine[Any, Any, T]], wanted: Callable[[T], bool]) -> T:
    async with asyncio.timeout(60):
        while not wanted(found := await look()):
            await asyncio.sleep(0.02)
    return found


def refused(ledger: RunningLedger) -> Callable[[], Coroutine[Any, Any, list[RefusedMessage]]]:
    async def look() -> list[RefusedMessage]:
        return ledger.service.way_in.recent()

    return look


def some(count: int) -> Callable[[list[RefusedMessage]], bool]:
    return lambda found: len(found) >= count


async def forge(bus: Client, source: str, number: int, payload: bytes, **headers: str) -> None:
    """Publish a message under a source's name, from somewhere else."""
    named = {SOURCE_HEADER: source, SEQUENCE_HEADER: str(number), **headers}
    await bus.publish("events.anywhere", payload, headers=named)


async def test_a_forged_message_becomes_no_entry_and_the_true_event_under_its_number_gets_in(
    ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    funding = sources["funding"]
    await funding.publish(*funding.happens(3))
    await ledger.follow_to(3)
    await forge(bus, "funding", 4, encode(event("funding", type="funding.money_awarded.v1")))
    (found,) = await eventually(refused(ledger), some(1))
    assert (found.source, found.reason, found.detail) == (
        "funding",
        Reason.NOT_RECORDED,
        "funding has no event 4.",
    )
    assert found.origin.startswith("events.anywhere {'Folkmoot-Source': 'funding', 'Folkmoot-Sequence': '4'")
    assert await ledger.size() == 3
    await funding.publish(*funding.happens(1))
    assert in_order(await ledger.follow_to(4), funding)


async def test_an_acknowledged_event_gets_in_though_its_number_was_forged_and_its_message_was_lost(
    ledger: RunningLedger, sources: Sources, bus: Client, pool: Connections
) -> None:
    funding = sources["funding"]
    await forge(bus, "funding", 1, encode(event("funding")))
    funding.happens(2)  # never published
    assert in_order(await ledger.follow_to(2), funding)
    (found,) = await eventually(refused(ledger), some(1))
    assert found.reason is Reason.OTHER_BYTES
    assert await Evidence(pool).conflicts(0, 10, None) == []


async def test_a_forged_decision_is_in_no_page_that_a_follower_gets(
    ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    meetings = sources["meetings"]
    decision = encode(event("meetings", type="meetings.decision_recorded.v1"))
    line = SourceSignature(1, 1, key_of("meetings").verifier.key_id, bytes(64)).format()
    await forge(bus, "meetings", 1, decision, **{SIGNATURE_HEADER: line})
    await eventually(refused(ledger), some(1))
    await meetings.publish(*meetings.happens(2))
    entries = await ledger.follow_to(2)
    assert decision not in [entry.entry for entry in entries]
    assert in_order(entries, meetings)


async def test_an_event_of_another_source_is_refused_under_any_name(
    ledger: RunningLedger, sources: Sources, bus: Client
) -> None:
    funding, meetings = sources["funding"], sources["meetings"]
    funding.happens(1)
    line = funding.signatures[0].format()
    await forge(bus, "meetings", 1, funding.record[0], **{SIGNATURE_HEADER: line})
    await forge(bus, "nobody", 1, funding.record[0], **{SIGNATURE_HEADER: line})
    await forge(bus, "funding", 1, meetings_event := encode(event("meetings")), **{SIGNATURE_HEADER: line})
    found = await eventually(refused(ledger), some(3))
    assert {(each.source, each.reason) for each in found} == {
        ("meetings", Reason.UNKNOWN_KEY),
        ("unknown", Reason.UNKNOWN_SOURCE),
        ("funding", Reason.WRONG_SIGNATURE),
    }
    await meetings.publish(*meetings.happens(1))
    entries = await ledger.follow_to(2)
    assert in_order(entries, funding, meetings)
    assert meetings_event not in [entry.entry for entry in entries]


async def test_a_replayed_message_with_other_bytes_or_another_number_is_refused(
    ledger: RunningLedger, sources: Sources, bus: Client, pool: Connections
) -> None:
    funding = sources["funding"]
    await funding.publish(*funding.happens(4, batch=1))
    await ledger.follow_to(4)
    line = funding.signatures[1].format()
    await forge(bus, "funding", 2, encode(event("funding")), **{SIGNATURE_HEADER: line})
    await forge(bus, "funding", 3, funding.record[1], **{SIGNATURE_HEADER: line})
    await forge(bus, "funding", 5, funding.record[1], **{SIGNATURE_HEADER: line})
    await forge(bus, "funding", 4, funding.record[3], **{SIGNATURE_HEADER: funding.signatures[3].format()})
    found = await eventually(refused(ledger), some(3))
    assert sorted(each.reason for each in found) == sorted(
        [Reason.OTHER_BYTES, Reason.WRONG_SIGNATURE, Reason.WRONG_SIGNATURE]
    )
    assert await Evidence(pool).conflicts(0, 10, None) == []
    await funding.publish(*funding.happens(1))
    assert in_order(await ledger.follow_to(5), funding)
    assert ledger.service.way_in.refused.total() == 3


NUL = encode(event("meetings", subject="cannock-chase/meeting/a\0b"))
POISON = {
    "not JSON": b"\xff\x00 not an event",
    "not an envelope": b'{"specversion":"1.0"}',
    "an error that quotes U+0000": encode(event("meetings")).replace(b'"1.0"', b'"\\u0000"'),
    "an old specversion": encode(event("meetings")).replace(b'"1.0"', b'"0.3"'),
    "nested too deeply": b"[" * 60_000,
    "too large": encode(event("meetings", actor="x" * MAX_BYTES)),
    "of another source": encode(event("funding")),
    "U+0000 in an identifier": NUL,
    "no identifier": encode(event("meetings", id="")),
    "an identifier that no index holds": encode(event("meetings", id="x" * 4000)),
    "a time without its zone": encode(event("meetings")).replace(b'12:00:00Z"', b'12:00:00"'),
    "half a surrogate pair": encode(event("meetings", subject="here")).replace(b'"here"', b'"\\ud800"'),
    "data that is not UTF-8": encode(event("meetings")).replace(b'{"what":"x"}', b'{"what":"\xff"}'),
    "a date that does not exist": encode(event("meetings")).replace(b"2014-11-24T", b"2014-02-30T"),
}


async def test_whatever_is_sent_holds_up_nobody_and_fills_no_table(
    ledger: RunningLedger, sources: Sources, pool: Connections
) -> None:
    meetings = sources["meetings"]
    meetings.happens(2 * len(POISON), batch=2)
    await meetings.publish(1)
    for number, payload in enumerate(POISON.values(), 2):
        await meetings.send(payload, number)
        await meetings.publish(number)
    for sequence in ("", "0", "-1", "1.5", "²", "9" * 30, "x"):
        await meetings.send(meetings.record[0], sequence)
    assert in_order(await ledger.follow_to(2 * len(POISON)), meetings)
    counts = ledger.service.way_in.refused
    await eventually(refused(ledger), lambda _: counts["meetings", Reason.OTHER_BYTES] >= len(POISON))
    assert counts["meetings", Reason.NO_NUMBER] == 7
    assert await Evidence(pool).conflicts(0, 10, None) == []
    assert await Evidence(pool).parked(0, 10) == []


@pytest.mark.parametrize("number", range(len(POISON)), ids=list(POISON))
async def test_what_its_source_signed_and_is_no_event_is_parked(
    patient_ledger: RunningLedger, sources: Sources, pool: Connections, number: int
) -> None:
    meetings = sources["meetings"]
    meetings.records(list(POISON.values())[number])
    await meetings.publish(1)
    parked, *_ = await eventually(lambda: Evidence(pool).parked(0, 10), bool)
    assert parked.reason
    assert await patient_ledger.size() == 0


async def test_answers_that_do_not_verify_are_refused_and_the_source_is_asked_again(
    context: ServiceContext, issuer: LocalIssuer, bus: Client
) -> None:
    from fixtures_ledger import RunningLedger

    funding = Source("funding", bus)
    funding.happens(5, batch=2)
    lines = [each.format() for each in funding.signatures]
    events = list(enumerate(funding.record, 1))
    forged = (1, encode(event("funding")))
    wrong = [
        b"no answer",
        encode_resend_reply(Resent([forged, *events[1:]], lines)),
        encode_resend_reply(Resent(events, [lines[1], lines[0], lines[2]])),
        encode_resend_reply(Resent(events[:1], lines[:1])),
        encode_resend_reply(Resent([events[1], events[0]], lines[:1])),
        encode_resend_reply(Resent(events[2:], lines[1:])),
        encode_resend_reply(Resent(events, [])),
        encode_resend_reply(Resent(events, ["1 1"])),
    ]
    asked = 0

    async def lie(message: Any) -> None:
        nonlocal asked
        asked += 1
        await message.respond(wrong[asked - 1])
        if asked == len(wrong):
            await lying.unsubscribe()
            await funding.answer()

    lying = await bus.subscribe(resend_subject("funding"), cb=lie)
    async with RunningLedger(context, issuer) as ledger:
        assert in_order(await ledger.follow_to(5), funding)
        assert asked == len(wrong)
        assert ledger.service.way_in.refused["funding", Reason.WRONG_SIGNATURE] == len(wrong) - 1
        await eventually(refused(ledger), lambda _: "funding" not in ledger.service.way_in.stuck)


async def test_a_source_with_a_key_that_is_not_registered_is_refused_until_it_is(
    ledger: RunningLedger, sources: Sources, context: ServiceContext
) -> None:
    funding = sources["funding"]
    await funding.publish(*funding.happens(2))
    await ledger.follow_to(2)
    funding.key = STRANGER
    await funding.publish(*funding.happens(3))
    found = await eventually(refused(ledger), some(1))
    assert {each.reason for each in found} == {Reason.UNKNOWN_KEY}
    stuck = await eventually(refused(ledger), lambda _: "funding" in ledger.service.way_in.stuck)
    assert stuck
    assert ledger.service.way_in.stuck["funding"].why == f"funding has no key {STRANGER.verifier.key_id.hex()}."
    context.settings.source_register.write_text(f"{register().format()}{STRANGER.verifier.format()}\n")
    assert in_order(await ledger.follow_to(5), funding)
    await eventually(refused(ledger), lambda _: ledger.service.way_in.stuck == {})


async def test_a_ledger_keeps_the_signatures_of_its_entries(
    ledger: RunningLedger, sources: Sources, pool: Connections
) -> None:
    funding = sources["funding"]
    await funding.publish(*funding.happens(7, batch=3))
    await ledger.follow_to(7)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT last, size, key_id, signature FROM ledger.signature WHERE source = 'funding' ORDER BY last"
        )
        assert [SourceSignature(*row) for row in await cursor.fetchall()] == funding.signatures


def test_the_library_and_plain_python_agree_on_signatures() -> None:
    from shared.proofs import ed25519

    message = bytes(START)
    right = STRANGER.sign(message)
    for signature in (right, right[:-1] + b"\0", bytes(64), b"", right + b"\0"):
        for public in (STRANGER.verifier.public, key_of("funding").verifier.public, bytes(32), b""):
            assert verify(public, message, signature) == ed25519.verify(public, message, signature)
