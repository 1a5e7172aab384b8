"""Requests for funding: each as a case, with everything that happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.reporting.history import Fact, History, latest
from services.reporting.parts.about import slug_about
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.parts.subject import not_awarded, without_what_was_made_good
from services.reporting.phrasebook import PHRASES
from services.reporting.phrases.engine import said, say
from services.reporting.phrases.statements import Statement, joined
from services.reporting.phrases.values import Written
from services.reporting.views.nouns import ROLES
from shared.contracts.event import EVENTS, name_of

_CASE = [name for name, phrase in PHRASES.items() if phrase.case and name != ROLES["decision"]]
SINCE = sorted(_CASE, key=lambda name: name.startswith("funding."))
"""The events of a request, including the request itself, in the order in which they are shown."""
FOLLOWING = [name for name in SINCE if "decision" in EVENTS[name].__struct_fields__]
"""The effects of a decision about it."""


@dataclass
class RequestCase:
    """One request, and the outcome of each decision about it."""

    request: Fact
    outcomes: dict[str, list[Fact]] = field(default_factory=dict)
    """By decision, in order of days: the decision itself, if it is recorded, and its effects."""


def cases(history: History) -> list[RequestCase]:
    """Every request recorded by the end of the period."""
    found = {fact.event.request: RequestCase(fact) for fact in latest(history.until_period_end("request"), "request")}
    facts: list[tuple[str | None, Fact]] = [
        (slug_about(history, fact, "request"), fact) for fact in history.until_period_end("decision")
    ]
    facts += [(fact.event.request, fact) for name in FOLLOWING for fact in history.until_period_end(name)]
    for slug, fact in facts:
        if slug in found:
            found[slug].outcomes.setdefault(fact.event.decision, []).append(fact)
    return list(found.values())


@computed("requests")
def requests(scope: Scope) -> Found:
    """Every request that had an event in the period, then earlier requests that are still deferred."""
    history = scope.history
    statements: list[Statement] = []
    deferred: list[Statement] = []
    for case in cases(history):
        slug = case.request.event.request
        new = any(history.in_period(name, request=slug) for name in SINCE)
        new = new or any(history.is_new(fact) for facts in case.outcomes.values() for fact in facts)
        if new:
            statements += _case(history, case)
        has_news = new and not any(not_awarded(history, decision) for decision in case.outcomes)
        if not has_news and (still := _still_deferred(history, case)):
            deferred.append(said(still, history, "requests.still").with_sources(case.request))
    return Found((*statements, *deferred))


def _still_deferred(history: History, case: RequestCase) -> Fact | None:
    """The deferral that has not ended. Noting the request does not end it, nor does an award that funding refused."""
    for decision, facts in reversed(case.outcomes.items()):
        if deferred := next((fact for fact in facts if fact.is_a("deferred request")), None):
            return deferred
        noted = any(fact.is_a("noted request") for fact in facts)
        if not noted and not not_awarded(history, decision):
            return None
    return None


def _case(history: History, case: RequestCase) -> Iterator[Statement]:
    yield said(case.request, history, "case")
    slug = case.request.event.request
    for name in SINCE:
        if name not in (ROLES["request"], *FOLLOWING):
            for fact in history.in_period(name, request=slug):
                yield said(fact, history, "case").with_sources(case.request)
    for facts in case.outcomes.values():
        if any(history.is_new(fact) for fact in facts):
            yield joined(list(_outcome(history, case, facts))).with_sources(case.request, *facts)


def _outcome(history: History, case: RequestCase, facts: list[Fact]) -> Iterator[Statement]:
    """A decision and its effects. If there are effects, they describe what was decided; otherwise the decision does."""
    facts = without_what_was_made_good(history, facts)
    followed = [fact for fact in facts if not fact.is_a("decision")]
    said_by_them = any(name_of(type(fact.event)).startswith("funding.request_") for fact in followed)
    for fact in facts if not said_by_them else sorted(followed, key=_order):
        statement = say(fact, history, "case", title=Written(case.request.event.title))
        if statement:
            yield statement


def _order(fact: Fact) -> int:
    return FOLLOWING.index(name_of(type(fact.event)))
