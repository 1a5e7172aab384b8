"""What can become an entry of the ledger: a source's CloudEvent, with the sequence number the source gave it."""

from __future__ import annotations

import msgspec

from shared.contracts.envelope import MAX_BYTES, CloudEvent, open_envelope
from shared.proofs.merkle import leaf_hash

MAX_CHARACTERS = 512
"""The longest id, type, subject or partnership. A PostgreSQL index holds 2,704 bytes, at up to four a character."""
MAX_SEQUENCE = 2**63 - 1


class NotAnEntry(Exception):
    """A message that cannot become an entry. The text says why. The message is parked and delays nothing else."""


class Candidate(msgspec.Struct, frozen=True):
    """An event that is fit to be an entry. ``order.arrange`` finds out whether it is new."""

    source: str
    sequence: int
    event: CloudEvent
    entry: bytes
    leaf_hash: bytes
    traceparent: str | None
    """The trace it belongs to (W3C): from the message's header, else from the envelope."""

    @property
    def event_id(self) -> str:
        """Unique across all sources."""
        return self.event.id


def examine(source: str, sequence: int, entry: bytes, traceparent: str | None = None) -> Candidate:
    """The candidate that a source sent under this sequence number. Raises ``NotAnEntry``.

    This checks only what the ledger itself relies on. Readers check whether the event is declared and its data fit:
    a newer service may publish events that this ledger does not know.
    """
    if not 1 <= sequence <= MAX_SEQUENCE:
        raise NotAnEntry(f"sequence {sequence}: a source's numbers start at 1")
    if len(entry) > MAX_BYTES:
        raise NotAnEntry(f"{len(entry)} bytes: an entry has at most {MAX_BYTES}")
    try:
        if not entry.isascii():
            entry.decode()  # JSON is UTF-8 (RFC 8259 §8.1); this also checks the data, which stays undecoded below
        event = open_envelope(entry)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NotAnEntry(f"not a CloudEvent: {error}") from None
    if event.source != f"/{source}":
        raise NotAnEntry(f"its source is {event.source[:MAX_CHARACTERS]!r}, but {source!r} sent it")
    for text in (event.id, event.type, event.subject, event.partnership):
        if not 1 <= len(text) <= MAX_CHARACTERS or "\0" in text:
            raise NotAnEntry(f"{text[:40]!r}: id, type, subject and partnership have 1 to {MAX_CHARACTERS} characters")
    if not (event.actor and event.authority and event.correlationid) or not 1 <= event.subjectversion <= MAX_SEQUENCE:
        raise NotAnEntry("actor, authority and correlationid must not be empty, and subjectversion starts at 1")
    return Candidate(source, sequence, event, entry, leaf_hash(entry), traceparent or event.traceparent or None)
