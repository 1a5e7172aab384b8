"""What funding could not do of a decision's effects."""

from __future__ import annotations

from shared.contracts.event import event
from shared.contracts.meetings.effects import EffectRefused


@event("funding.funding_effect_refused.v1", about="decision")
class FundingEffectRefused(EffectRefused, frozen=True, kw_only=True):
    """A rule of funding refused an effect of a decision; nothing was done, and it shows. Clause CAN-2."""
