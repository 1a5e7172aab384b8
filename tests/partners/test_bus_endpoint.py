"""The endpoints on NATS: what is published to JetStream gets its answer, in order, and no bad message blocks it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import nats
import pytest
from fixtures_platform import Caller, RunningPlatform
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.js.api import DiscardPolicy, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError
from partners.harness import READING, PartnerSystem, event, partner_system, quarter, readings

from services.partners.answers import SubmissionAnswer
from services.partners.bus_endpoint import (
    DUPLICATE_WINDOW_S,
    MAX_STREAM_BYTES,
    submissions_stream,
)
from services.partners.envelope import PartnerEvent
from services.partners.record import Sender
from services.partners.service import RunningPartners
from services.projects.measures.domain import ReadMeasure
from shared.contracts.bus_users import ADMIN
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.runtime.following.streams import ensure_stream
from shared.runtime.hosting.running_service import RunningCommandService

TIMEOUT_S = 20.0


@asynccontextmanager
async def listening(platform: RunningPlatform, system: PartnerSystem) -> AsyncIterator[tuple[Client, Subscription]]:
    """A connection to NATS that hears the county's answers."""
    bus = await nats.connect(platform.addresses.nats)
    try:
        yield bus, await bus.subscribe(f"answers.{system.partnership}.{system.organisation}")
    finally:
        await bus.close()


def publish(
    platform: RunningPlatform,
    system: PartnerSystem,
    *sent: object,
    token: str | None = None,
    service: str = "projects",
    also: dict[str, str] | None = None,
) -> list[SubmissionAnswer]:
    """Publish to JetStream as the county's system, with more headers, and wait for as many answers."""
    held = platform.token("partner", system.partnership, system.organisation) if token is None else token
    headers = {**({"Authorization": f"Bearer {held}"} if held else {}), **(also or {})}

    async def work() -> list[SubmissionAnswer]:
        async with listening(platform, system) as (bus, answers):
            js = bus.jetstream()
            for one in sent:
                payload = one if isinstance(one, bytes) else json.dumps(one).encode()
                subject = f"submissions.{system.partnership}.{system.organisation}.{service}"
                assert (await js.publish(subject, payload, headers=headers)).stream == "PARTNERS"
            messages = [await answers.next_msg(timeout=TIMEOUT_S) for _ in sent]
            return [msgspec.json.decode(message.data, type=SubmissionAnswer) for message in messages]

    return asyncio.run(work())


def asks(
    platform: RunningPlatform, system: PartnerSystem, content: object, headers: dict[str, str]
) -> SubmissionAnswer:
    """Ask the endpoint that answers at once, with just these headers."""

    async def work() -> SubmissionAnswer:
        bus = await nats.connect(platform.addresses.nats)
        try:
            subject = f"partners.{system.partnership}.{system.organisation}.projects"
            message = await bus.request(subject, json.dumps(content).encode(), timeout=TIMEOUT_S, headers=headers)
            return msgspec.json.decode(message.data, type=SubmissionAnswer)
        finally:
            await bus.close()

    return asyncio.run(work())


def bearer(platform: RunningPlatform, system: PartnerSystem) -> str:
    return f"Bearer {platform.token('partner', system.partnership, system.organisation)}"


def left(platform: RunningPlatform, system: PartnerSystem) -> int:
    """The number of the county's messages still in the stream."""

    async def work() -> int:
        bus = await nats.connect(platform.nats_as(ADMIN))
        try:
            subject = f"submissions.{system.partnership}.{system.organisation}.>"
            found = await bus.jetstream().stream_info("PARTNERS", subjects_filter=subject)
            return sum((found.state.subjects or {}).values())
        finally:
            await bus.close()

    return asyncio.run(work())


def test_what_is_published_is_answered_in_its_order_and_leaves_the_stream(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    sent = [quarter(number) for number in range(12)]
    answers = publish(platform, system, *sent)
    assert [answer.id for answer in answers] == [one["id"] for one in sent]
    assert all(answer.accepted and answer.final for answer in answers)
    assert [r["data"]["period_starts"] for r in readings(clerk)] == [one["data"]["period_starts"] for one in sent]
    assert {listed["channel"] for listed in system.listed()} == {"jetstream"}
    assert left(platform, system) == 0


def test_whichever_channel_an_event_comes_through_it_has_one_answer(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    (published,) = publish(platform, system, event())
    assert msgspec.json.decode(system.sends(event()).content, type=SubmissionAnswer) == published
    assert len(readings(clerk)) == 1


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "Authorization"])
def test_a_header_is_the_same_in_capitals(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, name: str
) -> None:
    assert asks(platform, system, event(), {name: bearer(platform, system)}).accepted
    (published,) = publish(platform, system, event(), token="", also={name: bearer(platform, system)})
    assert published.accepted


@pytest.mark.parametrize("name", ["z%FF1", "z%FE1", "zé"])
def test_an_unreadable_id_is_refused(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, name: str
) -> None:
    attributes = {key: value for key, value in event().items() if key in ("specversion", "source", "type", "time")}
    headers = {f"ce-{key}": value for key, value in {**attributes, "id": name}.items()}
    answer = asks(platform, system, READING, {**headers, "Authorization": bearer(platform, system)})
    assert answer.problem
    assert (answer.problem.type, answer.problem.field) == ("/problems/invalid-event", "$.id")
    assert answer.final


def test_a_message_id_of_one_organisation_does_not_lose_the_event_of_another(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    named = {"Nats-Msg-Id": f"reading-1 of {system.partnership}"}
    publish(platform, partner_system(platform, system.partnership, "police"), b"{", also=named)
    time.sleep(2 * DUPLICATE_WINDOW_S)  # the server forgets by the clock alone, and says nothing of it
    (answer,) = publish(platform, system, event(), also=named)
    assert answer.accepted


def test_a_stream_of_an_earlier_release_is_brought_to_the_present_shape(nats_url: str) -> None:
    async def work() -> tuple[StreamConfig, StreamConfig]:
        bus = await nats.connect(nats_url)
        try:
            js = bus.jetstream()
            earlier = submissions_stream().evolve(
                subjects=["submissions.*.*.>"],
                discard=DiscardPolicy.OLD,
                max_bytes=-1,
                duplicate_window=120.0,
                description="An operator's own words.",
            )
            await js.add_stream(earlier)
            await ensure_stream(js, submissions_stream())
            return earlier, (await js.stream_info("PARTNERS")).config
        finally:
            await bus.close()

    earlier, found = asyncio.run(work())
    assert (found.duplicate_window, found.description) == (DUPLICATE_WINDOW_S, earlier.description)
    assert (found.subjects, found.max_bytes) == (["submissions.*.*.*"], MAX_STREAM_BYTES)


def test_a_full_stream_says_so_and_keeps_what_waits(nats_url: str) -> None:
    async def work() -> int:
        bus = await nats.connect(nats_url)
        try:
            js = bus.jetstream()
            await js.add_stream(submissions_stream().evolve(max_bytes=1000))
            await js.publish("submissions.area.police.projects", b"x" * 600)
            with pytest.raises(APIError, match="maximum bytes"):
                await js.publish("submissions.area.police.projects", b"x" * 600)
            with pytest.raises(NoStreamResponseError):
                await js.publish("submissions.area.police.projects.more", b"{}")
            return (await js.stream_info("PARTNERS")).state.messages
        finally:
            await bus.close()

    assert asyncio.run(work()) == 1


def test_what_cannot_be_read_is_parked_and_those_behind_it_are_taken(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    poison = [b"", b"\x00", b"{", b"[" * 10_000, b'{"specversion": "1.0"}']
    answers = publish(platform, system, *poison, event())
    assert [answer.accepted for answer in answers] == [False] * 5 + [True]
    assert {answer.problem.type for answer in answers if answer.problem} == {"/problems/parked"}
    parked = system.listed(state="parked")
    assert len(parked) == 5
    ready = clerk.client.get("/health/ready").json()
    assert ready["ready"]
    assert ready["services"]["partners"]["parked_events"] >= 5
    own = clerk.get("partners", "/parked").json()
    assert [found["submission"] for found in own] == [found["submission"] for found in parked]


def test_a_parked_message_is_dismissed_with_a_reason_as_an_event(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    publish(platform, system, b"{")
    (parked,) = system.listed(state="parked")
    path = f"/submissions/{parked['submission']}"
    reason = {"reason": "A test message, the county's officer says."}
    assert system.client.post(f"/partners/{system.partnership}{path}/dismissal", json=reason).status_code == 403
    assert clerk.post("partners", f"{path}/retry").status_code == 400
    clerk.does("partners", f"{path}/dismissal", reason)
    (fact,) = clerk.get("partners", f"/history/submission/{parked['submission']}").json()
    assert (fact["type"], fact["data"]["organisation"]) == ("partners.submission_dismissed.v1", "county-council")
    assert fact["data"]["reason"] == reason["reason"]
    (listed,) = system.listed()
    assert (listed["state"], listed["problem"]["type"]) == ("dismissed", "/problems/dismissed")
    for what in ("dismissal", "retry"):
        again = clerk.post("partners", f"{path}/{what}", reason)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/not-parked")
    assert clerk.post("partners", "/submissions/no-such/dismissal", reason).status_code == 404


def test_what_is_too_large_is_refused_and_not_parked(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    too_large, taken = publish(platform, system, event(padding="x" * 65_535), quarter(1))
    assert too_large.problem
    assert (too_large.final, too_large.problem.type) == (True, "/problems/event-too-large")
    assert taken.accepted
    assert system.listed(state="parked") == []


@pytest.fixture
def fault(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A fault in reading measures whose value is 13. Returns a function that repairs it."""
    (projects,) = (s for s in platform.process.services if s.name == "projects")
    assert isinstance(projects, RunningCommandService)
    declared = projects.application.commands.declared[ReadMeasure]

    def faulty(command: ReadMeasure, unit: UnitOfWork) -> None:
        if command.value == 13:
            raise ZeroDivisionError("a fault of ours")
        declared.handler(command, unit)

    patched = dataclasses.replace(declared, handler=faulty)
    monkeypatch.setitem(projects.application.commands.declared, ReadMeasure, patched)
    return monkeypatch.undo


def unlucky(**changes: Any) -> dict[str, Any]:
    return event(id="unlucky", data={**READING, "value": 13}, **changes)


def test_an_event_that_makes_a_fault_three_times_is_parked_and_tried_again_by_the_clerk(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, fault: Callable[[], None]
) -> None:
    other = event(id="lucky", data={**READING, "period_starts": "2014-07-01", "period_ends": "2014-09-30"})
    parked, taken = publish(platform, system, unlucky(), other)
    assert (parked.accepted, parked.final, parked.id) == (False, False, "unlucky")
    assert taken.accepted
    (listed,) = system.listed(state="parked")
    retry = f"/submissions/{listed['submission']}/retry"
    still = clerk.post("partners", retry)
    assert still.status_code == 500
    assert [found["id"] for found in system.listed(state="parked")] == ["unlucky"]
    fault()
    answer = clerk.does("partners", retry).json()
    assert (answer["accepted"], answer["id"]) == (True, "unlucky")
    assert readings(clerk)[-1]["actor"] == "partner:county-council"
    assert system.listed(state="parked") == []
    assert system.sends(unlucky()).json() == answer


@pytest.mark.parametrize("what", ["retry", "dismissal"])
def test_an_event_whose_retry_died_waits_for_the_clerk_as_before(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, fault: Callable[[], None], what: str
) -> None:
    publish(platform, system, unlucky())
    (listed,) = system.listed(state="parked")
    fault()
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    submissions = partners.intake.submissions
    before = submissions.count_parked()
    assert submissions.try_again(listed["submission"])  # and here the process dies
    assert submissions.count_parked() == before
    assert [found["submission"] for found in clerk.get("partners", "/parked").json()] == [listed["submission"]]
    assert system.listed(state="received") == []
    clerk.does("partners", f"/submissions/{listed['submission']}/{what}", {"reason": "Its retry came to nothing."})
    assert clerk.get("partners", "/parked").json() == []


def test_an_event_cannot_be_dismissed_while_it_is_tried_again(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, fault: Callable[[], None]
) -> None:
    publish(platform, system, unlucky())
    (listed,) = system.listed(state="parked")
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    submissions = partners.intake.submissions
    assert submissions.try_again(listed["submission"])
    sender = Sender(system.partnership, system.organisation, "county-council", "http")
    turn = submissions.claim(sender, msgspec.convert(unlucky(), PartnerEvent))
    dismissal = f"/submissions/{listed['submission']}/dismissal"
    refused = clerk.post("partners", dismissal, {"reason": "Too slow."})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-parked")
    submissions.leave(turn)
    clerk.does("partners", dismissal, {"reason": "It came to nothing."})


@pytest.mark.parametrize("broken", ["claim", "keep"])
def test_whatever_fault_an_event_makes_those_behind_it_are_taken(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    whole = getattr(partners.intake.submissions, broken)

    def faulty(whose: Any, what: Any) -> Any:
        if what.id == "unlucky":
            raise ZeroDivisionError("a fault of ours")
        return whole(whose, what)

    monkeypatch.setattr(partners.intake.submissions, broken, faulty)
    parked, taken = publish(platform, system, unlucky(), quarter(1))
    assert (parked.accepted, parked.final, taken.accepted) == (False, False, True)
    assert len(system.listed(state="parked")) == 1


def test_an_event_over_http_that_makes_faults_is_parked_as_well(
    system: PartnerSystem, clerk: Caller, fault: Callable[[], None]
) -> None:
    said = [system.sends(unlucky()) for _ in range(4)]
    assert [response.status_code for response in said] == [500, 500, 503, 503]
    assert said[3].json()["problem"]["type"] == "/problems/parked"
    assert ["retry-after" in response.headers for response in said] == [True, True, False, False]
    (listed,) = system.listed()
    clerk.does("partners", f"/submissions/{listed['submission']}/dismissal", {"reason": "Sent again by post."})
    dismissed = system.sends(unlucky())
    assert (dismissed.status_code, dismissed.json()["final"]) == (409, True)


def test_a_partner_cannot_act_as_another_on_the_stream(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    for token in ("", "nonsense", platform.token("partner", system.partnership, "police")):
        (answer,) = publish(platform, system, event(), token=token)
        assert not answer.accepted
        assert answer.problem
        assert answer.problem.type in ("/problems/not-authenticated", "/problems/forbidden")
    assert system.listed() == []
    assert left(platform, system) == 0


def test_one_partners_poison_is_not_seen_by_another(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller
) -> None:
    publish(platform, system, b"{")
    police = partner_system(platform, system.partnership, "police")
    assert police.listed() == []
