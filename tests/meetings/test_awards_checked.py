"""Facts about awards that funding refuses: told before the decision is recorded, or shown afterwards (CAN-2, CAN-3)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fixtures_platform import Caller, RunningPlatform, running_platform

RESERVE = "/reserves/reserve"
NOVEMBER, FEBRUARY = "board-2014-11-24", "board-2015-02-23"
LONG_AGO = "2014-01-06T10:00:00Z"
TERMS = {
    "quorum": {"kind": "number", "members": 1},
    "rounding": "up",
    "deputies_count": True,
    "vacant_seats_count": True,
    "agenda_notice_days": 14,
    "papers_notice_days": 7,
    "meetings_a_year": 4,
}
BLAKE = {"kind": "request", "id": "blake-worker"}
DEFERRED = {
    "decision": "blake-deferred",
    "item": "blake-worker",
    "outcome": "deferred",
    "text": "That the request be reconsidered.",
    "reasons": "The post may be linked to other work.",
    "deferral": {"returns_to": "The February meeting", "returns_on": "2015-02-23"},
    "happened_at": "2014-11-24T15:00:00Z",
}
UPDATE = {
    "update": "cabinet",
    "body": "Cabinet",
    "title": "Update",
    "meets_on": "2015-03-10",
    "until": "2015-03-01",
    "heading": {
        "report_of": "Chief Executive",
        "contact_post": "Partnerships Officer",
        "portfolio_leader": "Crime",
        "key_decision": False,
        "report_track": "Cabinet: 10/03/15",
    },
    "purpose": "To tell.",
    "recommendations": ["That Cabinet note the update."],
    "key_issues": "None.",
}


def opened(clerk: Caller, meeting: str) -> None:
    """A meeting of the board, open, with the request on its agenda."""
    at = f"/meetings/{meeting}"
    called = {"meeting": meeting, "group": "board", "title": "Board", "place": "Civic Centre"}
    starts = f"{meeting.removeprefix('board-')}T14:00:00Z"
    clerk.does("meetings", "/meetings", {**called, "starts_at": starts, "happened_at": LONG_AGO})
    item = {"item": "blake-worker", "title": "The Blake worker", "raised_by": "council", "about": BLAKE}
    clerk.does("meetings", f"{at}/agenda-items", {**item, "happened_at": LONG_AGO})
    clerk.does("meetings", f"{at}/attendance", {"seat": "council", "capacity": "representative"})
    clerk.does("meetings", f"{at}/opening")


def set_up(platform: RunningPlatform) -> Caller:
    """The clerk of a partnership with a reserve of £48,600 until March 2016, and a request deferred in November."""
    clerk = platform.caller("clerk", f"area-{uuid.uuid4().hex[:12]}")
    clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    in_force = {"in_force_from": "2014-01-01"}
    clerk.does("membership", "/groups/board/terms-of-reference", {"terms": TERMS, **in_force})
    clerk.does("membership", "/organisations", {"organisation": "council", "name": "Council", "sector": "other"})
    seat = {"seat": "council", "organisation": "council", "office": "Head", **in_force}
    clerk.does("membership", "/groups/board/seats", seat)
    clerk.does("membership", "/people", {"person": "robin", "name": "Robin Example", "organisation": "council"})
    clerk.does("membership", "/groups/board/seats/council/representative", {"person": "robin", **in_force})
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "Reserve", "happened_at": LONG_AGO})
    stream = {"stream": "safer", "name": "Safer Fund", "kind": "external_grant", "source": "council"}
    money = {"amount_pence": 4_860_000, "spend_by": "2016-03-31", "happened_at": LONG_AGO}
    clerk.does("funding", f"{RESERVE}/streams", {**stream, **money})
    asked = {"request": "blake-worker", "reserve": "reserve", "applicant": "council", "title": "Blake worker"}
    terms = {
        "purpose": "community-development",
        "purpose_text": "A worker.",
        "basis": "one_off",
        "amount_pence": 1_560_000,
    }
    term = {"starts_on": "2015-05-01", "ends_on": "2016-04-30"}
    clerk.does("funding", "/requests", {**asked, **terms, **term, "happened_at": LONG_AGO})
    opened(clerk, NOVEMBER)
    clerk.does("meetings", f"/meetings/{NOVEMBER}/decisions", DEFERRED)
    opened(clerk, FEBRUARY)
    until(lambda: request(clerk)["status"] == "deferred")
    return clerk


def awards(decision: str = "blake-agreed", ends_on: str = "2016-04-30", pence: int = 1_560_000) -> dict[str, Any]:
    """A decision that awards money to the Blake worker."""
    return {
        "decision": decision,
        "item": "blake-worker",
        "outcome": "agreed",
        "text": "That the award be made.",
        "reasons": "The work is needed.",
        "happened_at": "2015-02-23T15:00:00Z",
        "effects": [
            {
                "kind": "award_money",
                "reserve": "reserve",
                "award": decision,
                "shares": [{"stream": "safer", "amount_pence": pence}],
                "payee": "council",
                "purpose": "community-development",
                "starts_on": "2015-05-01",
                "ends_on": ends_on,
            }
        ],
    }


def decides(clerk: Caller, body: dict[str, Any], meeting: str = FEBRUARY) -> Any:
    return clerk.post("meetings", f"/meetings/{meeting}/decisions", body)


def request(clerk: Caller) -> Any:
    return clerk.get("funding", "/requests/blake-worker").json()


def deferred(clerk: Caller) -> list[str]:
    found = clerk.get("meetings", "/deferred-matters", as_at="2015-03-01").json()
    return [matter["decision"] for matter in found]


def until(holds: Callable[[], bool]) -> None:
    """Wait until a service has reacted to another."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not happen in 30 seconds"
        time.sleep(0.05)


def test_what_funding_cannot_do_is_refused_before_the_decision_is_recorded(platform: RunningPlatform) -> None:
    """CAN-2, CAN-3: with every reason and the sum short; the clerk puts it right under the same name."""
    clerk = set_up(platform)
    refused = decides(clerk, awards(pence=5_000_000))
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["type"], problem["clause"]) == ("/problems/award-not-possible", "CAN-3")
    assert "Safer Fund may be spent until 2016-03-31; this is for 2016-04-30." in problem["detail"]
    assert "Safer Fund has £48,600 free, £1,400 less than the award asks of it." in problem["detail"]
    assert (problem["members"]["stream"], problem["members"]["short_by_pence"]) == ("safer", 140_000)
    assert [reason["type"] for reason in problem["members"]["reasons"]] == [
        "/problems/spend-by-passed",
        "/problems/reserve-exhausted",
    ]
    assert [found["decision"] for found in clerk.get("meetings", "/decisions").json()] == ["blake-deferred"]
    assert clerk.get("funding", f"{RESERVE}/refused-awards").json() == []
    assert deferred(clerk) == ["blake-deferred"]

    clerk.does("meetings", f"/meetings/{FEBRUARY}/decisions", awards(ends_on="2016-03-31"))
    until(lambda: request(clerk)["status"] == "awarded")
    (award,) = clerk.get("meetings", "/decisions/blake-agreed").json()["awards"]
    assert (award["award_checked"], award["reason"], award["made_on"]) == (True, None, "2015-02-23")
    assert deferred(clerk) == []


def test_two_decisions_for_the_last_money_never_commit_it_twice(platform: RunningPlatform) -> None:
    """CAN-3: both may be told that there is enough; then funding makes one award, and the other's refusal shows."""
    clerk = set_up(platform)
    about = {"about": {"kind": "project", "id": "other"}, "item": "blake-worker"}
    bodies = [{**awards(f"d-{n}", "2016-03-31", 3_000_000), **about} for n in range(4)]
    callers = [Caller(clerk.client, clerk.partnership, dict(clerk.marks)) for _ in bodies]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(decides, callers, bodies, [NOVEMBER, FEBRUARY] * 2))
    assert {answer.status_code for answer in found} <= {201, 409}
    recorded = sum(answer.status_code == 201 for answer in found)

    def answered() -> tuple[int, int]:
        made, refused = (clerk.get("funding", f"{RESERVE}/{what}").json() for what in ("awards", "refused-awards"))
        return len(made), len(refused)

    until(lambda: sum(answered()) == recorded)
    assert answered() == (1, recorded - 1)
    (made,) = clerk.get("funding", f"{RESERVE}/awards").json()
    assert made["committed_pence"] == 3_000_000


@pytest.fixture(scope="module")
def unasked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A platform whose meetings look for funding where nobody listens."""
    with running_platform(tmp_path_factory.mktemp("unasked"), funding="127.0.0.1:9") as found:
        yield found


def test_what_was_not_checked_and_a_later_refusal_show_everywhere(unasked: RunningPlatform) -> None:
    """CAN-2, CAN-3: recorded as not checked within a second or so; the request stays deferred in every list."""
    clerk = set_up(unasked)
    began = time.monotonic()
    answer = decides(clerk, awards())
    assert answer.status_code == 201, answer.text
    assert time.monotonic() - began < 10

    def minuted() -> Any:
        (found,) = clerk.get("meetings", f"/meetings/{FEBRUARY}").json()["decisions"]
        (award,) = found["awards"]
        return award

    assert (minuted()["award"], minuted()["award_checked"]) == ("blake-agreed", False)
    until(lambda: minuted()["reason"] is not None)
    why = "Safer Fund may be spent until 2016-03-31; this is for 2016-04-30."
    assert (minuted()["reason"], minuted()["refused_on"], minuted()["made_on"]) == (why, "2015-02-23", None)
    assert clerk.get("meetings", "/decisions/blake-agreed").json()["awards"] == [minuted()]
    assert deferred(clerk) == ["blake-deferred"]
    assert request(clerk)["status"] == "deferred"
    found = clerk.get("meetings", "/awaiting", who="clerk").json()
    (waits,) = [each for each in found if each["slug"] == "blake-agreed"]
    assert (waits["kind"], waits["what"], waits["within"]) == ("award_refused", "award", "reserve")
    assert why in waits["why"]

    clerk.does("meetings", "/updates", UPDATE)
    not_checked = "It is not checked: funding could not be asked first whether it can make this award."
    told = {"since": "2015-01-01", "until": "2015-03-01"}
    for report in (clerk.get("reporting", "/scrutiny", **told), clerk.get("reporting", "/updates/cabinet")):
        assert why in report.text
        assert not_checked in report.text
