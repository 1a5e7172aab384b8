"""The contents of a section: events by phrase, fields of the asking event, steps of a dossier, computed parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from services.reporting.history import Fact, Span, latest
from services.reporting.parts.scope import COMPUTED, Found, Scope
from services.reporting.phrasebook import PHRASES, in_part, in_step
from services.reporting.phrases.engine import phrased, say, sentence_of
from services.reporting.phrases.statements import Form, Statement, day, none_recorded, quoted, words
from services.reporting.views.nouns import WITHIN, kinds_of
from shared.contracts.event import EVENTS, Event


def take(scope: Scope) -> Found:
    """What is recorded for one content of a section. In a section of a group, only what is about its thing."""
    content = scope.content
    if content.computed:
        found = COMPUTED[content.computed](scope)
    elif content.field:
        found = Found(tuple(_field(scope)))
    elif content.step:
        found = Found(steps(scope, facts_of_step(scope, content.step, content.of)))
    else:
        found = Found(tuple(_part(scope)))
    if content.none and found == Found():
        return Found((none_recorded(content.none, scope.asked_by),))
    return found


def _field(scope: Scope) -> Iterator[Statement]:
    found = getattr(scope.asked_by.event, scope.content.field)
    form = Form.ITEM if scope.content.item else Form.PARAGRAPH
    for text in (found,) if isinstance(found, str) else found:
        yield Statement((quoted(text),), (scope.asked_by.position,), form)


def _part(scope: Scope) -> Iterator[Statement]:
    history, by = scope.history, scope.content.by
    leads: list[Statement] = []
    shown: list[tuple[Fact, list[Statement]]] = []
    for name in in_part(scope.content.part):
        phrase = PHRASES[name]
        some = [
            (fact, [statement, *_items(fact, phrase.items)])
            for fact in _facts(scope, name)
            if (statement := say(fact, history, since=history.period.since, as_at=scope.as_at))
        ]
        if some and phrase.lead:
            lead = phrased(phrase.lead, history, [fact for fact, _ in some])
            if by:
                leads.append(lead)
            else:
                some[0][1].insert(0, lead)
        shown += some
    if by:
        order: dict[object, int] = {}
        for fact, _ in shown:
            order.setdefault(_slug(fact.event, by), len(order))
        shown.sort(key=lambda pair: order[_slug(pair[0].event, by)])
    yield from leads
    for _, statements in shown:
        yield from statements


def _facts(scope: Scope, name: str) -> list[Fact]:
    kind, history = EVENTS[name], scope.history
    fields = {noun: field for field, noun in reversed(kinds_of(kind).items())}
    having: dict[str, object] = {}
    if scope.of and scope.of.noun in fields:
        having[fields[scope.of.noun]] = scope.of.slug
    if scope.content.without in fields:
        having[fields[scope.content.without]] = None
    facts = history.facts(name, scope.content.span, **having)
    thing = _thing(kind)
    if scope.content.span is Span.AS_AT:
        facts = latest(facts, *thing)
    if until := PHRASES[name].until:
        ended = {tuple(getattr(fact.event, field) for field in thing) for fact in history.until_period_end(until)}
        facts = [fact for fact in facts if tuple(getattr(fact.event, field) for field in thing) not in ended]
    return facts


def _thing(kind: type[Event]) -> list[str]:
    """The fields that identify an event's thing: the first slug with a parent, and that parent; else the first slug."""
    fields = {noun: field for field, noun in reversed(kinds_of(kind).items())}
    for field, noun in kinds_of(kind).items():
        if WITHIN.get(noun) in fields:
            return [fields[WITHIN[noun]], field]
    return [next(iter(kinds_of(kind)))]


def _slug(event: Event, noun: str) -> object:
    return next((getattr(event, field) for field, kind in kinds_of(type(event)).items() if kind == noun), None)


def _items(fact: Fact, field: str) -> list[Statement]:
    texts = getattr(fact.event, field) if field else ()
    return [Statement((quoted(text),), (fact.position,), Form.ITEM) for text in texts]


def facts_of_step_by(scope: Scope, step: str, noun: str) -> Mapping[str, list[Fact]]:
    """The same for one kind of thing, by the slug of the thing that they name."""
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts_of_step(scope, step, [noun]):
        found[getattr(fact.event, noun)].append(fact)
    return found


def facts_of_step(scope: Scope, step: str, of: Iterable[str]) -> list[Fact]:
    """The facts that a part of a dossier includes: those that name a thing of its subject."""
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
                found += scope.history.all(name, **having)
    return found


def steps(scope: Scope, facts: Iterable[Fact]) -> tuple[Statement, ...]:
    """Events as separate, dated sentences, by day, and within a day by ledger position."""
    once = {fact.position: fact for fact in facts}
    ordered = sorted(once.values(), key=lambda fact: (fact.day, fact.position))
    return tuple(_step(scope, fact) for fact in ordered)


def _step(scope: Scope, fact: Fact) -> Statement:
    text = sentence_of(fact.event, scope.history.names)
    assert text is not None, f"{type(fact.event).__name__} has no phrase ``alone``"
    return Statement((day(fact.day), words(": "), *text), (fact.position,))
