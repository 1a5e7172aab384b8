"""Facts about reading over gRPC: what a filter selects, where a replay ends, and that following misses nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from typing import TYPE_CHECKING

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_sources import NOON, Source, append, event, in_order
from nats.aio.client import Client

from services.ledger.entry import Candidate, examine
from services.ledger.log import Log
from services.ledger.pages import MAX_ENTRIES, WINDOW
from shared.contracts.envelope import MAX_BYTES, encode, open_envelope
from shared.proofs.merkle import leaf_hash
from shared.rpc.ledger.v1 import ledger_pb2
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

Filter = ledger_pb2.Filter
Caller = list[tuple[str, str]]


class Numbered:
    """Makes candidates that continue their sources."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    def __call__(self, source: str, count: int = 1, **changed: object) -> list[Candidate]:
        first = self.last.get(source, 0) + 1
        self.last[source] = first + count - 1
        return [examine(source, number, encode(event(source, **changed))) for number in range(first, first + count)]


async def positions(ledger: RunningLedger, caller: Caller | None = None, **asked: object) -> list[int]:
    return [entry.position for page in await ledger.replay(caller, **asked) for entry in page.entries]


@pytest.fixture
async def varied(log: Log, ledger: RunningLedger) -> RunningLedger:
    """A ledger of eight entries of two partnerships, three sources and four subjects."""
    more = Numbered()
    for batch in (
        more("meetings", subject="cannock-chase/meeting/board-2014-11-24"),  # 0
        more("meetings", subject="cannock-chase/meeting/board-2014-11-24-annex"),  # 1
        more("funding", subject="cannock-chase/reserve/lpsa", recordedtime=NOON + dt.timedelta(days=30)),  # 2
        more("meetings", subject="tamworth/meeting/board", partnership="tamworth"),  # 3
        more("funding", subject="cannock-chase/meeting00/worker", type="funding.request_deferred.v1"),  # 4
        more("membership", subject="tamworth/group/board", partnership="tamworth"),  # 5
        more("meetings", subject="cannock-chase/meeting/board-2014-11-24"),  # 6
        more("funding", subject="cannock-chase/reserve%/x", recordedtime=NOON + dt.timedelta(seconds=1)),  # 7
    ):
        await append(log, batch)
    return ledger


REPLAYS: list[tuple[dict[str, object], list[int]]] = [
    ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"from_position": 3}, [3, 4, 5, 6, 7]),
    ({"to_position": 3}, [0, 1, 2]),
    ({"to_position": 0}, []),
    ({"from_position": 2, "to_position": 4}, [2, 3]),
    ({"from_position": 5, "to_position": 2}, []),
    ({"from_position": 8}, []),
    ({"from_position": 2, "to_position": 2**64 - 1}, [2, 3, 4, 5, 6, 7]),
    ({"filter": Filter(partnership="tamworth")}, [3, 5]),
    ({"filter": Filter(service="funding")}, [2, 4, 7]),
    ({"filter": Filter(type="funding.request_deferred.v1")}, [4]),
    ({"filter": Filter(subject="cannock-chase/meeting/board-2014-11-24")}, [0, 6]),
    ({"filter": Filter(subject="cannock-chase/meeting/")}, [0, 1, 6]),
    ({"filter": Filter(subject="cannock-chase/")}, [0, 1, 2, 4, 6, 7]),
    ({"filter": Filter(subject="cannock-chase/reserve%/")}, [7]),
    ({"filter": Filter(subject="cannock-chase/meet")}, []),
    ({"filter": Filter(service="meetings", partnership="tamworth")}, [3]),
    ({"filter": Filter(service="meetings", subject="cannock-chase/meeting/"), "from_position": 1}, [1, 6]),
    ({"recorded_until": NOON}, [0, 1, 3, 4, 5, 6]),
    ({"recorded_until": NOON + dt.timedelta(seconds=1)}, [0, 1, 3, 4, 5, 6, 7]),
    ({"recorded_until": NOON - dt.timedelta(seconds=1)}, []),
    ({"recorded_until": NOON, "filter": Filter(service="funding")}, [4]),
]


@pytest.mark.parametrize("window", [WINDOW, 3, 1])
async def test_a_replay_has_what_was_asked_for_in_order_and_ends(
    varied: RunningLedger, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ledger.pages.WINDOW", window)
    for asked, found in REPLAYS:
        assert (asked, await positions(varied, None, **asked)) == (asked, found)


async def test_an_entry_comes_as_its_source_stored_it(varied: RunningLedger) -> None:
    (page,) = await varied.replay(to_position=1)
    (entry,) = page.entries
    assert (entry.source, entry.source_sequence) == ("meetings", 1)
    assert entry.leaf_hash == leaf_hash(entry.entry)
    assert open_envelope(entry.entry).subject == "cannock-chase/meeting/board-2014-11-24"


async def test_pages_say_where_to_resume(log: Log, ledger: RunningLedger) -> None:
    more = Numbered()
    await append(log, more("meetings", MAX_ENTRIES + 7))
    first, second = await ledger.replay()
    assert (len(first.entries), first.next_position, first.size) == (MAX_ENTRIES, MAX_ENTRIES, MAX_ENTRIES + 7)
    assert (len(second.entries), second.next_position) == (7, MAX_ENTRIES + 7)
    assert await positions(ledger, from_position=first.next_position) == [entry.position for entry in second.entries]
    nothing = await ledger.replay(filter=Filter(partnership="nobody"))
    assert [(len(page.entries), page.next_position) for page in nothing] == [(0, MAX_ENTRIES + 7)]


async def test_the_largest_entries_fit_every_readers_messages(log: Log, ledger: RunningLedger) -> None:
    more = Numbered()
    empty = len(more("funding")[0].entry)
    largest = more("meetings", 120, actor="x" * (MAX_BYTES - empty - len("meetings") + len("clerk") - 10))
    assert MAX_BYTES - 50 < len(largest[0].entry) <= MAX_BYTES
    await append(log, largest)
    pages = await ledger.replay()
    assert [entry.entry for page in pages for entry in page.entries] == [each.entry for each in largest]
    assert max(page.ByteSize() for page in pages) < 4 * 1024 * 1024
    assert [page.next_position for page in pages] == [page.entries[-1].position + 1 for page in pages]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    followers=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
)
async def test_following_has_no_seam(
    log: Log, ledger: RunningLedger, batches: list[int], followers: list[float], seed: int
) -> None:
    """Entries appended while a reader follows arrive once and in order, from any start."""
    end = await log.size() + sum(batches)
    more = Numbered()
    more.last["meetings"] = (await log.heads(["meetings"]))["meetings"].last
    shuffle = random.Random(seed)

    async def follow(start: int) -> list[int]:
        seen: list[int] = []
        at = start
        request = ledger_pb2.FollowRequest(from_position=start)
        async for page in ledger.stub.Follow(request, metadata=ledger.as_(Role.SERVICE)):
            seen += [entry.position for entry in page.entries]
            assert page.next_position == at + len(page.entries) <= page.size
            at = page.next_position
            if at == end:
                return seen
        raise AssertionError("sent away")

    readers: dict[asyncio.Task[list[int]], int] = {}
    for batch in batches:
        while len(readers) < len(followers) and shuffle.random() < 0.5:
            start = int(await log.size() * followers[len(readers)])
            readers[asyncio.create_task(follow(start))] = start
        # The service's own log appends: it wakes those who follow.
        await append(ledger.service.log, more("meetings", batch))
    async with asyncio.timeout(30):
        for reader, start in readers.items():
            assert await reader == list(range(start, end))


async def test_a_follower_whose_filter_matches_nothing_learns_how_far_it_is(
    ledger: RunningLedger, sources: dict[str, Source], bus: Client
) -> None:
    meetings, funding = sources["meetings"], sources["funding"]
    await meetings.publish(*meetings.happens(600))
    await ledger.follow_to(600)
    request = ledger_pb2.FollowRequest(filter=Filter(service="funding", subject="cannock-chase/"))
    call = ledger.stub.Follow(request, metadata=ledger.as_(Role.SERVICE))
    pages = aiter(call)
    async with asyncio.timeout(10):
        page = await anext(pages)
        assert (len(page.entries), page.next_position, page.size) == (0, 600, 600)
        await meetings.publish(*meetings.happens(1))
        page = await anext(pages)
        assert (len(page.entries), page.next_position) == (0, 601)
        await funding.publish(*funding.happens(1))
        page = await anext(pages)
        assert ([entry.source for entry in page.entries], page.next_position) == (["funding"], 602)
    call.cancel()


async def test_a_follower_at_the_end_learns_it_at_once(ledger: RunningLedger) -> None:
    call = ledger.stub.Follow(ledger_pb2.FollowRequest(), metadata=ledger.as_(Role.SERVICE))
    async with asyncio.timeout(10):
        page = await anext(aiter(call))
    assert (page.next_position, page.size) == (0, 0)
    call.cancel()


async def test_followers_are_sent_away_when_the_ledger_stops(ledger: RunningLedger) -> None:
    call = ledger.stub.Follow(ledger_pb2.FollowRequest(), metadata=ledger.as_(Role.SERVICE))
    pages = aiter(call)
    async with asyncio.timeout(10):
        await anext(pages)
        await ledger.service.stop()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(pages)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def refused(ledger: RunningLedger, caller: Caller, **asked: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ledger.replay(caller, **asked)
    return error.value.code(), str(error.value.details())


@pytest.mark.parametrize(
    "caller", [[("x", "y")], [("authorization", "Bearer nonsense")], [("authorization", "Basic eDp5")]]
)
async def test_reading_needs_a_token(ledger: RunningLedger, caller: Caller) -> None:
    code, _ = await refused(ledger, caller)
    assert code is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError, match="UNAUTHENTICATED"):
        await ledger.stub.Head(ledger_pb2.HeadRequest(), metadata=caller)
    with pytest.raises(grpc.aio.AioRpcError, match="UNAUTHENTICATED"):
        await anext(aiter(ledger.stub.Follow(ledger_pb2.FollowRequest(), metadata=caller)))


async def test_members_and_partners_do_not_read_the_record(ledger: RunningLedger) -> None:
    for caller in (
        ledger.as_(Role.MEMBER, "cannock-chase"),
        ledger.as_(Role.PARTNER, "cannock-chase", "police"),
    ):
        code, why = await refused(ledger, caller)
        assert code is grpc.StatusCode.PERMISSION_DENIED
        assert "auditor" in why


@pytest.mark.parametrize("role", [Role.CLERK, Role.CHAIR, Role.SCRUTINY, Role.READER, Role.AUDITOR, Role.OPERATOR])
async def test_a_token_of_one_partnership_sees_that_ones_entries_only(varied: RunningLedger, role: Role) -> None:
    caller = varied.as_(role, "tamworth")
    assert await positions(varied, caller=caller) == [3, 5]
    assert await positions(varied, caller=caller, filter=Filter(service="meetings")) == [3]
    assert await positions(varied, caller=caller, filter=Filter(subject="cannock-chase/")) == []
    code, why = await refused(varied, caller, filter=Filter(partnership="cannock-chase"))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "cannock-chase" in why
    call = varied.stub.Follow(ledger_pb2.FollowRequest(), metadata=caller)
    page = await anext(aiter(call))
    assert [entry.position for entry in page.entries] == [3, 5]
    call.cancel()


async def test_a_reader_who_is_ahead_of_the_ledger_is_refused_with_the_reason(varied: RunningLedger) -> None:
    code, why = await refused(varied, varied.as_(Role.AUDITOR), from_position=9)
    assert code is grpc.StatusCode.OUT_OF_RANGE
    assert "position 9" in why
    assert "8 entries" in why
    with pytest.raises(grpc.aio.AioRpcError, match="OUT_OF_RANGE"):
        await anext(
            aiter(varied.stub.Follow(ledger_pb2.FollowRequest(from_position=2**63), metadata=varied.as_(Role.SERVICE)))
        )


async def test_a_request_that_means_nothing_is_refused(varied: RunningLedger) -> None:
    caller = varied.as_(Role.AUDITOR)
    code, why = await refused(varied, caller, filter=Filter(subject="a\0b"))
    assert (code, "U+0000" in why) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    request = ledger_pb2.ReplayRequest()
    request.recorded_until.seconds = 2**62
    with pytest.raises(grpc.aio.AioRpcError, match="INVALID_ARGUMENT"):
        await anext(aiter(varied.stub.Replay(request, metadata=caller)))


async def test_a_clerk_who_follows_sees_new_entries_of_their_partnership(
    ledger: RunningLedger, sources: dict[str, Source]
) -> None:
    meetings = sources["meetings"]
    call = ledger.stub.Follow(ledger_pb2.FollowRequest(), metadata=ledger.as_(Role.CLERK, "tamworth"))
    seen: list[bytes] = []
    async with asyncio.timeout(20):
        await meetings.publish(*meetings.happens(5), *meetings.happens(5, partnership="tamworth"))
        async for page in call:
            seen += [entry.entry for entry in page.entries]
            if page.next_position == 10:
                break
    call.cancel()
    assert seen == meetings.record[5:]
    assert in_order(await ledger.follow_to(10), meetings)
