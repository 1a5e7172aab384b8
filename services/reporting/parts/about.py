"""What a decision is about, if reports have a separate part for it, and its agenda item."""

from __future__ import annotations

from dataclasses import dataclass

from services.reporting.history import Fact, History
from services.reporting.views.nouns import WITHIN


@dataclass(frozen=True)
class Of:
    """The subject of a decision or a section, such as one project."""

    noun: str
    slug: str


def subject_of(history: History, decision: Fact) -> Of | None:
    """The request, project or award that a decision is about, in whole or in part; None for any other subject."""
    about = decision.event.about
    if about is None:
        return None
    noun, slug = about.kind.value, about.id
    if WITHIN.get(noun) == "project" and about.within:
        noun, slug = "project", about.within
    known = noun == "award" or (noun in ("request", "project") and history.first_of(noun, slug))
    return Of(noun, slug) if known else None


def slug_about(history: History, decision: Fact, noun: str) -> str | None:
    """The slug of the thing of this kind that a decision is about, or None."""
    subject = subject_of(history, decision)
    return subject.slug if subject and subject.noun == noun else None


def item_of(history: History, decision: Fact) -> list[Fact]:
    """A decision's agenda item, as last put on the agenda; None if it is not recorded."""
    return history.all("item", meeting=decision.event.meeting, item=decision.event.item)[-1:]
