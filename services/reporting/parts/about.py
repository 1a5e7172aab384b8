"""What a decision is about, as far as reports have a part of its own for it, and the item in which it was taken."""

from __future__ import annotations

from dataclasses import dataclass

from services.reporting.history import Fact, History
from services.reporting.views.nouns import WITHIN


@dataclass(frozen=True)
class Of:
    """The thing that a decision or a section is about, such as one project."""

    noun: str
    slug: str


def subject_of(history: History, decision: Fact) -> Of | None:
    """The request, project or award that a decision is about, or is about a part of; None for another matter."""
    about = decision.event.about
    if about is None:
        return None
    noun, slug = about.kind.value, about.id
    if WITHIN.get(noun) == "project" and about.within:
        noun, slug = "project", about.within
    known = noun == "award" or (noun in ("request", "project") and history.first_of(noun, slug))
    return Of(noun, slug) if known else None


def slug_about(history: History, decision: Fact, noun: str) -> str | None:
    """The slug of the thing of this kind that a decision is about; None where it is about none."""
    subject = subject_of(history, decision)
    return subject.slug if subject and subject.noun == noun else None


def item_of(history: History, decision: Fact) -> list[Fact]:
    """The agenda item of a decision, as it was last put on the agenda; none where it is not on record."""
    return history.all("item", meeting=decision.event.meeting, item=decision.event.item)[-1:]
