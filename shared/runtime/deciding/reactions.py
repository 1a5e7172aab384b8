"""Reactions: a service's responses to other services' events, as commands to itself.

The service's ``reactions.py`` is the table: on what, and what is done then::

    reactions = Reactions()
    reactions.when(ParkSold, close_gates)

The event gives the command's fields by name. The commands' own rules apply. Each command runs under a key made from the
event's id, so a page of the ledger that is read twice after a crash has its effect once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from shared.contracts.command import Asked
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import Event, fact, name_of
from shared.values.refusals import Refusal

Others = Callable[[Any, CloudEvent], Mapping[str, object]]


@dataclass(frozen=True)
class Reaction:
    """A decision to be taken when an event arrives."""

    decide: Callable[..., object]
    others: Others

    def command(self, effect: Event, envelope: CloudEvent) -> Asked:
        """What is asked of the decision. Raises ``TypeError`` naming a field that nothing gives."""
        return fact(_asked_of(self.decide), effect, **self.others(effect, envelope))


class Reactions:
    """All reactions of one service."""

    def __init__(self, refuse: Callable[..., object] | None = None) -> None:
        """``refuse``: the decision that records that a rule refused an effect; none where nothing reacts."""
        self._refuse = refuse
        self._reactions: dict[str, list[Reaction]] = {}

    def when[E: Event](
        self,
        effect: type[E],
        decide: Callable[..., object],
        others: Callable[[E, CloudEvent], Mapping[str, object]] = lambda effect, envelope: {},
    ) -> None:
        """Declare what is decided when an event arrives; ``others`` are the fields that it does not give by name."""
        self._reactions.setdefault(name_of(effect), []).append(Reaction(decide, others))

    @property
    def event_types(self) -> set[str]:
        """The names of the events that something is done about."""
        return set(self._reactions)

    def to(self, envelope: CloudEvent) -> list[tuple[str, Asked]]:
        """The commands an event calls for, each with its idempotency key."""
        reactions = self._reactions.get(envelope.type)
        if not reactions:
            return []
        effect = envelope.event()
        return [(f"{envelope.id}/{each.decide.__name__}", each.command(effect, envelope)) for each in reactions]

    def refusal_of(self, envelope: CloudEvent, refusal: Refusal) -> Asked:
        """The command that records that a rule refused what an effect calls for."""
        assert self._refuse is not None, "a service that reacts says how it records a refusal"
        said = {"reason": refusal.detail, "rule": refusal.rule(), "clause": refusal.clause}
        return fact(_asked_of(self._refuse), envelope.event(), effect=envelope.type, **said)


def _asked_of(decide: Callable[..., object]) -> type[Asked]:
    """What a decision takes: the type of its first parameter. Others may name types known to its table alone."""
    name, hint = next(iter(decide.__annotations__.items()))
    first = types.SimpleNamespace(__annotations__={name: hint})
    asked: type[Asked] = get_type_hints(first, globalns=getattr(decide, "__globals__", {}))[name]
    return asked
