"""The door over gRPC: a stream of events, each with the answer it has at every other door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import pytest
from fixtures_platform import Caller, RunningPlatform
from google.protobuf.timestamp_pb2 import Timestamp
from partners.county import READING, County, event, quarter, readings

from shared.rpc.partners.v1 import partners_pb2
from shared.rpc.partners.v1.partners_pb2_grpc import PartnersStub


def message(sent: dict[str, Any]) -> partners_pb2.CloudEvent:
    """An event as the official Protobuf format has it."""
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
    platform: RunningPlatform, county: County, clerk: Caller, token: str
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
    assert {listed["door"] for listed in county.listed()} == {"grpc"}


def test_it_is_the_answer_of_every_other_door(
    platform: RunningPlatform, county: County, clerk: Caller, token: str
) -> None:
    over_http = county.sends(event())
    (answer,) = submit(platform, token, [message(event())])
    assert answer.json == over_http.content


def test_nobody_streams_without_a_partners_token(platform: RunningPlatform, partnership: str) -> None:
    for token, code in (
        ("nonsense", grpc.StatusCode.UNAUTHENTICATED),
        (platform.token("clerk", partnership), grpc.StatusCode.PERMISSION_DENIED),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            submit(platform, token, [message(event())])
        assert refused.value.code() is code  # type: ignore[attr-defined]  # a call is an error, too
