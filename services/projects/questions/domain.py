"""Open questions of a project, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.projects.questions.rules import a_question_is_answered_once
from shared.contracts.projects.questions import QuestionAnswered, QuestionRaised
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.project import Project


class Questions(Part):
    """A project's questions."""

    answered: dict[str, str | None] = {}
    """When each was answered; None while it is open."""


@Questions.applies
def _(questions: Questions, fact: QuestionRaised) -> None:
    questions.answered[fact.question] = None


@Questions.applies
def _(questions: Questions, fact: QuestionAnswered) -> None:
    questions.answered[fact.question] = fact.answered_on


def raise_question(asked: QuestionRaised, project: Project) -> QuestionRaised:
    """Raise a question of a project, which reports carry until it is answered (CAN-7). Raises ``AlreadyThere``."""
    is_free(project.questions.answered, "question", asked.question, project.slug)
    return asked


def answer_question(asked: QuestionAnswered, project: Project, at: Circumstances) -> QuestionAnswered:
    """Answer an open question (CAN-7). Raises ``Unknown``, ``QuestionAlreadyAnswered``, ``DatedAhead``."""
    answered_on = entry(project.questions.answered, "question", asked.question, project.slug)
    a_question_is_answered_once(asked.question, answered_on)
    nothing_is_recorded_before_its_day("answered_on", asked.answered_on, at.today)
    return asked
