"""The register of projects, their stages, progress and areas."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from services.projects.views import queries, views
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted, Stage, StageReached
from shared.runtime.following.entries import entry
from shared.runtime.following.views import At, Row, row


def _which_fact(fact: ProgressReported, at: At) -> int:
    """Which fact of its project it is."""
    return at.envelope.subjectversion


project = views.keeps("project", ProjectStarted, key=("project",), leaves_out=("stages",))
stage = views.keeps("stage", Stage, StageReached, key=("project", "stage"), number=int)
area = views.keeps("area", AreaAgreed, key=("project",))
progress = views.keeps("progress", ProgressReported, key=("project", "number"), number=_which_fact)


@views.on(ProjectStarted)
def _(fact: ProjectStarted, at: At) -> Iterator[Row]:
    for number, planned in enumerate(fact.stages, start=1):
        yield row(stage, project=fact.project, number=number, **asdict(planned))


@entry(project)
class RegisteredProject:
    """A project in the register of projects."""


@entry(area)
class AgreedArea:
    """The area that a project covers, as last agreed, and what is outstanding (CAN-4)."""


@entry(stage)
class PlanStage:
    """A stage of a project's plan; ``reached_on`` is null until it is reached (CAN-4)."""


@entry(progress)
class ProgressNote:
    """Something that happened in a project and is worth reporting."""


register = queries.lists(
    "/projects",
    RegisteredProject,
    summary="The projects of the partnership, by title",
    order=(project.c.title,),
    filters=("lead", "delivered_by"),
)
progress_notes = queries.lists(
    "/projects/{project}/progress",
    ProgressNote,
    summary="What happened in a project, the latest first",
    order=(progress.c.reported_on.desc(), progress.c.number.desc()),
    within=project,
)
