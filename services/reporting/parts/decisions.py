"""Decisions: which part of a report takes each in, so that each is shown, and shown once."""

from __future__ import annotations

from services.reporting.history import Fact
from services.reporting.parts.about import subject_of
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrases.engine import say


@computed("decisions")
def decisions(scope: Scope) -> Found:
    """The decisions of the period about one thing, about one kind of thing, or about no kind that has its own part."""
    history = scope.history

    def is_wanted(decision: Fact) -> bool:
        subject = subject_of(history, decision)
        if scope.of:
            return subject == scope.of
        return (subject.noun if subject else "") == scope.content.about

    wanted = filter(is_wanted, history.in_period("decision"))
    return Found(tuple(statement for each in wanted if (statement := say(each, history))))
