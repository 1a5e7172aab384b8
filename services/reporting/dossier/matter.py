"""Which facts belong to one matter: the decisions, requests, awards and projects that a dossier follows."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.reporting.english import as_words, capital
from services.reporting.history import Fact, History, latest
from services.reporting.resolutions import project_of, request_of
from shared.contracts.funding import AwardRefused, FundsAwarded, FundsRequested
from shared.contracts.meetings import AgendaItemAdded, DecisionRecorded, ReferenceKind
from shared.contracts.projects import ExpressionSubmitted, MitigationAgreed, ProjectStarted
from shared.values.refusals import Unknown


class DossierKind(enum.StrEnum):
    """What a dossier can be of."""

    DECISION = "decision"
    REQUEST = "request"
    PROJECT = "project"


@dataclass(frozen=True)
class Matter:
    """What a dossier follows; everything in the order of days."""

    kind: DossierKind
    slug: str
    title: str
    asked_by: Fact[DecisionRecorded] | Fact[FundsRequested] | Fact[ProjectStarted]
    """The fact that the dossier is of."""
    requests: tuple[str, ...]
    decisions: tuple[Fact[DecisionRecorded], ...]
    awards: tuple[Fact[FundsAwarded] | Fact[AwardRefused], ...]
    projects: tuple[Fact[ProjectStarted], ...]


def matter_of(history: History, kind: DossierKind, slug: str) -> Matter:
    """The matter of that name. Raises ``Unknown``."""
    every = history.ever(DecisionRecorded)
    asked: Sequence[Fact[DecisionRecorded] | Fact[FundsRequested] | Fact[ProjectStarted]]
    match kind:
        case DossierKind.DECISION:
            asked = found = history.ever(DecisionRecorded, decision=slug)
            projects = [project for each in found for project in _projects(history, each)]
        case DossierKind.REQUEST:
            asked = history.ever(FundsRequested, request=slug)
            by: set[str | None] = {fact.what.decision for fact in _awards(history, {slug}, set())}
            found = [each for each in every if request_of(history, each.what) == slug or each.what.decision in by]
            projects = [project for each in found for project in _projects(history, each)]
        case DossierKind.PROJECT:
            asked = history.ever(ProjectStarted, project=slug)
            by = {fact.what.decision for fact in history.ever(ExpressionSubmitted, project=slug)}
            by |= {fact.what.decision for fact in history.ever(MitigationAgreed, project=slug)}
            found = [each for each in every if slug in _projects(history, each) or each.what.decision in by]
            projects = [slug]
    requests = [slug] if kind is DossierKind.REQUEST else []
    requests += [request for each in found if (request := request_of(history, each.what))]
    if not asked:
        raise Unknown(f"There is no {kind.value} {slug!r} on record in {history.partnership!r}.")
    decided = {each.what.decision for each in found}
    return Matter(
        kind=kind,
        slug=slug,
        title=_title(history, kind, asked[-1]),
        asked_by=asked[-1],
        requests=tuple(dict.fromkeys(requests)),
        decisions=tuple(found),
        awards=(*_awards(history, set(requests), decided), *_spoken_of(history, found)),
        projects=tuple(_started(history, projects)),
    )


def _projects(history: History, decision: Fact[DecisionRecorded]) -> list[str]:
    """The projects that a decision is about, does something in, or waits for."""
    what = decision.what
    about = project_of(history, what)
    waits = what.deferral.awaits_project if what.deferral else None
    return [project for project in (about, waits, *(each.project for each in what.mitigations)) if project]


def _awards(history: History, requests: set[str], decisions: set[str]) -> list[Fact[FundsAwarded] | Fact[AwardRefused]]:
    """What was awarded, or could not be, for these requests or by these decisions."""
    made: list[Fact[FundsAwarded] | Fact[AwardRefused]] = [
        *history.ever(FundsAwarded),
        *history.ever(AwardRefused),
    ]
    return [fact for fact in made if fact.what.request in requests or fact.what.decision in decisions]


def _spoken_of(history: History, decisions: Iterable[Fact[DecisionRecorded]]) -> list[Fact[FundsAwarded]]:
    """Awards that decisions are about, without having made them."""
    found = []
    for decision in decisions:
        about = decision.what.about
        if about is not None and about.kind is ReferenceKind.AWARD:
            made = history.ever(FundsAwarded, award=about.id)
            found += [fact for fact in made if fact.what.decision != decision.what.decision]
    return found


def _started(history: History, slugs: Iterable[str]) -> Iterable[Fact[ProjectStarted]]:
    for slug in dict.fromkeys(slugs):
        yield from latest(history.ever(ProjectStarted, project=slug), "project")


def _title(history: History, kind: DossierKind, asked: Fact[DecisionRecorded | FundsRequested | ProjectStarted]) -> str:
    match asked.what:
        case DecisionRecorded():
            agenda = history.ever(AgendaItemAdded, meeting=asked.what.meeting, item=asked.what.item)
            return agenda[-1].what.title if agenda else capital(as_words(asked.what.decision))
        case _:
            return asked.what.title
