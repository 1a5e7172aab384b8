"""Decisions: which part of a report includes each, so that each is shown exactly once."""

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
"""The effects of a decision on a project. The project's section shows them, and says who decided."""


@computed("decisions")
def decisions(scope: Scope) -> Found:
    """The period's decisions about one thing, about one kind of thing, or about no kind that has a separate part.

    A decision on a project is left out if its effects are shown, so that nothing is reported twice.
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
