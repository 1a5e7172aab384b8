"""The narrative: every event as a separate sentence, with who recorded it and by what authority.

A report summarises several facts. Here each event is shown by itself, as in a replay of the ledger. It names posts and
organisations, not people, because events hold no person's name.
"""

from __future__ import annotations

import msgspec

from services.reporting.fields import describe_fields
from services.reporting.phrases.engine import sentence_of
from services.reporting.phrases.statements import plain
from services.reporting.views.names import Names
from services.reporting.wording import name_in_words
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import UnknownEvent


def sentence_about(envelope: CloudEvent, names: Names) -> str:
    """What happened, in one or a few sentences. Events without a phrase are shown field by field."""
    try:
        sentence = sentence_of(envelope.event(), names)
    except (UnknownEvent, msgspec.ValidationError):
        sentence = None
    if sentence is not None:
        return plain(sentence)
    fields = describe_fields(msgspec.json.decode(envelope.data))
    described = "; ".join(f"{label.lower()}: {value}" for label, value in fields).removesuffix(".")
    return f"{name_in_words(envelope.type)} ({described})." if described else f"{name_in_words(envelope.type)}."


def by_whom(actor: str, names: Names) -> str:
    """Who did it, by post: ``the clerk (c-1)``, ``Staffordshire Police``, ``the platform's funding service``."""
    role, _, alias = actor.partition(":")
    if role == "partner" and alias:
        return names.in_sentence("organisation", alias)
    if role == "service" and alias:
        return "the platform" if alias == "platform" else f"the platform's {alias} service"
    return f"the {role}" if alias in ("", role) else f"the {role} ({alias})"


def by_authority(authority: str, names: Names) -> str:
    """By what authority, in words: ``the decision “blake-worker”``, ``the office of the clerk``, or unchanged."""
    kind, _, of = authority.partition(" ")
    if kind == "decision" and of and " " not in of:
        return f"the decision “{of}”"
    if kind == "office:" and of:
        return f"the office of {by_whom(of, names)}"
    return authority
