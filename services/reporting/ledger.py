"""Reporting's requests to the ledger itself: its length, and events with their proofs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import grpc

from services.reporting.archive import Prove, ProvenEvent
from services.reporting.wording import runs
from shared.proofs.merkle import leaf_hash
from shared.proofs.note import Note
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.values.refusals import Refusal

TIMEOUT_S = 5.0
"""Seconds the ledger may take to answer."""
MAX_PROOFS = 1_000
"""The most proofs that one call gives, all in one checkpoint's tree."""

LedgerSize = Callable[[], Coroutine[Any, Any, int]]
"""How many events the ledger holds now."""
Channel = Callable[[], grpc.aio.Channel]
Token = Callable[[], str]


class LedgerSilent(Refusal):
    """Only the ledger knows its length and can prove its entries."""

    clause = "design 11"
    remedy = "Try again in a moment. If it still fails, tell the operator."
    status = 503


class TooLongATrail(Refusal):
    """A dossier can have at most as many events as the ledger proves in one call."""

    clause = "design 9"
    remedy = "Ask for the dossier of one of its decisions or requests instead."


def ledger_size(ledger: Channel, token: Token) -> LedgerSize:
    """Asks the ledger how many events it has. Raises ``LedgerSilent``."""

    async def ask() -> int:
        try:
            reply = await LedgerStub(ledger()).Head(ledger_pb2.HeadRequest(), metadata=bearer(token), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise LedgerSilent(f"The ledger did not say how long it is: {error.code().name}.") from error
        return int(reply.size)

    return ask


def proofs(ledger: Channel, token: Token) -> Prove:
    """Asks the ledger for events, byte for byte, and their proofs. Raises ``LedgerSilent``, ``TooLongATrail``.

    The bytes come from the ledger itself, like the proofs, so a dossier does not depend on reporting's own copy.
    """

    async def ask(positions: Sequence[int]) -> ProvenEvent:
        if len(positions) > MAX_PROOFS:
            raise TooLongATrail(f"{len(positions)} events belong to it; {MAX_PROOFS} can be proven at once.")
        stub = LedgerStub(ledger())
        metadata = bearer(token)
        try:
            reply = await stub.GetProof(
                ledger_pb2.GetProofRequest(positions=positions), metadata=metadata, timeout=TIMEOUT_S
            )
            entries: dict[int, bytes] = {}
            for first, last in runs(positions):
                request = ledger_pb2.ReplayRequest(from_position=first, to_position=last + 1)
                async for page in stub.Replay(request, metadata=metadata, timeout=TIMEOUT_S):
                    entries.update((entry.position, entry.entry) for entry in page.entries)
        except grpc.aio.AioRpcError as error:
            said = f"{error.code().name}: {error.details()}"
            raise LedgerSilent(f"The ledger gave no proofs: {said}") from error
        hashes = {each.position: tuple(each.hashes) for each in reply.inclusions}
        for each in reply.inclusions:
            assert leaf_hash(entries[each.position]) == each.leaf_hash, f"entry {each.position} is not what was proven"
        return ProvenEvent(Note.parse(reply.checkpoint.note.encode()), reply.policy.encode(), entries, hashes)

    return ask


def bearer(token: Token) -> tuple[tuple[str, str], ...]:
    """The metadata of a caller."""
    return (("authorization", f"Bearer {token()}"),)
