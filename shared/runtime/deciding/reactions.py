"""Reactions: a service's responses to other services' events, as commands to itself.

A reaction is named after the event (``when_decision_recorded``) and only translates: it returns commands, and the
commands' own rules apply. Each command runs under a key made from the event's id, so a page of the ledger that is read
twice after a crash has its effect once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import Event, name_of
from shared.values.refusals import Refusal

Reaction = Callable[[Any, CloudEvent], Iterable[Command]]


def command_from[C: Command](kind: type[C], fact: Event, **more: object) -> C:
    """The command whose fields the fact gives by name, and ``more``; its authority is the decision that the fact names.

    Raises ``TypeError`` naming a field that neither gives.
    """
    given = {name: getattr(fact, name) for name in kind.__struct_fields__ if hasattr(fact, name)}
    if decision := getattr(fact, "decision", None):
        given["authority"] = f"decision {decision}"
    return kind(**{**given, **more})


class Reactions:
    """All reactions of one service."""

    def __init__(self, refuse: type[Command] | None = None) -> None:
        """``refuse``: the command that records that an effect of a decision was refused; none where nothing reacts."""
        self._refuse = refuse
        self._reactions: dict[str, list[Reaction]] = {}

    def when[E: Event](
        self, event_type: type[E]
    ) -> Callable[[Callable[[E, CloudEvent], Iterable[Command]]], Callable[[E, CloudEvent], Iterable[Command]]]:
        """Declare a reaction to an event."""

        def declare(
            reaction: Callable[[E, CloudEvent], Iterable[Command]],
        ) -> Callable[[E, CloudEvent], Iterable[Command]]:
            self._reactions.setdefault(name_of(event_type), []).append(reaction)
            return reaction

        return declare

    def to(self, envelope: CloudEvent) -> list[tuple[str, Command]]:
        """The commands an event calls for, each with its idempotency key."""
        reactions = self._reactions.get(envelope.type)
        if not reactions:
            return []
        fact = envelope.event()
        return [
            (f"{envelope.id}/{reaction.__name__}/{number}", command)
            for reaction in reactions
            for number, command in enumerate(reaction(fact, envelope))
        ]

    def refusal_of(self, envelope: CloudEvent, refusal: Refusal) -> Command:
        """The command that records that a rule refused what an effect calls for."""
        assert self._refuse is not None, "a service that reacts says how it records a refusal"
        told = {"reason": refusal.detail, "rule": refusal.rule(), "clause": refusal.clause}
        return command_from(self._refuse, envelope.event(), effect=envelope.type, **told)
