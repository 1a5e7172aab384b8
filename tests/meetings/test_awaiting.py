"""Facts about what waits for whom, on a real PostgreSQL: facts in, rows out, gone once what is awaited is recorded."""

from __future__ import annotations

import datetime as dt

import pytest
from meetings.given import AWARD
from meetings.saying import decided, everything, sitting
from stage import Stage

from services.meetings.actions.domain import CompleteAction
from services.meetings.areas_of_interest.domain import NameAreaOfInterest
from services.meetings.awaiting import AwaitedKind, awaiting
from services.meetings.decisions.domain import RecordDecision
from services.meetings.decisions.view import decision_of
from services.meetings.updates.domain import RecordIssue
from shared.contracts.event import Event
from shared.contracts.funding.awards import AwardRefused, FundsAwarded
from shared.contracts.funding.effects import FundingEffectRefused
from shared.contracts.meetings.actions import ActionAssigned
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered
from shared.contracts.meetings.decisions import Deferral, Outcome
from shared.contracts.meetings.effects import AwardDecided, EffectRefused
from shared.contracts.meetings.updates import UpdateCommissioned, UpdateHeading, UpdateWithdrawn
from shared.contracts.projects.effects import ProjectEffectRefused
from shared.runtime.endpoints.paging import Page

NOVEMBER, MEETING = dt.date(2014, 11, 24), "board-november"
OF_AWARD = {"reserve": "reserve", "award": "blake-worker", "decision": "agreed", "shares": AWARD.shares}
TERMS = {"payee": AWARD.payee, "purpose": AWARD.purpose, "starts_on": AWARD.starts_on, "ends_on": AWARD.ends_on}
MADE = FundsAwarded(**OF_AWARD, **TERMS)
REFUSED = AwardRefused(
    **OF_AWARD, reason="The reserve has nothing.", rule="No more than there is.", clause="CAN-3", stream="locality"
)


def rows(stage: Stage, **asked: str) -> list[tuple[str, str, str, str | None, str, str]]:
    """Kind, who, what, within, slug, since."""
    found = awaiting(stage.reads(), everything(), **asked)  # type: ignore[arg-type] # as the route converts it
    return [(w.kind.value, w.who, w.what, w.within, w.slug, w.since.isoformat()) for w in found]


def update(slug: str = "cabinet", until: str = "2015-05-01") -> UpdateCommissioned:
    return UpdateCommissioned(
        update=slug,
        body="Cabinet",
        title="Update",
        meets_on=dt.date(2015, 7, 1),
        until=dt.date.fromisoformat(until),
        heading=UpdateHeading(
            report_of="Chief Executive",
            contact_post="Officer",
            portfolio_leader="Crime",
            key_decision=False,
            report_track="Cabinet",
        ),
        purpose="To tell.",
        recommendations=("That it be noted.",),
        key_issues="None.",
    )


def agreed() -> RecordDecision:
    """A decision that makes an award; there is no funding to ask."""
    return RecordDecision(
        meeting=MEETING,
        decision="agreed",
        item="requests",
        outcome=Outcome.AGREED,
        text="That it be so.",
        reasons="It was thought best.",
        effects=(AWARD,),
    )


def test_an_award_that_was_not_checked_waits_until_funding_answers(stage: Stage) -> None:
    """CAN-2, CAN-3"""
    stage.sends(*sitting(), agreed())
    what = ("award", "reserve", "blake-worker", "2014-11-24")
    assert rows(stage) == [("award_not_checked", "clerk", *what)]
    stage.learns(REFUSED)
    (found,) = awaiting(stage.reads(), everything())
    assert (found.kind, found.why) == (
        AwaitedKind.AWARD_REFUSED,
        "Decision agreed makes the award, and funding refused it: The reserve has nothing.",
    )
    assert found.to_do.startswith("Put right what funding names")
    assert len(found.sources) == 2
    stage.learns(MADE)
    assert rows(stage) == []


def test_an_award_that_was_checked_waits_for_funding_too(stage: Stage) -> None:
    """CAN-3"""
    stage.sends(*sitting(), decided("agreed", Outcome.AGREED))
    award = {"reserve": AWARD.reserve, "award": AWARD.award, "shares": AWARD.shares, **TERMS}
    stage.learns(AwardDecided(meeting=MEETING, decision="agreed", award_checked=True, **award))
    assert [row[0] for row in rows(stage)] == ["award_not_answered"]
    stage.learns(MADE)
    assert rows(stage) == []


@pytest.mark.parametrize("refused", [FundingEffectRefused, ProjectEffectRefused])
def test_what_a_service_refused_waits_until_the_matter_is_decided_again(
    stage: Stage, refused: type[EffectRefused]
) -> None:
    """CAN-2"""
    stage.sends(*sitting(), decided())
    told = {"decision": "blake-worker-deferred", "effect": "meetings.deferral_decided.v1"}
    stage.learns(refused(**told, reason="There is none.", rule="What is named exists.", clause="CAN-2"))
    (found,) = awaiting(stage.reads(), everything())
    assert (found.kind, found.what, found.slug) == (AwaitedKind.EFFECT_REFUSED, "decision", "blake-worker-deferred")
    assert found.why == "What followed from the decision (deferral_decided) was refused: There is none."
    (told_of,) = decision_of(stage.reads(), "blake-worker-deferred").not_done
    assert (told_of.effect, told_of.reason) == ("deferral_decided", "There is none.")
    stage.sends(*sitting("board-june", dt.datetime(2015, 6, 1, 8, tzinfo=dt.UTC)))
    stage.sends(decided("blake-worker-agreed", Outcome.AGREED, "board-june"))
    assert rows(stage) == []


@pytest.mark.parametrize(("returns_on", "waits"), [("2015-05-31", True), ("2015-05", True), ("2015-06", False)])
def test_a_deferred_matter_waits_for_its_group_once_its_day_has_passed(
    stage: Stage, returns_on: str, waits: bool
) -> None:
    """CAN-2: a month has passed after its last day."""
    stage.sends(*sitting(), decided(deferral=Deferral(returns_to="The next meeting", returns_on=returns_on)))
    row = ("deferral_overdue", "board", "decision", None, "blake-worker-deferred", "2015-05-31")
    assert rows(stage) == ([row] if waits else [])
    stage.sends(*sitting("board-june", dt.datetime(2015, 6, 1, 8, tzinfo=dt.UTC)))
    stage.sends(decided("blake-worker-agreed", Outcome.AGREED, "board-june"))
    assert rows(stage) == []


def test_an_action_waits_for_its_owner_from_the_day_it_was_due(stage: Stage) -> None:
    """TSP-1"""
    stage.sends(*sitting())
    for action, due_on in (("ask", "2014-12"), ("tell", "2015-06-01")):
        stage.sends(ActionAssigned(meeting=MEETING, action=action, text="Ask.", owner="police", due_on=due_on))
    assert rows(stage) == [("action_overdue", "police", "action", MEETING, "ask", "2014-12-31")]
    assert rows(stage, who="council") == []
    stage.sends(CompleteAction(meeting=MEETING, action="ask", outcome="Asked."))
    assert rows(stage) == []


def test_an_area_of_interest_waits_until_an_update_answers_it(stage: Stage) -> None:
    """CAN-8: one that was named in a month waits from its last day."""
    named = NameAreaOfInterest(area_of_interest="hate-crime", body="Cabinet", text="How much?", named_on="2014-10")
    stage.sends(named, update(until="2015-06-01"))
    assert rows(stage) == [("area_not_answered", "clerk", "area_of_interest", None, "hate-crime", "2014-10-31")]
    stage.sends(AreaOfInterestAnswered(area_of_interest="hate-crime", update="cabinet", text="Little."))
    assert rows(stage) == []


def test_an_update_is_due_once_its_time_is_over_until_it_is_issued_or_withdrawn(stage: Stage) -> None:
    """CAN-1"""
    stage.sends(update("issued"), update("withdrawn"), update("later", until="2015-06-01"))
    assert [row[-2:] for row in rows(stage)] == [("issued", "2015-05-01"), ("withdrawn", "2015-05-01")]
    stage.sends(RecordIssue(update="issued"), UpdateWithdrawn(update="withdrawn", reason="It was not wanted."))
    assert rows(stage) == []


def test_everything_that_waits_is_read_page_by_page_and_chosen_by_whom_and_why(stage: Stage) -> None:
    """Longest waiting first, across kinds; what another partnership waits for is not shown."""
    named = NameAreaOfInterest(area_of_interest="hate-crime", body="Cabinet", text="How much?", named_on="2014-10-16")
    late = ActionAssigned(meeting=MEETING, action="ask", text="Ask.", owner="police", due_on="2014-12-05")
    stage.sends(*sitting(), agreed(), late, named, update())
    facts: list[Event] = [REFUSED]
    stage.learns(*facts)
    everyone = [row[0] for row in rows(stage)]
    assert everyone == ["area_not_answered", "award_refused", "action_overdue", "update_due"]
    page, found = Page(1), []
    while True:
        found += [awaited.kind.value for awaited in awaiting(stage.reads(), page)]
        if page.next is None:
            break
        page = Page(1, page.next)
    assert found == everyone
    assert [row[0] for row in rows(stage, who="clerk")] == ["area_not_answered", "award_refused", "update_due"]
    kind = AwaitedKind.ACTION_OVERDUE
    assert [each.slug for each in awaiting(stage.reads(), everything(), kind=kind)] == ["ask"]
    assert awaiting(stage.reads("elsewhere"), everything()) == []
