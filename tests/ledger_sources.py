"""Sources that feed a ledger and answer it as command services do, for the ledger's tests."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate
from services.ledger.log import Log
from services.ledger.order import Arrangement
from shared.contracts.bus_users import resend_subject
from shared.contracts.envelope import SEQUENCE_HEADER, SIGNATURE_HEADER, SOURCE_HEADER, CloudEvent, encode
from shared.proofs.merkle import leaf_hash
from shared.proofs.sources import SourceKeys, SourceSignature, head_after, statement
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.following.bus import Resent, decode_resend_request, encode_resend_reply
from shared.runtime.identity.signing import SigningKey

SOURCES = ("membership", "meetings", "funding", "projects")
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


def key_of(name: str) -> SigningKey:
    """The key of a source in tests."""
    return SigningKey(name, sha256(name.encode()).digest())


def register(*sources: str) -> SourceKeys:
    """The register of their keys."""
    return SourceKeys([(key_of(source).verifier, None) for source in sources or SOURCES])


def sign(key: SigningKey, head: Head, entries: Sequence[bytes]) -> tuple[SourceSignature, Head]:
    """The signature of the batch that follows, and the head after it."""
    last = head.last + len(entries)
    after = head_after(head.head, b"".join(map(leaf_hash, entries)))
    signature = key.sign(statement(key.verifier.name, last, after))
    return SourceSignature(last, len(entries), key.verifier.key_id, signature), Head(last, after)


def batch(candidates: Sequence[Candidate], head: Head | None = None) -> Batch:
    """A batch of one source, signed."""
    head = head or Head(candidates[0].sequence - 1)
    source = candidates[0].source
    signature, after = sign(key_of(source), head, [each.entry for each in candidates])
    return Batch(source, signature, head.head, after.head, tuple(candidates))


def batches(candidates: Sequence[Candidate], heads: Mapping[str, Head]) -> list[Batch]:
    """Batches of neighbours of one source, each signed after the one before, or after nothing if they do not follow."""
    groups: list[list[Candidate]] = []
    for each in candidates:
        end = heads[each.source].last
        before = groups[-1][-1] if groups else None
        if before and (before.source, before.sequence + 1) == (each.source, each.sequence) and before.sequence != end:
            groups[-1].append(each)
        else:
            groups.append([each])
    at = {**heads}
    found = []
    for group in groups:
        source = group[0].source
        follows = group[0].sequence == at[source].last + 1
        found.append(batch(group, at[source] if follows else None))
        if follows:
            at[source] = Head(found[-1].signature.last, found[-1].head)
    return found


async def append(log: Log, candidates: Sequence[Candidate]) -> Arrangement:
    """Append events as their sources would sign them."""
    heads = await log.heads(sorted({each.source for each in candidates}))
    return await log.append(batches(candidates, heads))


class Source:
    """A command service as the ledger sees it. Its record has the sequence numbers 1, 2, 3, …"""

    def __init__(self, name: str, bus: Client) -> None:
        self.name = name
        self.key = key_of(name)
        """The key it signs with from now on."""
        self.record: list[bytes] = []
        self.signatures: list[SourceSignature] = []
        self.asked: list[int] = []
        """After which numbers it was asked to send again."""
        self.was_asked = asyncio.Event()
        self._bus = bus
        self._head = Head()

    def happens(self, count: int = 1, batch: int = 100, **changed: object) -> list[int]:
        """Record events, and sign so many at once; their sequence numbers."""
        first = len(self.record) + 1
        self.records(*(encode(event(self.name, **changed)) for _ in range(count)), batch=batch)
        return list(range(first, len(self.record) + 1))

    def records(self, *entries: bytes, batch: int = 100) -> None:
        """Record and sign anything."""
        for start in range(0, len(entries), batch):
            some = entries[start : start + batch]
            signature, self._head = sign(self.key, self._head, some)
            self.record += some
            self.signatures.append(signature)

    def goes_back(self, to: int) -> None:
        """Be restored from a copy that ended with a batch's last event."""
        del self.record[to:]
        self.signatures = [each for each in self.signatures if each.last <= to]
        self._head = Head()
        for each in self.signatures:
            leaves = b"".join(map(leaf_hash, self.record[each.first - 1 : each.last]))
            self._head = Head(each.last, head_after(self._head.head, leaves))

    async def publish(self, *sequences: int) -> None:
        """Publish copies of recorded events, in the order given. Copies may be lost: nobody is waited for."""
        lines = {each.last: {SIGNATURE_HEADER: each.format()} for each in self.signatures}
        for sequence in sequences:
            await self.send(self.record[sequence - 1], sequence, **lines.get(sequence, {}))

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
        wanted = [each for each in self.signatures if request.after < each.last]
        first = wanted[0].first if wanted else 0
        wanted = [each for each in wanted if each.last < first + request.limit] or wanted[:1]
        last = wanted[-1].last if wanted else 0
        events = list(enumerate(self.record[first - 1 : last], first)) if wanted else []
        await message.respond(encode_resend_reply(Resent(events, [each.format() for each in wanted])))


def in_order(entries: Sequence[ledger_pb2.Entry], *sources: Source) -> bool:
    """Whether the ledger holds exactly the sources' records: dense positions, each source's own order, every byte."""
    return [entry.position for entry in entries] == list(range(len(entries))) and all(
        [(entry.source_sequence, entry.entry) for entry in entries if entry.source == source.name]
        == list(enumerate(source.record, 1))
        for source in sources
    )
