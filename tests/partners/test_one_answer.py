"""An event has one answer: validated once, kept before it is given, and the same again, byte for byte."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import MEASURE, PROJECT, READING, PartnerSystem, event, partner_system, readings

from services.partners.envelope import PartnerEvent
from services.partners.record import Sender, StoredSubmission
from services.partners.service import RunningPartners
from shared.runtime.endpoints.partner_endpoint import HandedCommand, Reply


def test_an_accepted_event_says_what_was_recorded_and_the_address_of_its_proof(
    system: PartnerSystem, clerk: Caller
) -> None:
    """CAN-6"""
    response = system.sends(event())
    assert response.status_code == 201
    answer = response.json()
    assert (answer["accepted"], answer["final"], answer["id"]) == (True, True, "reading-1")
    (fact,) = answer["events"]
    (reading,) = readings(clerk)
    assert fact["id"] == reading["id"]
    assert fact["receipt"] == f"/ledger/receipts/{reading['id']}.tlog-proof"
    assert answer["at"] == response.headers["folkmoot-at"]
    assert answer["at"].startswith("projects=")
    assert (reading["actor"], reading["happened_at"]) == ("partner:county-council", "2015-01-08T09:00:00Z")


def test_the_same_event_again_has_the_same_answer_byte_for_byte(system: PartnerSystem, clerk: Caller) -> None:
    first = system.sends(event())
    clerk.does(
        "projects",
        "/projects/programme/measures",
        {"measure": "hours", "name": "Hours", "unit": "hours", "better": "higher"},
    )
    again = system.sends(event())
    assert (again.content, again.status_code) == (first.content, first.status_code)
    assert len(readings(clerk)) == 1


def test_what_a_rule_refused_stays_refused(system: PartnerSystem, clerk: Caller) -> None:
    """The rule is applied once: the event keeps its answer even if the rule would allow it later."""
    early = event(data={**READING, "measure": "hours"})
    first = system.sends(early)
    assert first.status_code == 404
    clerk.does(
        "projects",
        "/projects/programme/measures",
        {"measure": "hours", "name": "Hours", "unit": "hours", "better": "higher"},
    )
    again = system.sends(early)
    assert again.content == first.content
    assert system.sends(event(id="reading-2", data={**READING, "measure": "hours"})).status_code == 201


def test_an_id_with_other_content_is_refused_and_the_first_answer_remains(system: PartnerSystem, clerk: Caller) -> None:
    first = system.sends(event())
    other = system.sends(event(data={**READING, "value": 3}))
    assert other.status_code == 422
    assert other.json()["problem"]["type"] == "/problems/event-id-reused"
    assert system.sends(event()).content == first.content
    assert [reading["data"]["value"] for reading in readings(clerk)] == [0]


def test_two_partners_may_use_the_same_id(platform: RunningPlatform, system: PartnerSystem, clerk: Caller) -> None:
    assert system.sends(event()).status_code == 201
    police = partner_system(platform, system.partnership, "police")
    clerk.does("projects", "/projects", PROJECT | {"project": "patrols", "lead": "police"})
    clerk.does("projects", "/projects/patrols/measures", MEASURE)
    theirs = event(data={**READING, "project": "patrols", "reported_by": "police"})
    assert police.sends(theirs).status_code == 201


def test_eight_at_once_have_one_answer(system: PartnerSystem, clerk: Caller) -> None:
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(system.sends(event()).content)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert len(readings(clerk)) == 1


def test_what_was_refused_for_good_is_not_recorded_by_a_copy_of_it(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule's result changes between two copies, before the first one's answer is kept."""
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    intake = partners.intake
    hand_over, claim = intake.handing.over, intake.submissions.claim
    decided, both_here = threading.Event(), asyncio.Event()
    claims: list[str] = []

    async def slow(service: str, handed: HandedCommand) -> Reply:
        reply = await hand_over(service, handed)
        decided.set()
        await both_here.wait()
        return reply

    def counted(sender: Sender, event: PartnerEvent) -> StoredSubmission:
        known = claim(sender, event)
        claims.append(event.id)
        if len(claims) == 2:
            platform.loop.call_soon_threadsafe(both_here.set)
        return known

    monkeypatch.setattr(intake.handing, "over", slow)
    monkeypatch.setattr(intake.submissions, "claim", counted)
    early = event(data={**READING, "measure": "hours"})
    with ThreadPoolExecutor() as copies:
        first = copies.submit(system.sends, early)
        assert decided.wait(20)
        clerk.does("projects", "/projects/programme/measures", {**MEASURE, "measure": "hours", "name": "Hours"})
        second = copies.submit(system.sends, early)
    assert first.result().status_code == 404
    assert second.result().content == first.result().content
    assert readings(clerk) == []


@pytest.mark.parametrize(
    "spelled",
    ["2015-05-08T10:00:00+01:00", "2015-05-08t09:00:00z", "2015-05-08T09:00:00.000Z", "2015-05-08T09:00:00-00:00"],
)
@pytest.mark.parametrize("field", ["time", "happened_at"])
def test_one_moment_is_one_however_it_is_spelled(
    system: PartnerSystem, clerk: Caller, field: str, spelled: str
) -> None:
    """RFC 3339 §5.1: these are the same instant."""

    def at(moment: str) -> dict[str, Any]:
        if field == "time":
            return event(time=moment)
        return {**event(data={**READING, "happened_at": moment}), "time": None}

    first = system.sends(at("2015-05-08T09:00:00Z"))
    assert first.status_code == 201, first.text
    assert system.sends(at(spelled)).content == first.content
    later = system.sends(at("2015-05-08T09:00:01Z"))
    assert later.json()["problem"]["type"] == "/problems/event-id-reused"
    assert len(readings(clerk)) == 1


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/JSON", "Application/Json ;charset=x"])
def test_json_is_json_however_its_media_type_is_written(system: PartnerSystem, clerk: Caller, kind: str) -> None:
    """RFC 9110 §8.3.1"""
    first = system.sends(event(datacontenttype=kind))
    assert first.status_code == 201, first.text
    assert system.sends(event()).content == first.content


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "application/json\n", "application/xml; json"])
def test_what_is_not_json_is_refused(system: PartnerSystem, kind: str) -> None:
    refused = system.sends(event(datacontenttype=kind))
    assert (refused.status_code, refused.json()["field"]) == (422, "$.datacontenttype")
    assert "[Jj]" not in refused.text


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_at_the_end_of_the_calendar_is_refused(system: PartnerSystem, time: str) -> None:
    answer = system.sends(event(time=time))
    assert answer.status_code == 422, answer.text
    assert answer.content == system.sends(event(time=time)).content


@pytest.mark.parametrize(
    ("changes", "status", "problem", "field"),
    [
        ({"data": {**READING, "value": "none"}}, 422, "invalid-body", "$.value"),
        ({"data": {k: v for k, v in READING.items() if k != "measure"}}, 422, "invalid-body", ""),
        ({"data": {**READING, "reported_by": "police"}}, 403, "forbidden", ""),
        ({"data": {**READING, "period_starts": "1214-10-01"}}, 422, "out-of-range", "period_starts"),
        ({"data": {**READING, "project": "nothing"}}, 404, "unknown", "project"),
        ({"time": "2199-01-01T00:00:00Z"}, 422, "not-yet-happened", ""),
        ({"type": "projects.no_such_command.v1"}, 404, "unknown", ""),
        ({"type": "projects.start_project.v1"}, 404, "unknown", ""),
        ({"type": "projects.agree_mitigation_by_decision.v1"}, 404, "unknown", ""),
    ],
)
def test_a_rejected_event_says_the_field_the_reason_and_the_schema(
    system: PartnerSystem, clerk: Caller, changes: dict[str, Any], status: int, problem: str, field: str
) -> None:
    response = system.sends(event(**changes))
    answer = response.json()
    assert response.status_code == status, response.text
    assert (answer["accepted"], answer["final"]) == (False, True)
    assert answer["problem"]["type"] == f"/problems/{problem}"
    assert answer["problem"].get("field", "") == field
    assert answer["problem"]["detail"]
    if "type" not in changes:
        assert answer["problem"]["schema"] == "/partners/schemas/projects.read_measure.v1.json"
    assert system.sends(event(**changes)).content == response.content
    assert readings(clerk) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "$.specversion"),
        ({"id": ""}, "$.id"),
        ({"source": "a\x00b"}, "$.source"),
        ({"source": "\u8b66" * 1024}, "$.source"),
        ({"data": [1, 2]}, "$.data"),
        ({"time": "2015-01-08T09:00:00"}, "$.time"),
        ({"datacontenttype": "text/xml"}, "$.datacontenttype"),
    ],
)
def test_a_malformed_event_is_refused_at_once(system: PartnerSystem, changes: dict[str, Any], field: str) -> None:
    response = system.sends(event(**changes))
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/invalid-event"
    assert response.json()["field"] == field
    assert system.listed() == []


def test_the_longest_source_and_id_have_their_answer(system: PartnerSystem, clerk: Caller) -> None:
    """Both are in one index, whose entries have at most 2,704 bytes. They are random, so they do not compress."""
    visible = [chr(code) for code in range(0x21, 0x7F)]
    source = "".join(random.choices(visible, k=1024))
    longest = event(source=source, id="".join(chr(random.randrange(0x20000, 0x2A6DF)) for _ in range(255)))
    first = system.sends(longest)
    assert first.status_code == 201, first.text
    assert system.sends(longest).content == first.content


def test_only_the_organisations_own_token_may_send_its_events(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, partnership: str
) -> None:
    address = f"/partners/{partnership}/county-council/events"
    headers = {"Content-Type": "application/cloudevents+json"}
    for role, organisation in (("partner", "police"), ("clerk", None), ("auditor", None)):
        caller = platform.caller(role, partnership, organisation)
        said = event(data={**READING, "reported_by": organisation or "county-council"})
        response = caller.client.post(address, json=said, headers=headers)
        assert response.status_code == 403, role
    elsewhere = platform.caller("partner", "elsewhere", "county-council")
    assert elsewhere.client.post(address, json=event(), headers=headers).status_code == 403
    nobody = system.client.post(address, json=event(), headers={**headers, "Authorization": "Bearer nonsense"})
    assert nobody.status_code == 401
    assert readings(clerk) == system.listed() == []


def test_a_command_sent_straight_to_its_service_goes_on_working(system: PartnerSystem, clerk: Caller) -> None:
    """The partners service keeps answers; it is not the only way in."""
    body = {key: value for key, value in READING.items() if key not in ("project", "measure")}
    address = f"/projects/{system.partnership}/projects/programme/measures/referrals/readings"
    assert system.client.post(address, json=body).status_code == 201
    assert len(readings(clerk)) == 1
