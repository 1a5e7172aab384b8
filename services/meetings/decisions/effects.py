"""What a decision brings about: which outcome allows which effect, and what follows from the outcome itself.

A new effect is a row here, a member of ``Effect``, and an event; the contracts are in ``meetings/effects.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shared.contracts.event import fact
from shared.contracts.meetings.decisions import ACTING, Outcome
from shared.contracts.meetings.effects import (
    AgreeMitigation,
    AskFunder,
    AwardDecided,
    AwardMoney,
    DeclineDecided,
    DeferralDecided,
    Effect,
    EffectDecided,
    ExpressionDecided,
    FunderExplorationDecided,
    MitigationDecided,
    NotingDecided,
)
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.nouns import NOUNS

AGREED, ENDORSED, NOTED, DEFERRED, DECLINED = Outcome
REQUEST, PILOT = ReferenceKind.REQUEST, ReferenceKind.PILOT


@dataclass(frozen=True)
class Allowed:
    """When a decision may have an effect, and the event that says so."""

    does: str
    """In words, for refusals."""
    outcomes: frozenset[Outcome]
    event: type[EffectDecided]
    about: ReferenceKind | None = None
    """What the decision must be about; None: anything."""
    once: tuple[str, ...] = ()
    """The fields that name it; a decision has one effect of that name."""


ALLOWED: dict[type[Effect], Allowed] = {
    AwardMoney: Allowed("awards money", ACTING, AwardDecided, once=("reserve", "award")),
    AskFunder: Allowed(
        "asks another funder", frozenset({AGREED, NOTED, DEFERRED}), FunderExplorationDecided, REQUEST, once=("funder",)
    ),
    AgreeMitigation: Allowed(
        "agrees a mitigation", ACTING, MitigationDecided, once=("project", "problem", "mitigation")
    ),
}

FOLLOWS: dict[tuple[Outcome, ReferenceKind], type[EffectDecided]] = {
    (DEFERRED, REQUEST): DeferralDecided,
    (NOTED, REQUEST): NotingDecided,
    (DECLINED, REQUEST): DeclineDecided,
    (AGREED, PILOT): ExpressionDecided,
    (ENDORSED, PILOT): ExpressionDecided,
}
"""What follows from an outcome for the thing that a decision is about, without being asked for."""


def effect_decided(
    kind: type[EffectDecided],
    about: Reference | None,
    source: msgspec.Struct,
    decided: msgspec.Struct,
    **known: object,
) -> EffectDecided:
    """The event of an effect.

    Its fields come by name from ``source``, else from ``decided``, else from ``about`` or what else is ``known``.
    """
    named = known if about is None else {**known, about.kind.value: about.id}
    if about is not None and (outer := NOUNS[about.kind.value].within):
        named[outer.name] = about.within or ""
    more = {
        name: getattr(decided, name, named.get(name))
        for name in kind.__struct_fields__
        if not hasattr(source, name) and (hasattr(decided, name) or name in named)
    }
    return fact(kind, source, **more)
