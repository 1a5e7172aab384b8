"""What the partners' doors publish: what became of an event that could not be taken.

What was taken is published by the service it concerns.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import OrganisationSlug, Reason
from shared.values.identifiers import Slug

SubmissionSlug = Annotated[
    Slug,
    Meta(description="An event that a partner's system sent.", examples=["0194f2a0-7c1e-7a40-8d53-1f6be0c2a911"]),
]


@event("partners.submission_dismissed.v1")
class SubmissionDismissed(Event, frozen=True, kw_only=True):
    """A parked event of a partner's system was dismissed: nothing comes of it. Clause design 8."""

    submission: SubmissionSlug
    organisation: OrganisationSlug
    """Whose system had sent it."""
    reason: Reason
