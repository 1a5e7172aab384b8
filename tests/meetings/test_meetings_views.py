"""Facts about what meetings shows, on a real PostgreSQL: records, registers, logs and lists as at a day."""

from __future__ import annotations

import datetime as dt

import pytest
from meetings.given import AWARD, BLAKE, COMMISSIONER, DAY, NO_TAKE_UP, SIGNPOST, STARTS
from meetings.saying import FEBRUARY, NOVEMBER_1, THEN, decided, everything, item, sat, scheduled, sitting
from stage import Stage, dated

from services.meetings.actions.domain import CompleteAction
from services.meetings.actions.view import actions
from services.meetings.agenda.domain import AddAgendaItem
from services.meetings.api import meeting_record
from services.meetings.areas_of_interest.domain import NameAreaOfInterest
from services.meetings.areas_of_interest.view import areas_of_interest
from services.meetings.attendance.domain import ReceiveApology
from services.meetings.decisions.domain import RecordDecision
from services.meetings.decisions.view import decision_of, decisions, deferred_matters
from services.meetings.interests.domain import DeclareInterest
from services.meetings.meetings.domain import CirculatePapers
from services.meetings.meetings.view import calendar
from services.meetings.quorum.domain import OpenMeeting
from services.meetings.updates.domain import RecordIssue
from services.meetings.updates.view import update_of, updates
from shared.contracts.meetings.actions import ActionAssigned
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered
from shared.contracts.meetings.decisions import Deferral, Outcome
from shared.contracts.meetings.meetings import MeetingClosed, Paper
from shared.contracts.meetings.minutes import MinutesApproved, MinutesDrafted
from shared.contracts.meetings.references import ReferenceKind
from shared.contracts.meetings.updates import (
    Implication,
    ImplicationStated,
    UpdateChanged,
    UpdateCommissioned,
    UpdateHeading,
    UpdateWithdrawn,
)
from shared.runtime.endpoints.paging import Page
from shared.values.refusals import Unknown

JANUARY = dt.date(2015, 1, 29)
AS_AT = dt.date(2015, 6, 1)


def test_a_meetings_record_has_all_that_happened_at_it(stage: Stage) -> None:
    """TSP-1, TSP-2"""
    paper = Paper(item="requests", title="Requests for funding")
    stage.sends(
        scheduled(),
        item(),
        dated(CirculatePapers(meeting="board-november", papers=(Paper(title="Agenda"), paper)), happened_at=NOVEMBER_1),
        ReceiveApology(meeting="board-november", seat="fire"),
        sat("council"),
        sat("police"),
        OpenMeeting(meeting="board-november"),
        DeclareInterest(meeting="board-november", item="requests", seat="police", nature="Asks.", withdrew=True),
        decided(),
        ActionAssigned(meeting="board-november", action="ask", text="Ask.", owner="council", due_on=DAY.isoformat()),
        MeetingClosed(meeting="board-november"),
        MinutesDrafted(meeting="board-november", summary="One request was heard."),
    )
    record = meeting_record(stage.reads(), "board-november", AS_AT)
    assert (record.state, record.minutes, record.minutes_summary) == ("closed", "drafted", "One request was heard.")
    assert (record.day, record.agenda_closes_on, record.papers_due_on) == (
        DAY,
        dt.date(2014, 11, 10),
        dt.date(2014, 11, 17),
    )
    assert [(entry.item, entry.late) for entry in record.agenda] == [("requests", False)]
    assert record.agenda[0].about is not None
    assert record.agenda[0].about.id == "blake-worker"
    assert [(sent.item, sent.title) for sent in record.papers] == [
        (None, "Agenda"),
        ("requests", "Requests for funding"),
    ]
    assert [entry.seat for entry in record.apologies] == ["fire"]
    assert [(entry.seat, entry.person) for entry in record.attendance] == [
        ("council", "person-council"),
        ("police", "person-police"),
    ]
    assert record.quorum is not None
    assert (record.quorum.required, record.quorum.present) == (1, 2)
    assert [(entry.seat, entry.withdrew) for entry in record.interests] == [("police", True)]
    assert [(entry.decision, entry.present) for entry in record.decisions] == [("blake-worker-deferred", 1)]
    assert [(entry.action, entry.overdue) for entry in record.actions] == [("ask", True)]
    assert len(record.sources) == 4, "scheduled, opened, closed, drafted"


def test_a_meeting_that_is_not_there_is_unknown(stage: Stage) -> None:
    """design 12"""
    with pytest.raises(Unknown, match="no meeting 'board-november'"):
        meeting_record(stage.reads(), "board-november", DAY)
    with pytest.raises(Unknown, match="no decision 'any'"):
        decision_of(stage.reads(), "any")
    with pytest.raises(Unknown, match="no update 'any'"):
        update_of(stage.reads(), "any")


def test_the_calendar_has_the_latest_meeting_first(stage: Stage) -> None:
    """TSP-1"""
    stage.sends(scheduled(), scheduled("board-february", FEBRUARY))
    assert [entry.meeting for entry in calendar(stage.reads(), everything())] == ["board-february", "board-november"]
    first = Page(1)
    assert [entry.meeting for entry in calendar(stage.reads(), first)] == ["board-february"]
    assert [entry.meeting for entry in calendar(stage.reads(), Page(1, first.next))] == ["board-november"]
    assert [entry.meeting for entry in calendar(stage.reads(), everything(), since=JANUARY)] == ["board-february"]
    assert [entry.meeting for entry in calendar(stage.reads(), everything(), until=DAY)] == ["board-november"]
    assert calendar(stage.reads(), everything(), group="forum") == []


def test_minutes_are_shown_as_approved_with_the_meeting_that_approved_them(stage: Stage) -> None:
    """TSP-1"""
    stage.sends(
        *sitting(),
        MeetingClosed(meeting="board-november"),
        MinutesDrafted(meeting="board-november", summary="Nothing."),
        *sitting("board-february", FEBRUARY),
        MinutesApproved(meeting="board-november", approved_at="board-february"),
    )
    record = meeting_record(stage.reads(), "board-november", DAY)
    assert (record.minutes, record.minutes_approved_at) == ("approved", "board-february")


def test_a_decision_shows_its_terms_and_its_authority(stage: Stage) -> None:
    """CAN-2, CAN-6"""
    stage.sends(
        *sitting(),
        dated(
            RecordDecision(
                meeting="board-november",
                decision="award",
                item="requests",
                outcome=Outcome.AGREED,
                text="That it be paid.",
                reasons="It is needed.",
                alternatives=("To pay less",),
                effects=(AWARD, COMMISSIONER, SIGNPOST),
            ),
            authority="Minute 5",
        ),
    )
    found = decision_of(stage.reads(), "award")
    award, funder, mitigation = found.effects
    assert (award.effect, funder.effect, mitigation.effect) == (
        "award_decided",
        "funder_exploration_decided",
        "mitigation_decided",
    )
    assert award.terms["shares"] == [{"stream": "locality", "amount_pence": 1_560_000}]
    assert (award.terms["starts_on"], award.terms["ends_on"]) == ("2015-05-01", "2016-04-30")
    assert (award.terms["request"], funder.terms["funder"]) == ("blake-worker", "commissioner")
    assert mitigation.terms["owner"] == "police"
    assert (found.alternatives, found.authority, found.deferral) == (("To pay less",), "Minute 5", None)


def test_the_register_is_searched_by_group_outcome_and_thing(stage: Stage) -> None:
    """CAN-2"""
    stage.sends(
        *sitting(),
        decided("first"),
        decided("second", Outcome.NOTED),
        RecordDecision(
            meeting="board-november",
            decision="third",
            item="requests",
            outcome=Outcome.AGREED,
            text="X",
            reasons="X",
            about=NO_TAKE_UP,
        ),
    )

    def found(**by: object) -> list[str]:
        return [entry.decision for entry in decisions(stage.reads(), everything(), **by)]  # type: ignore[arg-type]  # one filter each

    assert found() == ["third", "second", "first"]
    assert found(group="board") == ["third", "second", "first"]
    assert found(group="forum") == []
    assert found(outcome=Outcome.NOTED) == ["second"]
    assert found(about_kind=ReferenceKind.PROBLEM) == ["third"]
    assert found(about=BLAKE.id) == ["second", "first"]


def test_an_action_is_overdue_the_day_after_it_was_due_until_it_is_done(stage: Stage) -> None:
    """TSP-1"""
    due = dt.date(2014, 12, 19)
    done = dt.datetime(2015, 1, 12, 9, 0, tzinfo=dt.UTC)
    stage.sends(
        *sitting(),
        ActionAssigned(meeting="board-november", action="ask", text="Ask.", owner="council", due_on=due.isoformat()),
        dated(CompleteAction(meeting="board-november", action="ask", outcome="Asked."), happened_at=done),
    )

    def as_at(day: dt.date) -> tuple[bool, str | None, str | None]:
        entry = actions(stage.reads(), everything(), day)[0]
        return entry.overdue, entry.completed_on, entry.outcome

    assert actions(stage.reads(), everything(), dt.date(2014, 11, 23)) == [], "not yet assigned"
    assert as_at(due) == (False, None, None)
    assert as_at(due + dt.timedelta(days=1)) == (True, None, None)
    assert as_at(done.date() - dt.timedelta(days=1)) == (True, None, None)
    assert as_at(done.date()) == (False, "2015-01-12", "Asked.")
    late = due + dt.timedelta(days=1)
    assert len(actions(stage.reads(), everything(), late, overdue=True)) == 1
    assert actions(stage.reads(), everything(), late, overdue=False) == []
    assert len(actions(stage.reads(), everything(), due, overdue=False)) == 1
    assert actions(stage.reads(), everything(), late, owner="police") == []


def test_an_action_of_december_is_overdue_from_january(stage: Stage) -> None:
    """TSP-1: a month is not over before its last day."""
    ask = ActionAssigned(meeting="board-november", action="ask", text="Ask.", owner="council", due_on="2014-12")
    stage.sends(*sitting(), ask)
    assert not actions(stage.reads(), everything(), dt.date(2014, 12, 31))[0].overdue
    assert actions(stage.reads(), everything(), dt.date(2015, 1, 1))[0].overdue


def test_a_matter_that_returns_in_february_is_overdue_from_march(stage: Stage) -> None:
    """CAN-2"""
    stage.sends(*sitting(), decided(deferral=Deferral(returns_to="The next meeting", returns_on="2015-02")))
    assert not deferred_matters(stage.reads(), everything(), dt.date(2015, 2, 28))[0].overdue
    assert deferred_matters(stage.reads(), everything(), dt.date(2015, 3, 1))[0].overdue


def test_a_matter_is_not_taken_up_at_the_meeting_that_deferred_it(stage: Stage) -> None:
    """CAN-2"""
    stage.sends(*sitting(), decided("first"), decided("second", Outcome.AGREED))
    assert [entry.decision for entry in deferred_matters(stage.reads(), everything(), AS_AT)] == ["first"]


def test_a_deferred_matter_waits_until_it_is_taken_up(stage: Stage) -> None:
    """CAN-2: noting it once more leaves it deferred; agreeing does not."""
    returns = Deferral(returns_to="The February meeting", returns_on="2015-02-23")
    stage.sends(*sitting(), decided("first", deferral=returns))
    may = dt.datetime(2015, 5, 18, 14, 0, tzinfo=dt.UTC)
    stage.sends(*sitting("board-february", FEBRUARY), decided("second", Outcome.NOTED, "board-february"))
    stage.sends(*sitting("board-may", may), decided("third", Outcome.AGREED, "board-may"))

    def waiting(day: dt.date, *, settled: bool = False) -> list[tuple[str, bool, str | None]]:
        found = deferred_matters(stage.reads(), everything(), day, settled=settled)
        return [(entry.decision, entry.overdue, entry.taken_up_by) for entry in found]

    assert waiting(dt.date(2014, 11, 23)) == [], "not yet deferred"
    assert waiting(JANUARY) == [("first", False, None)]
    assert waiting(FEBRUARY.date()) == [("first", False, None)]
    assert waiting(dt.date(2015, 2, 24)) == [("first", True, None)]
    assert waiting(may.date()) == []
    assert waiting(may.date(), settled=True) == [("first", False, "third")]
    deferral = deferred_matters(stage.reads(), everything(), JANUARY)[0].deferral
    assert (deferral.returns_on, deferral.returns_to) == ("2015-02-23", "The February meeting")


def test_a_matter_without_a_day_comes_last_and_is_never_overdue(stage: Stage) -> None:
    """CAN-2"""
    stage.sends(
        *sitting(),
        decided("someday"),
        RecordDecision(
            meeting="board-november",
            decision="dated",
            item="requests",
            outcome=Outcome.DEFERRED,
            text="X",
            reasons="X",
            about=NO_TAKE_UP,
            deferral=Deferral(returns_to="The February meeting", returns_on="2015-02-23"),
        ),
    )
    found = deferred_matters(stage.reads(), everything(), AS_AT)
    assert [(entry.decision, entry.overdue) for entry in found] == [("dated", True), ("someday", False)]
    assert found[1].deferral.must_know == ("What the community development work offers the post",)


def commissioned(
    update: str = "cabinet-january",
    meets_on: dt.date = JANUARY,
    since: dt.date | None = dt.date(2014, 10, 16),
    until: dt.date = dt.date(2015, 1, 16),
    kind: type[UpdateCommissioned] = UpdateCommissioned,
) -> UpdateCommissioned:
    return kind(
        update=update,
        body="Cabinet",
        title="Update",
        meets_on=meets_on,
        since=since,
        until=until,
        heading=UpdateHeading(
            report_of="Chief Executive",
            contact_post="Partnerships Officer",
            portfolio_leader="Crime and Partnerships",
            key_decision=False,
            report_track="Cabinet: 29/01/15",
        ),
        purpose="To brief.",
        recommendations=("That Cabinet note it.",),
        key_issues="It was asked for.",
    )


def test_implications_stand_in_the_order_of_the_reports_headings(stage: Stage) -> None:
    """CAN-1: stated anew, one takes the place of the former."""
    stage.sends(
        commissioned(),
        ImplicationStated(update="cabinet-january", heading=Implication.BEST_VALUE, text="Match funding."),
        ImplicationStated(update="cabinet-january", heading=Implication.FINANCIAL, text="Wrong."),
        ImplicationStated(update="cabinet-january", heading=Implication.FINANCIAL, text="The reserve is finite."),
    )
    found = update_of(stage.reads(), "cabinet-january")
    assert [(stated.heading, stated.text) for stated in found.implications] == [
        (Implication.FINANCIAL, "The reserve is finite."),
        (Implication.BEST_VALUE, "Match funding."),
    ]
    assert found.heading.report_of == "Chief Executive"
    assert found.recommendations == ("That Cabinet note it.",)
    assert found.appendices == ()
    assert updates(stage.reads(), everything(), body="Cabinet") == [found]
    assert updates(stage.reads(), everything(), body="Scrutiny") == []


def test_an_update_takes_up_where_the_last_one_to_its_body_ended(stage: Stage) -> None:
    """CAN-1: a withdrawn update covers nothing, and one to another body nothing of this one's."""
    april, july = dt.date(2015, 4, 16), dt.date(2015, 7, 16)
    stage.sends(
        commissioned(),
        commissioned("cabinet-april", april, None, dt.date(2015, 4, 2)),
        UpdateWithdrawn(update="cabinet-april", reason="Cabinet does not meet."),
        commissioned("cabinet-july", july, None, dt.date(2015, 7, 3)),
    )
    assert update_of(stage.reads(), "cabinet-april").withdrawn_because == "Cabinet does not meet."
    assert update_of(stage.reads(), "cabinet-april").since == dt.date(2015, 1, 16)
    assert update_of(stage.reads(), "cabinet-july").since == dt.date(2015, 1, 16)


def test_an_update_is_shown_as_changed_and_issued(stage: Stage) -> None:
    """CAN-1"""
    stage.sends(
        commissioned(),
        commissioned(meets_on=dt.date(2015, 2, 5), since=None, kind=UpdateChanged),
        dated(RecordIssue(update="cabinet-january"), happened_at=dt.datetime(2015, 1, 30, 9, tzinfo=dt.UTC)),
    )
    found = update_of(stage.reads(), "cabinet-january")
    assert (found.meets_on, found.since) == (dt.date(2015, 2, 5), None), "it is the first"
    assert found.issued_on == dt.date(2015, 1, 30)


def test_an_area_of_interest_waits_until_it_is_answered(stage: Stage) -> None:
    """CAN-8"""
    stage.sends(
        commissioned(),
        dated(
            NameAreaOfInterest(area_of_interest="hate-crime", body="Cabinet", text="What is done?", about=BLAKE),
            happened_at=THEN,
        ),
        dated(NameAreaOfInterest(area_of_interest="housing", body="Cabinet", text="How many?"), happened_at=NOVEMBER_1),
    )
    waiting = areas_of_interest(stage.reads(), everything(), body="Cabinet", answered=False)
    assert [(a.area_of_interest, a.named_on) for a in waiting] == [
        ("housing", "2014-11-01"),
        ("hate-crime", "2014-11-24"),
    ]
    stage.sends(
        AreaOfInterestAnswered(area_of_interest="hate-crime", update="cabinet-january", text="Two days a week.")
    )
    answered = areas_of_interest(stage.reads(), everything(), answered=True)
    assert [(area.area_of_interest, area.answers[0].text) for area in answered] == [("hate-crime", "Two days a week.")]
    assert answered[0].answers[0].about == answered[0].about
    assert [area.area_of_interest for area in areas_of_interest(stage.reads(), everything(), answered=False)] == [
        "housing"
    ]


def test_another_partnerships_meetings_are_not_shown(stage: Stage) -> None:
    """design 12"""
    stage.sends(*sitting(), decided())
    elsewhere = stage.reads("elsewhere")
    assert calendar(elsewhere, everything()) == []
    assert decisions(elsewhere, everything()) == []
    assert deferred_matters(elsewhere, everything(), AS_AT) == []


def test_the_ledger_read_again_gives_the_same_views(stage: Stage) -> None:
    """design 11: views only assign."""
    stage.sends(*sitting(), decided(), commissioned())
    before = meeting_record(stage.reads(), "board-november", AS_AT), updates(stage.reads(), everything())
    stage.reads_again()
    again = meeting_record(stage.reads(), "board-november", AS_AT), updates(stage.reads(), everything())
    assert again == before


def test_a_matter_about_nothing_named_is_not_taken_up_by_another_about_nothing(stage: Stage) -> None:
    """CAN-2"""
    for meeting, starts_at in (("board-november", STARTS), ("board-february", FEBRUARY)):
        bare = dated(
            AddAgendaItem(meeting=meeting, item="any", title="Any", raised_by="police"), happened_at=NOVEMBER_1
        )
        stage.sends(*sitting(meeting, starts_at), bare)
    stage.sends(on_any("first", Outcome.DEFERRED), on_any("second", Outcome.AGREED, "board-february"))
    assert [entry.decision for entry in deferred_matters(stage.reads(), everything(), AS_AT)] == ["first"]


def on_any(decision: str, outcome: Outcome, meeting: str = "board-november") -> RecordDecision:
    deferral = Deferral(returns_to="The next meeting", must_know=("More",)) if outcome is Outcome.DEFERRED else None
    return RecordDecision(
        meeting=meeting, decision=decision, item="any", outcome=outcome, text="X", reasons="X", deferral=deferral
    )
