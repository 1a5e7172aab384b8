"""Facts about what clerks, partners and decisions do on a real event store, and what readers then see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy
from fixtures_databases import Databases
from stage import Stage, dated, enveloped, on_stage, partner

from services.projects.api import project_record
from services.projects.delivery.domain import ReportProgress
from services.projects.delivery.view import progress_notes, register
from services.projects.documents.view import documents
from services.projects.measures.domain import ReadMeasure
from services.projects.measures.rules import a_measure_is_read_once_for_a_period
from services.projects.measures.view import measures
from services.projects.priorities.view import delivery_plan
from services.projects.questions.view import open_questions
from services.projects.service import service
from services.projects.views import views
from shared.contracts.envelope import CloudEvent, open_envelope
from shared.contracts.event import EVENTS
from shared.contracts.examples import example_entry
from shared.contracts.meetings.effects import EffectDecided, EffectRefused, ExpressionDecided, MitigationDecided
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.contracts.projects.delivery import AreaAgreed, ProjectStarted, StageReached
from shared.contracts.projects.documents import DocumentPublished
from shared.contracts.projects.measures import Better, MeasureDefined
from shared.contracts.projects.pilots import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
)
from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.runtime.endpoints.paging import Page
from shared.values.refusals import Forbidden, Unknown

NOW = dt.datetime(2015, 1, 16, 9, tzinfo=dt.UTC)
DECEMBER, JANUARY = "2014-12-05", "2015-01-12"
AUTUMN, WINTER = (dt.date(2014, 10, 1), dt.date(2014, 11, 30)), (dt.date(2014, 12, 1), dt.date(2014, 12, 31))


@pytest.fixture
def stage(databases: Databases) -> Iterator[Stage]:
    with on_stage(service, databases, NOW) as stage:
        yield stage


BOARD = {"meeting": "board", "decision": "board-agreed"}


def decision(fact: EffectDecided) -> CloudEvent:
    return enveloped(fact, dt.datetime(2014, 12, 16, 14, tzinfo=dt.UTC), recorded=NOW)


def start(project: str = "programme", template: str | None = None, priorities: tuple[str, ...] = ()) -> ProjectStarted:
    return ProjectStarted(
        project=project,
        title=project.capitalize(),
        purpose="To help people.",
        lead="county-council",
        priorities=priorities,
        template=template,
    )


def measure() -> MeasureDefined:
    return MeasureDefined(
        project="programme", measure="referrals", name="Referrals", unit="people", target=12, better=Better.HIGHER
    )


def read(value: int, period: tuple[dt.date, dt.date], note: str | None = None, correction: bool = False) -> ReadMeasure:
    return ReadMeasure(
        project="programme",
        measure="referrals",
        value=value,
        period_starts=period[0],
        period_ends=period[1],
        reported_by="county-council",
        note=note,
        correction=correction,
    )


def no_take_up() -> ProblemRaised:
    return ProblemRaised(
        project="programme", problem="no-take-up", text="Nobody came.", raised_by="county-council", measure="referrals"
    )


def test_a_partner_reads_measures_for_its_own_organisation_only(stage: Stage) -> None:
    """CAN-6, design 12"""
    stage.sends(start())
    stage.sends(measure())
    with pytest.raises(Forbidden, match="Your token is for 'police'"):
        stage.sends(read(0, AUTUMN), by=partner("police"))
    assert stage.sends(read(0, AUTUMN), by=partner("county-council")).events[0].type == "projects.measure_read.v1"
    with pytest.raises(a_measure_is_read_once_for_a_period.refusal):
        stage.sends(read(0, AUTUMN))


def test_a_partner_starts_no_project(stage: Stage) -> None:
    """design 12"""
    with pytest.raises(Forbidden, match="needs one of the roles clerk"):
        stage.sends(start(), by=partner("county-council"))


def test_a_project_serves_priorities_that_were_set(stage: Stage) -> None:
    """TSP-7"""
    with pytest.raises(Unknown, match="no priority 'safety'"):
        stage.sends(start(priorities=("safety",)))
    stage.sends(PrioritySet(priority="safety", title="Community safety", outcome="People are safe."))
    assert stage.sends(start(priorities=("safety",))).events


def test_a_decisions_mitigations_are_agreed_once_however_often_it_is_read(stage: Stage) -> None:
    """CAN-6, design 8"""
    stage.sends(start())
    stage.sends(measure())
    stage.sends(no_take_up())
    agreed = [
        decision(
            MitigationDecided(
                **BOARD, project="programme", problem="no-take-up", mitigation=name, text="It is done.", owner=owner
            )
        )
        for name, owner in (("signpost", "police"), ("hub", "council"))
    ]
    for each in agreed:
        assert stage.reacts(each) == stage.reacts(each)
    record = project_record(stage.reads(), "programme")
    (problem,) = record.problems
    assert [(m.mitigation, m.owner, m.agreed_on, m.decision) for m in problem.mitigations] == [
        ("hub", "council", "2014-12-16", "board-agreed"),
        ("signpost", "police", "2014-12-16", "board-agreed"),
    ]
    facts = stage.facts_of("problem", "programme", "no-take-up")
    assert {(f.causationid, f.authority) for f in facts[-2:]} == {(each.id, "decision board-agreed") for each in agreed}


def test_a_decision_submits_the_expression_and_a_later_one_nothing(stage: Stage) -> None:
    """CAN-5"""
    stage.sends(start("panels"))
    stage.sends(
        ExpressionInvited(
            project="panels", pilot="panel", title="A panel", invited_by="commissioner", text="Districts may be first."
        ),
        by=partner("commissioner"),
    )
    expression = ExpressionDecided(**BOARD, project="panels", pilot="panel")
    (first,) = stage.reacts(decision(expression))
    (second,) = stage.reacts(decision(expression))
    assert [event.type for event in first.events] == ["projects.expression_submitted.v1"]
    assert second.events == ()


def test_a_correction_replaces_a_reading_and_shows(stage: Stage) -> None:
    """CAN-6"""
    stage.sends(start(), measure(), read(4, WINTER), read(0, AUTUMN), read(3, AUTUMN, "Three overlooked.", True))
    reading = stage.reads()
    (history,) = measures(reading, "programme", Page())
    assert [(r.period_starts, r.value, r.note, r.corrected, len(r.sources)) for r in history.readings] == [
        (WINTER[0], 4, None, False, 1),
        (AUTUMN[0], 3, "Three overlooked.", True, 2),
    ]
    (status,) = project_record(reading, "programme").measures
    assert status.latest is not None
    assert (status.latest.period_ends, status.latest.value) == (WINTER[1], 4)


def test_a_projects_record_tells_how_far_it_is(stage: Stage) -> None:
    """CAN-4, CAN-5, CAN-7"""
    p = "community"
    stage.sends(
        PrioritySet(priority="safety", title="Safety", outcome="People are safe.", corporate_priorities=("Place",)),
        ObjectiveSet(priority="safety", objective="less-abuse", title="Fewer repeat offences"),
        start(p, "seven-steps", ("safety",)),
        StageReached(project=p, stage="step-1", reached_on=DECEMBER, evidence="The steering group met."),
        AreaAgreed(project=p, description="Parts of Blake.", agreed_on=DECEMBER, outstanding=("Maps",)),
        ReportProgress(project=p, text="An event was held.", reported_on=DECEMBER),
        ReportProgress(project=p, text="A workshop was held.", reported_on=JANUARY, topic="Workshops"),
        ExpressionInvited(project=p, pilot="panel", title="A panel", invited_by="commissioner", text="Be first."),
        ExpressionSubmitted(project=p, pilot="panel", submitted_on=DECEMBER),
        ExpressionAccepted(project=p, pilot="panel", accepted_on=JANUARY),
        PilotPlanned(project=p, pilot="panel", starts_on="2015-02", built_by="panel-group"),
        QuestionRaised(project=p, question="law", kind=QuestionKind.LEGAL, text="May it?", raised_by="council"),
        QuestionRaised(project=p, question="money", kind=QuestionKind.FINANCIAL, text="Can it?", raised_by="council"),
        QuestionAnswered(project=p, question="law", answer="It may.", answered_on=JANUARY),
        IntentionStated(project=p, organisation="council", text="We intend to."),
        IntentionStated(project=p, organisation="council", text="We intend to give this.", amount_pence=5_000_000),
        TenderRoundOpened(project=p, round=1, opened_on=DECEMBER, text="Tenders are invited."),
    )
    reading = stage.reads()
    record = project_record(reading, p)
    assert [(s.stage, s.reached_on) for s in record.stages][:2] == [("step-1", DECEMBER), ("step-2", None)]
    assert len(record.stages) == 7
    assert record.area is not None
    assert (record.area.outstanding, record.priorities) == (("Maps",), ("safety",))
    (pilot,) = record.pilots
    assert (pilot.submitted_on, pilot.accepted_on, pilot.started_on) == (DECEMBER, JANUARY, None)
    assert [question.question for question in record.open_questions] == ["money"]
    assert [(i.text, i.amount_pence) for i in record.intentions] == [("We intend to give this.", 5_000_000)]
    assert [tender.round for tender in record.tender_rounds] == [1]
    assert [note.text for note in progress_notes(reading, Page(), project=p)] == [
        "A workshop was held.",
        "An event was held.",
    ]
    (priority,) = delivery_plan(reading, Page())
    assert [objective.title for objective in priority.objectives] == ["Fewer repeat offences"]
    assert [question.question for question in open_questions(reading, Page())] == ["money"]
    assert [entry.title for entry in register(reading, Page())] == ["Community"]
    started = stage.sends(PilotStarted(project=p, pilot="panel", started_on=JANUARY))
    assert started.events[0].type == "projects.pilot_started.v1"


def test_another_partnership_sees_none_of_it(stage: Stage) -> None:
    """design 12"""
    stage.sends(start())
    stage.sends(measure())
    elsewhere = stage.reads("elsewhere")
    assert register(elsewhere, Page()) == []
    with pytest.raises(Unknown, match="no project 'programme' in 'elsewhere'"):
        measures(elsewhere, "programme", Page())


def test_the_views_take_every_event_that_projects_publishes(stage: Stage) -> None:
    """design 11: every field of every event has its column. Meetings shows the effects that were refused."""
    mine = {name: kind for name, kind in EVENTS.items() if name.startswith("projects.")}
    names = [name for name, kind in mine.items() if not issubclass(kind, EffectRefused)]
    assert set(names) == views.event_types
    with stage.engine.begin() as connection:
        views.project(connection, enumerate(open_envelope(example_entry(name)) for name in names))
        for table in views.metadata.sorted_tables:
            if "sources" in table.c:
                assert connection.execute(sqlalchemy.select(table)).all(), table.name


def test_a_mitigation_can_be_agreed_outside_the_partnerships_meetings(stage: Stage) -> None:
    """CAN-6: a meeting of the agencies concerned agreed it; the clerk records it."""
    stage.sends(start(), measure(), no_take_up())
    answer = stage.sends(
        dated(
            MitigationAgreed(
                project="programme",
                problem="no-take-up",
                mitigation="hub",
                text="The weekly hub refers.",
                owner="council",
                agreed_on=DECEMBER,
            ),
            authority="Meeting of agencies, 5 December 2014",
        )
    )
    (fact,) = stage.facts_of("problem", "programme", "no-take-up")[-1:]
    assert (answer.version, fact.authority) == (2, "Meeting of agencies, 5 December 2014")


def test_a_pilot_planned_for_february_is_shown_as_february(stage: Stage) -> None:
    """CAN-5: never as its first day."""
    stage.sends(
        start("panels"),
        ExpressionInvited(
            project="panels", pilot="panel", title="A panel", invited_by="commissioner", text="Be first."
        ),
        PilotPlanned(project="panels", pilot="panel", starts_on="2015-02", built_by="panel-group"),
    )
    (pilot,) = project_record(stage.reads(), "panels").pilots
    assert pilot.starts_on == "2015-02"


def test_days_known_to_the_month_are_sorted_by_their_first_day(stage: Stage) -> None:
    """TSP-7"""
    days = ("2014-12-05", "2014", "2014-12", "2014-11-30", "2015-01", "2014-12-31")
    for number, day in enumerate(days):
        stage.sends(
            DocumentPublished(
                document=f"document-{number}",
                title="A document",
                published_by="council",
                published_on=day,
                address="https://council.example/document",
            )
        )
    shown = [document.published_on for document in documents(stage.reads(), Page())]
    assert shown == ["2015-01", "2014-12-31", "2014-12-05", "2014-12", "2014-11-30", "2014"]


def test_two_measures_read_at_once_have_versions_of_their_own(stage: Stage) -> None:
    """CAN-6: who saw an older version of one measure does not collide with a reading of another."""
    stage.sends(start(), measure(), msgspec.structs.replace(measure(), measure="completions"))
    assert stage.sends(read(0, AUTUMN)).version == 2
    assert stage.sends(msgspec.structs.replace(read(0, AUTUMN), measure="completions")).version == 2
