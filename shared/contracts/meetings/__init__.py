"""What meetings publishes: meetings, attendance, quorum, decisions, actions, minutes, updates to outside bodies."""

from shared.contracts.meetings import (
    actions,
    agenda,
    areas_of_interest,
    attendance,
    decisions,
    effects,
    interests,
    meetings,
    minutes,
    references,
    updates,
)

__all__ = [
    "actions",
    "agenda",
    "areas_of_interest",
    "attendance",
    "decisions",
    "effects",
    "interests",
    "meetings",
    "minutes",
    "references",
    "updates",
]
