"""What the service partners publishes: what became of an event that could not be taken.

What was taken is published by the service it concerns.
"""

from __future__ import annotations

from shared.contracts.event import Event, event
from shared.contracts.nouns import OrganisationSlug, Reason, SubmissionSlug


@event("partners.submission_dismissed.v1", about="submission")
class SubmissionDismissed(Event, frozen=True, kw_only=True):
    """A parked event of a partner's system was dismissed: nothing comes of it. Clause design 8."""

    submission: SubmissionSlug
    organisation: OrganisationSlug
    """Whose system had sent it."""
    reason: Reason
