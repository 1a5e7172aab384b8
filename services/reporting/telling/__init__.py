"""Every event told in a sentence of its own: for who reads the record itself, event by event.

A report tells what several facts amount to (``cabinet/``, ``scrutiny/``); here each fact stands alone, as in a
narrative of the ledger or a dossier's trail. Both use the same words for dates, money, names and decisions. Posts and
organisations are named, people are not: an event holds no person's name.
"""

from __future__ import annotations

import msgspec

from services.reporting.english import capital, clause, name_in_words, sentence
from services.reporting.fields import rows_of
from services.reporting.telling import funding, meetings, membership, partners, projects
from services.reporting.views.names import Names
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import Event, UnknownEvent

__all__ = ["by_authority", "by_whom", "tell", "told"]


def tell(envelope: CloudEvent, names: Names) -> str:
    """What happened, in one or a few sentences. What nobody taught us to tell is told field by field."""
    try:
        said = told(envelope.event(), names)
    except (UnknownEvent, msgspec.ValidationError):
        said = None
    if said is not None:
        return said
    fields = "; ".join(f"{label.lower()}: {value}" for label, value in rows_of(msgspec.json.decode(envelope.data)))
    return sentence(f"{name_in_words(envelope.type)} ({clause(fields)})" if fields else name_in_words(envelope.type))


def told(fact: Event, names: Names) -> str | None:
    """The sentences for a fact; None for one that no function here tells."""
    for teller in (membership.told, meetings.told, funding.told, projects.told, partners.told):
        said = teller(fact, names)
        if said is not None:
            return capital(said)
    return None


def by_whom(actor: str, names: Names) -> str:
    """Who did it, by post: ``the clerk (c-1)``, ``Staffordshire Police``, ``the platform's funding service``."""
    role, _, alias = actor.partition(":")
    if role == "partner" and alias:
        return names.organisation(alias)
    if role == "service" and alias:
        return "the platform" if alias == "platform" else f"the platform's {alias} service"
    return f"the {role}" if alias in ("", role) else f"the {role} ({alias})"


def by_authority(authority: str, names: Names) -> str:
    """By what authority, in words: ``the decision “blake-worker”``, ``the office of the clerk``, or as it stands."""
    kind, _, of = authority.partition(" ")
    if kind == "decision" and of and " " not in of:
        return f"the decision “{of}”"
    if kind == "office:" and of:
        return f"the office of {by_whom(of, names)}"
    return authority
