"""A problem of a project, with what is agreed against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import (
    DayOrMonth,
    DecisionSlug,
    MeasureSlug,
    MitigationSlug,
    OrganisationSlug,
    ProblemSlug,
    ProjectSlug,
)
from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.entries import is_free
from shared.values.identifiers import Text
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.measures.domain import Measure
    from services.projects.project import Project


class Problem(Aggregate):
    """A problem of a project (CAN-6), with a history of its own."""

    noun = "problem"

    mitigations: set[str] = set()


Problem.ignores(ProblemRaised)


@Problem.applies
def _(problem: Problem, fact: MitigationAgreed) -> None:
    problem.mitigations.add(fact.mitigation)


class RaiseProblem(Command, frozen=True, kw_only=True):
    """Raise a problem of a project."""

    project: ProjectSlug
    problem: ProblemSlug
    text: Text
    raised_by: OrganisationSlug
    measure: MeasureSlug | None = None


def raise_problem(command: RaiseProblem, problem: Problem, project: Project, measure: Measure | None) -> ProblemRaised:
    """Raise it, with the measure that shows it (CAN-6)."""
    return fact(ProblemRaised, command)


class AgreeMitigation(Command, frozen=True, kw_only=True):
    """Agree what is done against a problem. A decision that says so is carried over without this."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Text
    owner: OrganisationSlug
    agreed_on: DayOrMonth
    decision: DecisionSlug | None = None


def agree_mitigation(command: AgreeMitigation, problem: Problem, at: Circumstances) -> MitigationAgreed:
    """Agree what is done, and by whom (CAN-6). Raises ``AlreadyThere``, ``DatedAhead``."""
    is_free(problem.mitigations, "mitigation", command.mitigation, command.problem)
    nothing_is_recorded_before_its_day("agreed_on", command.agreed_on, at.today)
    return fact(MitigationAgreed, command)
