"""Open questions carried forward, and their answers."""

from __future__ import annotations

from services.projects.commands.declared import CLERK, CLERK_OR_PARTNER, commands
from services.projects.domain.project import Project
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Day,
    OrganisationSlug,
    ProjectSlug,
    QuestionSlug,
)
from shared.contracts.projects import QuestionKind
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Text


class RaiseQuestion(Command, frozen=True, kw_only=True):
    """Raise a question of a project, which reports carry until it is answered."""

    project: ProjectSlug
    question: QuestionSlug
    kind: QuestionKind
    text: Text
    raised_by: OrganisationSlug


@commands.handles("/projects/{project}/questions", roles=CLERK_OR_PARTNER, acts_for="raised_by")
def raise_question(command: RaiseQuestion, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.raise_question(command.question, command.kind, command.text, command.raised_by))


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """Answer an open question."""

    project: ProjectSlug
    question: QuestionSlug
    answer: Text
    answered_on: Day


@commands.handles("/projects/{project}/questions/{question}/answer", roles=CLERK)
def answer_question(command: AnswerQuestion, unit: UnitOfWork) -> None:
    project = unit.existing(Project, command.project)
    unit.record(project, project.answer_question(command.question, command.answer, command.answered_on, unit.at.today))
