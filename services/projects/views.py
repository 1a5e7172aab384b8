"""The tables of what projects shows, and the events that set their rows. ``queries.py`` reads them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from shared.contracts.event import Event
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
    Stage,
    StageReached,
    TenderRoundOpened,
)
from shared.runtime.following.views import At, Row, Views, happened_day, row

views = Views("projects")


def _which_fact(fact: Event, at: At) -> int:
    """Which fact of its project it is."""
    return at.envelope.subjectversion


priority = views.keeps("priority", PrioritySet, key=("priority",))
objective = views.keeps("objective", ObjectiveSet, key=("priority", "objective"))
project = views.keeps("project", ProjectStarted, key=("project",), leaves_out=("stages",))
stage = views.keeps("stage", Stage, StageReached, key=("project", "stage"), number=int)
area = views.keeps("area", AreaAgreed, key=("project",))
progress = views.keeps("progress", ProgressReported, key=("project", "number"), number=_which_fact)
document = views.keeps("document", DocumentPublished, key=("document",))
measure = views.keeps("measure", MeasureDefined, key=("project", "measure"))
measure_reading = views.keeps("reading", MeasureRead, key=("project", "measure", "period_starts", "period_ends"))
problem = views.keeps("problem", ProblemRaised, key=("project", "problem"), raised_on=happened_day)
mitigation = views.keeps("mitigation", MitigationAgreed, key=("project", "mitigation"))
pilot = views.keeps(
    "pilot",
    ExpressionInvited,
    ExpressionSubmitted,
    ExpressionAccepted,
    PilotPlanned,
    PilotStarted,
    key=("project", "pilot"),
)
question = views.keeps(
    "question", QuestionRaised, QuestionAnswered, key=("project", "question"), raised_on=happened_day
)
intention = views.keeps("intention", IntentionStated, key=("project", "organisation"), stated_on=happened_day)
tender_round = views.keeps("tender_round", TenderRoundOpened, key=("project", "round"))


@views.on(ProjectStarted)
def _(fact: ProjectStarted, at: At) -> Iterator[Row]:
    for number, planned in enumerate(fact.stages, start=1):
        yield row(stage, project=fact.project, number=number, **asdict(planned))
