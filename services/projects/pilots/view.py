"""How far pilots are."""

from __future__ import annotations

from services.projects.views import views
from shared.contracts.projects.pilots import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
)
from shared.runtime.following.entries import entry

pilot = views.keeps(
    "pilot",
    ExpressionInvited,
    ExpressionSubmitted,
    ExpressionAccepted,
    PilotPlanned,
    PilotStarted,
    key=("project", "pilot"),
)


@entry(pilot)
class PilotProgress:
    """How far a pilot is; a day that is null has not come (CAN-5). It is planned to start on ``starts_on``."""
