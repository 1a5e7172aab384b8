"""The facts that belong to a dossier's subject: the decisions, requests, awards and projects that it follows."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from services.reporting.history import Fact, History
from services.reporting.parts.about import item_of, slug_about
from services.reporting.phrasebook import in_step
from services.reporting.wording import as_words, capital
from shared.contracts.event import EVENTS, name_of
from shared.contracts.meetings.effects import EVERY_EFFECT
from shared.values.refusals import Unknown

FOLLOWING = [*in_step("followed"), *in_step("award")]
"""The effects of a decision in other services. Each names the decision, and what it was for."""
EFFECTS = [name_of(effect) for effect in EVERY_EFFECT]
"""The effects that a decision itself lists."""


class DossierKind(enum.StrEnum):
    """The kinds of things that can have a dossier."""

    DECISION = "decision"
    REQUEST = "request"
    PROJECT = "project"


@dataclass(frozen=True)
class Thing:
    """A recorded thing that belongs to the subject."""

    noun: str
    slug: str
    within: str = ""


@dataclass(frozen=True)
class DossierSubject:
    """Everything that a dossier follows, in the order of days."""

    kind: DossierKind
    slug: str
    title: str
    asked_by: Fact
    """The fact that the dossier is about."""
    requests: tuple[str, ...]
    decisions: tuple[Fact, ...]
    awards: tuple[Fact, ...]
    """The awards that were made, and those that the reserve did not allow."""
    projects: tuple[Fact, ...]
    returns: tuple[Fact, ...]

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
    def awarded(self) -> list[Fact]:
        """The awards that were made."""
        return [fact for fact in self.awards if fact.is_a("award")]


def subject_of_dossier(history: History, kind: DossierKind, slug: str) -> DossierSubject:
    """The subject of that name. Raises ``Unknown``."""
    asked = history.all(kind, **{kind.value: slug})
    if not asked:
        raise Unknown(f"There is no {kind.value} {slug!r} on record in {history.partnership!r}.")
    by = {fact.event.decision for fact in _naming(history, FOLLOWING, kind, slug)}
    found = [
        decision
        for decision in history.all("decision")
        if decision.event.decision in by or slug in _things(history, decision, kind)
    ]

    def things(noun: DossierKind) -> list[str]:
        named = [slug] if kind is noun else [each for fact in found for each in _things(history, fact, noun)]
        return list(dict.fromkeys(named))

    requests = things(DossierKind.REQUEST)
    awards = [*_awards(history, requests, found), *_spoken_of(history, found)]
    return DossierSubject(
        kind=kind,
        slug=slug,
        title=_title(history, asked[-1]),
        asked_by=asked[-1],
        requests=tuple(requests),
        decisions=tuple(found),
        awards=tuple(awards),
        projects=tuple(
            last for each in things(DossierKind.PROJECT) for last in history.all("project", project=each)[-1:]
        ),
        returns=tuple(
            fact
            for made in awards
            for fact in history.all("money back", reserve=made.event.reserve, award=made.event.award)
        ),
    )


def _naming(history: History, names: Iterable[str], noun: str, slug: str) -> list[Fact]:
    """The facts of these events that name both a decision and this thing."""
    both = (name for name in names if {noun, "decision"} <= set(EVENTS[name].__struct_fields__))
    return [fact for name in both for fact in history.all(name, **{noun: slug})]


def _things(history: History, decision: Fact, noun: DossierKind) -> list[str]:
    """The things of a kind that a decision is about, waits for or affects; or the decision itself."""
    event = decision.event
    if noun is DossierKind.DECISION:
        return [event.decision]
    waits = event.deferral.awaits_project if event.deferral and noun is DossierKind.PROJECT else None
    effects = _naming(history, EFFECTS, "decision", event.decision)
    does = [getattr(effect.event, noun, None) for effect in effects]
    return [slug for slug in (slug_about(history, decision, noun), waits, *does) if slug]


def _awards(history: History, requests: Iterable[str], decisions: Iterable[Fact]) -> list[Fact]:
    """What was awarded or refused, for these requests or by these decisions."""
    by, of = {decision.event.decision for decision in decisions}, set(requests)
    made = (*history.all("award"), *history.all("refused award"))
    return [fact for fact in made if fact.event.request in of or fact.event.decision in by]


def not_awarded(history: History, decision: str) -> list[Fact]:
    """The awards of a decision that funding refused and had not made by the end of the period (CAN-3)."""
    return _not_made(history, "refused award", decision)


def not_checked(history: History, decision: str) -> list[Fact]:
    """The awards of a decision that funding was not asked about, and had not made by the end of the period (CAN-3)."""
    return [fact for fact in _not_made(history, "decided award", decision) if not fact.event.award_checked]


def _not_made(history: History, role: str, decision: str) -> list[Fact]:
    awarded = history.until_period_end("award", decision=decision)
    made = {(fact.event.reserve, fact.event.award) for fact in awarded}
    found = history.until_period_end(role, decision=decision)
    return [fact for fact in found if (fact.event.reserve, fact.event.award) not in made]


def without_what_was_made_good(history: History, facts: Iterable[Fact]) -> list[Fact]:
    """The facts without the refusals, and the missing checks, of awards that were made later."""
    holds = {"refused award": not_awarded, "decided award": not_checked}
    return [
        fact
        for fact in facts
        if all(not fact.is_a(role) or fact in of(history, fact.event.decision) for role, of in holds.items())
    ]


def _spoken_of(history: History, decisions: Iterable[Fact]) -> list[Fact]:
    """Awards that decisions are about but did not make."""
    return [
        made
        for decision in decisions
        if (award := slug_about(history, decision, "award"))
        for made in history.all("award", award=award)
        if made.event.decision != decision.event.decision
    ]


def _title(history: History, asked: Fact) -> str:
    if not asked.is_a("decision"):
        return str(asked.event.title)
    agenda = item_of(history, asked)
    return agenda[-1].event.title if agenda else capital(as_words(asked.event.decision))
