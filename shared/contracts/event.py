"""How an event is declared: once, here in ``shared/contracts``, as a frozen record with an explicit, versioned name.

The name is the stored topic, the tail of the NATS subject and the CloudEvents ``type``. Class paths never become data.
Contracts only grow by new events or new versions; a golden file for each keeps that promise (``tests/contracts``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

NAME = re.compile(r"^[a-z]+\.[a-z][a-z_]*[a-z]\.v[1-9][0-9]*$")


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A fact about a partnership: past tense, immutable, complete without its envelope except who, when and why.

    Omitting defaults keeps entries small; a default therefore belongs to the contract and may never change.
    """


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of an event with parts of its own, such as the terms of an award; declared beside its events."""


EVENTS: dict[str, type[Event]] = {}
"""Every declared event by name; filled as the modules of ``shared.contracts`` are imported."""

_names: dict[type[Event], str] = {}
_decoders: dict[str, msgspec.json.Decoder[Event]] = {}


class UnknownEvent(LookupError):
    """No event of this name is declared in ``shared/contracts``: a newer publisher, or a misspelt name."""


def event[E: Event](name: str) -> Callable[[type[E]], type[E]]:
    """Declare an event under its ``service.what_happened.vN`` name."""
    if not NAME.match(name):
        raise ValueError(f"{name!r} is not of the form service.what_happened.v1")

    def declare(cls: type[E]) -> type[E]:
        if name in EVENTS:
            raise ValueError(f"{name} is declared twice: {EVENTS[name].__qualname__} and {cls.__qualname__}")
        if cls.__match_args__:
            raise ValueError(f"{name} takes positional arguments; declare {cls.__qualname__} with kw_only=True")
        EVENTS[name] = cls
        _names[cls] = name
        return cls

    return declare


def name_of(event_type: type[Event]) -> str:
    """The declared name of an event class."""
    return _names[event_type]


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
