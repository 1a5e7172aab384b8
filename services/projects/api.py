"""The queries of projects over HTTP. Its commands' routes come from their declarations."""

# Annotations are not postponed here: FastAPI could not find ``Reader`` and ``Part``, which are local, by their names.

from typing import Annotated

from fastapi import APIRouter, Depends

from services.projects import queries
from services.projects.queries import (
    MeasureHistory,
    OpenQuestion,
    PlannedPriority,
    ProgressNote,
    ProjectRecord,
    PublishedDocument,
    RegisteredProject,
)
from shared.runtime.endpoints.web import HttpAccess, Page, PathSlug, ReadContext


def routes(door: HttpAccess) -> APIRouter:
    """The delivery plan, the register of projects, one project's record, progress and measures, open questions."""
    router = APIRouter(tags=["queries"])
    Reader = Annotated[ReadContext, Depends(door.reading)]
    Part = Annotated[Page, Depends()]

    @router.get("/{partnership}/priorities", summary="The priorities with their objectives, by title")
    def list_priorities(reading: Reader, part: Part) -> list[PlannedPriority]:
        return queries.delivery_plan(reading, part)

    @router.get("/{partnership}/projects", summary="The projects of the partnership, by title")
    def list_projects(reading: Reader, part: Part) -> list[RegisteredProject]:
        return queries.register(reading, part)

    @router.get("/{partnership}/projects/{project}", summary="A project: stages, measures, problems, pilots, questions")
    def project_record(reading: Reader, project: PathSlug) -> ProjectRecord:
        return queries.record(reading, project)

    @router.get("/{partnership}/projects/{project}/progress", summary="What happened in a project, the latest first")
    def list_progress(reading: Reader, project: PathSlug, part: Part) -> list[ProgressNote]:
        return queries.progress(reading, project, part)

    @router.get("/{partnership}/projects/{project}/measures", summary="A project's measures with their readings")
    def list_measures(reading: Reader, project: PathSlug, part: Part) -> list[MeasureHistory]:
        return queries.measures(reading, project, part)

    @router.get("/{partnership}/documents", summary="Documents that organisations published, the latest first")
    def list_documents(reading: Reader, part: Part) -> list[PublishedDocument]:
        return queries.documents(reading, part)

    @router.get("/{partnership}/questions", summary="The partnership's open questions, the oldest first")
    def list_open_questions(reading: Reader, part: Part) -> list[OpenQuestion]:
        return queries.open_questions(reading, part)

    return router
