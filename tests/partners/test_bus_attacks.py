"""Somebody on the bus, with the user of one service or another, or with what was captured there, gets nowhere.

Everything that passes is captured here by the user ``admin``, who hears all: no attacker hears as much.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import msgspec
import nats
import nats.errors
import pytest
from fixtures_platform import Caller, RunningPlatform
from nats.aio.client import Client
from nats.aio.msg import Msg
from partners.harness import MEASURE, READING, PartnerSystem, event, readings
from partners.test_rpc_endpoint import message, submit

from shared.contracts.bus_users import ADMIN, DECIDING, DEMO, SERVICES, SOURCES, commands_subject
from shared.contracts.envelope import SEQUENCE_HEADER, SOURCE_HEADER
from shared.runtime.endpoints.partner_endpoint import HandedCommand, Reply
from shared.runtime.ground.clock import now
from shared.runtime.identity.handover import HandoverKey, handover_key_of

TIMEOUT_S = 20.0
NAME = "Zebedee Quillfeather"


class Captured(NamedTuple):
    """One message, as it passed."""

    subject: str
    data: bytes
    headers: dict[str, str]

    def holds(self, text: str) -> bool:
        return text.encode() in self.data or any(text in value for value in self.headers.values())


@asynccontextmanager
async def connected(platform: RunningPlatform, user: str) -> AsyncIterator[Client]:
    async def refused(error: Exception) -> None:
        """The tests look at what came of it."""

    bus = await nats.connect(platform.nats_as(user), error_cb=refused, inbox_prefix=f"_INBOX_{user}")
    try:
        yield bus
    finally:
        await bus.close()


@contextmanager
def wiretap(platform: RunningPlatform) -> Iterator[list[Captured]]:
    """All that passes over NATS while the block lasts, on every subject."""
    heard: list[Captured] = []

    async def hear(message: Msg) -> None:
        heard.append(Captured(message.subject, message.data, dict(message.headers or {})))

    async def begin() -> Client:
        bus = await nats.connect(platform.nats_as(ADMIN))
        await bus.subscribe(">", cb=hear)
        await bus.flush()
        return bus

    async def end(bus: Client) -> None:
        await bus.flush()
        await bus.close()

    bus = asyncio.run_coroutine_threadsafe(begin(), platform.loop).result(TIMEOUT_S)
    try:
        yield heard
    finally:
        asyncio.run_coroutine_threadsafe(end(bus), platform.loop).result(TIMEOUT_S)


def asked(platform: RunningPlatform, user: str, subject: str, data: bytes) -> bytes | None:
    """The answer to a request by a user of the bus; None if there is none."""

    async def work() -> bytes | None:
        async with connected(platform, user) as bus:
            try:
                return bytes((await bus.request(subject, data, timeout=2.0)).data)
            except nats.errors.Error:
                return None

    return asyncio.run(work())


def until(holds: Callable[[], bool]) -> None:
    """Wait for what a relay does after the answer."""
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def captured(platform: RunningPlatform, system: PartnerSystem, clerk: Caller) -> Captured:
    """A command that was handed over and recorded."""
    with wiretap(platform) as heard:
        assert system.sends(event()).status_code == 201
    (found,) = (message for message in heard if message.subject == commands_subject("projects"))
    return found


def test_no_token_of_the_platform_passes_over_the_bus(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    token = platform.process._service_token()
    with wiretap(platform) as heard:
        assert system.sends(event()).status_code == 201
    assert any(message.subject.startswith("commands.") for message in heard)
    assert not [message.subject for message in heard if message.holds(token)]
    assert not [message.subject for message in heard if message.holds("Bearer")]
    assert not [message.subject for message in heard if message.holds("eyJ")]  # how every JSON Web Token begins


def person(number: int, partnership: str) -> dict[str, Any]:
    """A person, registered by the county council."""
    data = {"person": f"p-{number}", "name": NAME, "contact": f"z.{NAME.split()[1].lower()}@county.example"}
    data["organisation"] = "county-council"
    return event(id=f"person-{number}", type="membership.register_person.v1", data=data)


@pytest.fixture
def registered(platform: RunningPlatform, partnership: str, clerk: Caller) -> None:
    """The county council is an organisation of the partnership."""
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    council = {"organisation": "county-council", "name": "The council", "sector": "council"}
    clerk.does("membership", "/organisations", council)


def over_http(platform: RunningPlatform, system: PartnerSystem) -> None:
    assert system.sends(person(1, system.partnership)).status_code == 201
    refused = system.sends(person(1, system.partnership) | {"id": "the same person again"})
    assert refused.status_code in (409, 422), refused.text


def over_csv(platform: RunningPlatform, system: PartnerSystem) -> None:
    sent = f"person,name,organisation\np-2,{NAME},county-council\n"
    answer = system.client.post(
        f"{system.address}/events/csv",
        content=sent.encode(),
        headers={"Content-Type": "text/csv"},
        params={"type": "membership.register_person.v1"},
    )
    assert answer.json()[0]["answer"]["accepted"], answer.text


def over_grpc(platform: RunningPlatform, system: PartnerSystem) -> None:
    token = platform.token("partner", system.partnership, system.organisation)
    (answer,) = submit(platform, token, [message(person(3, system.partnership))])
    assert answer.accepted


def over_nats(platform: RunningPlatform, system: PartnerSystem) -> None:
    tail = f"{system.partnership}.{system.organisation}"
    headers = {"Authorization": f"Bearer {platform.token('partner', system.partnership, system.organisation)}"}

    async def work() -> list[dict[str, Any]]:
        bus = await nats.connect(platform.nats_as(DEMO))
        answers = await bus.subscribe(f"answers.{tail}")
        sent = [json.dumps(person(number, system.partnership)).encode() for number in (4, 5)]
        reply = await bus.request(f"partners.{tail}.membership", sent[0], timeout=TIMEOUT_S, headers=headers)
        await bus.jetstream().publish(f"submissions.{tail}.membership", sent[1], headers=headers)
        published = await answers.next_msg(timeout=TIMEOUT_S)
        await bus.close()
        return [json.loads(answer.data) for answer in (reply, published)]

    assert [answer["accepted"] for answer in asyncio.run(work())] == [True, True]


@pytest.mark.parametrize("send", [over_http, over_csv, over_grpc, over_nats])
def test_no_name_of_a_person_passes_over_the_bus_but_in_the_partners_own_message(
    platform: RunningPlatform,
    system: PartnerSystem,
    clerk: Caller,
    registered: None,
    send: Callable[[RunningPlatform, PartnerSystem], None],
) -> None:
    """What a partner's system itself sends over NATS is in its own account, and under TLS (docs/partners.md)."""
    with wiretap(platform) as heard:
        send(platform, system)
        until(lambda: any(message.subject.endswith(".membership.person_registered.v1") for message in heard))
    own = (f"partners.{system.partnership}.", f"submissions.{system.partnership}.")
    for word in (NAME, *NAME.split(), NAME.split()[1].lower()):
        assert not [message.subject for message in heard if message.holds(word) and not message.subject.startswith(own)]


def _last(platform: RunningPlatform, service: str) -> int:
    (found,) = (s for s in platform.process.services if s.name == service)
    return int(found.application.sequence)  # type: ignore[attr-defined]  # a command service has one


def test_a_captured_command_that_is_sent_again_does_nothing(
    platform: RunningPlatform, clerk: Caller, captured: Captured
) -> None:
    before = _last(platform, "projects")
    assert asked(platform, ADMIN, captured.subject, captured.data) is None  # nobody may answer in its inbox
    assert asked(platform, "partners", captured.subject, captured.data) == b""
    assert (_last(platform, "projects"), len(readings(clerk))) == (before, 1)


@pytest.mark.parametrize("service", [service for service in DECIDING if service != "projects"])
def test_a_captured_command_is_for_no_other_service(
    platform: RunningPlatform, captured: Captured, service: str
) -> None:
    before = _last(platform, service)
    assert asked(platform, "partners", commands_subject(service), captured.data) == b""
    assert _last(platform, service) == before


@pytest.mark.parametrize("at", [0, 1, 13, -17, -1])
def test_a_captured_command_that_is_changed_does_nothing(
    platform: RunningPlatform, clerk: Caller, captured: Captured, at: int
) -> None:
    changed = bytearray(captured.data)
    changed[at] ^= 1
    assert asked(platform, "partners", captured.subject, bytes(changed)) == b""
    assert len(readings(clerk)) == 1


@pytest.mark.parametrize("data", [b"", b"{}", b"\x01", b"\x01" + bytes(40), b"x" * 100_000])
def test_what_nobody_sealed_does_nothing(platform: RunningPlatform, data: bytes) -> None:
    assert asked(platform, "partners", commands_subject("projects"), data) == b""


def test_a_bearer_of_the_platforms_own_token_hands_nothing_over(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    """A token is good over HTTP and gRPC, not here."""
    body = {"partnership": system.partnership, "organisation": "county-council", "caller": "p", "key": "k"}
    sent = msgspec.json.encode({**body, "type": "projects.read_measure.v1", "body": READING})

    async def work() -> bytes:
        async with connected(platform, "partners") as bus:
            headers = {"Authorization": f"Bearer {platform.process._service_token()}"}
            reply = await bus.request("commands.projects", sent, timeout=TIMEOUT_S, headers=headers)
            return bytes(reply.data)

    assert asyncio.run(work()) == b""
    assert readings(clerk) == []


def test_with_the_secret_and_not_before_a_command_is_taken(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    """The refusals above are for what they say: the same command, sealed as it should be, is recorded."""
    key = handover_key_of(platform.settings, "partners", "projects")
    command = HandedCommand(
        partnership=system.partnership,
        organisation="county-council",
        caller="p",
        type="projects.read_measure.v1",
        key="k",
        body=READING,
    )
    content = msgspec.json.encode(command)
    wrong, _ = HandoverKey("partners", "projects", bytes(32)).seal_request(content, now)
    assert asked(platform, "partners", commands_subject("projects"), wrong) == b""
    sealed, number = key.seal_request(content, now)
    for service in (name for name in SERVICES if name != "partners"):
        assert asked(platform, service, commands_subject("projects"), sealed) is None
    assert readings(clerk) == []
    answer = asked(platform, "partners", commands_subject("projects"), sealed)
    assert answer
    assert msgspec.json.decode(key.open_answer(number, answer), type=Reply).accepted
    assert len(readings(clerk)) == 1


@pytest.mark.parametrize(("sender", "problem"), [("partners", "forbidden"), ("reporting", "unknown")])
def test_only_reporting_hands_over_for_a_clerk(
    platform: RunningPlatform, partnership: str, sender: str, problem: str
) -> None:
    """The role of the caller comes from the sender: an update that does not exist is unknown to a clerk alone."""
    key = handover_key_of(platform.settings, sender, "meetings")
    command = HandedCommand(
        partnership=partnership,
        organisation="county-council",
        caller="c",
        type="meetings.record_issue.v1",
        key="k",
        body={"update": "cabinet"},
    )
    sealed, number = key.seal_request(msgspec.json.encode(command), now)
    answer = asked(platform, sender, commands_subject("meetings"), sealed)
    assert answer
    refused = msgspec.json.decode(key.open_answer(number, answer), type=Reply).problem
    assert refused
    assert refused.type == f"/problems/{problem}"


@pytest.mark.parametrize("attacker", [*SERVICES, DEMO])
def test_with_one_services_user_nobody_publishes_anothers_event(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, attacker: str
) -> None:
    with wiretap(platform) as heard:
        clerk.does("projects", "/priorities", {"priority": "roads", "title": "Roads", "outcome": "Fewer accidents."})
        until(lambda: any(message.holds("Fewer accidents.") for message in heard))
    fact = next(message for message in heard if message.holds("Fewer accidents."))
    forged = fact.data.replace(b"Fewer accidents.", b"More accidents!!")
    assert forged != fact.data
    streams = dict.fromkeys(("EVENTS", "PARTNERS"), 0)

    async def work() -> list[str]:
        async with connected(platform, ADMIN) as hearing, connected(platform, attacker) as bus:
            passed: list[str] = []

            async def hear(message: Msg) -> None:
                if b"More accidents!!" in message.data:
                    passed.append(message.subject)

            await hearing.subscribe(">", cb=hear)
            await hearing.flush()
            for stream in streams:
                streams[stream] = (await hearing.jetstream().stream_info(stream)).state.first_seq
            for source in SOURCES:
                number = int(fact.headers[SEQUENCE_HEADER]) + 1
                headers = {SOURCE_HEADER: source, SEQUENCE_HEADER: str(number), "Nats-Msg-Id": f"forged-{attacker}"}
                await bus.publish(f"events.{system.partnership}.{source}.priority_set.v1", forged, headers=headers)
                await bus.publish(f"_INBOX_ledger.{source}", forged)
                await bus.publish(f"sources.{source}.resend", forged)
            for call in ("PURGE", "DELETE"):
                for stream in streams:
                    await bus.publish(f"$JS.API.STREAM.{call}.{stream}", b"")
            await bus.flush()
            await bus.flush()
            await hearing.flush()
            for stream, first in streams.items():
                assert (await hearing.jetstream().stream_info(stream)).state.first_seq == first
            return passed

    passed = {subject for subject in asyncio.run(work()) if not subject.startswith("_INBOX_ledger.")}
    allowed = {f"events.{system.partnership}.{attacker}.priority_set.v1"} if attacker in SOURCES else set()
    if attacker == "ledger":
        allowed = {f"sources.{source}.resend" for source in SOURCES}
    assert passed == allowed
    clerk.does("projects", "/projects/programme/measures", {**MEASURE, "measure": f"after-{attacker}"})
    shown = clerk.get("projects", "/priorities").text
    assert "Fewer accidents." in shown
    assert "More accidents!!" not in shown
