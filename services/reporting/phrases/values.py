"""An event's fields as a phrase sees them. The type of each field decides how it is shown."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import msgspec

from services.reporting import wording
from services.reporting.history import Fact, History
from services.reporting.phrases.statements import PartKind, TextPart, amount, day, moment, number, quoted
from services.reporting.views.names import Names
from services.reporting.views.nouns import PARTIAL_DATE, PENCE, WITHIN, kinds_of
from shared.contracts.event import declaration_of

Values = dict[str, Any]
Fields = SimpleNamespace
"""The values of an event that a phrase reads with a dot. A dictionary would give its own methods for ``update``."""


class Pence(int):
    """An amount of money."""


class Partial(str):
    """A day that may be known only to the month or year."""

    __slots__ = ()


class Written(str):
    """Words that people wrote."""

    __slots__ = ()


@dataclass
class Reading:
    """The names and, if there is one, the history that a phrase reads. Records which facts it has read."""

    names: Names
    history: History | None = None
    facts: list[Fact] = field(default_factory=list)

    def begin(self, noun: str, slug: str, within: str) -> Fields | None:
        """The fields of the event that a thing begins with. The event becomes a source."""
        found = self.history.first_of(noun, slug, within) if self.history else None
        if found is None:
            return None
        self.facts.append(found)
        return Fields(**{**values_of(found.event, self), "day": stated_day(found)})


def stated_day(fact: Fact) -> dt.date | Partial:
    """The day of a fact, only as exact as the fact itself says."""
    field_name = declaration_of(type(fact.event)).day
    own = getattr(fact.event, field_name) if field_name else None
    return Partial(own) if isinstance(own, str) else fact.day


@dataclass(frozen=True)
class Ref:
    """A reference to a recorded thing."""

    noun: str
    slug: str
    within: str = ""
    reading: Reading | None = field(default=None, compare=False)
    bare: bool = False

    @property
    def fact(self) -> Fields | None:
        """The event the thing begins with, for ``{{ award.fact.payee }}``; None if it is not recorded."""
        return self.reading.begin(self.noun, self.slug, self.within) if self.reading else None

    @property
    def name(self) -> Ref:
        """The thing by its name alone, as in a heading or list."""
        return replace(self, bare=True)

    def part(self) -> TextPart:
        """The reference as a part of a text."""
        names = self.reading.names if self.reading else Names("")
        called = (names.label if self.bare else names.in_sentence)(self.noun, self.slug, self.within)
        return TextPart(PartKind.REFERENCE, called, f"{self.noun}/{self.slug}")


def values_of(event: msgspec.Struct, reading: Reading, within: Mapping[str, str] | None = None) -> Values:
    """The fields of an event, or of a part of one. ``within``: the slugs that its own are unique in, by noun."""
    kinds = kinds_of(type(event))
    slugs = {noun: getattr(event, name) for name, noun in reversed(kinds.items()) if noun not in (PENCE, PARTIAL_DATE)}
    known = {**(within or {}), **{noun: slug for noun, slug in slugs.items() if isinstance(slug, str)}}
    if "meeting" in known:
        known.setdefault("group", reading.names.group_of(known["meeting"]))

    def value(found: object, kind: str | None) -> object:
        match found:
            case msgspec.Struct():
                return Fields(**values_of(found, reading, known))
            case tuple():
                return tuple(value(each, kind) for each in found)
            case enum.Enum():
                return str(found.value).replace("_", " ")
            case bool() | dt.date() | None:
                return found
            case int():
                return Pence(found) if kind == PENCE else found
            case str() if kind == PARTIAL_DATE:
                return Partial(found)
            case str() if kind is not None:
                return Ref(kind, found, known.get(WITHIN.get(kind, ""), ""), reading)
            case _:
                return Written(found)

    return {name: value(getattr(event, name), kinds.get(name)) for name in event.__struct_fields__}


def part_of(value: object) -> TextPart | None:
    """The text of a value; None for something that is not one value, and for words of the phrase itself."""
    match value:
        case Pence():
            return amount(value)
        case bool():
            return None
        case int():
            return number(value)
        case dt.datetime():
            return moment(value)
        case dt.date():
            return day(value)
        case Ref():
            return value.part()
        case Partial():
            return TextPart(PartKind.DAY, wording.partial(value), str(value))
        case Written():
            return quoted(value)
    return None
