"""One project's record, put together from the views of all nouns. Importing it declares every query of projects."""

from __future__ import annotations

from services.projects.commissioning.view import StatedIntention, TenderRound
from services.projects.delivery import view as delivery
from services.projects.delivery.view import AgreedArea, PlanStage
from services.projects.documents import view as documents
from services.projects.measures.view import MeasureStatus, measures_of
from services.projects.pilots.view import PilotProgress
from services.projects.priorities import view as priorities
from services.projects.problems.view import OpenProblem, problems_of
from services.projects.questions.view import OpenQuestion, question
from services.projects.views import queries
from shared.contracts.nouns import ProjectSlug
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry

__all__ = ["ProjectRecord", "documents", "priorities", "project_record", "queries"]


@entry(delivery.project)
class ProjectRecord:
    """Everything about one project except its progress notes and earlier readings."""

    area: AgreedArea | None
    stages: list[PlanStage]
    measures: list[MeasureStatus]
    problems: list[OpenProblem]
    pilots: list[PilotProgress]
    open_questions: list[OpenQuestion]
    intentions: list[StatedIntention]
    tender_rounds: list[TenderRound]


@queries.gets("/projects/{project}")
def project_record(reading: ReadContext, project: ProjectSlug) -> ProjectRecord:
    """A project: stages, measures, problems, pilots, questions."""
    return as_entry(
        ProjectRecord,
        reading.one(delivery.project, project=project),
        area=next(iter(reading.entries(AgreedArea, project=project)), None),
        stages=reading.entries(PlanStage, delivery.stage.c.number, project=project),
        measures=measures_of(reading, project),
        problems=problems_of(reading, project),
        pilots=reading.entries(PilotProgress, project=project),
        open_questions=reading.entries(OpenQuestion, question.c.raised_on, project=project),
        intentions=reading.entries(StatedIntention, project=project),
        tender_rounds=reading.entries(TenderRound, project=project),
    )
