"""A history for measurements: entries of every declared event, in one dense sequence for each source."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from shared.contracts.envelope import CloudEvent, encode, open_envelope
from shared.contracts.event import EVENTS
from shared.contracts.examples import example_entry
from shared.runtime.deciding.event_store import EventStore, StoredFact
from shared.runtime.ground.clock import new_id

PARTNERSHIP = "bench"
BATCH = 500


def recorded(service: str, count: int, a_subject: int = 1) -> Iterator[StoredFact]:
    """``count`` events of a service, of all its kinds in turn, with a given number on each subject."""
    examples = [open_envelope(example_entry(name)) for name in sorted(EVENTS) if name.startswith(f"{service}.")]
    for number, envelope in zip(range(count), itertools.cycle(examples), strict=False):
        own: CloudEvent = msgspec.structs.replace(
            envelope,
            id=new_id(),
            partnership=PARTNERSHIP,
            subject=f"{PARTNERSHIP}/bench/{number // a_subject}",
            subjectversion=number % a_subject + 1,
        )
        yield StoredFact(own, own.event(), encode(own))


def fill(store: EventStore, count: int) -> None:
    """Commit that many events to a service's event store, in batches."""
    for batch in itertools.batched(recorded(store.name, count), BATCH):
        store.save(*batch)
