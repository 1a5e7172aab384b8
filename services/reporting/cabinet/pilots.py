"""Pilots of a project: invited, asked for, accepted, planned, begun (CAN-5)."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.english import as_words, capital, day, sentence
from services.reporting.history import Fact, History
from services.reporting.resolutions import the_group
from services.reporting.statements import Lines, Statement, say
from shared.contracts.meetings import DecisionRecorded
from shared.contracts.projects import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
    ProjectStarted,
)

lines = Lines[[History, Fact[ProjectStarted]]]()


def title_of(history: History, project: str, pilot: str) -> str:
    """What the pilot is called in the invitation, or else by its slug."""
    invited = history.ever(ExpressionInvited, project=project, pilot=pilot)
    return invited[-1].what.title if invited else capital(as_words(pilot))


@lines.add
def expressions_that_were_invited(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Invitations of the period."""
    for invited in history.news(ExpressionInvited, project=project.what.project):
        by = capital(history.names.organisation(invited.what.invited_by))
        closes = f", to be sent by {day(invited.what.closes_on)}" if invited.what.closes_on else ""
        told = (
            f"{by} invited expressions of interest in a pilot, {invited.what.title}, on {day(invited.day)}{closes}."
            f" {sentence(invited.what.text)}"
        )
        yield say(told, invited)


@lines.add
def what_came_of_the_expression(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Submitted, with the decision to do so, and accepted."""
    slug = project.what.project
    for submitted in history.news(ExpressionSubmitted, project=slug):
        decisions = history.ever(DecisionRecorded, decision=submitted.what.decision) if submitted.what.decision else []
        as_decided = f", as {the_group(history, decisions[0].what.group)} had decided" if decisions else ""
        told = (
            f"The partnership submitted an expression of interest in the pilot"
            f" {title_of(history, slug, submitted.what.pilot)} on {day(submitted.day)}{as_decided}."
        )
        yield say(told, submitted, *decisions)
    for accepted in history.news(ExpressionAccepted, project=slug):
        told = (
            f"The expression of interest in the pilot {title_of(history, slug, accepted.what.pilot)} was accepted on"
            f" {day(accepted.day)}."
        )
        yield say(told, accepted)


@lines.add
def when_pilots_start(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Plans that still stand at the end of the period, and starts within it."""
    slug = project.what.project
    begun = {fact.what.pilot: fact for fact in history.known(PilotStarted, project=slug)}
    plans = {fact.what.pilot: fact for fact in history.known(PilotPlanned, project=slug)}
    for pilot, plan in plans.items():
        if pilot not in begun:
            told = (
                f"The pilot {title_of(history, slug, pilot)} is planned to start on {day(plan.what.starts_on)};"
                f" {the_group(history, plan.what.built_by)} builds it."
            )
            yield say(told, plan)
    for pilot, start in begun.items():
        if history.is_news(start):
            yield say(f"The pilot {title_of(history, slug, pilot)} started on {day(start.day)}.", start)
