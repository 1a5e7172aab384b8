"""A follower is told of the types it asks for and how far each source is, over gRPC as in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

import grpc
import pytest
from ledger_sources import Source

from services.ledger import pages as reading
from services.ledger.pages import EntryFilter, Pages
from services.ledger.pool import Connections
from shared.rpc.ledger.v1.ledger_pb2 import Filter, FollowRequest, Page
from shared.runtime.following.ledger_pages import over_grpc
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

RARE = "funding.request_deferred.v1"
Follow = Callable[[FollowRequest], AsyncGenerator[Page, None]]


@pytest.fixture(params=["grpc", "here"])
def follow(request: pytest.FixtureRequest, ledger: RunningLedger) -> Follow:
    """The two ways in which a follower gets its pages."""
    if request.param == "here":
        assert ledger.service.follow is not None
        return ledger.service.follow
    return over_grpc(lambda: ledger._channel, lambda: ledger.token(Role.SERVICE))


@pytest.fixture
async def recorded(ledger: RunningLedger, sources: dict[str, Source]) -> dict[str, Source]:
    """Sixteen entries, of which the two of funding at 4 and 15 are of the rare type."""
    for name, count, changed in (
        ("meetings", 4, {}),
        ("funding", 1, {"type": RARE}),
        ("membership", 10, {"partnership": "tamworth"}),
        ("funding", 1, {"type": RARE}),
    ):
        size = await ledger.size()
        await sources[name].publish(*sources[name].happens(count, **changed))
        await ledger.follow_to(size + count)
    return sources


async def first(follow: Follow, until: int, **asked: object) -> tuple[list[int], Page]:
    """The positions of the entries that come up to a place, and the last page."""
    seen: list[int] = []
    async with asyncio.timeout(30), aclosing(follow(FollowRequest(**asked))) as pages:  # type: ignore[arg-type]
        async for page in pages:
            seen += [entry.position for entry in page.entries]
            if page.next_position >= until:
                return seen, page
    raise AssertionError("sent away")


@pytest.mark.usefixtures("recorded")
async def test_only_entries_of_the_types_asked_for_come(follow: Follow) -> None:
    positions, page = await first(follow, 16, types=[RARE])
    assert positions == [4, 15]
    assert dict(page.reached) == {"meetings": 4, "funding": 2, "membership": 10}
    assert (await first(follow, 16, types=[RARE], from_position=5))[0] == [15]
    assert (await first(follow, 16, types=[RARE], filter=Filter(partnership="tamworth")))[0] == []
    both, _ = await first(follow, 16, types=[RARE, "meetings.something_happened.v1"])
    assert both == [0, 1, 2, 3, 4, 15]


@pytest.mark.parametrize("types", [["x"] * 1001, ["a\0b"]])
async def test_types_that_no_event_has_are_refused(ledger: RunningLedger, types: list[str]) -> None:
    call = ledger.stub.Follow(FollowRequest(types=types), metadata=ledger.as_(Role.SERVICE))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await anext(aiter(call))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert str(refused.value.details()).startswith("types: ")


@pytest.mark.usefixtures("recorded")
async def test_how_far_sources_are_is_not_told_of_one_partnership(follow: Follow) -> None:
    _, page = await first(follow, 16, filter=Filter(partnership="tamworth"))
    assert not page.reached


async def test_what_was_not_sent_counts_as_reached(follow: Follow, recorded: dict[str, Source]) -> None:
    async with asyncio.timeout(30), aclosing(follow(FollowRequest(from_position=16, types=[RARE]))) as pages:
        page = await anext(pages)
        assert dict(page.reached) == {"meetings": 4, "funding": 2, "membership": 10}
        await recorded["meetings"].publish(*recorded["meetings"].happens(1))
        page = await anext(pages)
        assert not page.entries
        assert (page.next_position, dict(page.reached)) == (17, {"meetings": 5, "funding": 2, "membership": 10})


@pytest.mark.usefixtures("recorded")
async def test_live_pages_need_no_query(
    ledger: RunningLedger, sources: dict[str, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = ledger.service.follow
    assert follow is not None
    async with asyncio.timeout(30), aclosing(follow(FollowRequest(from_position=16))) as pages:
        await anext(pages)
        monkeypatch.setattr(reading, "_SELECT", None)  # whoever would query now fails
        await sources["meetings"].publish(*sources["meetings"].happens(1))
        page = await anext(pages)
        assert [entry.entry for entry in page.entries] == sources["meetings"].record[4:]


@pytest.mark.usefixtures("recorded")
async def test_history_by_types_comes_in_pages_without_a_seam(pool: Connections) -> None:
    """As a ledger answers that was started after these entries came."""
    which = EntryFilter(types=frozenset({RARE, "meetings.something_happened.v1"}))
    at, found, places = 0, [], []
    while at < 16:
        page = await Pages(pool).read(at, 16, which, 2)
        found += [row.position for row in page.rows]
        places.append(at := page.next_position)
    assert found == [0, 1, 2, 3, 4, 15]
    assert places == [2, 4, 16]
    assert await Pages(pool).reached(5) == {"meetings": 4, "funding": 1}
    assert await Pages(pool).reached(0) == {}
