"""Decisions in sentences, and which part of an update tells each, so that each is told, and told once."""

from __future__ import annotations

from services.reporting.english import clause, day, listing, sentence
from services.reporting.history import Fact, History
from services.reporting.statements import Statement, say
from services.reporting.views.names import Names
from shared.contracts.funding import FundsRequested, RequestDeferred
from shared.contracts.meetings import DecisionRecorded, Deferral, Outcome, ReferenceKind
from shared.contracts.projects import ProjectStarted

_VERBS = {
    Outcome.AGREED: "agreed",
    Outcome.ENDORSED: "endorsed",
    Outcome.NOTED: "noted",
    Outcome.DEFERRED: "deferred the matter",
    Outcome.DECLINED: "declined",
}
_OF_PROJECTS = {ReferenceKind.PROBLEM, ReferenceKind.MEASURE, ReferenceKind.PILOT, ReferenceKind.QUESTION}


def request_of(history: History, decision: DecisionRecorded) -> str | None:
    """The request for funding that a decision is about, if it is about one on record."""
    about = decision.about
    if about is None or about.kind is not ReferenceKind.REQUEST:
        return None
    return about.id if history.ever(FundsRequested, request=about.id) else None


def project_of(history: History, decision: DecisionRecorded) -> str | None:
    """The project that a decision is about, if it is about one on record or a part of one."""
    about = decision.about
    if about is None:
        return None
    slug = about.id if about.kind is ReferenceKind.PROJECT else about.within if about.kind in _OF_PROJECTS else None
    return slug if slug and history.ever(ProjectStarted, project=slug) else None


def resolved(history: History, decision: Fact[DecisionRecorded]) -> Statement:
    """What a body resolved and why, in its own words."""
    what = decision.what
    words = clause(what.text)
    told = [
        f"On {day(decision.day)} {the_group(history, what.group)} {verb_of(what.outcome, words)} {words}.",
        sentence(what.reasons),
    ]
    if what.deferral is not None:
        told.append(comes_back(history.names, what.deferral))
    return say(" ".join(told), decision)


def verb_of(outcome: Outcome, words: str) -> str:
    """What a body did, before its own words: ``agreed``, ``agreed:``, ``deferred the matter and resolved``."""
    verb = _VERBS[outcome]
    if not words.startswith("that "):
        return f"{verb}:"
    return f"{verb} and resolved" if outcome is Outcome.DEFERRED else verb


def comes_back(names: Names, deferral: Deferral | RequestDeferred) -> str:
    """When a deferred matter returns, and what must be known by then."""
    place = clause(deferral.returns_to)
    to = "" if place.split(" ")[0] in ("at", "to", "in", "on", "when", "after", "once") else "to "
    when = f" on {day(deferral.returns_on)}" if deferral.returns_on else ""
    told = [f"It comes back {to}{place}{when}."]
    if deferral.must_know:
        told.append(f"What must be known by then: {listing([clause(text) for text in deferral.must_know])}.")
    if deferral.awaits_project:
        told.append(f"It waits for the outcome of the project {names.project(deferral.awaits_project)}.")
    return " ".join(told)


def the_group(history: History, group: str) -> str:
    """A group in a sentence: ``the Strategic Board``."""
    return history.names.the_group(group)


def by_the_group(history: History, decision: Fact[DecisionRecorded] | None) -> str:
    """`` by the Strategic Board``; empty where the decision is not on record here."""
    return f" by {the_group(history, decision.what.group)}" if decision else ""
