"""Sources that feed a ledger and answer it as command services do, for the ledger's tests."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.contracts.envelope import SEQUENCE_HEADER, SOURCE_HEADER, CloudEvent, encode
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.following.bus import decode_resend_request, encode_resend_reply, resend_subject

NOON = dt.datetime(2014, 11, 24, 12, tzinfo=dt.UTC)


def event(source: str, **changed: object) -> CloudEvent:
    """An event of a source, with any attributes."""
    attributes: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "source": f"/{source}",
        "type": f"{source}.something_happened.v1",
        "subject": "cannock-chase/meeting/board-2014-11-24",
        "subjectversion": 1,
        "partnership": "cannock-chase",
        "time": NOON,
        "recordedtime": NOON,
        "actor": "clerk",
        "authority": "CAN-2",
        "correlationid": "c-1",
        "data": msgspec.Raw(b'{"what":"x"}'),
    }
    return CloudEvent(**{**attributes, **changed})  # type: ignore[arg-type]  # a test chooses what fits


class Source:
    """A command service as the ledger sees it. Its record has the sequence numbers 1, 2, 3, …"""

    def __init__(self, name: str, bus: Client) -> None:
        self.name = name
        self.record: list[bytes] = []
        self.asked: list[int] = []
        """After which numbers it was asked to send again."""
        self.was_asked = asyncio.Event()
        self._bus = bus

    def happens(self, count: int = 1, **changed: object) -> list[int]:
        """Record events, and return their sequence numbers."""
        first = len(self.record) + 1
        self.record += [encode(event(self.name, **changed)) for _ in range(count)]
        return list(range(first, len(self.record) + 1))

    async def publish(self, *sequences: int) -> None:
        """Publish copies of recorded events, in the given order, without waiting. Copies may be lost."""
        for sequence in sequences:
            await self.send(self.record[sequence - 1], sequence)

    async def send(self, payload: bytes, sequence: object, **headers: str) -> None:
        """Publish anything under any number."""
        named = {SOURCE_HEADER: self.name, SEQUENCE_HEADER: str(sequence), **headers}
        await self._bus.publish(f"events.cannock-chase.{self.name}.something_happened.v1", payload, headers=named)

    async def answer(self) -> None:
        """Begin to answer requests to send again."""
        await self._bus.subscribe(resend_subject(self.name), cb=self._answer)

    async def _answer(self, message: Msg) -> None:
        request = decode_resend_request(message.data)
        self.asked.append(request.after)
        self.was_asked.set()
        wanted = self.record[request.after : request.after + request.limit]
        await message.respond(encode_resend_reply(list(enumerate(wanted, request.after + 1))))


def in_order(entries: Sequence[ledger_pb2.Entry], *sources: Source) -> bool:
    """Whether the ledger holds exactly the sources' records: dense positions, each source's own order, every byte."""
    return [entry.position for entry in entries] == list(range(len(entries))) and all(
        [(entry.source_sequence, entry.entry) for entry in entries if entry.source == source.name]
        == list(enumerate(source.record, 1))
        for source in sources
    )
