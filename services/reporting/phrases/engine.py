"""The engine: a phrase is a Jinja template, and renders to typed parts instead of characters.

Each value leaves a mark in the rendered text, and each mark is then replaced by its part. So a phrase can use all of
Jinja, and no value becomes characters before a page is made. What people wrote is never changed. If their words end
with punctuation, the phrase's own is left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import cache

import jinja2
import msgspec
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.reporting import wording
from services.reporting.history import Fact, History
from services.reporting.phrasebook import COMPUTED, DIRECTORY, PHRASES, Phrase
from services.reporting.phrases.statements import Form, PartKind, Statement, Text, TextPart, positions, words
from services.reporting.phrases.values import Fields, Pence, Reading, Ref, Values, part_of, stated_day, values_of
from services.reporting.views.names import Names
from services.reporting.views.nouns import FOUNDING, kinds_of
from shared.contracts.event import EVENTS, Event, name_of
from shared.values.periods import day_of

_FIRST = 0xE000
"""The mark of the first part: a private-use character. The words that people wrote are never searched for marks."""
_MARK = re.compile("([\ue000-\uf8ff])")
_ENDS = (".", "!", "?", "…", ".”", "?”", "!”")
_GOES_ON = (",", ";", " (", "”", " and ", ":")
"""How a phrase continues in the same sentence after words that people wrote."""

_ALWAYS = {"day", "new", "event", "ref", "facts", "since", "as_at", "done", "overdue", "holder", "title"}
"""What a phrase may see in addition to its event's fields."""

_marked: ContextVar[list[TextPart]] = ContextVar("parts of the phrase that is being rendered")


def _mark(part: TextPart) -> str:
    parts = _marked.get()
    parts.append(part)
    return chr(_FIRST + len(parts) - 1)


def _print(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return _list([str(_print(each)) for each in value])
    part = part_of(value)
    return value if part is None else _mark(part)


def _list(shown: Sequence[str]) -> str:
    parts = _marked.get()
    commas = any("," in parts[ord(mark) - _FIRST].text for each in shown for mark in _MARK.findall(each))
    listed = wording.listing(shown)
    return listed.replace(", ", "; ") if commas else listed


def _shares(shares: Iterable[Fields]) -> list[str]:
    """The streams, with the amount from each if there are several."""
    each = list(shares)
    names = [str(_print(share.stream.name)) for share in each]
    if len(each) == 1:
        return names
    return [f"{name} ({_print(share.amount_pence)})" for name, share in zip(names, each, strict=True)]


def _total(shares: Iterable[Fields]) -> Pence:
    return Pence(sum(share.amount_pence for share in shares))


def _term(first: dt.date, last: dt.date | None) -> str:
    if last is None:
        return f"from {_starting(first)}"
    length = wording.length_of(first, last)
    return f"for {length} from {_print(first)}" if length else f"from {_print(first)} to {_print(last)}"


def _starting(first: dt.date) -> str:
    return _mark(TextPart(PartKind.DAY, wording.starting(first), first.isoformat()))


_phrases = ImmutableSandboxedEnvironment(
    loader=jinja2.FileSystemLoader(DIRECTORY),
    undefined=jinja2.StrictUndefined,
    finalize=_print,
    autoescape=False,  # a phrase gives parts; the page that shows them escapes them
    trim_blocks=True,
    lstrip_blocks=True,
)
_phrases.filters.update(
    total=_total,
    streams=_shares,
    starting=_starting,
    slug_words=lambda ref: wording.as_words(ref.slug),
    hyphened=lambda text: text.replace(" ", "-"),
    number=wording.number,
    date=day_of,
    abs_pence=lambda pence: Pence(abs(pence)),
)
_phrases.globals.update(
    term=_term,
    span=wording.span,
    count=lambda things, noun: wording.count(things if isinstance(things, int) else len(things), noun),
    plural=lambda word, things: wording.plural(word, things if isinstance(things, int) else len(things)),
)
_phrases.globals["shared"] = _phrases.get_template("shared.jinja").module


@cache
def _template(phrase: str) -> jinja2.Template:
    return _phrases.from_string(" ".join(phrase.split()))


def render(phrase: str, values: Values) -> Text:
    """A phrase with its values, in typed parts. Raises ``jinja2.UndefinedError`` for a field that is not there."""
    parts: list[TextPart] = []
    token = _marked.set(parts)
    try:
        rendered = _template(phrase).render(values)
    finally:
        _marked.reset(token)
    pieces = [piece for piece in _MARK.split(re.sub(r" +", " ", rendered).strip()) if piece]
    return _punctuated([parts[ord(piece) - _FIRST] if _MARK.match(piece) else words(piece) for piece in pieces])


def _punctuated(parts: Sequence[TextPart]) -> Text:
    """Give sentences a capital, and one mark at the end: that of the words quoted last, or else the phrase's own.

    If only the month or year is known, the event happened *in* it, not *on* it. The phrase's own words keep the
    capitals that the phrase gives them; only a name may need a capital.
    """
    done: list[TextPart] = []
    is_start = True
    for part in parts:
        before = done[-1] if done else None
        if part.kind is PartKind.WORDS and before and before.kind is PartKind.QUOTED:
            if part.text.startswith(".") and before.text.endswith(_ENDS):
                part = words(part.text[1:])
            elif part.text.startswith(_GOES_ON) and before.text.endswith("."):
                before = done[-1] = replace(before, text=before.text[:-1])
        if part.kind is PartKind.DAY and len(str(part.value)) < len("2015-02-01") and before:
            before = done[-1] = replace(before, text=re.sub(r"\bon $", "in ", before.text))
        if (part.kind is PartKind.REFERENCE and is_start) or (part.kind is PartKind.WORDS and not done):
            part = replace(part, text=wording.capital(part.text))
        if part.text.strip():
            is_start = part.kind in (PartKind.WORDS, PartKind.QUOTED) and part.text.rstrip().endswith(_ENDS)
        if part.text:
            done.append(part)
    return tuple(done)


def sentence_of(event: Event, names: Names) -> Text | None:
    """An event as a separate sentence; None if it has no phrase."""
    phrase = PHRASES.get(name_of(type(event)))
    if phrase is None or not phrase.alone:
        return None
    return render(phrase.alone, context_of(event, Reading(names)))


def say(fact: Fact, history: History, phrase: str = "in_part", **more: object) -> Statement | None:
    """A statement made from a fact; None if its phrase renders empty. It has the form declared with the event.

    ``phrase``: ``in_part`` or ``case`` of its event, or one of a computed part, such as ``decisions.reasons``. It sees
    the event's fields, ``day`` and ``new``, and what ``more`` gives it. The facts that it reads through a reference
    become sources as well.
    """
    own = PHRASES.get(name_of(type(fact.event)), Phrase())
    chosen = _computed(phrase) if "." in phrase else str(getattr(own, phrase))
    reading = Reading(history.names, history, [fact])
    known = {"day": stated_day(fact), "new": history.is_new(fact), **_all_shown(more, reading)}
    text = render(chosen, {**context_of(fact.event, reading), **known})
    form = Form.ITEM if own.item and phrase == "in_part" else Form.PARAGRAPH
    return Statement(text, positions(reading.facts), form) if text else None


def said(fact: Fact, history: History, phrase: str, **more: object) -> Statement:
    """As ``say``, with a phrase that is never empty."""
    statement = say(fact, history, phrase, **more)
    assert statement is not None, f"the phrase {phrase} is empty for position {fact.position}"
    return statement


def context_of(event: Event, reading: Reading) -> Values:
    """What every phrase sees: the event's fields, all of them as ``event``, and ``ref`` to name another thing."""
    values = values_of(event, reading)
    return {**values, "event": Fields(**values), "ref": lambda noun, slug: Ref(noun, str(slug), reading=reading)}


def phrased(phrase: str, history: History, facts: Sequence[Fact], at: Sequence[int] = (), **more: object) -> Statement:
    """A statement made from several facts, by a phrase of a computed part or a ``lead``.

    Its sources are ``facts`` and the events ``at`` these positions.
    """
    reading = Reading(history.names, history, list(facts))
    text = _computed(phrase) if re.fullmatch(r"[a-z]+\.[a-z_]+", phrase) else phrase
    shown = [Fields(**values_of(fact.event, reading)) for fact in facts]
    values: dict[str, object] = {"facts": shown, **_all_shown(more, reading)}
    return Statement(render(text, values), tuple(sorted({*positions(reading.facts), *at})))


def _all_shown(more: dict[str, object], reading: Reading) -> Values:
    return {key: _shown(value, reading) for key, value in more.items()}


def _shown(value: object, reading: Reading) -> object:
    if isinstance(value, Ref):
        return replace(value, reading=reading)
    return Fields(**values_of(value, reading)) if isinstance(value, msgspec.Struct) else value


def _computed(phrase: str) -> str:
    part, _, name = phrase.partition(".")
    return COMPUTED[part][name]


def check(name: str, phrase: Phrase) -> list[str]:
    """Fields that an event's phrases read but the event, or an event it refers to, does not have."""
    kinds = kinds_of(EVENTS[name])
    known = {*EVENTS[name].__struct_fields__, *_ALWAYS, *_phrases.globals}
    wrong: list[str] = []
    for text in phrase.templates():
        tree = _phrases.parse(text)
        wrong += sorted(meta.find_undeclared_variables(tree) - known)
        for found in tree.find_all(nodes.Getattr):
            fact = found.node
            if isinstance(fact, nodes.Getattr) and fact.attr == "fact" and isinstance(fact.node, nodes.Name):
                of = FOUNDING.get(kinds.get(fact.node.name, ""))
                if of is None or found.attr not in (*EVENTS[of].__struct_fields__, "day"):
                    wrong.append(f"{fact.node.name}.fact.{found.attr}")
    return wrong
