"""The record after the quarter of Cannock Chase was played through the public API (CAN-2 to CAN-8)."""

from __future__ import annotations

from typing import Any

import pytest
from scenario.quarter import Quarter

pytestmark = pytest.mark.timeout(240)  # the first of these facts waits until the whole quarter has been played

BOARD = "board-2014-11-24"
RESERVE = "/reserves/partnership-reserve"


def decision(quarter: Quarter, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = quarter.clerk.get("meetings", f"/decisions/{BOARD}-{slug}").json()
    return found


def project(quarter: Quarter, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = quarter.clerk.get("projects", f"/projects/{slug}").json()
    return found


def request(quarter: Quarter, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = quarter.clerk.get("funding", f"/requests/{slug}").json()
    return found


def history(quarter: Quarter, service: str, noun: str, slug: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = quarter.clerk.get(service, f"/history/{noun}/{slug}").json()
    return found


def test_the_quarter_plays_through_three_roles_and_partners(cannock_chase: Quarter) -> None:
    actors = {step.actor for step in cannock_chase.scenario.steps}
    assert {"clerk", "chair"} <= actors
    assert len({actor for actor in actors if actor.startswith("partner:")}) >= 3


def test_no_reaction_was_refused(cannock_chase: Quarter) -> None:
    assert cannock_chase.clerk.get("meetings", "/awaiting", kind="effect_refused").json() == []
    assert cannock_chase.clerk.get("funding", f"{RESERVE}/refused-awards").json() == []


def test_the_board_of_november_was_quorate_and_decided_three_matters(cannock_chase: Quarter) -> None:
    slugs = ("blake-worker", "hate-crime-officer", "early-panel")
    outcomes = {slug: decision(cannock_chase, slug)["outcome"] for slug in slugs}
    assert outcomes == {
        "blake-worker": "deferred",
        "hate-crime-officer": "noted",
        "early-panel": "agreed",
    }
    of_the_board = cannock_chase.clerk.get("meetings", "/decisions").json()
    assert sum(found["meeting"] == BOARD for found in of_the_board) == len(slugs)
    assert all(found["quorate"] for found in of_the_board)


def test_who_withdrew_is_not_counted_for_the_item(cannock_chase: Quarter) -> None:
    assert decision(cannock_chase, "hate-crime-officer")["present"] == 8
    assert decision(cannock_chase, "blake-worker")["present"] == 7
    assert decision(cannock_chase, "blake-worker")["required"] == 3


def test_the_blake_worker_is_deferred_until_the_project_is_better_known(cannock_chase: Quarter) -> None:
    worker = request(cannock_chase, "blake-worker")
    assert (worker["basis"], worker["amount_pence"], worker["starts_on"]) == ("per_month", 130_000, "2015-05-01")
    assert worker["ends_on"] is None
    assert worker["status"] == "deferred"
    assert worker["deferral"]["returns_on"] is None
    assert worker["deferral"]["awaits_project"] == "community-development"
    matters = cannock_chase.clerk.get("meetings", "/deferred-matters", as_at="2015-01-16").json()
    assert [matter["decision"] for matter in matters] == [f"{BOARD}-blake-worker"]


def test_the_hate_crime_officer_is_noted_and_another_funder_explored_for_two_years(cannock_chase: Quarter) -> None:
    officer = request(cannock_chase, "hate-crime-officer")
    assert (officer["basis"], officer["amount_pence"], officer["starts_on"]) == ("per_annum", 700_000, "2015-04-01")
    assert officer["present_funding_ends_on"] == "2015-03-31"
    assert officer["status"] == "noted"
    (sought,) = officer["other_funders"]
    assert sought["funder"] == "police-and-crime-commissioner"
    assert (sought["starts_on"], sought["ends_on"]) == ("2015-04-01", "2017-03-31")


def test_what_followed_from_decisions_was_not_typed_again(cannock_chase: Quarter) -> None:
    followed = [
        *history(cannock_chase, "funding", "request", "blake-worker")[1:],
        *history(cannock_chase, "funding", "request", "hate-crime-officer")[1:],
        *(
            fact
            for fact in history(cannock_chase, "projects", "project", "neighbourhood-panels")
            if fact["data"].get("decision")
        ),
    ]
    assert sorted(fact["type"].split(".")[1] for fact in followed) == [
        "expression_submitted",
        "other_funder_sought",
        "request_deferred",
        "request_noted",
    ]
    assert {fact["actor"].partition(":")[0] for fact in followed} == {"service"}


def test_most_of_the_apprentice_money_is_to_come_back_and_has_not_yet(cannock_chase: Quarter) -> None:
    award = cannock_chase.clerk.get("funding", f"{RESERVE}/awards/apprentice-scheme").json()
    assert award["payee"] == "enterprise-and-skills-board"
    (event,) = [
        fact
        for fact in history(cannock_chase, "funding", "award", "partnership-reserve/apprentice-scheme")
        if fact["type"] == "funding.return_estimated.v1"
    ]
    assert event["actor"] == "partner:enterprise-and-skills-board"
    assert event["data"]["wording"] == "most of"
    assert "estimate_pence" not in event["data"]  # the report gives no figure


def test_the_reserve_adds_up_stream_by_stream(cannock_chase: Quarter) -> None:
    position = cannock_chase.clerk.get("funding", RESERVE, as_at="2015-01-29").json()
    places = [place for place in position["total"] if place != "received_pence"]
    for money in (*(stream["money"] for stream in position["streams"]), position["total"]):
        assert money["received_pence"] == sum(money[place] for place in places)
    assert position["total"]["received_pence"] == sum(s["money"]["received_pence"] for s in position["streams"])
    assert position["total"]["paid_pence"] == 5_000_000
    kinds = {stream["kind"] for stream in position["streams"]}
    assert kinds == {"external_grant", "reward_grant", "partner_contribution"}


def test_the_county_council_reported_zero_over_nats(cannock_chase: Quarter) -> None:
    (sent,) = [step for step in cannock_chase.scenario.steps if step.send]
    assert (sent.actor, sent.send) == ("partner:staffordshire-county-council", "projects.read_measure.v1")
    # The first reading: the quick starts of docs/partners.md send later ones to the same platform.
    reading = next(
        fact
        for fact in history(cannock_chase, "projects", "measure", "perpetrators-programme/take-up")
        if fact["type"] == "projects.measure_read.v1"
    )
    assert (reading["data"]["value"], reading["actor"]) == (0, "partner:staffordshire-county-council")


def test_two_mitigations_stand_against_the_missing_take_up(cannock_chase: Quarter) -> None:
    (problem,) = project(cannock_chase, "perpetrators-programme")["problems"]
    assert problem["measure"] == "take-up"
    owners = {mitigation["mitigation"]: mitigation["owner"] for mitigation in problem["mitigations"]}
    assert owners == {"police-signpost": "staffordshire-police", "hub-referrals": "cannock-chase-council"}
    assert {mitigation["agreed_on"] for mitigation in problem["mitigations"]} == {"2014-12"}


def test_the_pilot_came_from_invitation_to_plan(cannock_chase: Quarter) -> None:
    (pilot,) = project(cannock_chase, "neighbourhood-panels")["pilots"]
    assert pilot["submitted_on"] == "2014-11-24"
    assert pilot["decision"] == f"{BOARD}-early-panel"
    assert pilot["submitted_on"] < pilot["accepted_on"] < pilot["starts_on"]
    assert pilot["starts_on"].startswith("2015-02")
    assert pilot["started_on"] is None
    assert pilot["built_by"] == "panel-group"


def test_no_step_of_the_seven_is_said_to_be_reached(cannock_chase: Quarter) -> None:
    development = project(cannock_chase, "community-development")
    assert len(development["stages"]) == 7
    assert not any(stage["reached_on"] for stage in development["stages"])
    assert development["area"]["agreed_on"] == "2014-12-05"
    outstanding = " ".join(development["area"]["outstanding"])
    assert "maps" in outstanding
    assert "households" in outstanding
    assert "the area north of Staffordshire University Academy" in development["area"]["description"]


def test_the_questions_of_joint_commissioning_are_open(cannock_chase: Quarter) -> None:
    commissioning = project(cannock_chase, "joint-commissioning")
    kinds = {question["kind"] for question in commissioning["open_questions"]}
    assert {"legal", "financial", "governance"} <= kinds
    assert "police-and-crime-commissioner" in {q["raised_by"] for q in commissioning["open_questions"]}
    assert [(tender["round"], tender["opened_on"]) for tender in commissioning["tender_rounds"]] == [(1, "2014-12")]


def test_one_action_is_done_and_one_overdue_when_the_report_ends(cannock_chase: Quarter) -> None:
    actions = cannock_chase.clerk.get("meetings", "/actions", as_at="2015-01-16").json()
    assert {action["action"] for action in actions if action["completed_on"]} == {"tell-the-applicants"}
    assert {action["action"] for action in actions if action["overdue"]} == {"ask-the-commissioner"}


def test_playing_it_again_changes_nothing(cannock_chase: Quarter) -> None:
    before = cannock_chase.ledger_size()
    played = cannock_chase.play()
    assert len(played) == len(cannock_chase.scenario.steps)
    assert cannock_chase.ledger_size() == before
