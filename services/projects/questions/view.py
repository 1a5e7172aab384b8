"""Open questions."""

from __future__ import annotations

from services.projects.views import queries, views
from shared.contracts.projects.questions import QuestionAnswered, QuestionRaised
from shared.runtime.following.entries import entry
from shared.runtime.following.views import happened_day

question = views.keeps(
    "question", QuestionRaised, QuestionAnswered, key=("project", "question"), raised_on=happened_day
)


@entry(question, leaves_out=("answer", "answered_on"), where=question.c.answered_on.is_(None))
class OpenQuestion:
    """A question that is carried from report to report (CAN-7)."""


open_questions = queries.lists(
    "/questions",
    OpenQuestion,
    summary="The partnership's open questions, the oldest first",
    order=(question.c.raised_on,),
    filters=("project", "kind"),
)
