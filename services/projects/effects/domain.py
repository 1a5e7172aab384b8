"""Effects of decisions that a rule refuses: that is recorded, so that it shows where the decision does (CAN-2)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import DecisionSlug
from shared.contracts.projects.effects import ProjectEffectRefused
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name, Text


class Effects(Aggregate):
    """What came of a decision here."""

    noun: ClassVar[str] = "decision"


Effects.ignores(ProjectEffectRefused)


class RefuseEffect(Command, frozen=True, kw_only=True):
    """Record that a rule refused an effect of a decision."""

    decision: DecisionSlug
    effect: Name
    reason: Text
    rule: Text
    clause: Name


def refuse_effect(command: RefuseEffect, decision: Effects) -> ProjectEffectRefused:
    return fact(ProjectEffectRefused, command)
