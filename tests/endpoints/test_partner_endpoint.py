"""A partner's system uses NATS like HTTP: the same commands, rules and answers."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import nats
import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import MEASURE, PROJECT, READING

from services.partners.answers import SubmissionAnswer
from services.projects.measures.domain import ReadMeasure
from shared.contracts.command import Asked
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.commands import Declared
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.hosting.running_service import RunningCommandService


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk, after a project with a measure was started."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("projects", "/projects", PROJECT)
    clerk.does("projects", "/projects/programme/measures", MEASURE)
    return clerk


def event(**changes: Any) -> dict[str, Any]:
    """A reading as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": "reading-1",
        "source": "/county/performance",
        "type": "projects.read_measure.v1",
        "time": "2015-01-08T09:00:00Z",
        "data": READING,
        "somebodysextension": "ignored",
    } | changes


def send(
    platform: RunningPlatform,
    partnership: str,
    sent: object,
    *,
    organisation: str = "county-council",
    token: str | None = None,
) -> SubmissionAnswer:
    """Send as the county council, and wait for the reply."""
    token = platform.token("partner", partnership, "county-council") if token is None else token

    async def request() -> bytes:
        bus = await nats.connect(platform.addresses.nats)
        try:
            payload = sent if isinstance(sent, bytes) else msgspec.json.encode(sent)
            subject = f"partners.{partnership}.{organisation}.projects"
            message = await bus.request(subject, payload, timeout=10, headers={"Authorization": f"Bearer {token}"})
            return bytes(message.data)
        finally:
            await bus.close()

    return msgspec.json.decode(asyncio.run(request()), type=SubmissionAnswer)


def facts(clerk: Caller) -> list[str]:
    return [fact["type"] for fact in clerk.get("projects", "/history/measure/programme/referrals").json()]


def test_a_partner_reports_zero_referrals(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    """CAN-6"""
    reply = send(platform, partnership, event())
    assert reply.accepted
    assert [recorded.type for recorded in reply.events] == ["projects.measure_read.v1"]
    reading = clerk.get("projects", "/history/measure/programme/referrals").json()[-1]
    assert (reading["data"]["value"], reading["happened_at"]) == (0, "2015-01-08T09:00:00Z")
    assert reading["actor"] == "partner:county-council"


def test_the_same_event_again_gets_the_same_answer(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    first, again = (send(platform, partnership, event()) for _ in range(2))
    assert first == again
    assert facts(clerk).count("projects.measure_read.v1") == 1


def test_an_event_id_with_other_data_is_refused(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    assert send(platform, partnership, event()).accepted
    reply = send(platform, partnership, event(data={**READING, "value": 3}))
    assert reply.problem
    assert reply.problem.type == "/problems/event-id-reused"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"data": {**READING, "value": "none"}}, "invalid-body"),
        ({"data": {**READING, "reported_by": "police"}}, "forbidden"),
        ({"data": [1, 2]}, "invalid-event"),
        ({"type": "projects.no_such_command.v1"}, "unknown"),
        ({"specversion": "0.3"}, "invalid-event"),
    ],
)
def test_what_is_not_right_is_refused_with_the_reason(
    platform: RunningPlatform, clerk: Caller, partnership: str, changes: dict[str, Any], problem: str
) -> None:
    before = facts(clerk)
    reply = send(platform, partnership, event(**changes))
    assert not reply.accepted
    assert reply.problem
    assert reply.problem.type == f"/problems/{problem}"
    assert facts(clerk) == before


def test_a_poison_message_does_not_block_the_next(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    for poison in (b"", b"\x00", b"{", b"[" * 10_000, b"x" * 100_000):
        reply = send(platform, partnership, poison)
        assert not reply.accepted
    assert send(platform, partnership, event()).accepted


def test_a_slow_command_holds_up_no_other(
    platform: RunningPlatform, clerk: Caller, partnership: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (projects,) = (
        s for s in platform.process.services if isinstance(s, RunningCommandService) and s.name == "projects"
    )
    execute, begun, done = projects.application.execute, threading.Event(), threading.Event()

    def decide(declared: Declared, command: Asked, request: Request) -> Answer:
        if isinstance(command, ReadMeasure) and command.value == 1:
            begun.set()
            assert done.wait(10.0), "the other command waits for this one"
        return execute(declared, command, request)

    monkeypatch.setattr(projects.application, "execute", decide)
    with ThreadPoolExecutor(1) as beside:
        slow = beside.submit(send, platform, partnership, event(data={**READING, "value": 1}))
        assert begun.wait(10.0)
        other = {**READING, "value": 2, "period_starts": "2014-07-01", "period_ends": "2014-09-30"}
        assert send(platform, partnership, event(id="reading-2", data=other)).accepted
        done.set()
        assert slow.result().accepted


def test_a_partner_cannot_speak_on_anothers_subject(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    reply = send(platform, partnership, event(), organisation="police")
    assert reply.problem
    assert reply.problem.type == "/problems/forbidden"
    assert send(platform, partnership, event(), token="nonsense").problem


def test_a_partner_cannot_send_a_command_that_only_reactions_send(
    platform: RunningPlatform, clerk: Caller, partnership: str
) -> None:
    reply = send(platform, partnership, event(type="projects.agree_mitigation_by_decision.v1"))
    assert reply.problem
    assert reply.problem.type == "/problems/unknown"
