"""Problems with their mitigations."""

from __future__ import annotations

from services.projects.views import views
from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import happened_day

problem = views.keeps("problem", ProblemRaised, key=("project", "problem"), raised_on=happened_day)
mitigation = views.keeps("mitigation", MitigationAgreed, key=("project", "problem", "mitigation"))


@entry(mitigation)
class AgreedMitigation:
    """What is done against a problem, and by whom."""


@entry(problem)
class OpenProblem:
    """A problem of a project with its mitigations (CAN-6)."""

    mitigations: list[AgreedMitigation]


def problems_of(reading: ReadContext, project: str) -> list[OpenProblem]:
    """A project's problems, the oldest first."""
    mitigations = reading.entries_by("problem", AgreedMitigation, mitigation.c.agreed_on, project=project)
    rows = reading.rows(reading.select(problem, project=project).order_by(problem.c.raised_on, problem.c.problem))
    return [as_entry(OpenProblem, row, mitigations=mitigations[row["problem"]]) for row in rows]
