"""The HTTP endpoints: CloudEvents in three modes, spreadsheets, dry runs, limits, and the partner's own list."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

import pytest
from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent
from fixtures_platform import Caller, RunningPlatform
from partners.harness import BATCHED, READING, PartnerSystem, event, partner_system, quarter, readings

ROWS = """project,measure,value,period_starts,period_ends,reported_by,note
programme,referrals,0,2014-10-01,2014-12-31,county-council,
programme,referrals,4,2014-07-01,2014-09-30,county-council,"Four, of which one again"
programme,referrals,none,2014-04-01,2014-06-30,county-council,
"""


BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "reading-1",
    "ce-source": quote("/county/performance"),
    "ce-type": "projects.read_measure.v1",
    "ce-time": "2015-01-08T09:00:00Z",
    "Content-Type": "application/json",
}


def test_binary_mode_is_the_same_event(system: PartnerSystem, clerk: Caller) -> None:
    binary = system.client.post(f"{system.address}/events", content=json.dumps(READING), headers=BINARY)
    assert binary.status_code == 201, binary.text
    assert system.sends(event()).content == binary.content
    assert len(readings(clerk)) == 1


@pytest.mark.parametrize("name", [b"z%FF1", b"z%FE1", b"z%ED%A0%801", b"z%C3", b"z\xff1", "zé".encode()])
def test_an_unreadable_id_is_refused(system: PartnerSystem, name: bytes) -> None:
    """CloudEvents, HTTP Protocol Binding 3.1.3.2: replacing bad bytes must not make two ids equal."""
    sent = {key.encode(): value.encode() for key, value in BINARY.items()} | {b"ce-id": name}
    binary = system.client.post(f"{system.address}/events", content=json.dumps(READING), headers=sent)
    assert (binary.status_code, binary.json()["type"]) == (422, "/problems/invalid-event")
    assert binary.json()["field"] == "$.id"
    assert system.listed() == []


@pytest.mark.parametrize("name", ["reading%201%C3%A9%22", '"reading 1%C3%A9\\""'])
def test_an_id_may_be_encoded_and_quoted(system: PartnerSystem, name: str) -> None:
    binary = system.client.post(
        f"{system.address}/events", content=json.dumps(READING), headers={**BINARY, "ce-id": name}
    )
    assert (binary.status_code, binary.json()["id"]) == (201, 'reading 1é"')


@pytest.mark.parametrize("time", ["41967", "1420707600", "08/01/2015"])
def test_a_number_is_not_accepted_as_a_time(system: PartnerSystem, time: str) -> None:
    binary = system.client.post(
        f"{system.address}/events", content=json.dumps(READING), headers={**BINARY, "ce-time": time}
    )
    assert (binary.status_code, binary.json()["type"]) == (422, "/problems/invalid-event")
    assert binary.json()["field"] == "$.time"


@pytest.mark.parametrize("convert", [to_structured, to_binary])
def test_what_the_official_package_sends_is_taken(system: PartnerSystem, clerk: Caller, convert: object) -> None:
    attributes = {"type": "projects.read_measure.v1", "source": "/county/performance", "id": "reading-1"}
    headers, body = convert(CloudEvent(attributes, READING))  # type: ignore[operator]
    assert system.client.post(f"{system.address}/events", content=body, headers=headers).status_code == 201


def test_a_batch_has_an_answer_for_each_event_in_its_order(system: PartnerSystem, clerk: Caller) -> None:
    poison = {"specversion": "1.0"}
    sent = [quarter(1), poison, quarter(2, type="projects.no_such_command.v1"), quarter(3), quarter(1)]
    response = system.sends(sent, BATCHED)
    assert response.status_code == 200, response.text
    answers = response.json()
    assert [answer["accepted"] for answer in answers] == [True, False, False, True, True]
    assert answers[4] == answers[0]
    assert len(readings(clerk)) == 2


def test_a_batch_that_is_too_large_is_refused_whole(system: PartnerSystem, clerk: Caller) -> None:
    response = system.sends([quarter(number) for number in range(101)], BATCHED)
    assert (response.status_code, response.json()["type"]) == (413, "/problems/batch-too-large")
    heavy = system.sends([quarter(1, padding="x" * 1024 * 1024)], BATCHED)
    assert (heavy.status_code, heavy.json()["type"]) == (413, "/problems/batch-too-large")
    large = system.sends(event(padding="x" * 65_535))
    assert (large.status_code, large.json()["type"]) == (413, "/problems/event-too-large")
    among = system.sends([quarter(1), quarter(2, padding="x" * 65_535)], BATCHED).json()
    assert [answer["accepted"] for answer in among] == [True, False]


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
def test_a_refusal_of_other_content_says_what_to_send(system: PartnerSystem, kind: str) -> None:
    response = system.client.post(f"{system.address}/events", content=b"{}", headers={"Content-Type": kind})
    assert (response.status_code, response.json()["type"]) == (415, "/problems/unknown-media-type")


def test_a_dry_run_gives_the_answer_and_records_nothing(system: PartnerSystem, clerk: Caller) -> None:
    response = system.sends(event(), **{"dry-run": "true"})
    answer = response.json()
    assert (response.status_code, answer["accepted"], answer["dry_run"]) == (200, True, True)
    assert [(fact["type"], "id" in fact) for fact in answer["events"]] == [("projects.measure_read.v1", False)]
    assert system.listed() == readings(clerk) == []
    assert system.sends(event()).status_code == 201


def test_a_dry_run_of_an_earlier_event_gives_its_earlier_answer(system: PartnerSystem, clerk: Caller) -> None:
    sent = system.sends(event()).json()
    tried = system.sends(event(), **{"dry-run": "true"}).json()
    assert tried == sent | {"dry_run": True}
    other = system.sends(event(data={**READING, "value": 9}), **{"dry-run": "true"})
    assert other.json()["problem"]["type"] == "/problems/event-id-reused"


def test_a_dry_run_asks_the_rules(system: PartnerSystem, clerk: Caller) -> None:
    system.sends(event())
    again = system.sends(event(id="reading-2"), **{"dry-run": "true"})
    assert again.status_code == 409
    assert again.json()["dry_run"]
    assert "projects" not in again.json().get("at", "")
    wrong = system.sends(event(id="reading-3", data={**READING, "value": "none"}), **{"dry-run": "true"})
    assert wrong.json()["problem"]["field"] == "$.value"


def test_a_spreadsheet_has_an_answer_for_each_row(system: PartnerSystem, clerk: Caller) -> None:
    def send(accept: str) -> str:
        response = system.client.post(
            f"{system.address}/events/csv",
            params={"type": "projects.read_measure.v1"},
            content=ROWS.encode("utf-8-sig"),
            headers={"Content-Type": "text/csv", "Accept": accept},
        )
        assert response.status_code == 200, response.text
        return response.text

    first = send("application/json")
    answers = json.loads(first)
    assert [(found["row"], found["answer"]["accepted"]) for found in answers] == [(2, True), (3, True), (4, False)]
    assert answers[2]["answer"]["problem"]["field"] == "$.value"
    assert send("application/json") == first
    assert sorted(reading["data"]["value"] for reading in readings(clerk)) == [0, 4]
    rows = list(csv.DictReader(io.StringIO(send("text/csv"))))
    assert [(row["row"], row["accepted"], row["field"]) for row in rows] == [
        ("2", "yes", ""),
        ("3", "yes", ""),
        ("4", "no", "$.value"),
    ]
    assert rows[0]["receipts"].endswith(".tlog-proof")


def test_a_row_may_bring_its_own_id_and_time(system: PartnerSystem, clerk: Caller) -> None:
    head, first, *_ = ROWS.splitlines()
    content = f"{head},id,time\n{first},reading-1,2015-01-08T09:00:00Z\n"
    response = system.client.post(
        f"{system.address}/events/csv", params={"type": "projects.read_measure.v1"}, content=content
    )
    assert response.json()[0]["answer"]["id"] == "reading-1"
    assert readings(clerk)[0]["happened_at"] == "2015-01-08T09:00:00Z"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"value,value\n1,2\n", "twice"),
        (b"value\n" + b"1\n" * 1001, "more than 1,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(system: PartnerSystem, content: bytes, says: str) -> None:
    response = system.client.post(
        f"{system.address}/events/csv", params={"type": "projects.read_measure.v1"}, content=content
    )
    assert response.status_code in (400, 413)
    assert says in response.json()["detail"]


def test_an_unknown_column_is_named(system: PartnerSystem, clerk: Caller) -> None:
    content = ROWS.replace("note", "remark").splitlines()
    response = system.client.post(
        f"{system.address}/events/csv",
        params={"type": "projects.read_measure.v1"},
        content="\n".join([content[0], content[2]]),
    )
    assert "remark" in response.json()[0]["answer"]["problem"]["detail"]


def test_a_partner_lists_only_its_own_events(platform: RunningPlatform, system: PartnerSystem, clerk: Caller) -> None:
    accepted = system.sends(event()).json()
    system.sends(event(id="reading-2", data={**READING, "value": "none"}))
    rejected, taken = system.listed()
    assert (rejected["id"], rejected["state"], rejected["problem"]["field"]) == ("reading-2", "rejected", "$.value")
    assert (taken["id"], taken["state"], taken["channel"]) == ("reading-1", "accepted", "http")
    assert taken["events"][0]["receipt"] == accepted["events"][0]["receipt"]
    assert [found["id"] for found in system.listed(state="rejected")] == ["reading-2"]
    own = f"{system.address}/submissions"
    assert clerk.client.get(own).json() == system.listed()
    police = partner_system(platform, system.partnership, "police")
    assert police.client.get(own).status_code == 403
    assert police.listed() == []
    assert platform.caller("reader", system.partnership).client.get(own).status_code == 403


@pytest.mark.parametrize("parameters", [{"limit": "2"}, {"limit": "2", "state": "accepted"}])
def test_pages_of_the_list_lose_and_repeat_nothing_while_events_arrive(
    system: PartnerSystem, parameters: dict[str, str]
) -> None:
    """RFC 8288"""
    for number in range(5):
        system.sends(quarter(number))
    own = f"{system.address}/submissions"
    page = system.client.get(own, params=parameters)
    found = [listed["id"] for listed in page.json()]
    while "next" in page.links:
        system.sends(quarter(5 + len(found)))
        page = system.client.get(page.links["next"]["url"])
        found += [listed["id"] for listed in page.json()]
    assert found == ["quarter-4", "quarter-3", "quarter-2", "quarter-1", "quarter-0"]
    assert system.client.get(own, params={"offset": "1"}).json()["field"] == "offset"


def test_the_list_says_where_the_ledger_has_it(system: PartnerSystem, clerk: Caller) -> None:
    answer = system.sends(event()).json()
    clerk.marks["projects"] = answer["at"].partition("=")[2]
    assert clerk.get("partners", "/record").status_code == 200  # waits until partners has followed that far
    (listed,) = system.listed()
    entry = clerk.client.get(f"/ledger/entries/{listed['events'][0]['position']}").json()
    assert entry["event"]["id"] == answer["events"][0]["id"]
    receipt = system.client.get(answer["events"][0]["receipt"])
    assert receipt.status_code == 200
    assert receipt.text.startswith("c2sp.org/tlog-proof@v1\n")
