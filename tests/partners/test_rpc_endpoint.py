"""The gRPC endpoint: a stream of events, each with the answer it has on every other route."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import pytest
from fixtures_platform import Caller, RunningPlatform
from google.protobuf.timestamp_pb2 import Timestamp
from partners.harness import READING, PartnerSystem, event, quarter, readings

from services.partners.service import RunningPartners
from shared.rpc.partners.v1 import partners_pb2
from shared.rpc.partners.v1.partners_pb2_grpc import PartnersStub
from shared.runtime.ground.clock import now


def message(sent: dict[str, Any]) -> partners_pb2.CloudEvent:
    """An event in the official Protobuf format."""
    at = Timestamp()
    at.FromJsonString(sent["time"])
    return partners_pb2.CloudEvent(
        id=sent["id"],
        source=sent["source"],
        spec_version="1.0",
        type=sent["type"],
        attributes={"time": partners_pb2.CloudEvent.AttributeValue(ce_timestamp=at)},
        text_data=json.dumps(sent["data"]),
    )


def submit(platform: RunningPlatform, token: str, sent: Iterable[partners_pb2.CloudEvent]) -> list[partners_pb2.Answer]:
    """All answers to a stream of events."""
    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        metadata = (("authorization", f"Bearer {token}"),)
        answers: Iterator[partners_pb2.Answer] = PartnersStub(channel).Submit(iter(sent), metadata=metadata, timeout=30)
        return list(answers)


@pytest.fixture
def token(platform: RunningPlatform, partnership: str) -> str:
    return platform.token("partner", partnership, "county-council")


def test_a_stream_is_answered_event_by_event(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, token: str
) -> None:
    wrong = event(id="wrong", data={**READING, "value": "none"})
    unreadable = partners_pb2.CloudEvent(id="unreadable", binary_data=b"{")
    sent = [message(quarter(1)), message(wrong), unreadable, message(quarter(2))]
    answers = submit(platform, token, sent)
    assert [answer.accepted for answer in answers] == [True, False, False, True]
    assert (answers[1].problem.field, answers[1].problem.schema) == (
        "$.value",
        "/partners/schemas/projects.read_measure.v1.json",
    )
    assert answers[2].problem.type == "/problems/unreadable-event"
    assert answers[0].events[0].receipt == f"/ledger/receipts/{readings(clerk)[0]['id']}.tlog-proof"
    assert {listed["channel"] for listed in system.listed()} == {"grpc"}


def test_it_is_the_answer_of_every_other_route(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, token: str
) -> None:
    over_http = system.sends(event())
    (answer,) = submit(platform, token, [message(event())])
    assert answer.json == over_http.content


def test_json_may_be_named_with_its_charset(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, token: str
) -> None:
    named = message(event())
    named.attributes["datacontenttype"].ce_string = "application/JSON; charset=utf-8"
    (answer,) = submit(platform, token, [named])
    assert answer.accepted


def test_an_invalid_time_does_not_stop_later_events(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, token: str
) -> None:
    answers = []
    for seconds, nanos in ((10**13, 0), (0, 2**31 - 1), (-(10**13), 0)):
        wrong = message(quarter(1))
        wrong.attributes["time"].ce_timestamp.CopyFrom(Timestamp(seconds=seconds, nanos=nanos))
        answers += submit(platform, token, [wrong, message(event())])
    assert [answer.accepted for answer in answers] == [False, True] * 3
    assert {(answer.problem.type, answer.problem.field) for answer in answers[::2]} == {
        ("/problems/invalid-event", "$.time")
    }


def test_a_stream_ends_with_the_token_that_opened_it(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    taken = threading.Event()

    def sent() -> Iterator[partners_pb2.CloudEvent]:
        yield message(quarter(1))
        assert taken.wait(30)
        yield message(quarter(2))

    with grpc.insecure_channel(platform.addresses.grpc) as channel:
        metadata = (("authorization", f"Bearer {token}"),)
        answers = PartnersStub(channel).Submit(sent(), metadata=metadata, timeout=30)
        assert next(answers).accepted
        monkeypatch.setattr(partners.intake._verifier, "_clock", lambda: now() + dt.timedelta(days=1))
        taken.set()
        with pytest.raises(grpc.RpcError) as refused:
            next(answers)
    monkeypatch.undo()
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED  # type: ignore[attr-defined]  # a call is also an error
    assert len(readings(clerk)) == 1


def test_streaming_needs_a_partners_token(platform: RunningPlatform, partnership: str) -> None:
    for token, code in (
        ("nonsense", grpc.StatusCode.UNAUTHENTICATED),
        (platform.token("clerk", partnership), grpc.StatusCode.PERMISSION_DENIED),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            submit(platform, token, [message(event())])
        assert refused.value.code() is code  # type: ignore[attr-defined]  # a call is an error, too
