"""Open questions of a project, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.projects.questions.rules import a_question_is_answered_once
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import DayOrMonth, OrganisationSlug, ProjectSlug, QuestionSlug
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.identifiers import Text
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


class RaiseQuestion(Command, frozen=True, kw_only=True):
    """Raise a question of a project, which reports carry until it is answered."""

    project: ProjectSlug
    question: QuestionSlug
    kind: QuestionKind
    text: Text
    raised_by: OrganisationSlug


def raise_question(command: RaiseQuestion, project: Project) -> QuestionRaised:
    """Raise it (CAN-7). Raises ``AlreadyThere``."""
    is_free(project.questions.answered, "question", command.question, project.slug)
    return fact(QuestionRaised, command)


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """Answer an open question."""

    project: ProjectSlug
    question: QuestionSlug
    answer: Text
    answered_on: DayOrMonth


def answer_question(command: AnswerQuestion, project: Project, at: Circumstances) -> QuestionAnswered:
    """Answer it (CAN-7). Raises ``Unknown``, ``QuestionAlreadyAnswered``, ``DatedAhead``."""
    answered_on = entry(project.questions.answered, "question", command.question, project.slug)
    a_question_is_answered_once(command.question, answered_on)
    nothing_is_recorded_before_its_day("answered_on", command.answered_on, at.today)
    return fact(QuestionAnswered, command)
