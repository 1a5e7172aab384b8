"""Which facts belong to one matter: the decisions, requests, awards and projects that a dossier follows."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.history import Fact, History, latest
from services.reporting.parts.about import slug_about
from services.reporting.wording import as_words, capital
from shared.contracts.funding.awards import AwardRefused, FundsAwarded, FundsReturned
from shared.contracts.funding.requests import FundsRequested
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.contracts.meetings.decisions import DecisionRecorded
from shared.contracts.meetings.effects import MitigationDecided
from shared.contracts.projects.delivery import ProjectStarted
from shared.contracts.projects.pilots import ExpressionSubmitted
from shared.contracts.projects.problems import MitigationAgreed
from shared.values.refusals import Unknown

type Awarding = FundsAwarded | AwardRefused


class DossierKind(enum.StrEnum):
    """What a dossier can be of."""

    DECISION = "decision"
    REQUEST = "request"
    PROJECT = "project"


@dataclass(frozen=True)
class Thing:
    """A thing on record that belongs to the matter."""

    noun: str
    slug: str
    within: str = ""


@dataclass(frozen=True)
class DossierSubject:
    """What a dossier follows; everything in the order of days."""

    kind: DossierKind
    slug: str
    title: str
    asked_by: Fact[Any]
    """The fact that the dossier is of."""
    requests: tuple[str, ...]
    decisions: tuple[Fact[DecisionRecorded], ...]
    awards: tuple[Fact[Awarding], ...]
    projects: tuple[Fact[ProjectStarted], ...]
    returns: tuple[Fact[FundsReturned], ...]

    @property
    def things(self) -> set[Thing]:
        """Everything that belongs to it."""
        return {
            *(Thing("request", slug) for slug in self.requests),
            *(Thing("decision", fact.event.decision) for fact in self.decisions),
            *(Thing("award", fact.event.award, fact.event.reserve) for fact in self.awards),
            *(Thing("project", fact.event.project) for fact in self.projects),
            *(Thing("return", fact.event.return_, fact.event.award) for fact in self.returns),
        }

    @property
    def awarded(self) -> list[Fact[FundsAwarded]]:
        """The awards that were made."""
        return [fact for fact in self.awards if isinstance(fact.event, FundsAwarded)]  # type: ignore[misc]


def subject_of_dossier(history: History, kind: DossierKind, slug: str) -> DossierSubject:
    """The matter of that name. Raises ``Unknown``."""
    every = history.all(DecisionRecorded)
    asked: Sequence[Fact[Any]]
    by: set[str | None]
    match kind:
        case DossierKind.DECISION:
            asked = found = history.all(DecisionRecorded, decision=slug)
        case DossierKind.REQUEST:
            asked = history.all(FundsRequested, request=slug)
            by = {fact.event.decision for fact in _awards(history, {slug}, set())}
            found = [d for d in every if slug_about(history, d.event, "request") == slug or d.event.decision in by]
        case DossierKind.PROJECT:
            asked = history.all(ProjectStarted, project=slug)
            by = {fact.event.decision for fact in history.all(ExpressionSubmitted, project=slug)}
            by |= {fact.event.decision for fact in history.all(MitigationAgreed, project=slug)}
            found = [d for d in every if slug in _projects(history, d) or d.event.decision in by]
    if not asked:
        raise Unknown(f"There is no {kind.value} {slug!r} on record in {history.partnership!r}.")
    is_project = kind is DossierKind.PROJECT
    projects = [slug] if is_project else [each for decision in found for each in _projects(history, decision)]
    requests = [slug] if kind is DossierKind.REQUEST else []
    requests += [request for each in found if (request := slug_about(history, each.event, "request"))]
    awards = [*_awards(history, set(requests), {each.event.decision for each in found}), *_spoken_of(history, found)]
    return DossierSubject(
        kind=kind,
        slug=slug,
        title=_title(history, asked[-1]),
        asked_by=asked[-1],
        requests=tuple(dict.fromkeys(requests)),
        decisions=tuple(found),
        awards=tuple(awards),
        projects=tuple(s for p in dict.fromkeys(projects) for s in latest(history.all(ProjectStarted, project=p))),
        returns=tuple(
            fact
            for made in awards
            for fact in history.all(FundsReturned, reserve=made.event.reserve, award=made.event.award)
        ),
    )


def _projects(history: History, decision: Fact[DecisionRecorded]) -> list[str]:
    """The projects that a decision is about, does something in, or waits for."""
    event = decision.event
    waits = event.deferral.awaits_project if event.deferral else None
    about = slug_about(history, event, "project")
    against = (fact.event.project for fact in history.all(MitigationDecided, decision=event.decision))
    return [project for project in (about, waits, *against) if project]


def _awards(history: History, requests: set[str], decisions: set[str]) -> list[Fact[Awarding]]:
    """What was awarded, or could not be, for these requests or by these decisions."""
    made: list[Fact[Any]] = [*history.all(FundsAwarded), *history.all(AwardRefused)]
    return [fact for fact in made if fact.event.request in requests or fact.event.decision in decisions]


def not_awarded(history: History, decision: str) -> list[Fact[AwardRefused]]:
    """The awards of a decision that funding refused and had not made by the end of the period (CAN-3)."""
    awarded = history.until_period_end(FundsAwarded, decision=decision)
    made = {(fact.event.reserve, fact.event.award) for fact in awarded}
    refused = history.until_period_end(AwardRefused, decision=decision)
    return [fact for fact in refused if (fact.event.reserve, fact.event.award) not in made]


def without_refusals_made_good(history: History, facts: Iterable[Fact[Any]]) -> list[Fact[Any]]:
    """The facts but for the refusals of awards that were made later."""
    return [
        fact
        for fact in facts
        if not isinstance(fact.event, AwardRefused) or fact in not_awarded(history, fact.event.decision)
    ]


def _spoken_of(history: History, decisions: Iterable[Fact[DecisionRecorded]]) -> list[Fact[Any]]:
    """Awards that decisions are about, without having made them."""
    return [
        made
        for decision in decisions
        if (award := slug_about(history, decision.event, "award"))
        for made in history.all(FundsAwarded, award=award)
        if made.event.decision != decision.event.decision
    ]


def _title(history: History, asked: Fact[Any]) -> str:
    if not isinstance(asked.event, DecisionRecorded):
        return str(asked.event.title)
    agenda = history.all(AgendaItemAdded, meeting=asked.event.meeting, item=asked.event.item)
    return agenda[-1].event.title if agenda else capital(as_words(asked.event.decision))
