"""What projects could not do of a decision's effects."""

from __future__ import annotations

from shared.contracts.event import event
from shared.contracts.meetings.effects import EffectRefused


@event("projects.project_effect_refused.v1", about="decision")
class ProjectEffectRefused(EffectRefused, frozen=True, kw_only=True):
    """A rule of projects refused an effect of a decision; nothing was done, and it shows. Clause CAN-2."""
