"""How an event is declared: once, here in ``shared/contracts``, as a frozen record with an explicit, versioned name.

The name is the stored topic, the tail of the NATS subject and the CloudEvents ``type``. Class paths never become data.
Contracts only grow by new events or new versions; a golden file for each keeps that promise (``tests/contracts``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.contracts.nouns import NOUNS, Noun
from shared.values.identifiers import subject_of

NAME = re.compile(r"^[a-z]+\.[a-z][a-z_]*[a-z]\.v[1-9][0-9]*$")


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A fact about a partnership: past tense, immutable, complete without its envelope except who, when and why.

    Omitting defaults keeps entries small; a default therefore belongs to the contract and may never change.
    """


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of an event with parts of its own, such as the terms of an award; declared with its events."""


EVENTS: dict[str, type[Event]] = {}
"""Every declared event by name; filled as the modules of ``shared.contracts`` are imported."""


@dataclass(frozen=True)
class Declaration:
    """What is declared with an event in addition to its fields."""

    name: str
    """``service.what_happened.v1``"""
    about: Noun
    """Whose history it belongs to: the noun of its subject. The event's fields hold that noun's key."""
    day: str | None
    """The field with the day on which it happened, where the fact itself says it. None: the time of its envelope."""
    names: str | None
    """The field with the name that it gives the thing it is about, or the noun ``of`` names."""
    of: Noun
    """What ``names`` names: the noun it is about, or one of that thing's own, such as a seat of a group."""


_declarations: dict[type[Event], Declaration] = {}
_decoders: dict[str, msgspec.json.Decoder[Event]] = {}


class UnknownEvent(LookupError):
    """No event of this name is declared in ``shared/contracts``: a newer publisher, or a misspelt name."""


def event[E: Event](
    name: str, *, about: str, day: str | None = None, names: str | None = None, of: str | None = None
) -> Callable[[type[E]], type[E]]:
    """Declare an event under its ``service.what_happened.vN`` name, as a fact about a noun; see ``Declaration``."""
    if not NAME.match(name):
        raise ValueError(f"{name!r} is not of the form service.what_happened.v1")

    def declare(cls: type[E]) -> type[E]:
        if name in EVENTS:
            raise ValueError(f"{name} is declared twice: {EVENTS[name].__qualname__} and {cls.__qualname__}")
        if cls.__match_args__:
            raise ValueError(f"{name} takes positional arguments; declare {cls.__qualname__} with kw_only=True")
        noun = NOUNS[about]
        named = NOUNS[of or about]
        partnership = about == "partnership"
        needed = [*([] if partnership else noun.key), *([] if of is None else named.key), *filter(None, (day, names))]
        for field in needed:
            if field not in cls.__struct_encode_fields__ and field not in cls.__struct_fields__:
                raise ValueError(f"{name} is declared with {field!r}, and {cls.__qualname__} has no such field")
        EVENTS[name] = cls
        _declarations[cls] = Declaration(name, noun, day, names, named)
        return cls

    return declare


def name_of(event_type: type[Event]) -> str:
    """The declared name of an event class."""
    return _declarations[event_type].name


def declaration_of(event_type: type[Event]) -> Declaration:
    """What was declared with an event class."""
    return _declarations[event_type]


def fact[E: msgspec.Struct](kind: type[E], record: msgspec.Struct, **more: object) -> E:
    """The fact (or command) whose fields a record gives by name, and ``more`` in addition or in place of them.

    Raises ``TypeError`` naming a field that neither gives.
    """
    given = {name: getattr(record, name) for name in kind.__struct_fields__ if hasattr(record, name)}
    return kind(**{**given, **more})


def subject(partnership: str, event: Event) -> str:
    """The subject an event belongs to: ``cannock-chase/measure/perpetrators-programme/referrals``."""
    about = _declarations[type(event)].about
    return subject_of(partnership, about.name, *key_of(about, event, partnership))


def key_of(noun: Noun, named_in: msgspec.Struct, partnership: str) -> tuple[str, ...]:
    """The slugs by which a command or event names a thing, the outermost first."""
    if noun.name == "partnership":
        return (partnership,)
    return tuple(str(value_of(named_in, field)) for field in noun.key)


def value_of(record: msgspec.Struct, field: str) -> Any:
    """The value of a field by its encoded name: ``return``, which Python spells ``return_``."""
    names = dict(zip(record.__struct_encode_fields__, record.__struct_fields__, strict=True))
    return getattr(record, names.get(field, field))


def decode(name: str, data: bytes | msgspec.Raw) -> Event:
    """The typed event of a name from its JSON data.

    Raises ``UnknownEvent``, or ``msgspec.ValidationError`` naming the field that is wrong.
    """
    decoder = _decoders.get(name)
    if decoder is None:
        try:
            decoder = _decoders[name] = msgspec.json.Decoder(EVENTS[name])
        except KeyError:
            raise UnknownEvent(f"no event {name!r} is declared; see docs/events.md for those that are") from None
    return decoder.decode(data)
