"""What may become an entry of the ledger: a CloudEvent of a source, under the sequence number the source gave it."""

from __future__ import annotations

import msgspec

from shared.contracts.envelope import MAX_BYTES, CloudEvent, open_envelope
from shared.proofs.merkle import leaf_hash

MAX_CHARACTERS = 512
"""Of an id, a type, a subject, a partnership: what an index of PostgreSQL can hold (2,704 bytes, four a character)."""
MAX_SEQUENCE = 2**63 - 1


class NotAnEntry(Exception):
    """What came cannot become an entry; the message says why. It is parked, and holds up nothing else."""


class Candidate(msgspec.Struct, frozen=True):
    """What came for the ledger and is fit to be an entry; whether it is new, its place in the order will tell."""

    source: str
    sequence: int
    event: CloudEvent
    entry: bytes
    leaf_hash: bytes
    traceparent: str | None
    """The span it came in (W3C): its message's header, else its command's in the envelope."""

    @property
    def event_id(self) -> str:
        """Unique for ever, over all sources."""
        return self.event.id


def examine(source: str, sequence: int, entry: bytes, traceparent: str | None = None) -> Candidate:
    """The candidate in what a source sent under this sequence number. Raises ``NotAnEntry``.

    Only what the ledger itself stands on is checked. Whether the event is declared and its data fit the declaration
    is for those who use it: a newer service may publish events that this ledger has never heard of.
    """
    if not 1 <= sequence <= MAX_SEQUENCE:
        raise NotAnEntry(f"sequence {sequence}: a source's numbers begin at 1")
    if len(entry) > MAX_BYTES:
        raise NotAnEntry(f"{len(entry)} bytes: an entry has at most {MAX_BYTES}")
    try:
        if not entry.isascii():
            entry.decode()  # JSON is UTF-8 (RFC 8259 §8.1), also in the data, which the envelope leaves undecoded
        event = open_envelope(entry)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NotAnEntry(f"not a CloudEvent: {error}") from None
    if event.source != f"/{source}":
        raise NotAnEntry(f"it says it comes from {event.source[:MAX_CHARACTERS]!r} and was sent by {source!r}")
    for text in (event.id, event.type, event.subject, event.partnership):
        if not 1 <= len(text) <= MAX_CHARACTERS or "\0" in text:
            raise NotAnEntry(f"{text[:40]!r}: id, type, subject and partnership have 1 to {MAX_CHARACTERS} characters")
    if not (event.actor and event.authority and event.correlationid) or not 1 <= event.subjectversion <= MAX_SEQUENCE:
        raise NotAnEntry("actor, authority and correlationid are not empty, and subjectversion counts from 1")
    return Candidate(source, sequence, event, entry, leaf_hash(entry), traceparent or event.traceparent or None)
