"""Each caller has a limit at every endpoint: by principal with a token, by address without one."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import grpc
import pytest
from fixtures_platform import RunningPlatform, running_platform

from services.ledger import rpc
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.endpoints import limits
from shared.runtime.endpoints.limits import MAX_STREAMS, Limits, _network
from shared.runtime.ground.clock import now

BURST = 40


@dataclass
class Moved:
    """The clock, and how far the test has moved it."""

    ahead: dt.timedelta = field(default_factory=dt.timedelta)

    def __call__(self) -> dt.datetime:
        return now() + self.ahead


MOVED = Moved()


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A platform whose callers may send 40 requests at once, and one more every ten seconds."""
    few = {"caller_rate": 0.1, "caller_burst": BURST, "address_rate": 0.1, "address_burst": BURST}
    with running_platform(tmp_path_factory.mktemp("narrow"), ("ledger", "membership"), MOVED, **few) as found:
        yield found


def test_a_principals_commands_and_reads_are_counted_together(narrow: RunningPlatform) -> None:
    clerk, chair = narrow.caller("clerk", "first-area"), narrow.caller("chair", "first-area")
    chair.get("membership", "/groups")  # its token is known from here on
    for _ in range(BURST // 2):
        assert clerk.post("membership", "/groups", {}).status_code == 422
        assert clerk.get("membership", "/groups").status_code == 200
    answers = [clerk.post("membership", "/groups", {}), clerk.get("membership", "/groups")]
    # The first request had a token that was not verified yet, so the address paid for it.
    assert answers[0].status_code in (422, 429)
    refused = answers[1]
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/rate-limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert refused.json()["members"]["limit"] == "FOLKMOOT_CALLER_RATE"
    assert f"{BURST} at once" in refused.json()["detail"]
    assert chair.get("membership", "/groups").status_code == 200, "another caller has a bucket of its own"


def test_grpc_counts_in_the_same_buckets(narrow: RunningPlatform) -> None:
    async def ask() -> tuple[int, grpc.aio.AioRpcError]:
        async with grpc.aio.insecure_channel(narrow.addresses.grpc) as channel:
            bearer = (("authorization", f"Bearer {narrow.token('auditor', 'second-area')}"),)
            for asked in range(2 * BURST):
                try:
                    await LedgerStub(channel).Head(ledger_pb2.HeadRequest(), metadata=bearer)
                except grpc.aio.AioRpcError as error:
                    return asked, error
        raise AssertionError("nothing was refused")

    asked, error = asyncio.run(ask())
    assert asked == BURST + 1  # the address paid for the first
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    waiting = dict(error.trailing_metadata() or ())["retry-after"]
    assert 1 <= int(str(waiting)) <= 10


def test_a_principal_holds_no_more_streams_than_allowed(narrow: RunningPlatform) -> None:
    async def follow() -> grpc.aio.AioRpcError:
        async with grpc.aio.insecure_channel(narrow.addresses.grpc) as channel:
            bearer = (("authorization", f"Bearer {narrow.token('auditor', 'third-area')}"),)
            stub = LedgerStub(channel)

            def call() -> grpc.aio.UnaryStreamCall[ledger_pb2.FollowRequest, ledger_pb2.Page]:
                return stub.Follow(ledger_pb2.FollowRequest(), metadata=bearer)

            held = [call() for _ in range(MAX_STREAMS)]
            await asyncio.sleep(0.5)
            assert not any(each.done() for each in held)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call().read()
            held[0].cancel()
            await asyncio.sleep(0.5)
            again = call()
            await asyncio.sleep(0.5)
            assert not again.done(), "a stream that ended makes room for another"
            return refused.value

    error = asyncio.run(follow())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert f"{MAX_STREAMS} streams" in str(error.details())


def test_following_ends_with_its_token(narrow: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "TOKEN_CHECK_S", 0.1)

    async def follow() -> grpc.aio.AioRpcError:
        async with grpc.aio.insecure_channel(narrow.addresses.grpc) as channel:
            bearer = (("authorization", f"Bearer {narrow.token('auditor', 'fourth-area')}"),)
            call = LedgerStub(channel).Follow(ledger_pb2.FollowRequest(), metadata=bearer)
            await asyncio.sleep(0.5)
            assert not call.done()
            MOVED.ahead = dt.timedelta(hours=2)
            async with asyncio.timeout(10):
                try:
                    while await call.read() is not grpc.aio.EOF:
                        pass
                except grpc.aio.AioRpcError as error:
                    return error
        raise AssertionError("the stream ended without a reason")

    try:
        error = asyncio.run(follow())
    finally:
        MOVED.ahead = dt.timedelta()
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert "expired" in str(error.details())


def test_without_a_known_token_an_address_has_the_limit(narrow: RunningPlatform) -> None:
    """Last in this module: afterwards the address of these tests can send nothing."""
    clerk, stranger = narrow.caller("clerk", "last-area"), narrow.caller("clerk", "last-area")
    clerk.get("membership", "/groups")
    stranger.client.headers["Authorization"] = "Bearer invented"
    answers = [stranger.get("membership", "/groups") for _ in range(BURST)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert answers[-1].json()["members"]["limit"] == "FOLKMOOT_ADDRESS_RATE"
    del stranger.client.headers["Authorization"]
    assert stranger.client.get("/ledger/checkpoint").status_code == 429
    assert stranger.client.get("/health/live").status_code == 200, "a probe is always answered"
    assert clerk.get("membership", "/groups").status_code == 200, "a caller who is known is not held up"


def test_all_addresses_of_one_network_are_one_caller() -> None:
    assert _network("2001:db8::1") == _network("2001:db8::ffff") == "2001:db8::"
    assert _network("2001:db8:0:1::1") != _network("2001:db8::1")
    assert _network("::ffff:192.0.2.1") == _network("192.0.2.1") == "192.0.2.1"
    assert _network("192.0.2.1") != _network("192.0.2.2")


def test_the_number_of_buckets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many callers at once cost no more each than few: the one away for longest is dropped, without a search."""
    monkeypatch.setattr(limits, "MAX_BUCKETS", 100)
    found = Limits(1.0, 10, lambda: 0.0)
    found.take("often", number=10)
    for number in range(1000):
        found.take(f"caller-{number}")
        assert found.wait("often") == 1.0, "a caller who is here is not forgotten"
    assert len(found._buckets) == 100
