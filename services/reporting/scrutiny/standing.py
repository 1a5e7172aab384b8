"""What stood on a day: money by stream, overdue actions, and what was deferred and has not come back."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.english import capital, clause, count, day, was
from services.reporting.history import Fact, History
from services.reporting.money import reserve_sentences, reserve_tables
from services.reporting.resolutions import comes_back, the_group
from services.reporting.scrutiny.inquiry import ScrutinyScope
from services.reporting.statements import Part, Statement, item, nothing, say
from shared.contracts.funding import AwardRefused
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    AgendaItemAdded,
    DecisionRecorded,
    MeetingScheduled,
    Outcome,
)
from shared.values.periods import day_of


def money_by_stream(inquiry: ScrutinyScope) -> Part:
    """Where every pound received is on the day asked for; and awards that could not be made (CAN-3)."""
    told = (*reserve_sentences(inquiry.standing, inquiry.as_at), *_refused_awards(inquiry.period))
    if not told:
        told = (nothing("No reserve has been opened and no money received.", inquiry.established),)
    return Part("Money by stream", told, reserve_tables(inquiry.standing, inquiry.as_at))


def overdue_actions(inquiry: ScrutinyScope) -> Part:
    """Actions not done on the day asked for, the oldest first."""
    history = inquiry.standing
    done = {(fact.what.meeting, fact.what.action) for fact in history.known(ActionCompleted)}
    overdue = [
        action
        for action in history.known(ActionAssigned)
        if (action.what.meeting, action.what.action) not in done and action.what.due_on < inquiry.as_at
    ]
    overdue.sort(key=lambda action: action.what.due_on)
    if not overdue:
        text = f"No action was overdue on {day(inquiry.as_at)}."
        return Part("Overdue actions", (nothing(text, inquiry.established),))
    n = len(overdue)
    first = say(f"{capital(count(n, 'action'))} {was(n)} overdue on {day(inquiry.as_at)}:", *overdue)
    return Part("Overdue actions", (first, *(_overdue(inquiry, action) for action in overdue)))


def _overdue(inquiry: ScrutinyScope, action: Fact[ActionAssigned]) -> Statement:
    names = inquiry.standing.names
    days = (inquiry.as_at - action.what.due_on).days
    owner = names.organisation_label(action.what.owner)
    told = f"{owner}: {clause(action.what.text)}. Due on {day(action.what.due_on)}, {count(days, 'day')} overdue."
    return item(f"{told} Given by {_meeting(inquiry.standing, action.what.meeting)}.", action)


def deferred_matters(inquiry: ScrutinyScope) -> Part:
    """What was put off and has not been decided since (CAN-2)."""
    told = tuple(_each_deferred(inquiry))
    if not told:
        text = f"Nothing that was deferred was still to come back on {day(inquiry.as_at)}."
        told = (nothing(text, inquiry.established),)
    return Part("Deferred, and when it returns", told)


def _each_deferred(inquiry: ScrutinyScope) -> Iterator[Statement]:
    history = inquiry.standing
    decided = history.known(DecisionRecorded)
    for number, decision in enumerate(decided):
        what = decision.what
        later = [other for other in decided[number + 1 :] if what.about is not None and other.what.about == what.about]
        if what.outcome is not Outcome.DEFERRED or what.deferral is None or later:
            continue
        agenda = history.ever(AgendaItemAdded, meeting=what.meeting, item=what.item)
        title = agenda[-1].what.title if agenda else f"Item {what.item}"
        told = [
            f"{title}. Deferred by {the_group(history, what.group)} on {day(decision.day)}.",
            comes_back(history.names, what.deferral),
        ]
        if what.deferral.returns_on is not None and what.deferral.returns_on < inquiry.as_at:
            told.append("That day has passed without a decision.")
        yield say(" ".join(told), decision, *agenda)


def _refused_awards(history: History) -> Iterator[Statement]:
    for refused in history.news(AwardRefused):
        decisions = history.ever(DecisionRecorded, decision=refused.what.decision)
        yield say(
            f"On {day(refused.day)} an award that had been decided could not be made: {clause(refused.what.reason)}."
            f" Rule {refused.what.clause}: {clause(refused.what.rule)}.",
            refused,
            *decisions,
        )


def _meeting(history: History, slug: str) -> str:
    called = history.ever(MeetingScheduled, meeting=slug)
    if not called:
        return f"the meeting {slug}"
    held = day_of(called[-1].what.starts_at)
    return f"{the_group(history, called[-1].what.group)} on {day(held)}"
