"""A dossier's subject step by step: how it was decided, what followed, its projects, and its present state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from services.reporting.history import Fact, latest
from services.reporting.parts.about import item_of
from services.reporting.parts.contents import facts_of_step_by, steps
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.parts.scrutiny import decision, interest, papers_of, quorum_of, who_was_there
from services.reporting.parts.subject import DossierSubject
from services.reporting.phrases.engine import phrased, said
from services.reporting.phrases.statements import Section, Statement, day, none_recorded
from services.reporting.phrases.values import Pence, Ref
from shared.contracts.event import name_of


def _subject(scope: Scope) -> DossierSubject:
    assert scope.subject is not None
    return scope.subject


@computed("decisions of the matter")
def decisions_of_the_matter(scope: Scope) -> Found:
    """A section for each decision, with what led to it and what followed. Empty parts say that they are empty."""
    followed = facts_of_step_by(scope, "followed", "decision")
    decisions = _subject(scope).decisions
    return Found(sections=tuple(_decision(scope, each, followed.get(each.event.decision, [])) for each in decisions))


def _decision(scope: Scope, decided: Fact, effects: Iterable[Fact]) -> Section:
    history, event = scope.history, decided.event
    agenda = item_of(history, decided)
    meetings = latest(history.all("meeting", meeting=event.meeting), "meeting")
    quorum, papers = [*quorum_of(history, event.meeting)], [*papers_of(history, event.meeting)]
    interests = [interest(history, f) for f in history.all("interest", meeting=event.meeting, item=event.item)]
    tables = tuple(table for meeting in meetings for table in who_was_there(scope, meeting))
    what = [*decision(history, decided)]
    if event.deferral is not None:
        what.append(said(decided, history, "decisions.comes_back").as_item())

    def or_none(statements: list[Statement], text: str) -> list[Statement]:
        return statements or [none_recorded(text, decided)]

    followed = list(steps(scope, (*effects, *_followed(scope, decided))))
    return Section(
        f"Decision of {day(decided.day).text}: {history.names.label('group', event.group)}",
        sections=(
            Section(
                "Agenda and papers",
                (*steps(scope, agenda), *or_none(papers, "No papers are on record for the meeting.")),
            ),
            Section(
                "Meeting and quorum",
                (*steps(scope, meetings), *or_none(quorum, "There is no record that the meeting was opened.")),
                tables,
            ),
            Section("Interests", tuple(or_none(interests, "No interest was declared in this item."))),
            Section("What was decided", tuple(what)),
            Section(
                "What followed",
                tuple(or_none(followed, "No effects are on record other than those shown below.")),
            ),
        ),
    )


def _followed(scope: Scope, decided: Fact) -> Iterator[Fact]:
    history, event = scope.history, decided.event
    for action in history.all("action", decision=event.decision):
        yield action
        yield from history.all("completion", meeting=event.meeting, action=action.event.action)
    yield from history.all("approved minutes", meeting=event.meeting)


@computed("projects of the matter")
def projects_of_the_matter(scope: Scope) -> Found:
    """A section for each project, with everything that happened in it."""
    happened = facts_of_step_by(scope, "project", "project")
    return Found(
        sections=tuple(
            Section(
                f"Project: {project.event.title}",
                (
                    said(project, scope.history, "in_part"),
                    *steps(scope, happened.get(project.event.project, [])),
                ),
            )
            for project in _subject(scope).projects
        )
    )


@computed("money of the matter")
def money_of_the_matter(scope: Scope) -> Found:
    """For each award, what was paid and what was returned."""
    return Found(tuple(_money(scope, award) for award in _subject(scope).awarded))


def _money(scope: Scope, award: Fact) -> Statement:
    having = {"reserve": award.event.reserve, "award": award.event.award}
    paid, back = scope.history.all("payment", **having), scope.history.all("money back", **having)
    totals = {"paid": _sum(paid), "back": _sum(back)}
    return said(award, scope.history, "dossier.money", **totals).with_sources(*paid, *back)


def _sum(facts: list[Fact]) -> Pence:
    return Pence(sum(share.amount_pence for fact in facts for share in fact.event.shares))


@computed("requests of the matter")
def requests_of_the_matter(scope: Scope) -> Found:
    """The state of each request after the last event about it."""
    ends = facts_of_step_by(scope, "state", "request")
    return Found(tuple(_state(scope, request, ends.get(request, [])) for request in _subject(scope).requests))


def _state(scope: Scope, slug: str, ends: Collection[Fact]) -> Statement:
    history, request = scope.history, Ref("request", slug)
    if not ends:
        asked = history.first_of("request", slug)
        return phrased("dossier.open", history, [asked] if asked else [], request=request)
    last = max(ends, key=lambda fact: fact.position)
    word = name_of(type(last.event)).split(".")[1].rpartition("_")[2]
    return said(last, history, f"dossier.{word}", request=request)
