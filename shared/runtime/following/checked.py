"""Checks that a service signed each event that a reader gets from the ledger, before the reader acts on it (ADR 13)."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable

from shared.contracts.envelope import open_envelope
from shared.proofs.merkle import HASH_SIZE, ProofFailed, leaf_hash
from shared.proofs.sources import SourceKeys, SourceSignature
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.identity.signing import verify

MOST_VERIFIED = 1_000
"""Batches of which it is remembered that their signatures are right."""


class Verified:
    """The batches whose signatures were checked lately. A large batch comes in many pages, and is checked once."""

    def __init__(self) -> None:
        self._batches: OrderedDict[bytes, None] = OrderedDict()

    def check(self, batch: ledger_pb2.SignedBatch, keys: SourceKeys) -> None:
        """Raises ``ProofFailed``."""
        signature = SourceSignature(batch.last, batch.size, batch.key_id, batch.signature)
        keys.key(batch.source, signature)  # it may have been retired since
        content = batch.SerializeToString(deterministic=True)
        if content in self._batches:
            self._batches.move_to_end(content)
            return
        keys.check(batch.source, batch.head_before, batch.leaf_hashes, signature, verify)
        self._batches[content] = None
        if len(self._batches) > MOST_VERIFIED:
            self._batches.popitem(last=False)


def check_page(page: ledger_pb2.Page, keys: SourceKeys, verified: Verified) -> None:
    """Check every entry of a page that was asked for ``with_proofs``. Raises ``ProofFailed``."""
    batches: dict[str, list[ledger_pb2.SignedBatch]] = {}
    for batch in sorted(page.batches, key=lambda each: each.last):
        verified.check(batch, keys)
        batches.setdefault(batch.source, []).append(batch)
    for entry in page.entries:
        own = batches.get(entry.source, [])
        at = bisect_left(own, entry.source_sequence, key=lambda each: each.last)
        place = entry.source_sequence - (own[at].last - own[at].size + 1) if at < len(own) else -1
        if place < 0:
            raise ProofFailed(f"Entry {entry.position} came without a signature of {entry.source}.")
        start = place * HASH_SIZE
        if own[at].leaf_hashes[start : start + HASH_SIZE] != leaf_hash(entry.entry):
            raise ProofFailed(f"Entry {entry.position} is not what {entry.source} signed as {entry.source_sequence}.")
        if open_envelope(entry.entry).source != f"/{entry.source}":
            raise ProofFailed(f"Entry {entry.position} is signed by {entry.source} and names another source.")


class CheckedPages:
    """Checks each page that a follower acts on, with the register as it is now."""

    def __init__(self, register: Callable[[], SourceKeys]) -> None:
        """``register`` reads the register of sources' keys."""
        self._register = register
        self._keys = SourceKeys([])
        self._verified = Verified()

    def __call__(self, page: ledger_pb2.Page) -> None:
        """Raises ``ProofFailed``."""
        try:
            check_page(page, self._keys, self._verified)
        except ProofFailed:
            self._keys = self._register()  # a key may have been registered or retired since
            check_page(page, self._keys, self._verified)
