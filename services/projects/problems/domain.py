"""A problem of a project, with what is agreed against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.entries import is_free
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


def raise_problem(asked: ProblemRaised, problem: Problem, project: Project, measure: Measure | None) -> ProblemRaised:
    """Raise a problem of a project (CAN-6)."""
    return asked


def agree_mitigation(asked: MitigationAgreed, problem: Problem, at: Circumstances) -> MitigationAgreed:
    """Agree what is done against a problem (CAN-6). A decision that says so is carried over without this.

    Raises ``AlreadyThere``, ``DatedAhead``.
    """
    is_free(problem.mitigations, "mitigation", asked.mitigation, asked.problem)
    nothing_is_recorded_before_its_day("agreed_on", asked.agreed_on, at.today)
    return asked
