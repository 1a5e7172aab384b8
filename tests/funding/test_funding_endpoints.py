"""Facts about funding over HTTP: from a request and a decision by hand to what a person reads (CAN-2, CAN-3)."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures_platform import Caller, RunningPlatform

RESERVE = "/reserves/partnership-reserve"
AWARD = f"{RESERVE}/awards/apprentices"
FIFTY_THOUSAND = [{"stream": "locality-funds", "amount_pence": 5_000_000}]


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership that holds £120,000."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("funding", "/reserves", {"reserve": "partnership-reserve", "name": "Partnership financial reserve"})
    clerk.does(
        "funding",
        f"{RESERVE}/streams",
        {
            "stream": "locality-funds",
            "name": "Locality Funds",
            "kind": "external_grant",
            "source": "county-council",
            "amount_pence": 12_000_000,
            "spend_by": "2016-03-31",
            "happened_at": "2012-04-01T10:00:00Z",
        },
    )
    return clerk


def award(clerk: Caller, **changes: object) -> dict[str, Any]:
    """What the reserve answers to an award of £50,000."""
    body = {
        "award": "apprentices",
        "shares": FIFTY_THOUSAND,
        "payee": "skills-board",
        "purpose": "apprenticeships",
        "starts_on": "2013-04-01",
        "decision": "board-2013-03-18-apprentices",
        "happened_at": "2013-03-18T15:00:00Z",
        **changes,
    }
    found: dict[str, Any] = clerk.post("funding", f"{RESERVE}/awards", body).json()
    return found


def test_most_of_50000_pounds_comes_back_and_is_freed(
    platform: RunningPlatform, clerk: Caller, partnership: str
) -> None:
    award(clerk)
    payment = {"payment": "whole-sum", "shares": FIFTY_THOUSAND, "paid_on": "2013-04-15"}
    clerk.does("funding", f"{AWARD}/payments", payment)
    board = platform.caller("partner", partnership, "skills-board")
    board.marks = clerk.marks
    estimate = {
        "return": "most-of-it",
        "payee": "skills-board",
        "estimate_pence": 4_500_000,
        "wording": "most of",
        "reason": "The scheme has turned out otherwise than it was meant to.",
    }
    board.does("funding", f"{AWARD}/return-estimates", estimate)
    back = [{"stream": "locality-funds", "amount_pence": 4_487_450}]
    clerk.does("funding", f"{AWARD}/returns", {"return": "most-of-it", "shares": back, "returned_on": "2015-01-12"})
    clerk.does(
        "funding",
        f"{AWARD}/freed-returns",
        {"return": "most-of-it", "decision": "board-freed", "happened_at": "2015-02-23T15:00:00Z"},
    )
    shown = clerk.get("funding", AWARD).json()
    assert shown["returns"] == [
        {
            "return": "most-of-it",
            "estimate_pence": 4_500_000,
            "wording": "most of",
            "reason": "The scheme has turned out otherwise than it was meant to.",
            "returned_on": "2015-01-12",
            "returned_pence": 4_487_450,
            "difference_from_estimate_pence": -12_550,
            "shares": back,
            "freed_by": "board-freed",
            "sources": shown["returns"][0]["sources"],
        }
    ]
    position = clerk.get("funding", RESERVE, as_at="2016-03-31").json()
    assert position["total"] == {
        "received_pence": 12_000_000,
        "committed_pence": 0,
        "paid_pence": 512_550,
        "returned_pence": 0,
        "free_pence": 11_487_450,
        "lapsed_pence": 0,
        "clawed_back_pence": 0,
    }
    assert position["streams"][0]["money"] == position["total"]


def test_an_award_beyond_what_is_free_is_told_by_how_much(clerk: Caller) -> None:
    problem = award(clerk, shares=[{"stream": "locality-funds", "amount_pence": 12_050_000}])
    assert (problem["type"], problem["status"], problem["clause"]) == ("/problems/reserve-exhausted", 409, "CAN-3")
    assert problem["detail"] == "Locality Funds has £120,000 free, £500 less than the award asks of it."
    assert problem["members"] == {"stream": "locality-funds", "short_by_pence": 50_000}
    assert clerk.get("funding", f"{RESERVE}/awards").json() == []


def test_a_request_shows_what_it_comes_to(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    charity = platform.caller("partner", partnership, "charity")
    charity.marks = clerk.marks
    request = {
        "request": "worker",
        "reserve": "partnership-reserve",
        "applicant": "charity",
        "title": "A community development worker",
        "purpose": "community-development",
        "purpose_text": "To keep the post.",
        "basis": "per_month",
        "amount_pence": 130_000,
        "starts_on": "2015-05-01",
        "ends_on": "2016-03-31",
    }
    charity.does("funding", "/requests", request)
    shown = charity.get("funding", "/requests/worker").json()
    assert (shown["status"], shown["total_pence"], shown["deferral"]) == ("open", 1_430_000, None)
    assert [found["request"] for found in charity.get("funding", "/requests", status="open").json()] == ["worker"]
    assert charity.get("funding", "/requests", status="noted").json() == []


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("/requests", {"status": "lost"}, 422),
        ("/requests/nothing", {}, 404),
        ("/reserves/nothing", {}, 404),
        ("/reserves/nothing/awards", {}, 404),
        (f"{RESERVE}/awards/nothing", {}, 404),
        ("/reserves/nothing/refused-awards", {}, 404),
        ("/streams-ending", {"as_at": "2015-02-29"}, 422),
        ("/streams-ending", {"as_at": "0001-01-01"}, 422),
        ("/streams-ending", {"within_days": "-1"}, 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    clerk: Caller, path: str, parameters: dict[str, str], status: int
) -> None:
    response = clerk.get("funding", path, **parameters)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_a_stream_that_ends_soon_shows(clerk: Caller) -> None:
    ending = clerk.get("funding", "/streams-ending", as_at="2016-03-01", within_days="30").json()
    assert [(stream["stream"], stream["days_left"]) for stream in ending] == [("locality-funds", 30)]
    assert clerk.get("funding", "/streams-ending", as_at="2016-02-01", within_days="30").json() == []
    lapsed = clerk.get("funding", "/streams-ending", as_at="2016-04-01").json()
    assert [(stream["lapses_on"], stream["money"]["lapsed_pence"]) for stream in lapsed] == [(None, 12_000_000)]


def test_a_stream_is_carried_forward_and_clawed_back_by_a_decision(clerk: Caller) -> None:
    stream = f"{RESERVE}/streams/locality-funds"
    forward = {"spend_by": "2099-03-31", "decision": "board-2016-forward"}
    clerk.does("funding", f"{stream}/carry-forward", forward)
    clerk.does("funding", f"{stream}/claw-back", {"amount_pence": 500, "decision": "board-2016-back"})
    total = clerk.get("funding", RESERVE).json()["total"]
    assert (total["free_pence"], total["clawed_back_pence"], total["lapsed_pence"]) == (11_999_500, 500, 0)


def test_lists_are_there_before_anything_is_in_them(clerk: Caller) -> None:
    assert [found["reserve"] for found in clerk.get("funding", "/reserves").json()] == ["partnership-reserve"]
    assert clerk.get("funding", f"{RESERVE}/refused-awards").json() == []
