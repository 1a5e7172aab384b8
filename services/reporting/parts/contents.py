"""What a section takes in: events by their phrases, fields of the asking event, steps of a dossier, computed parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services.reporting.history import Fact, Span, latest
from services.reporting.parts.about import Of
from services.reporting.parts.scope import COMPUTED, Content, Found, Scope
from services.reporting.phrasebook import PHRASES, in_part, in_step
from services.reporting.phrases.engine import phrased, say, sentence_of
from services.reporting.phrases.statements import Form, Statement, day, none_recorded, quoted, words
from services.reporting.views.nouns import WITHIN, kinds_of
from shared.contracts.event import EVENTS, Event


def take(scope: Scope, content: Content, of: Of | None = None) -> Found:
    """What is on record for one content of a section; ``of``: only about this thing."""
    if content.computed:
        found = COMPUTED[content.computed](scope, content, of)
    elif content.field:
        found = Found(tuple(_field(scope, content)))
    elif content.step:
        found = Found(steps(scope, facts_of_step(scope, content.step, content.of)))
    else:
        found = Found(tuple(_part(scope, content, of)))
    if content.none and found == Found():
        return Found((none_recorded(content.none, scope.asked_by),))
    return found


def _field(scope: Scope, content: Content) -> Iterator[Statement]:
    found = getattr(scope.asked_by.event, content.field)
    form = Form.ITEM if content.item else Form.PARAGRAPH
    for text in (found,) if isinstance(found, str) else found:
        yield Statement((quoted(text),), (scope.asked_by.position,), form)


def _part(scope: Scope, content: Content, of: Of | None) -> Iterator[Statement]:
    leads: list[Statement] = []
    shown: list[tuple[Fact[Any], list[Statement]]] = []
    for name in in_part(content.part):
        phrase = PHRASES[name]
        some = [
            (fact, [statement, *_items(fact, phrase.items)])
            for fact in _facts(scope, content, of, name)
            if (statement := say(fact, scope.history, since=scope.history.period.since, as_at=scope.as_at))
        ]
        if some and phrase.lead:
            lead = phrased(phrase.lead, scope.history, [fact for fact, _ in some])
            if content.by:
                leads.append(lead)
            else:
                some[0][1].insert(0, lead)
        shown += some
    if content.by:
        things = [_slug(fact.event, content.by) for fact, _ in shown]
        shown.sort(key=lambda pair: things.index(_slug(pair[0].event, content.by)))
    yield from leads
    for _, statements in shown:
        yield from statements


def _facts(scope: Scope, content: Content, of: Of | None, name: str) -> list[Fact[Any]]:
    kind, history = EVENTS[name], scope.history
    kinds = kinds_of(kind)
    having: dict[str, object] = {}
    for noun, slug in ((of.noun, of.slug) if of else ("", ""), (content.without, None)):
        having |= {field: slug for field in [f for f, kind_ in kinds.items() if kind_ == noun][:1]}
    facts = history.facts(kind, content.span, **having)
    thing = _thing(kind)
    if content.span is Span.AS_AT:
        facts = latest(facts, *thing)
    if until := PHRASES[name].until:
        ended = [[getattr(f.event, t) for t in thing] for f in history.until_period_end(EVENTS[until])]
        facts = [fact for fact in facts if [getattr(fact.event, t) for t in thing] not in ended]
    return facts


def _thing(kind: type[Event]) -> list[str]:
    """The fields that say which thing an event is about: the first slug with a parent and that parent, or the first."""
    fields = {noun: field for field, noun in reversed(kinds_of(kind).items())}
    for field, noun in kinds_of(kind).items():
        if WITHIN.get(noun) in fields:
            return [fields[WITHIN[noun]], field]
    return [next(iter(kinds_of(kind)))]


def _slug(event: Event, noun: str) -> object:
    return next((getattr(event, field) for field, kind in kinds_of(type(event)).items() if kind == noun), None)


def _items(fact: Fact[Any], field: str) -> list[Statement]:
    texts = getattr(fact.event, field) if field else ()
    return [Statement((quoted(text),), (fact.position,), Form.ITEM) for text in texts]


def facts_of_step(scope: Scope, step: str, of: Iterable[str]) -> list[Fact[Any]]:
    """The facts that a part of a dossier takes in: those that name a thing of the matter."""
    assert scope.subject is not None
    things = {thing for thing in scope.subject.things if thing.noun in of}
    found = []
    for name in in_step(step):
        kinds = kinds_of(EVENTS[name])
        fields = {noun: field for field, noun in reversed(kinds.items())}
        for thing in things:
            if thing.noun in fields:
                having = {fields[thing.noun]: thing.slug}
                if WITHIN.get(thing.noun) in fields:
                    having[fields[WITHIN[thing.noun]]] = thing.within
                found += scope.history.all(EVENTS[name], **having)
    return found


def steps(scope: Scope, facts: Iterable[Fact[Any]]) -> tuple[Statement, ...]:
    """Events as sentences of their own, dated, in the order of days; those of one day in the order of the ledger."""
    once = {fact.position: fact for fact in facts}
    ordered = sorted(once.values(), key=lambda fact: (fact.day, fact.position))
    return tuple(_step(scope, fact) for fact in ordered)


def _step(scope: Scope, fact: Fact[Any]) -> Statement:
    text = sentence_of(fact.event, scope.history.names)
    assert text is not None, f"{type(fact.event).__name__} has no phrase that stands alone"
    return Statement((day(fact.day), words(": "), *text), (fact.position,))
