"""What projects shows: the delivery plan, the register of projects, one project's record, its measures, open questions.

Every entry has ``sources``: the ledger positions of the events it comes from.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func

from services.projects import views
from shared.contracts.nouns import ProjectSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.queries import Queries
from shared.runtime.endpoints.web import ReadContext
from shared.runtime.following.entries import as_entry, entry

queries = Queries()


@entry(views.objective)
class PlannedObjective:
    """An objective under a priority."""


@entry(views.priority)
class PlannedPriority:
    """A priority in the partnership's delivery plan, with its objectives (TSP-7)."""

    objectives: list[PlannedObjective]


@entry(views.project)
class RegisteredProject:
    """A project in the register of projects."""


@entry(views.area)
class AgreedArea:
    """The area that a project covers, as last agreed, and what is outstanding (CAN-4)."""


@entry(views.stage)
class PlanStage:
    """A stage of a project's plan; ``reached_on`` is null until it is reached (CAN-4)."""


@entry(views.progress)
class ProgressNote:
    """Something that happened in a project and is worth reporting."""


# A period is read again only to correct it, so a reading that several events made was corrected.
@entry(views.measure_reading, corrected=func.cardinality(views.measure_reading.c.sources) > 1)
class PeriodReading:
    """A measure's value for a period, as last reported, and whether that corrected an earlier one (CAN-6)."""

    corrected: bool


@entry(views.measure)
class MeasureStatus:
    """A measure and its reading for the latest period; null while there is none."""

    latest: PeriodReading | None


@entry(views.measure)
class MeasureHistory:
    """A measure with all its readings, the latest period first (CAN-6)."""

    readings: list[PeriodReading]


@entry(views.mitigation)
class AgreedMitigation:
    """What is done against a problem, and by whom."""


@entry(views.problem)
class OpenProblem:
    """A problem of a project with its mitigations (CAN-6)."""

    mitigations: list[AgreedMitigation]


@entry(views.pilot)
class PilotProgress:
    """How far a pilot is; a day that is null has not come (CAN-5). It is planned to start on ``starts_on``."""


@entry(views.question, leaves_out=("answer", "answered_on"), where=views.question.c.answered_on.is_(None))
class OpenQuestion:
    """A question that is carried from report to report (CAN-7)."""


@entry(views.intention)
class StatedIntention:
    """What an organisation last said it intends to put into a project; money is whole pence (CAN-7)."""


@entry(views.document)
class PublishedDocument:
    """A document that an organisation published (TSP-7)."""


@entry(views.tender_round)
class TenderRound:
    """A round of tendering (CAN-7)."""


@entry(views.project)
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


register = queries.lists(
    "/projects",
    RegisteredProject,
    summary="The projects of the partnership, by title",
    order=(views.project.c.title,),
    filters=("lead", "delivered_by"),
)
progress = queries.lists(
    "/projects/{project}/progress",
    ProgressNote,
    summary="What happened in a project, the latest first",
    order=(views.progress.c.reported_on.desc(), views.progress.c.number.desc()),
    within=views.project,
)
documents = queries.lists(
    "/documents",
    PublishedDocument,
    summary="Documents that organisations published, the latest first",
    order=(views.document.c.published_on.desc(),),
    filters=("project", "published_by"),
)
open_questions = queries.lists(
    "/questions",
    OpenQuestion,
    summary="The partnership's open questions, the oldest first",
    order=(views.question.c.raised_on,),
    filters=("project", "kind"),
)


@queries.gets("/priorities")
def delivery_plan(reading: ReadContext, page: Page) -> list[PlannedPriority]:
    """The priorities with their objectives, by title."""
    rows = page.rows(reading, reading.select(views.priority), views.priority.c.title)
    named = [row["priority"] for row in rows]
    objectives = reading.entries_by("priority", PlannedObjective, views.objective.c.title, priority=named)
    return [as_entry(PlannedPriority, row, objectives=objectives[row["priority"]]) for row in rows]


@queries.gets("/projects/{project}")
def project_record(reading: ReadContext, project: ProjectSlug) -> ProjectRecord:
    """A project: stages, measures, problems, pilots, questions."""
    found = reading.one(views.project, project=project)
    measures = reading.rows(reading.select(views.measure, project=project).order_by(views.measure.c.measure))
    readings = _readings(reading, project)
    problems = reading.rows(
        reading.select(views.problem, project=project).order_by(views.problem.c.raised_on, views.problem.c.problem)
    )
    mitigations = reading.entries_by("problem", AgreedMitigation, views.mitigation.c.agreed_on, project=project)
    return as_entry(
        ProjectRecord,
        found,
        area=next(iter(reading.entries(AgreedArea, project=project)), None),
        stages=reading.entries(PlanStage, views.stage.c.number, project=project),
        measures=[as_entry(MeasureStatus, row, latest=next(iter(readings[row["measure"]]), None)) for row in measures],
        problems=[as_entry(OpenProblem, row, mitigations=mitigations[row["problem"]]) for row in problems],
        pilots=reading.entries(PilotProgress, project=project),
        open_questions=reading.entries(OpenQuestion, views.question.c.raised_on, project=project),
        intentions=reading.entries(StatedIntention, project=project),
        tender_rounds=reading.entries(TenderRound, project=project),
    )


@queries.gets("/projects/{project}/measures")
def measures(reading: ReadContext, project: ProjectSlug, page: Page) -> list[MeasureHistory]:
    """A project's measures with their readings, the latest period first."""
    reading.one(views.project, project=project)
    rows = page.rows(reading, reading.select(views.measure, project=project))
    readings = _readings(reading, project)
    return [as_entry(MeasureHistory, row, readings=readings[row["measure"]]) for row in rows]


def _readings(reading: ReadContext, project: str) -> defaultdict[str, list[PeriodReading]]:
    """The readings of each measure, the latest period first."""
    order = views.measure_reading.c.period_ends.desc(), views.measure_reading.c.period_starts.desc()
    return reading.entries_by("measure", PeriodReading, *order, project=project)
