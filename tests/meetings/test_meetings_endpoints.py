"""Facts about meetings over HTTP on a whole platform: a board from its seats to Cabinet's questions."""

from __future__ import annotations

import pytest
from fixtures_platform import Caller, RunningPlatform

BOARD = "/groups/board"
NOVEMBER = "/meetings/board-november"
HAPPENED = "2014-11-24T14:40:00Z"
IN_TIME = "2014-11-01T12:00:00Z"
TERMS = {
    "quorum": {"kind": "share", "numerator": 1, "denominator": 4},
    "rounding": "up",
    "deputies_count": True,
    "vacant_seats_count": True,
    "agenda_notice_days": 14,
    "papers_notice_days": 7,
    "meetings_a_year": 4,
}
MEETING = {
    "meeting": "board-november",
    "group": "board",
    "title": "Board, November 2014",
    "starts_at": "2014-11-24T14:00:00Z",
    "place": "Civic Centre",
    "happened_at": "2014-09-01T12:00:00Z",
}
REQUESTS = {
    "item": "requests",
    "title": "Requests for funding",
    "raised_by": "police",
    "about": {"kind": "request", "id": "blake-worker"},
    "happened_at": IN_TIME,
}
DECISION = {
    "decision": "blake-worker-deferred",
    "item": "requests",
    "outcome": "deferred",
    "text": "That the request be reconsidered.",
    "reasons": "The post may be linked to other work.",
    "deferral": {"returns_to": "A future meeting", "returns_on": "2015-02-23"},
    "happened_at": HAPPENED,
}


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership with a board of five seats, of which one is vacant."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    clerk.does("membership", f"{BOARD}/terms-of-reference", {"terms": TERMS, "in_force_from": "2014-04-01"})
    for name in ("police", "fire", "council", "college", "health"):
        clerk.does("membership", "/organisations", {"organisation": name, "name": name.title(), "sector": "other"})
        seat = {"seat": name, "organisation": name, "office": "Head", "in_force_from": "2014-04-01"}
        clerk.does("membership", f"{BOARD}/seats", seat)
        if name != "health":
            person = {"person": f"person-{name}", "name": "Robin Example", "organisation": name}
            clerk.does("membership", "/people", person)
            filled = {"person": f"person-{name}", "in_force_from": "2014-04-01"}
            clerk.does("membership", f"{BOARD}/seats/{name}/representative", filled)
    return clerk


def test_a_board_meets_and_everything_shows(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    """TSP-1, CAN-2, CAN-8: what was just recorded in membership is known when its mark is sent along."""
    clerk.does("meetings", "/meetings", MEETING)
    partner = platform.caller("partner", partnership, "police")
    partner.marks = clerk.marks
    clerk.does("meetings", f"{NOVEMBER}/agenda-items", REQUESTS)
    clerk.does("meetings", f"{NOVEMBER}/papers", {"papers": [{"title": "Agenda"}], "happened_at": IN_TIME})
    partner.does("meetings", f"{NOVEMBER}/apologies", {"seat": "police", "organisation": "police"})
    for seat in ("council", "fire"):
        clerk.does("meetings", f"{NOVEMBER}/attendance", {"seat": seat, "capacity": "representative"})
    clerk.does("meetings", f"{NOVEMBER}/opening")
    interest = {"item": "requests", "seat": "fire", "nature": "Shares an office with the post.", "withdrew": False}
    clerk.does("meetings", f"{NOVEMBER}/interests", interest)
    clerk.does("meetings", f"{NOVEMBER}/decisions", DECISION)
    action = {"action": "ask", "text": "Ask.", "owner": "council", "due_on": "2014-12-19", "happened_at": HAPPENED}
    clerk.does("meetings", f"{NOVEMBER}/actions", {**action, "decision": "blake-worker-deferred"})
    clerk.does("meetings", f"{NOVEMBER}/closing")
    clerk.does("meetings", f"{NOVEMBER}/minutes", {"summary": "One request was heard."})

    record = clerk.get("meetings", NOVEMBER, as_at="2015-01-29").json()
    assert record["quorum"]["explanation"] == (
        "A quarter of 5 seats, 1 vacant included, is 1 1/4, rounded up to 2; 2 are present: the meeting is quorate."
        " Terms of reference in force from 1 April 2014."
    )
    assert [entry["decision"] for entry in record["decisions"]] == ["blake-worker-deferred"]
    assert [entry["overdue"] for entry in record["actions"]] == [True]
    assert record["sources"], "a click shows the events"
    (entry,) = clerk.get("meetings", "/meetings", group="board", since="2014-11-01").json()
    assert (entry["state"], entry["minutes"]) == ("closed", "drafted")
    (decided,) = clerk.get("meetings", "/decisions", outcome="deferred", about_kind="request").json()
    assert decided == clerk.get("meetings", "/decisions/blake-worker-deferred").json()
    assert (decided["present"], decided["required"]) == (2, 2)
    (matter,) = clerk.get("meetings", "/deferred-matters", as_at="2015-02-24").json()
    assert (matter["deferral"]["returns_on"], matter["overdue"]) == ("2015-02-23", True)
    (overdue,) = clerk.get("meetings", "/actions", as_at="2014-12-20", overdue="true").json()
    assert (overdue["owner"], overdue["overdue"]) == ("council", True)


def test_cabinets_question_is_answered_in_its_next_update(clerk: Caller) -> None:
    """CAN-1, CAN-8"""
    heading = {
        "report_of": "Chief Executive",
        "contact_post": "Partnerships Officer",
        "portfolio_leader": "Crime and Partnerships",
        "key_decision": False,
        "report_track": "Cabinet: 29/01/15",
    }
    update = {
        "update": "cabinet-january",
        "body": "Cabinet",
        "title": "Update on partnership activity",
        "meets_on": "2015-01-29",
        "until": "2015-01-16",
        "heading": heading,
        "purpose": "To brief Cabinet.",
        "recommendations": ["That Cabinet note the update."],
        "key_issues": "Cabinet asked for it.",
    }
    area = {
        "area_of_interest": "hate-crime",
        "body": "Cabinet",
        "text": "What is done?",
        "happened_at": "2014-10-16T18:00:00Z",
    }
    clerk.does("meetings", "/updates", update)
    clerk.does("meetings", "/updates/cabinet-january/implications", {"heading": "financial", "text": "Finite."})
    clerk.does("meetings", "/areas-of-interest", area)
    assert [
        found["area_of_interest"] for found in clerk.get("meetings", "/areas-of-interest", answered="false").json()
    ] == ["hate-crime"]
    answer = {"update": "cabinet-january", "text": "Two days a week."}
    clerk.does("meetings", "/areas-of-interest/hate-crime/answers", answer)
    (found,) = clerk.get("meetings", "/areas-of-interest", body="Cabinet", answered="true").json()
    assert (found["named_on"], found["answers"][0]["update"]) == ("2014-10-16", "cabinet-january")
    (listed,) = clerk.get("meetings", "/updates", body="Cabinet").json()
    assert listed == clerk.get("meetings", "/updates/cabinet-january").json()
    assert (listed["implications"][0]["text"], listed["since"]) == ("Finite.", None)


def test_a_refusal_names_the_rule_its_clause_and_its_figures(clerk: Caller) -> None:
    """design 12"""
    clerk.does("meetings", "/meetings", MEETING)
    clerk.does("meetings", f"{NOVEMBER}/agenda-items", REQUESTS)
    clerk.does("meetings", f"{NOVEMBER}/attendance", {"seat": "council", "capacity": "representative"})
    clerk.does("meetings", f"{NOVEMBER}/opening")
    refused = clerk.post("meetings", f"{NOVEMBER}/decisions", DECISION)
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["type"], problem["clause"]) == ("/problems/inquorate", "TSP-1")
    assert problem["title"] == "An inquorate meeting may note but not decide."
    assert problem["detail"].endswith("1 of the 2 members needed are present, 1 short.")
    assert problem["members"] == {"present": 1, "required": 2}
    assert clerk.get("meetings", "/decisions").json() == []


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/decisions", {"outcome": "perhaps"}),
        ("/decisions", {"group": "No Slug"}),
        ("/actions", {"as_at": "2014-02-30"}),
        ("/updates", {"body": "nul\u0000"}),
        ("/meetings", {"limit": "0"}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    platform: RunningPlatform, partnership: str, path: str, parameters: dict[str, str]
) -> None:
    """design 12"""
    response = platform.caller("reader", partnership).get("meetings", path, **parameters)
    assert response.status_code == 422
    assert response.json()["field"] == next(iter(parameters))
