"""Facts about what clerks, partners and decisions do on a real event store, and what readers then see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy
from fixtures_databases import Databases

from services.projects import queries, views
from services.projects.commands import commands
from services.projects.commands.measure import DefineMeasure, ReadMeasure
from services.projects.commands.pilot import AcceptExpression, InviteExpression, PlanPilot, StartPilot, SubmitExpression
from services.projects.commands.priority import SetObjective, SetPriority
from services.projects.commands.problem import AgreeMitigation, RaiseProblem
from services.projects.commands.project import (
    AgreeArea,
    OpenTenderRound,
    ReachStage,
    ReportProgress,
    StartProject,
    StateIntention,
)
from services.projects.commands.question import AnswerQuestion, RaiseQuestion
from services.projects.domain.rules import PeriodReadBefore
from services.projects.reactions import reactions
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent, encode_data, open_envelope
from shared.contracts.event import EVENTS
from shared.contracts.examples import example_entry
from shared.contracts.meetings import DecisionRecorded, MitigationTerms, Outcome, Reference, ReferenceKind
from shared.contracts.projects import Better, QuestionKind
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.event_store import EventStore, open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.web import ReadContext
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.database import engine, url_for
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.identifiers import subject_of
from shared.values.refusals import Forbidden, Unknown
from shared.values.roles import Role

NOW = dt.datetime(2015, 1, 16, 9, tzinfo=dt.UTC)
DECEMBER, JANUARY = dt.date(2014, 12, 5), dt.date(2015, 1, 12)
AUTUMN, WINTER = (dt.date(2014, 10, 1), dt.date(2014, 11, 30)), (dt.date(2014, 12, 1), dt.date(2014, 12, 31))

CLERK = Principal("clerk", frozenset({Role.CLERK}), "area", None)
READER = Principal("reader", frozenset({Role.READER}), "area", None)
ITSELF = Principal("projects", frozenset({Role.SERVICE}), "area", None)


def partner(organisation: str) -> Principal:
    return Principal("system", frozenset({Role.PARTNER}), "area", organisation)


@dataclass
class Projects:
    """The service on a database of its own, without a door."""

    application: Application
    store: EventStore
    engine: sqlalchemy.Engine

    def does(self, command: Command, principal: Principal = CLERK) -> Answer:
        declared = commands.declared[type(command)]
        return self.application.execute(declared, command, Request(principal, "area"))

    def reacts(self, cause: CloudEvent) -> list[Answer]:
        return [
            self.application.execute(commands.declared[type(c)], c, Request(ITSELF, "area", key, cause=cause))
            for key, c in reactions.to(cause)
        ]

    def reading(self, *subjects: tuple[str, str], partnership: str = "area") -> ReadContext:
        """A reader of the views, once they show all that happened to these."""
        entries = [
            recorded.envelope
            for noun, slug in subjects
            for recorded in self.store.facts_of(subject_of(partnership, noun, slug))
        ]
        with self.engine.begin() as connection:
            views.views.project(connection, enumerate(entries))
        return ReadContext(self.engine, READER, partnership)


@pytest.fixture
def projects(databases: Databases) -> Iterator[Projects]:
    with databases.fresh("projects") as owner_url:
        url = url_for(owner_url, "projects")
        store, found = open_store("projects", url), engine(url)
        people_key = PeopleKey(bytes(32))
        application = Application(commands, store, found, clock=lambda: NOW, new_id=new_id, people_key=people_key)
        yield Projects(application, store, found)
        store.close()
        found.dispose()


def decision(mitigations: tuple[MitigationTerms, ...], about: Reference | None) -> CloudEvent:
    fact = DecisionRecorded(
        meeting="board",
        decision="board-agreed",
        group="board",
        item="panels",
        outcome=Outcome.AGREED,
        text="That it be done.",
        reasons="It is needed.",
        about=about,
        mitigations=mitigations,
        quorate=True,
        present=7,
        required=3,
    )
    return CloudEvent(
        id=new_id(),
        source="/meetings",
        type="meetings.decision_recorded.v1",
        subject="area/meeting/board",
        subjectversion=5,
        partnership="area",
        time=dt.datetime(2014, 12, 16, 14, tzinfo=dt.UTC),
        recordedtime=NOW,
        actor="clerk:clerk",
        authority="Board, 16 December 2014, minute 4",
        correlationid="the-meeting",
        data=encode_data(fact),
    )


def start(project: str = "programme", template: str | None = None, priorities: tuple[str, ...] = ()) -> StartProject:
    return StartProject(
        project=project,
        title=project.capitalize(),
        purpose="To help people.",
        lead="county-council",
        priorities=priorities,
        template=template,
    )


def measure() -> DefineMeasure:
    return DefineMeasure(
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


def no_take_up() -> RaiseProblem:
    return RaiseProblem(
        project="programme", problem="no-take-up", text="Nobody came.", raised_by="county-council", measure="referrals"
    )


def test_a_partner_reads_measures_for_its_own_organisation_only(projects: Projects) -> None:
    """CAN-6, design 12"""
    projects.does(start())
    projects.does(measure())
    with pytest.raises(Forbidden, match="speaks for 'police'"):
        projects.does(read(0, AUTUMN), partner("police"))
    assert projects.does(read(0, AUTUMN), partner("county-council")).events[0].type == "projects.measure_read.v1"
    with pytest.raises(PeriodReadBefore):
        projects.does(read(0, AUTUMN))


def test_a_partner_starts_no_project(projects: Projects) -> None:
    """design 12"""
    with pytest.raises(Forbidden, match="needs one of the roles clerk"):
        projects.does(start(), partner("county-council"))


def test_a_project_serves_priorities_that_were_set(projects: Projects) -> None:
    """TSP-7"""
    with pytest.raises(Unknown, match="no priority 'safety'"):
        projects.does(start(priorities=("safety",)))
    projects.does(SetPriority(priority="safety", title="Community safety", outcome="People are safe."))
    assert projects.does(start(priorities=("safety",))).events


def test_a_decisions_mitigations_are_agreed_once_however_often_it_is_read(projects: Projects) -> None:
    """CAN-6, design 8"""
    projects.does(start())
    projects.does(measure())
    projects.does(no_take_up())
    agreed = decision(
        tuple(
            MitigationTerms(project="programme", problem="no-take-up", mitigation=name, text="It is done.", owner=owner)
            for name, owner in (("signpost", "police"), ("hub", "council"))
        ),
        None,
    )
    assert projects.reacts(agreed) == projects.reacts(agreed)
    record = queries.project_record(projects.reading(("project", "programme")), "programme")
    (problem,) = record.problems
    assert [(m.mitigation, m.owner, m.agreed_on, m.decision) for m in problem.mitigations] == [
        ("hub", "council", dt.date(2014, 12, 16), "board-agreed"),
        ("signpost", "police", dt.date(2014, 12, 16), "board-agreed"),
    ]
    facts = projects.store.facts_of("area/project/programme")
    assert {(f.envelope.causationid, f.envelope.authority) for f in facts[-2:]} == {
        (agreed.id, "decision board-agreed")
    }


def test_a_decision_submits_the_expression_and_a_later_one_nothing(projects: Projects) -> None:
    """CAN-5"""
    projects.does(start("panels"))
    projects.does(
        InviteExpression(
            project="panels", pilot="panel", title="A panel", invited_by="commissioner", text="Districts may be first."
        ),
        partner("commissioner"),
    )
    about = Reference(kind=ReferenceKind.PILOT, id="panel", within="panels")
    (first,) = projects.reacts(decision((), about))
    (second,) = projects.reacts(decision((), about))
    assert [event.type for event in first.events] == ["projects.expression_submitted.v1"]
    assert second.events == ()


def test_a_correction_replaces_a_reading_and_shows(projects: Projects) -> None:
    """CAN-6"""
    for command in (start(), measure(), read(4, WINTER), read(0, AUTUMN), read(3, AUTUMN, "Three overlooked.", True)):
        projects.does(command)
    reading = projects.reading(("project", "programme"))
    (history,) = queries.measures(reading, "programme", Page())
    assert [(r.period_starts, r.value, r.note, r.corrected, len(r.sources)) for r in history.readings] == [
        (WINTER[0], 4, None, False, 1),
        (AUTUMN[0], 3, "Three overlooked.", True, 2),
    ]
    (status,) = queries.project_record(reading, "programme").measures
    assert status.latest is not None
    assert (status.latest.period_ends, status.latest.value) == (WINTER[1], 4)


def test_a_projects_record_tells_how_far_it_is(projects: Projects) -> None:
    """CAN-4, CAN-5, CAN-7"""
    p = "community"
    for command in (
        SetPriority(priority="safety", title="Safety", outcome="People are safe.", corporate_priorities=("Place",)),
        SetObjective(priority="safety", objective="less-abuse", title="Fewer repeat offences"),
        start(p, "seven-steps", ("safety",)),
        ReachStage(project=p, stage="step-1", reached_on=DECEMBER, evidence="The steering group met."),
        AgreeArea(project=p, description="Parts of Blake.", agreed_on=DECEMBER, outstanding=("Maps",)),
        ReportProgress(project=p, text="An event was held.", reported_on=DECEMBER),
        ReportProgress(project=p, text="A workshop was held.", reported_on=JANUARY, topic="Workshops"),
        InviteExpression(project=p, pilot="panel", title="A panel", invited_by="commissioner", text="Be first."),
        SubmitExpression(project=p, pilot="panel", submitted_on=DECEMBER),
        AcceptExpression(project=p, pilot="panel", accepted_on=JANUARY),
        PlanPilot(project=p, pilot="panel", starts_on=dt.date(2015, 2, 1), built_by="panel-group"),
        RaiseQuestion(project=p, question="law", kind=QuestionKind.LEGAL, text="May it?", raised_by="council"),
        RaiseQuestion(project=p, question="money", kind=QuestionKind.FINANCIAL, text="Can it?", raised_by="council"),
        AnswerQuestion(project=p, question="law", answer="It may.", answered_on=JANUARY),
        StateIntention(project=p, organisation="council", text="We intend to."),
        StateIntention(project=p, organisation="council", text="We intend to give this.", amount_pence=5_000_000),
        OpenTenderRound(project=p, round=1, opened_on=DECEMBER, text="Tenders are invited."),
    ):
        projects.does(command)
    reading = projects.reading(("priority", "safety"), ("project", p))
    record = queries.project_record(reading, p)
    assert [(s.stage, s.reached_on) for s in record.stages][:2] == [("step-1", DECEMBER), ("step-2", None)]
    assert len(record.stages) == 7
    assert record.area is not None
    assert (record.area.outstanding, record.priorities) == (("Maps",), ("safety",))
    (pilot,) = record.pilots
    assert (pilot.submitted_on, pilot.accepted_on, pilot.started_on) == (DECEMBER, JANUARY, None)
    assert [question.question for question in record.open_questions] == ["money"]
    assert [(i.text, i.amount_pence) for i in record.intentions] == [("We intend to give this.", 5_000_000)]
    assert [tender.round for tender in record.tender_rounds] == [1]
    assert [note.text for note in queries.progress(reading, Page(), project=p)] == [
        "A workshop was held.",
        "An event was held.",
    ]
    (priority,) = queries.delivery_plan(reading, Page())
    assert [objective.title for objective in priority.objectives] == ["Fewer repeat offences"]
    assert [question.question for question in queries.open_questions(reading, Page())] == ["money"]
    assert [entry.title for entry in queries.register(reading, Page())] == ["Community"]
    started = projects.does(StartPilot(project=p, pilot="panel", started_on=JANUARY))
    assert started.events[0].type == "projects.pilot_started.v1"


def test_another_partnership_sees_none_of_it(projects: Projects) -> None:
    """design 12"""
    projects.does(start())
    projects.does(measure())
    projects.reading(("project", "programme"))
    elsewhere = ReadContext(projects.engine, READER, "elsewhere")
    assert queries.register(elsewhere, Page()) == []
    with pytest.raises(Unknown, match="no project 'programme' in 'elsewhere'"):
        queries.measures(elsewhere, "programme", Page())


def test_the_views_take_every_event_that_projects_publishes(projects: Projects) -> None:
    """design 11: every field of every event has its column."""
    names = [name for name in EVENTS if name.startswith("projects.")]
    assert set(names) == views.views.event_types
    with projects.engine.begin() as connection:
        views.views.project(connection, enumerate(open_envelope(example_entry(name)) for name in names))
        for table in views.views.metadata.sorted_tables:
            if "sources" in table.c:
                assert connection.execute(sqlalchemy.select(table)).all(), table.name


def test_a_mitigation_can_be_agreed_outside_the_partnerships_meetings(projects: Projects) -> None:
    """CAN-6: a meeting of the agencies concerned agreed it; the clerk records it."""
    for command in (start(), measure(), no_take_up()):
        projects.does(command)
    answer = projects.does(
        AgreeMitigation(
            project="programme",
            problem="no-take-up",
            mitigation="hub",
            text="The weekly hub refers.",
            owner="council",
            agreed_on=DECEMBER,
            authority="Meeting of agencies, 5 December 2014",
        )
    )
    (fact,) = projects.store.facts_of("area/project/programme")[-1:]
    assert (answer.version, fact.envelope.authority) == (4, "Meeting of agencies, 5 December 2014")
