"""Facts about ``CheckAwards``: what funding would refuse is known before a decision is recorded (CAN-2, CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import msgspec
import pytest
from fixtures_databases import Databases
from fixtures_platform import Caller, RunningPlatform
from funding.given import BLAKE_WORKER, LOCALITY, SAFER, award, by_decision, pay, release
from msgspec.structs import asdict, replace
from stage import CLERK, SERVICE, Stage, on_stage

from services.funding.awards.domain import AwardByDecision
from services.funding.requests.domain import RequestFunds
from services.funding.reserves.view import reserve_position
from services.funding.rpc import refusals_of
from services.funding.service import service
from shared.contracts.command import Asked
from shared.contracts.funding.requests import RequestDeferred
from shared.contracts.funding.reserves import FundsClawedBack, ReserveOpened, StreamReceived
from shared.rpc.funding.v1 import funding_pb2, funding_pb2_grpc
from shared.runtime.deciding.unit_of_work import Request
from shared.values.refusals import Refusal

NOW = dt.datetime(2015, 2, 23, 15, tzinfo=dt.UTC)


@pytest.fixture
def reserve(databases: Databases) -> Iterator[Stage]:
    """£120,000 for anything, £30,000 for community safety until March 2016, and the request for the Blake worker."""
    with on_stage(service, databases, NOW) as stage:
        stage.sends(ReserveOpened(reserve="reserve", name="Reserve"))
        stage.sends(*(StreamReceived(**asdict(stream)) for stream in (LOCALITY, SAFER)))
        asked = {name: value for name, value in asdict(BLAKE_WORKER).items() if name != "total_pence"}
        stage.sends(RequestFunds(**asked))
        yield stage


def checked(stage: Stage, *commands: AwardByDecision) -> list[str]:
    return [found.detail for found in refusals_of(stage.application, commands, Request(SERVICE, "area"))]


def test_what_can_be_awarded_has_no_reason_against_it_and_nothing_is_recorded(reserve: Stage) -> None:
    """CAN-2: also where the request is deferred, because the decision is its reconsideration."""
    reserve.sends(RequestDeferred(request="blake-worker", decision="d-1", returns_to="February"), by=SERVICE)
    asked = by_decision(award("blake", request="blake-worker", locality=1_560_000))
    assert checked(reserve, asked) == []
    assert reserve_position(reserve.reads(), "reserve").total.free_pence == 15_000_000
    reserve.sends(asked, by=SERVICE)


def test_every_reason_is_told_at_once(reserve: Stage) -> None:
    """CAN-3: the demo's award ran past its stream, and more was asked than was free."""
    beyond = award("blake", request="nothing", ends_on=dt.date(2016, 4, 30), purpose="hate-crime", safer=3_000_001)
    assert checked(reserve, by_decision(beyond)) == [
        "There is no request 'nothing' in 'area'.",
        "Safer and Stronger Communities Fund may be spent until 2016-03-31; this is for 2016-04-30.",
        "Safer and Stronger Communities Fund has £30,000 free, £0.01 less than the award asks of it.",
    ]
    elsewhere = replace(by_decision(award(locality=1)), reserve="nowhere")
    assert checked(reserve, elsewhere) == ["There is no reserve 'nowhere' in 'area'."]


def test_what_one_award_takes_is_not_there_for_the_next_of_the_same_decision(reserve: Stage) -> None:
    """CAN-2, CAN-3: each could be made alone."""
    most, more = (by_decision(award(slug, purpose="hate-crime", safer=2_000_000)) for slug in ("most", "more"))
    assert checked(reserve, most) == checked(reserve, more) == []
    assert checked(reserve, most, more) == [
        "Safer and Stronger Communities Fund has £10,000 free, £10,000 less than the award asks of it."
    ]
    once, twice = (by_decision(award(slug, request="blake-worker", locality=1)) for slug in ("once", "twice"))
    (found,) = checked(reserve, once, twice)
    assert "'once'" in found, "the request is met by the first"


def test_what_is_checked_is_what_is_recorded(reserve: Stage) -> None:
    """CAN-3: the very same rules."""
    beyond = by_decision(award("blake", ends_on=dt.date(2016, 4, 30), purpose="fun", safer=3_000_001))
    found = checked(reserve, beyond)
    answer = reserve.sends(beyond, by=SERVICE)
    (refused,) = (entry for entry in reserve.ledger if entry.id == answer.events[0].id)
    assert msgspec.json.decode(refused.data)["reason"] == " ".join(found)


def test_nothing_is_overspent_whoever_comes_first(reserve: Stage) -> None:
    """CAN-3: awards, payments, releases and claw-backs at once, on a real database."""
    reserve.sends(award("first", locality=6_000), award("second", locality=6_000))
    reserve.sends(FundsClawedBack(reserve="reserve", stream="locality", amount_pence=11_980_000, decision="d"))
    # Left: £80 free, £60 committed to each of two awards.
    commands: list[Asked] = []
    for number in range(6):
        commands += [
            award(f"more-{number}", locality=2_000),
            pay(f"p-{number}", "first", dt.date(2015, 2, 1), locality=1_500),
            pay(f"p-{number}", "second", dt.date(2015, 2, 1), locality=1_500),
            release("first", locality=1_500),
            FundsClawedBack(reserve="reserve", stream="locality", amount_pence=1_000, decision=f"d-{number}"),
        ]

    def sends(command: Asked) -> bool:
        try:
            declared = service.commands.declared[type(command)]
            reserve.application.execute(declared, command, Request(CLERK, "area"))
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        done = dict(zip(range(len(commands)), threads.map(sends, commands), strict=True))
    taken = [command for number, command in enumerate(commands) if done[number]]
    reserve._executes(ReserveOpened(reserve="other", name="Other"), Request(CLERK, "area"))  # what is recorded arrives
    (money,) = (s.money for s in reserve_position(reserve.reads(), "reserve").streams if s.stream == "locality")
    figures = {name: value for name, value in asdict(money).items() if name != "received_pence"}
    assert sum(figures.values()) == money.received_pence
    assert min(figures.values()) >= 0
    of_first = [c for c in taken if getattr(c, "award", "") == "first"]
    assert len(of_first) == 4, "payments and releases of £15 each, of £60"
    count = Counter(type(c).__name__ for c in taken)
    assert money.paid_pence == 1_500 * count["MakePayment"]
    assert money.committed_pence == 12_000 + 2_000 * count["AwardFunds"] - 1_500 * (
        count["MakePayment"] + count["ReleaseCommitment"]
    )
    assert money.free_pence == (
        8_000 + 1_500 * count["ReleaseCommitment"] - 2_000 * count["AwardFunds"] - 1_000 * count["FundsClawedBack"]
    )


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    clerk = platform.caller("clerk", partnership)
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "Reserve"})
    stream: dict[str, Any] = msgspec.to_builtins(SAFER)
    clerk.does("funding", "/reserves/reserve/streams", {k: v for k, v in stream.items() if k != "reserve"})
    return clerk


def test_other_services_ask_over_grpc(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    """design 12"""
    asked = funding_pb2.CheckAwardsRequest(
        partnership=partnership,
        decision="d-1",
        happened_at="2015-02-23T15:00:00Z",
        awards=[
            funding_pb2.Award(
                reserve="reserve",
                award="blake",
                payee="charity",
                purpose="hate-crime",
                starts_on="2015-05-01",
                ends_on="2016-04-30",
                shares=[funding_pb2.Share(stream="safer", amount_pence=100)],
            )
        ],
    )
    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        stub = funding_pb2_grpc.FundingStub(channel)

        token = platform.token("clerk", partnership)

        def check(token: str, request: funding_pb2.CheckAwardsRequest = asked) -> list[Any]:
            reply = stub.CheckAwards(request, metadata=[("authorization", f"Bearer {token}")], timeout=10)
            return list(reply.refusals)

        (refusal,) = check(token)
        assert (refusal.type, refusal.clause) == ("/problems/spend-by-passed", "CAN-3")
        assert refusal.detail.endswith("may be spent until 2016-03-31; this is for 2016-04-30.")
        assert msgspec.json.decode(refusal.figures)["spend_by"] == "2016-03-31"
        in_time = funding_pb2.CheckAwardsRequest()
        in_time.CopyFrom(asked)
        in_time.awards[0].ends_on = "2016-03-31"
        assert check(token, in_time) == []
        unsound = funding_pb2.CheckAwardsRequest(partnership=partnership, awards=[funding_pb2.Award()])
        for bearer, request, status in (
            ("", asked, grpc.StatusCode.UNAUTHENTICATED),
            (platform.token("reader", partnership), asked, grpc.StatusCode.PERMISSION_DENIED),
            (token, unsound, grpc.StatusCode.INVALID_ARGUMENT),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                check(bearer, request)
            assert refused.value.code() is status
    assert clerk.get("funding", "/reserves/reserve/awards").json() == []
