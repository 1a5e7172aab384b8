"""Facts about readers that check the signature of each event before they act on it."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from ledger_sources import Source, event, key_of, register, sign

from services.ledger.batches import Head
from shared.contracts.envelope import encode
from shared.proofs.merkle import ProofFailed, leaf_hash
from shared.proofs.sources import START, SourceKeys
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.following.checked import Verified, check_page
from shared.runtime.identity.signing import SigningKey
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio


def event_of(source: str, what: str) -> bytes:
    return encode(event(source, type=f"{source}.{what}.v1"))


async def followed(ledger: RunningLedger, count: int, **wanted: str) -> list[ledger_pb2.Page]:
    request = ledger_pb2.FollowRequest(with_proofs=True, filter=ledger_pb2.Filter(**wanted))
    call = ledger.stub.Follow(request, metadata=ledger.as_(Role.SERVICE))
    pages: list[ledger_pb2.Page] = []
    async with asyncio.timeout(60):
        async for page in call:
            pages.append(page)
            if sum(len(each.entries) for each in pages) >= count:
                call.cancel()
                return pages
    raise AssertionError("a follower was sent away")


async def test_every_page_proves_its_entries(ledger: RunningLedger, sources: dict[str, Source]) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    meetings.happens(1_200, batch=250)
    funding.happens(30, batch=1)
    await ledger.follow_to(1_230)
    verified = Verified()
    for page in await followed(ledger, 1_230):
        check_page(page, register(), verified)
        assert len({(each.source, each.last) for each in page.batches}) == len(page.batches)
    for page in await followed(ledger, 30, service="funding"):
        check_page(page, register(), verified)
        assert {each.source for each in page.batches} <= {"funding"}


async def test_an_event_that_a_filter_lets_through_alone_is_proved_by_its_whole_batch(
    ledger: RunningLedger, sources: dict[str, Source]
) -> None:
    funding = sources["funding"]
    quiet, loud = event_of("funding", "quiet"), event_of("funding", "loud")
    funding.records(quiet, loud, quiet.replace(b'"id":"', b'"id":"2'))
    await ledger.follow_to(3)
    (page,) = [page for page in await followed(ledger, 1, type="funding.loud.v1") if page.entries]
    assert [each.entry for each in page.entries] == [loud]
    assert page.batches[0].size == 3
    check_page(page, register(), Verified())


async def test_without_asking_no_proofs_come(ledger: RunningLedger, sources: dict[str, Source]) -> None:
    sources["meetings"].happens(3)
    await ledger.follow_to(3)
    pages = await ledger.replay()
    assert not any(page.batches for page in pages)
    with pytest.raises(ProofFailed, match="Entry 0 came without a signature of meetings"):
        check_page(pages[0], register(), Verified())


def page_of(key: SigningKey | None = None) -> ledger_pb2.Page:
    """A page of three events in one batch."""
    entries = [event_of("funding", what) for what in ("first", "second", "third")]
    signature, _ = sign(key or key_of("funding"), Head(), entries)
    batch = ledger_pb2.SignedBatch(
        source="funding",
        **signature._asdict(),
        head_before=START,
        leaf_hashes=b"".join(map(leaf_hash, entries)),
    )
    numbered = [
        ledger_pb2.Entry(position=at, source="funding", source_sequence=at + 1, entry=entry)
        for at, entry in enumerate(entries)
    ]
    return ledger_pb2.Page(entries=numbered, batches=[batch])


def test_whatever_is_changed_in_a_page_is_refused() -> None:
    verified = Verified()
    check_page(page_of(), register(), verified)

    altered, other, renumbered, swapped, head, stranger, named = (page_of() for _ in range(7))
    altered.entries[1].entry += b" "
    other.entries[1].source = "meetings"
    renumbered.entries[1].source_sequence = 4
    swapped.entries[0].source_sequence, swapped.entries[1].source_sequence = 2, 1
    head.batches[0].head_before = bytes([1] * 32)
    stranger = page_of(SigningKey("funding", sha256(b"a stranger").digest()))
    named.batches[0].source = "meetings"
    for page in (altered, other, renumbered, swapped, head, stranger, named):
        with pytest.raises(ProofFailed):
            check_page(page, register(), verified)


def test_a_retired_key_is_refused_though_its_batch_was_checked_before() -> None:
    page, verified = page_of(), Verified()
    check_page(page, register(), verified)
    with pytest.raises(ProofFailed, match="was retired at its event 2"):
        check_page(page, SourceKeys([(key_of("funding").verifier, 2)]), verified)


def test_a_service_signs_only_its_own_events() -> None:
    entry = event_of("meetings", "decided")
    signature, _ = sign(key_of("funding"), Head(), [entry])
    page = ledger_pb2.Page(
        entries=[ledger_pb2.Entry(position=0, source="funding", source_sequence=1, entry=entry)],
        batches=[
            ledger_pb2.SignedBatch(
                source="funding", **signature._asdict(), head_before=START, leaf_hashes=leaf_hash(entry)
            )
        ],
    )
    with pytest.raises(ProofFailed, match="names another source"):
        check_page(page, register(), Verified())
