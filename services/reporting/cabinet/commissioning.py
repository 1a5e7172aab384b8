"""Joint commissioning in a project: intentions, tenders, and questions carried until they are answered (CAN-7)."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.english import capital, clause, count, day, has, sentence
from services.reporting.history import Fact, History, latest
from services.reporting.statements import Lines, Statement, item, say
from shared.contracts.projects import (
    IntentionStated,
    ProjectStarted,
    QuestionAnswered,
    QuestionRaised,
    TenderRoundOpened,
)
from shared.values.money import pounds

lines = Lines[[History, Fact[ProjectStarted]]]()


@lines.add
def what_partners_intend(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """What was stated in the period."""
    stated = history.news(IntentionStated, project=project.what.project)
    partners = {fact.what.organisation for fact in stated}
    if stated:
        who = capital(count(len(partners), "partner"))
        yield say(f"{who} {has(len(partners))} stated an intention; no money is bound by it:", *stated)
    for intention in stated:
        amount = f" ({pounds(intention.what.amount_pence)})" if intention.what.amount_pence else ""
        organisation = history.names.organisation_label(intention.what.organisation)
        yield item(f"{organisation}: {clause(intention.what.text)}{amount}.", intention)


@lines.add
def tenders_that_were_opened(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Rounds opened in the period."""
    for opened in history.news(TenderRoundOpened, project=project.what.project):
        told = f"Round {opened.what.round} of tendering was opened on {day(opened.day)}. {sentence(opened.what.text)}"
        yield say(told, opened)


@lines.add
def questions_that_were_answered(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Answers of the period, whenever the question was raised."""
    slug = project.what.project
    for answered in history.news(QuestionAnswered, project=slug):
        raised = history.ever(QuestionRaised, project=slug, question=answered.what.question)
        asked = f"“{raised[-1].what.text.strip()}”" if raised else "A question"
        told = f"{asked} was answered on {day(answered.day)}: {clause(answered.what.answer)}."
        yield say(told, answered, *raised)


@lines.add
def questions_that_are_open(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Every question open at the end of the period, also those raised before it."""
    slug = project.what.project
    answered = {fact.what.question for fact in history.known(QuestionAnswered, project=slug)}
    raised = latest(history.known(QuestionRaised, project=slug), "question")
    open_questions = [fact for fact in raised if fact.what.question not in answered]
    if open_questions:
        n = len(open_questions)
        yield say(f"{capital(count(n, 'question'))} {'is' if n == 1 else 'are'} open:", *open_questions)
    for question in open_questions:
        carried = "" if history.is_news(question) else ", carried forward from before this period"
        told = (
            f"{capital(question.what.kind.value)}: {question.what.text.strip()} Raised by"
            f" {history.names.organisation(question.what.raised_by)} on {day(question.day)}{carried}."
        )
        yield item(told, question)
