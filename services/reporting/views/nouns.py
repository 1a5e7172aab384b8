"""What the fields of events are: which noun a slug names, which integer is money, and the day that a fact tells itself.

Read from the fields' types, so that a phrase formats a field by what it is.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from functools import cache

import msgspec

from shared.contracts import funding, nouns, partners
from shared.contracts.event import EVENTS
from shared.values import money

PENCE = "pence"
"""The kind of a field that holds an amount of money; every other kind is a noun."""

WITHIN = {
    "seat": "group",
    "stream": "reserve",
    "award": "reserve",
    "return": "reserve",
    "contribution": "reserve",
    "payment": "award",
    "item": "meeting",
    "action": "meeting",
    "objective": "priority",
    "stage": "project",
    "measure": "project",
    "problem": "project",
    "mitigation": "project",
    "pilot": "project",
    "question": "project",
}
"""What a noun's slug is unique in, where that is not the partnership."""


def _declared() -> Iterator[tuple[msgspec.Meta, str]]:
    for module in (nouns, funding, partners):
        for name, alias in vars(module).items():
            if name.endswith("Slug") and name != "Slug":
                yield typing.get_args(alias)[-1], name.removesuffix("Slug").lower()
    yield typing.get_args(funding.Payee)[-1], "payee"
    for amount in (money.Pence, money.PositivePence, funding.PenceMoreOrLess):
        yield typing.get_args(amount)[-1], PENCE


_KINDS = {meta.description: kind for meta, kind in _declared() if meta.description}


@cache
def kinds_of(declared: type[msgspec.Struct]) -> dict[str, str]:
    """The fields of an event, or of a part of one, that are slugs of a noun or amounts: ``{"project": "project"}``."""
    hints = typing.get_type_hints(declared, include_extras=True)
    found = ((name, _kind(hint)) for name, hint in hints.items())
    return {name: kind for name, kind in found if kind is not None}


def _kind(hint: object) -> str | None:
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description in _KINDS:
            return _KINDS[meta.description]
    inner = (_kind(each) for each in typing.get_args(hint) if not isinstance(each, msgspec.Meta))
    return next((kind for kind in inner if kind is not None), None)


_OWN_DAY = re.compile(r"([a-z]+ed|paid)_on")
"""The contracts name the day of the fact itself with a participle (``reached_on``, ``paid_on``); days that a fact only
speaks of have other names (``due_on``, ``returns_on``, ``ends_on``)."""


@cache
def own_day(name: str) -> str | None:
    """The field in which facts of this name tell their own day, where they have one.

    >>> own_day("projects.stage_reached.v1"), own_day("meetings.action_assigned.v1")
    ('reached_on', None)
    """
    declared = EVENTS.get(name)
    return next((f for f in declared.__struct_fields__ if _OWN_DAY.fullmatch(f)), None) if declared else None
