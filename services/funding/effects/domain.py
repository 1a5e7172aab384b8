"""Effects of decisions that a rule refuses: that is recorded, so that it shows where the decision does (CAN-2)."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.funding.effects import FundingEffectRefused
from shared.values.aggregate import Aggregate


class Effects(Aggregate):
    """What came of a decision here."""

    noun: ClassVar[str] = "decision"


Effects.ignores(FundingEffectRefused)


def refuse_effect(asked: FundingEffectRefused, decision: Effects) -> FundingEffectRefused:
    """Record that a rule refused an effect of a decision (CAN-2)."""
    return asked
