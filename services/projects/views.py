"""The tables of what projects shows, and how events set their rows. ``queries.py`` reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from msgspec.structs import asdict
from sqlalchemy import ARRAY, BigInteger, Column, Date, Integer, Text

from shared.contracts.projects import (
    AreaAgreed,
    DocumentPublished,
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    IntentionStated,
    MeasureDefined,
    MeasureRead,
    MitigationAgreed,
    ObjectiveSet,
    PilotPlanned,
    PilotStarted,
    PrioritySet,
    ProblemRaised,
    ProgressReported,
    ProjectStarted,
    QuestionAnswered,
    QuestionRaised,
    StageReached,
    TenderRoundOpened,
)
from shared.runtime.following.views import At, Row, Views, row
from shared.values.periods import day_of

views = Views("projects")

priority = views.table(
    "priority",
    Column("priority", Text, primary_key=True),
    Column("title", Text),
    Column("outcome", Text),
    Column("corporate_priorities", ARRAY(Text)),
)
objective = views.table(
    "objective",
    Column("priority", Text, primary_key=True),
    Column("objective", Text, primary_key=True),
    Column("title", Text),
)
project = views.table(
    "project",
    Column("project", Text, primary_key=True),
    Column("title", Text),
    Column("purpose", Text),
    Column("lead", Text),
    Column("delivered_by", Text),
    Column("priorities", ARRAY(Text)),
    Column("outcomes", ARRAY(Text)),
    Column("template", Text),
)
area = views.table(
    "area",
    Column("project", Text, primary_key=True),
    Column("description", Text),
    Column("agreed_on", Date),
    Column("outstanding", ARRAY(Text)),
)
stage = views.table(
    "stage",
    Column("project", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("number", Integer, comment="from 1, in the plan's order"),
    Column("title", Text),
    Column("description", Text),
    Column("reached_on", Date, comment="null: not yet"),
    Column("evidence", Text),
)
progress = views.table(
    "progress",
    Column("project", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, comment="which fact of the project it is"),
    Column("text", Text),
    Column("reported_on", Date),
    Column("topic", Text),
)
document = views.table(
    "document",
    Column("document", Text, primary_key=True),
    Column("title", Text),
    Column("published_by", Text),
    Column("published_on", Date),
    Column("address", Text),
    Column("project", Text, comment="null: not about one project"),
)
measure = views.table(
    "measure",
    Column("project", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("name", Text),
    Column("unit", Text),
    Column("target", BigInteger),
    Column("better", Text),
)
measure_reading = views.table(
    "reading",
    Column("project", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("period_starts", Date, primary_key=True),
    Column("period_ends", Date, primary_key=True),
    Column("value", BigInteger),
    Column("reported_by", Text),
    Column("note", Text),
)
problem = views.table(
    "problem",
    Column("project", Text, primary_key=True),
    Column("problem", Text, primary_key=True),
    Column("text", Text),
    Column("raised_by", Text),
    Column("raised_on", Date),
    Column("measure", Text),
)
mitigation = views.table(
    "mitigation",
    Column("project", Text, primary_key=True),
    Column("mitigation", Text, primary_key=True),
    Column("problem", Text),
    Column("text", Text),
    Column("owner", Text),
    Column("agreed_on", Date),
    Column("decision", Text),
)
pilot = views.table(
    "pilot",
    Column("project", Text, primary_key=True),
    Column("pilot", Text, primary_key=True),
    Column("title", Text),
    Column("invited_by", Text),
    Column("text", Text),
    Column("closes_on", Date),
    Column("submitted_on", Date),
    Column("decision", Text, comment="the decision to submit"),
    Column("accepted_on", Date),
    Column("starts_on", Date, comment="as planned"),
    Column("built_by", Text),
    Column("started_on", Date),
)
question = views.table(
    "question",
    Column("project", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("kind", Text),
    Column("text", Text),
    Column("raised_by", Text),
    Column("raised_on", Date),
    Column("answer", Text),
    Column("answered_on", Date, comment="null: open"),
)
intention = views.table(
    "intention",
    Column("project", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("text", Text),
    Column("amount_pence", BigInteger),
    Column("stated_on", Date),
)
tender_round = views.table(
    "tender_round",
    Column("project", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("opened_on", Date),
    Column("text", Text),
)


def _day(at: At) -> dt.date:
    return day_of(at.envelope.time)


# Where a row has the event's own columns, ``asdict`` sets them all.


@views.on(PrioritySet)
def _(fact: PrioritySet, at: At) -> Iterator[Row]:
    yield row(priority, **asdict(fact))


@views.on(ObjectiveSet)
def _(fact: ObjectiveSet, at: At) -> Iterator[Row]:
    yield row(objective, **asdict(fact))


@views.on(ProjectStarted)
def _(fact: ProjectStarted, at: At) -> Iterator[Row]:
    yield row(
        project,
        project=fact.project,
        title=fact.title,
        purpose=fact.purpose,
        lead=fact.lead,
        delivered_by=fact.delivered_by,
        priorities=fact.priorities,
        outcomes=fact.outcomes,
        template=fact.template,
    )
    for number, planned in enumerate(fact.stages, start=1):
        yield row(stage, project=fact.project, number=number, **asdict(planned))


@views.on(StageReached)
def _(fact: StageReached, at: At) -> Iterator[Row]:
    yield row(stage, **asdict(fact))


@views.on(ProgressReported)
def _(fact: ProgressReported, at: At) -> Iterator[Row]:
    yield row(progress, number=at.envelope.subjectversion, **asdict(fact))


@views.on(DocumentPublished)
def _(fact: DocumentPublished, at: At) -> Iterator[Row]:
    yield row(document, **asdict(fact))


@views.on(AreaAgreed)
def _(fact: AreaAgreed, at: At) -> Iterator[Row]:
    yield row(area, **asdict(fact))


@views.on(MeasureDefined)
def _(fact: MeasureDefined, at: At) -> Iterator[Row]:
    yield row(measure, **asdict(fact))


@views.on(MeasureRead)
def _(fact: MeasureRead, at: At) -> Iterator[Row]:
    yield row(measure_reading, **asdict(fact))


@views.on(ProblemRaised)
def _(fact: ProblemRaised, at: At) -> Iterator[Row]:
    yield row(problem, raised_on=_day(at), **asdict(fact))


@views.on(MitigationAgreed)
def _(fact: MitigationAgreed, at: At) -> Iterator[Row]:
    yield row(mitigation, **asdict(fact))


@views.on(ExpressionInvited)
def _(fact: ExpressionInvited, at: At) -> Iterator[Row]:
    yield row(pilot, **asdict(fact))


@views.on(ExpressionSubmitted)
def _(fact: ExpressionSubmitted, at: At) -> Iterator[Row]:
    yield row(pilot, **asdict(fact))


@views.on(ExpressionAccepted)
def _(fact: ExpressionAccepted, at: At) -> Iterator[Row]:
    yield row(pilot, **asdict(fact))


@views.on(PilotPlanned)
def _(fact: PilotPlanned, at: At) -> Iterator[Row]:
    yield row(pilot, **asdict(fact))


@views.on(PilotStarted)
def _(fact: PilotStarted, at: At) -> Iterator[Row]:
    yield row(pilot, **asdict(fact))


@views.on(QuestionRaised)
def _(fact: QuestionRaised, at: At) -> Iterator[Row]:
    yield row(question, raised_on=_day(at), **asdict(fact))


@views.on(QuestionAnswered)
def _(fact: QuestionAnswered, at: At) -> Iterator[Row]:
    yield row(question, **asdict(fact))


@views.on(IntentionStated)
def _(fact: IntentionStated, at: At) -> Iterator[Row]:
    yield row(intention, stated_on=_day(at), **asdict(fact))


@views.on(TenderRoundOpened)
def _(fact: TenderRoundOpened, at: At) -> Iterator[Row]:
    yield row(tender_round, **asdict(fact))
