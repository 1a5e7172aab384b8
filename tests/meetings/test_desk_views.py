"""Facts about what meetings shows, on a real PostgreSQL: records, registers, logs and lists as at a day."""

from __future__ import annotations

import datetime as dt

import pytest
from meetings.desk import ALL, FEBRUARY, NOVEMBER_1, THEN, Desk, decided, item, sat, scheduled, sitting
from meetings.given import AWARD, BLAKE, COMMISSIONER, DAY, NO_TAKE_UP, SIGNPOST, STARTS

from services.meetings.commands.decision import AssignAction, CompleteAction, RecordDecision
from services.meetings.commands.meeting import (
    AddAgendaItem,
    CirculatePapers,
    CloseMeeting,
    DeclareInterest,
    OpenMeeting,
    ReceiveApology,
)
from services.meetings.commands.minutes import ApproveMinutes, DraftMinutes
from services.meetings.commands.update import (
    AnswerAreaOfInterest,
    CommissionUpdate,
    NameAreaOfInterest,
    StateImplication,
)
from services.meetings.queries.calendar import calendar, meeting_record
from services.meetings.queries.register import actions, decision_of, decisions, deferred_matters
from services.meetings.queries.update import areas_of_interest, update_of, updates
from shared.contracts.meetings import Deferral, Implication, Outcome, Paper, ReferenceKind, UpdateHeading
from shared.runtime.endpoints.web import Page
from shared.values.refusals import Unknown

JANUARY = dt.date(2015, 1, 29)
AS_AT = dt.date(2015, 6, 1)


def test_a_meetings_record_has_all_that_happened_at_it(desk: Desk) -> None:
    """TSP-1, TSP-2"""
    paper = Paper(item="requests", title="Requests for funding")
    desk.does(
        scheduled(),
        item(),
        CirculatePapers(meeting="board-november", papers=(Paper(title="Agenda"), paper), happened_at=NOVEMBER_1),
        ReceiveApology(meeting="board-november", seat="fire"),
        sat("council"),
        sat("police"),
        OpenMeeting(meeting="board-november"),
        DeclareInterest(meeting="board-november", item="requests", seat="police", nature="Asks.", withdrew=True),
        decided(),
        AssignAction(meeting="board-november", action="ask", text="Ask.", owner="council", due_on=DAY),
        CloseMeeting(meeting="board-november"),
        DraftMinutes(meeting="board-november", summary="One request was heard."),
    )
    record = meeting_record(desk.reading, "board-november", AS_AT)
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


def test_a_meeting_that_is_not_there_is_unknown(desk: Desk) -> None:
    """design 12"""
    with pytest.raises(Unknown, match="no meeting 'board-november'"):
        meeting_record(desk.reading, "board-november", DAY)
    with pytest.raises(Unknown, match="no decision 'any'"):
        decision_of(desk.reading, "any")
    with pytest.raises(Unknown, match="no update 'any'"):
        update_of(desk.reading, "any")


def test_the_calendar_has_the_latest_meeting_first(desk: Desk) -> None:
    """TSP-1"""
    desk.does(scheduled(), scheduled("board-february", FEBRUARY))
    assert [entry.meeting for entry in calendar(desk.reading, ALL)] == ["board-february", "board-november"]
    assert [entry.meeting for entry in calendar(desk.reading, Page(1, 1))] == ["board-november"]
    assert [entry.meeting for entry in calendar(desk.reading, ALL, since=JANUARY)] == ["board-february"]
    assert [entry.meeting for entry in calendar(desk.reading, ALL, until=DAY)] == ["board-november"]
    assert calendar(desk.reading, ALL, group="forum") == []


def test_minutes_are_shown_as_approved_with_the_meeting_that_approved_them(desk: Desk) -> None:
    """TSP-1"""
    desk.does(
        *sitting(),
        CloseMeeting(meeting="board-november"),
        DraftMinutes(meeting="board-november", summary="Nothing."),
        *sitting("board-february", FEBRUARY),
        ApproveMinutes(meeting="board-november", approved_at="board-february"),
    )
    record = meeting_record(desk.reading, "board-november", DAY)
    assert (record.minutes, record.minutes_approved_at) == ("approved", "board-february")


def test_a_decision_shows_its_terms_and_its_authority(desk: Desk) -> None:
    """CAN-2, CAN-6"""
    desk.does(
        *sitting(),
        RecordDecision(
            meeting="board-november",
            decision="award",
            item="requests",
            outcome=Outcome.AGREED,
            text="That it be paid.",
            reasons="It is needed.",
            alternatives=("To pay less",),
            award=AWARD,
            exploration=COMMISSIONER,
            mitigations=(SIGNPOST,),
            authority="Minute 5",
        ),
    )
    found = decision_of(desk.reading, "award")
    assert found.award is not None
    assert [(share.stream, share.amount_pence) for share in found.award.shares] == [("locality", 1_560_000)]
    assert (found.award.starts_on, found.award.ends_on) == (AWARD.starts_on, AWARD.ends_on)
    assert found.exploration is not None
    assert found.exploration.funder == "commissioner"
    assert [mitigation.owner for mitigation in found.mitigations] == ["police"]
    assert (found.alternatives, found.authority, found.deferral) == (["To pay less"], "Minute 5", None)


def test_the_register_is_searched_by_group_outcome_and_thing(desk: Desk) -> None:
    """CAN-2"""
    desk.does(
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
        return [entry.decision for entry in decisions(desk.reading, ALL, **by)]  # type: ignore[arg-type]  # one filter each

    assert found() == ["third", "second", "first"]
    assert found(group="board") == ["third", "second", "first"]
    assert found(group="forum") == []
    assert found(outcome=Outcome.NOTED) == ["second"]
    assert found(kind=ReferenceKind.PROBLEM) == ["third"]
    assert found(about=BLAKE.id) == ["second", "first"]


def test_an_action_is_overdue_the_day_after_it_was_due_until_it_is_done(desk: Desk) -> None:
    """TSP-1"""
    due = dt.date(2014, 12, 19)
    done = dt.datetime(2015, 1, 12, 9, 0, tzinfo=dt.UTC)
    desk.does(
        *sitting(),
        AssignAction(meeting="board-november", action="ask", text="Ask.", owner="council", due_on=due),
        CompleteAction(meeting="board-november", action="ask", outcome="Asked.", happened_at=done),
    )

    def as_at(day: dt.date) -> tuple[bool, dt.date | None, str | None]:
        entry = actions(desk.reading, ALL, day)[0]
        return entry.overdue, entry.completed_on, entry.outcome

    assert actions(desk.reading, ALL, dt.date(2014, 11, 23)) == [], "not yet assigned"
    assert as_at(due) == (False, None, None)
    assert as_at(due + dt.timedelta(days=1)) == (True, None, None)
    assert as_at(done.date() - dt.timedelta(days=1)) == (True, None, None)
    assert as_at(done.date()) == (False, done.date(), "Asked.")
    late = due + dt.timedelta(days=1)
    assert len(actions(desk.reading, ALL, late, overdue=True)) == 1
    assert actions(desk.reading, ALL, late, overdue=False) == []
    assert len(actions(desk.reading, ALL, due, overdue=False)) == 1
    assert actions(desk.reading, ALL, late, owner="police") == []


def test_a_deferred_matter_waits_until_it_is_taken_up(desk: Desk) -> None:
    """CAN-2: noting it once more leaves it deferred; agreeing does not."""
    returns = Deferral(returns_to="The February meeting", returns_on=FEBRUARY.date())
    desk.does(*sitting(), decided("first", deferral=returns))
    may = dt.datetime(2015, 5, 18, 14, 0, tzinfo=dt.UTC)
    desk.does(*sitting("board-february", FEBRUARY), decided("second", Outcome.NOTED, "board-february"))
    desk.does(*sitting("board-may", may), decided("third", Outcome.AGREED, "board-may"))

    def waiting(day: dt.date, *, settled: bool = False) -> list[tuple[str, bool, str | None]]:
        found = deferred_matters(desk.reading, ALL, day, settled=settled)
        return [(entry.decision, entry.overdue, entry.taken_up_by) for entry in found]

    assert waiting(dt.date(2014, 11, 23)) == [], "not yet deferred"
    assert waiting(JANUARY) == [("first", False, None)]
    assert waiting(FEBRUARY.date()) == [("first", False, None)]
    assert waiting(dt.date(2015, 2, 24)) == [("first", True, None)]
    assert waiting(may.date()) == []
    assert waiting(may.date(), settled=True) == [("first", False, "third")]
    deferral = deferred_matters(desk.reading, ALL, JANUARY)[0].deferral
    assert (deferral.returns_on, deferral.returns_to) == (FEBRUARY.date(), "The February meeting")


def test_a_matter_without_a_day_comes_last_and_is_never_overdue(desk: Desk) -> None:
    """CAN-2"""
    desk.does(
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
            deferral=Deferral(returns_to="The February meeting", returns_on=FEBRUARY.date()),
        ),
    )
    found = deferred_matters(desk.reading, ALL, AS_AT)
    assert [(entry.decision, entry.overdue) for entry in found] == [("dated", True), ("someday", False)]
    assert found[1].deferral.must_know == ["What the community development work offers the post"]


def commissioned(update: str = "cabinet-january", meets_on: dt.date = JANUARY) -> CommissionUpdate:
    return CommissionUpdate(
        update=update,
        body="Cabinet",
        title="Update",
        meets_on=meets_on,
        since=dt.date(2014, 10, 16),
        until=dt.date(2015, 1, 16),
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


def test_implications_stand_in_the_order_of_the_reports_headings(desk: Desk) -> None:
    """CAN-1: stated anew, one takes the place of the former."""
    desk.does(
        commissioned(),
        StateImplication(update="cabinet-january", heading=Implication.BEST_VALUE, text="Match funding."),
        StateImplication(update="cabinet-january", heading=Implication.FINANCIAL, text="Wrong."),
        StateImplication(update="cabinet-january", heading=Implication.FINANCIAL, text="The reserve is finite."),
    )
    found = update_of(desk.reading, "cabinet-january")
    assert [(stated.heading, stated.text) for stated in found.implications] == [
        (Implication.FINANCIAL, "The reserve is finite."),
        (Implication.BEST_VALUE, "Match funding."),
    ]
    assert found.heading.report_of == "Chief Executive"
    assert found.recommendations == ["That Cabinet note it."]
    assert found.appendices == []
    assert updates(desk.reading, ALL, body="Cabinet") == [found]
    assert updates(desk.reading, ALL, body="Scrutiny") == []


def test_an_area_of_interest_waits_until_it_is_answered(desk: Desk) -> None:
    """CAN-8"""
    desk.does(
        commissioned(),
        NameAreaOfInterest(
            area_of_interest="hate-crime", body="Cabinet", text="What is done?", about=BLAKE, happened_at=THEN
        ),
        NameAreaOfInterest(area_of_interest="housing", body="Cabinet", text="How many?", happened_at=NOVEMBER_1),
    )
    waiting = areas_of_interest(desk.reading, ALL, body="Cabinet", answered=False)
    assert [(a.area_of_interest, a.named_on) for a in waiting] == [
        ("housing", dt.date(2014, 11, 1)),
        ("hate-crime", DAY),
    ]
    desk.does(AnswerAreaOfInterest(area_of_interest="hate-crime", update="cabinet-january", text="Two days a week."))
    answered = areas_of_interest(desk.reading, ALL, answered=True)
    assert [(area.area_of_interest, area.answers[0].text) for area in answered] == [("hate-crime", "Two days a week.")]
    assert answered[0].answers[0].about == answered[0].about
    assert [area.area_of_interest for area in areas_of_interest(desk.reading, ALL, answered=False)] == ["housing"]


def test_another_partnerships_meetings_are_not_shown(desk: Desk) -> None:
    """design 12"""
    desk.does(*sitting(), decided())
    desk.partnership = "elsewhere"
    assert calendar(desk.reading, ALL) == []
    assert decisions(desk.reading, ALL) == []
    assert deferred_matters(desk.reading, ALL, AS_AT) == []


def test_the_ledger_read_again_gives_the_same_views(desk: Desk) -> None:
    """design 11: views only assign."""
    desk.does(*sitting(), decided(), commissioned())
    before = meeting_record(desk.reading, "board-november", AS_AT), updates(desk.reading, ALL)
    desk.reads_again()
    again = meeting_record(desk.reading, "board-november", AS_AT), updates(desk.reading, ALL)
    assert again == before


def test_a_matter_about_nothing_named_is_not_taken_up_by_another_about_nothing(desk: Desk) -> None:
    """CAN-2"""
    for meeting, starts_at in (("board-november", STARTS), ("board-february", FEBRUARY)):
        bare = AddAgendaItem(meeting=meeting, item="any", title="Any", raised_by="police", happened_at=NOVEMBER_1)
        desk.does(*sitting(meeting, starts_at), bare)
    desk.does(on_any("first", Outcome.DEFERRED), on_any("second", Outcome.AGREED, "board-february"))
    assert [entry.decision for entry in deferred_matters(desk.reading, ALL, AS_AT)] == ["first"]


def on_any(decision: str, outcome: Outcome, meeting: str = "board-november") -> RecordDecision:
    deferral = Deferral(returns_to="The next meeting", must_know=("More",)) if outcome is Outcome.DEFERRED else None
    return RecordDecision(
        meeting=meeting, decision=decision, item="any", outcome=outcome, text="X", reasons="X", deferral=deferral
    )
