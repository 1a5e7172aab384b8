"""The meaning of events' fields: which noun a slug names, which number is money, and which event a thing begins with.

Read from the contracts, so that a phrase formats a field by what it is.
"""

from __future__ import annotations

import typing
from functools import cache

import msgspec

from services.reporting.phrasebook import FOUNDS, PHRASES
from shared.contracts.event import EVENTS, declaration_of
from shared.contracts.funding import shares
from shared.contracts.nouns import NOUNS
from shared.values import money

PENCE = "pence"
PARTIAL_DATE = "partial date"
"""The kinds of fields that are not nouns: an amount of money, and a day that may be known only to the month or year."""

NAMING = {name: declared for name, kind in EVENTS.items() if (declared := declaration_of(kind)).names}
"""The events that give a thing its name."""
FOUNDING = {declared.of.name: name for name, declared in reversed(NAMING.items())} | FOUNDS
"""For each noun the event that its things begin with."""
ROLES = {phrase.role: name for name, phrase in PHRASES.items() if phrase.role} | FOUNDING
"""What reports use to ask for an event: the role that its phrases give it, or the noun whose things begin with it."""
WITHIN = {noun.name: noun.within.name for noun in NOUNS.values() if noun.within}
"""What a noun's slug is unique in, if that is not the partnership."""

_KINDS = {
    typing.get_args(hint)[-1].description: kind
    for hint, kind in (
        (shares.Payee, "payee"),
        (money.Pence, PENCE),
        (money.PositivePence, PENCE),
        (shares.PenceMoreOrLess, PENCE),
    )
}


@cache
def kinds_of(declared: type[msgspec.Struct]) -> dict[str, str]:
    """The kinds of an event's fields, or of a part's: ``{"project": "project", "lead": "organisation"}``."""
    hints = typing.get_type_hints(declared, include_extras=True)
    found = ((name, _kind(hint)) for name, hint in hints.items())
    return {name: kind for name, kind in found if kind is not None}


def _kind(hint: object) -> str | None:
    for meta in getattr(hint, "__metadata__", ()):
        extra = getattr(meta, "extra", None) or {}
        if kind := extra.get("noun") or _KINDS.get(meta.description):
            return str(kind)
        if "partial_date" in extra:
            return PARTIAL_DATE
    inner = (_kind(each) for each in typing.get_args(hint) if not isinstance(each, msgspec.Meta))
    return next((kind for kind in inner if kind is not None), None)
