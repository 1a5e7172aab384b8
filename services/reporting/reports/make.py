"""The one function that makes every report, from a definition and a request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import sqlalchemy

from services.reporting import parts as _parts  # declares the computed parts
from services.reporting.history import Fact, History, Period, history_of, latest, sources_at
from services.reporting.parts.about import Of
from services.reporting.parts.contents import take
from services.reporting.parts.scope import Content, Found, Scope
from services.reporting.parts.subject import DossierKind, subject_of_dossier
from services.reporting.phrases.engine import context_of, phrased, render, said
from services.reporting.phrases.statements import Section, none_recorded, plain
from services.reporting.phrases.values import Fields, Reading, Ref, Written, values_of
from services.reporting.reports.definition import Definition, SectionDefinition, definition
from services.reporting.reports.published import (
    Kind,
    Publishing,
    Report,
    ReportHeading,
    ReportPeriod,
    ReportSource,
    event_cited,
    positions_in,
)
from shared.runtime.identity.sealing import TOMBSTONE
from shared.values.refusals import Unknown

__all__ = ["NamesOfPeople", "cabinet_update", "dossier", "make", "scrutiny_view", "update_scope"]
assert _parts

NamesOfPeople = Callable[[str, set[str]], Mapping[str, str]]
"""The names of a partnership's people by their slugs, as far as the register knows them."""
EVERYTHING = Period(None, dt.date.max)


def cabinet_update(connection: sqlalchemy.Connection, partnership: str, update: str) -> Report:
    """The update of that name, made now from its period's facts. Raises ``Unknown``."""
    return make(definition("cabinet"), update_scope(connection, partnership, update))


def update_scope(connection: sqlalchemy.Connection, partnership: str, update: str) -> Scope:
    """What an update is made from. Raises ``Unknown``."""
    history = history_of(connection, partnership, EVERYTHING)
    commissioned = history.all("update", update=update)
    if not commissioned:
        raise Unknown(f"No update {update!r} has been commissioned in {partnership!r}.")
    if history.all("withdrawn update", update=update):
        raise Unknown(f"The update {update!r} was withdrawn.", remedy="Name another, or commission one.")
    asked = max((*commissioned, *history.all("changed update", update=update)), key=lambda fact: fact.position)
    history = replace(history, period=Period(asked.event.since, asked.event.until))
    return Scope(history, asked.event.until, asked)


def scrutiny_view(
    connection: sqlalchemy.Connection, partnership: str, period: Period, as_at: dt.date, names: NamesOfPeople | None
) -> Report:
    """The scrutiny view of a period, and of the position on a day. ``names``: None shows only posts."""
    history = history_of(connection, partnership, period)
    return make(definition("scrutiny"), Scope(history, as_at, _established(history), people_named(history, names)))


def dossier(
    connection: sqlalchemy.Connection, partnership: str, kind: DossierKind, slug: str, today: dt.date
) -> Report:
    """The trail of one decision, request or project, as recorded today. Raises ``Unknown``."""
    history = history_of(connection, partnership, EVERYTHING)
    subject = subject_of_dossier(history, kind, slug)
    report = make(definition("dossier"), Scope(history, today, subject.asked_by, subject=subject))
    return replace(report, period=ReportPeriod(None, today))


def _established(history: History) -> Fact:
    established = history.all("partnership")
    if not established:
        raise Unknown(f"No partnership {history.partnership!r} is on record.")
    return established[0]


def people_named(history: History, names: NamesOfPeople | None) -> Mapping[str, str]:
    """The names of those present. Never asks for a person who was erased. ``names``: None shows only posts."""
    if names is None:
        return {}
    present = {fact.event.person for fact in history.all("attendance") if fact.event.person}
    erased = {fact.event.person for fact in history.all("erasure")}
    found = names(history.partnership, present - erased) if present - erased else {}
    return {person: TOMBSTONE if person in erased else found.get(person, "") for person in present}


def make(report: Definition, scope: Scope) -> Report:
    """The report of a definition, with its sections numbered and its events cited."""
    history = scope.history
    sections = [made for each in report.sections for made in _section(each, scope)]
    heading = [(row.label, text) for row in report.heading if (text := _words(row.text, scope))]
    asking = {scope.asked_by.position} if heading else set()
    cited = sources_at(history.connection, asking | set(positions_in(sections)))
    publishing = Publishing(
        {position: ReportSource(found.envelope.id, position) for position, found in cited.items()},
        {position: found.envelope.authority for position, found in cited.items()},
    )
    return Report(
        kind=Kind(report.kind),
        partnership=history.partnership,
        partnership_name=history.names.partnership,
        title=_words(report.title, scope),
        occasion=_words(report.occasion, scope),
        heading=tuple(ReportHeading(label, text, publishing.sources(asking)) for label, text in heading),
        sections=tuple(publishing.sections(sections)),
        period=ReportPeriod(history.period.since, history.period.until),
        as_at=scope.as_at,
        ledger_position=history.position,
        events=tuple(event_cited(cited[position]) for position in sorted(cited)),
    )


def _words(phrase: str, scope: Scope, **more: object) -> str:
    """A title or heading: a phrase about the asking event, and about the subject of a dossier."""
    reading = Reading(scope.history.names)
    subject = scope.subject
    if subject:
        more |= {
            "title": Written(subject.title),
            "kind": subject.kind.value,
            "slug": subject.slug,
            "requests": [Ref("request", slug, reading=reading).name for slug in subject.requests],
            "decisions": [Fields(**values_of(fact.event, reading) | {"day": fact.day}) for fact in subject.decisions],
            "projects": [Ref("project", fact.event.project, reading=reading).name for fact in subject.projects],
        }
    return plain(render(phrase, {**context_of(scope.asked_by.event, reading), **more}))


def _section(section: SectionDefinition, scope: Scope) -> list[Section]:
    if section.group:
        return _grouped(section, scope)
    found = _take(section.contents, scope)
    always = _take(section.always, scope)
    statements = found.statements
    if section.none and found == Found():
        statements = (none_recorded(section.none, scope.asked_by),)
    inner = (*found.sections, *(made for each in section.sections for made in _section(each, scope)))
    if not section.heading:
        return list(inner)
    title = _words(section.heading, scope)
    tables = (*found.tables, *always.tables)
    return [Section(title, (*statements, *always.statements), tables, inner, section.numbered)]


def _take(contents: Iterable[Content], scope: Scope, of: Of | None = None) -> Found:
    every = [take(replace(scope, content=content, of=of)) for content in contents]
    return Found(
        tuple(statement for each in every for statement in each.statements),
        tuple(table for each in every for table in each.tables),
        tuple(section for each in every for section in each.sections),
    )


def _grouped(section: SectionDefinition, scope: Scope) -> list[Section]:
    """A section for each thing with something to show, then one for the others.

    The order is that of ``topics`` in the asking event, then the order in which the period first mentions them.
    """
    history, noun = scope.history, section.group
    shown: list[tuple[int, int, Section]] = []
    quiet: list[Fact] = []
    topics = list(getattr(scope.asked_by.event, "topics", ()))
    for fact in latest(history.all(noun), noun):
        slug = str(getattr(fact.event, noun))
        found = _take(section.contents, scope, Of(noun, slug))
        if found.statements or history.is_new(fact):
            title = _words(section.heading, scope, name=Written(history.names.label(noun, slug)))
            mentions = history.new_among({source for each in found.statements for source in each.sources})
            place = topics.index(slug) if slug in topics else len(topics)
            statements = (said(fact, history, "in_part"), *found.statements)
            shown.append((place, min(mentions, default=fact.position), Section(title, statements, found.tables)))
        elif fact.day <= history.period.until:
            quiet.append(fact)
    sections = [each for _, _, each in sorted(shown, key=lambda one: one[:2])]
    if quiet:
        reading = Reading(history.names)
        names = [Ref(noun, str(getattr(fact.event, noun)), reading=reading).name for fact in quiet]
        sections.append(Section(section.others, (phrased("projects.quiet", history, quiet, names=names),)))
    return sections
