"""``folkmoot replay``: the history as JSON lines, read from the ledger over gRPC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TextIO

import grpc
import msgspec

from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.identity import Role
from shared.runtime.identity_local import LocalIssuer
from shared.runtime.process import CHANNEL_OPTIONS


@dataclass(frozen=True)
class Wanted:
    """Which part of the history is wanted; empty texts mean no filter."""

    first: int
    end: int | None
    recorded_until: dt.datetime | None
    partnership: str
    service: str
    subject: str
    type: str


class Line(msgspec.Struct, frozen=True):
    """One line: where the event stands, and the event as it was recorded."""

    position: int
    source_sequence: int
    leaf_hash: str
    event: msgspec.Raw


async def replay(address: str, issuer: LocalIssuer, wanted: Wanted, output: TextIO) -> None:
    """Write the history wanted to ``output``, a line an event."""
    request = ledger_pb2.ReplayRequest(
        from_position=wanted.first,
        filter=ledger_pb2.Filter(
            partnership=wanted.partnership, service=wanted.service, subject=wanted.subject, type=wanted.type
        ),
    )
    if wanted.end is not None:
        request.to_position = wanted.end
    if wanted.recorded_until is not None:
        request.recorded_until.FromDatetime(wanted.recorded_until)
    token = issuer.issue(roles=[Role.AUDITOR], subject="replay", lifetime=dt.timedelta(hours=12))
    encoder = msgspec.json.Encoder()
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        call = LedgerStub(channel).Replay(request, metadata=(("authorization", f"Bearer {token}"),))
        async for page in call:
            for entry in page.entries:
                line = Line(entry.position, entry.source_sequence, entry.leaf_hash.hex(), msgspec.Raw(entry.entry))
                output.write(encoder.encode(line).decode() + "\n")
