"""Decisions: which part of a report takes each in, so that each is shown, and shown once."""

from __future__ import annotations

from services.reporting.history import Fact
from services.reporting.parts.about import subject_of
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrasebook import PHRASES
from services.reporting.phrases.engine import say
from shared.contracts.event import EVENTS

FOLLOWING = [
    name
    for name, phrase in PHRASES.items()
    if phrase.in_part and {"project", "decision"} <= set(EVENTS[name].__struct_fields__)
]
"""What follows from a decision on a project: the project's section shows it, and says who decided it."""


@computed("decisions")
def decisions(scope: Scope) -> Found:
    """The decisions of the period about one thing, about one kind of thing, or about no kind that has its own part.

    A decision on a project is left out where what followed from it is shown: the same would be told twice.
    """
    history = scope.history

    def is_wanted(decision: Fact) -> bool:
        subject = subject_of(history, decision)
        if scope.of:
            followed = (history.in_period(name, decision=decision.event.decision) for name in FOLLOWING)
            return subject == scope.of and not any(followed)
        return (subject.noun if subject else "") == scope.content.about

    wanted = filter(is_wanted, history.in_period("decision"))
    return Found(tuple(statement for each in wanted if (statement := say(each, history))))
