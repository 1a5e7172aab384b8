"""Signs events as their sources do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from services.ledger.batches import Batch, Head
from services.ledger.entry import examine
from shared.proofs.merkle import leaf_hash
from shared.proofs.sources import SourceSignature, head_after, statement
from shared.runtime.identity.signing import SigningKey

SIGNED_TOGETHER = 100
"""Events in a batch, as under load."""


def sign(key: SigningKey, head: Head, leaves: Iterable[bytes]) -> tuple[SourceSignature, Head]:
    """The signature on the batch that follows a head, and the head after it."""
    joined = b"".join(leaves)
    size = len(joined) // 32
    after = Head(head.last + size, head_after(head.head, joined))
    signature = key.sign(statement(key.verifier.name, after.last, after.head))
    return SourceSignature(after.last, size, key.verifier.key_id, signature), after


def batches(key: SigningKey, head: Head, entries: Iterable[bytes], signed_together: int) -> Iterator[Batch]:
    """Batches that follow a head, each after the one before."""
    source = key.verifier.name
    for some in itertools.batched(entries, signed_together):
        signature, after = sign(key, head, map(leaf_hash, some))
        candidates = tuple(examine(source, number, entry) for number, entry in enumerate(some, head.last + 1))
        yield Batch(source, signature, head.head, after.head, candidates)
        head = after
