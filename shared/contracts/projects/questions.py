"""Questions of a project that reports carry until they are answered."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import DayOrMonth, OrganisationSlug, ProjectSlug, QuestionSlug
from shared.values.identifiers import Text


class QuestionKind(enum.StrEnum):
    """What sort of question is open."""

    LEGAL = "legal"
    FINANCIAL = "financial"
    GOVERNANCE = "governance"
    OTHER = "other"


@event("projects.question_raised.v1", about="project")
class QuestionRaised(Event, frozen=True, kw_only=True):
    """A question of a project was raised; it is carried from report to report until answered. Clause CAN-7."""

    project: ProjectSlug
    question: QuestionSlug
    kind: QuestionKind
    text: Annotated[Text, Meta(examples=["Can money that is not for health pay into the joint process?"])]
    raised_by: OrganisationSlug


@event("projects.question_answered.v1", about="project", day="answered_on")
class QuestionAnswered(Event, frozen=True, kw_only=True):
    """An open question was answered. Clause CAN-7."""

    project: ProjectSlug
    question: QuestionSlug
    answer: Annotated[Text, Meta(examples=["It can, once the prospectus names outcomes beside health."])]
    answered_on: Annotated[DayOrMonth, Meta(examples=["2015-03-16"])]
