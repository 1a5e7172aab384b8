"""Interests that were declared."""

from __future__ import annotations

from services.meetings.views import views
from shared.contracts.meetings.interests import InterestDeclared
from shared.runtime.following.entries import entry

interest = views.keeps("interest", InterestDeclared, key=("meeting", "item", "seat"))


@entry(interest, leaves_out=("meeting",))
class DeclaredInterest:
    """A member's interest in an item."""
