"""The envelope round every event: CloudEvents 1.0.2, JSON format, structured mode.

Required and optional attributes after the specification (§ Context Attributes); ``recordedtime`` after the Recorded
Time extension, ``traceparent`` after the Distributed Tracing extension. The others are Folkmoot's own extension
attributes. The bytes that a source stores are the bytes it publishes and the bytes the ledger hashes: nobody in
between encodes them again. A source's own gap-free sequence number is given when the event is committed, so it
travels with the bytes (a NATS header, a ledger column), not in them.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.contracts.event import Event, decode, name_of

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
MAX_BYTES = 65_535
"""An entry's largest size: what a C2SP tlog-tiles entry bundle can hold. Checked before an event is stored."""

STREAM = "EVENTS"
"""The JetStream stream that carries copies of all events from the services to the ledger."""
SEQUENCE_HEADER = "Folkmoot-Sequence"
"""NATS header: the source's own sequence number of this event, from 1, without gaps."""
SIGNATURE_HEADER = "Folkmoot-Signature"
"""NATS header of a signed batch's last event: the source's signature on the batch (``shared/proofs/sources.py``)."""
SOURCE_HEADER = "Folkmoot-Source"
"""NATS header: the service the event comes from, such as ``meetings``."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it is stored, published, replayed and hashed. ``data`` is decoded only when it is asked for."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """Unique for ever, over all sources (UUIDv7)."""
    source: str
    """``/meetings``: the service that recorded it."""
    type: str
    """The declared name: ``<service>.<what happened>.v<number>``."""
    subject: str
    """The thing it happened to: ``cannock-chase/meeting/board-2014-11-24``."""
    subjectversion: int
    """Which fact of that subject it is, from 1."""
    partnership: str
    """The tenant."""
    time: Annotated[dt.datetime, Meta(tz=True)]
    """When it happened."""
    recordedtime: Annotated[dt.datetime, Meta(tz=True)]
    """When it was recorded; later than ``time`` where minutes are written up afterwards."""
    actor: str
    """Who did it: the token's subject, a post or a system, such as ``clerk`` or ``partner:police``."""
    authority: str
    """By what authority: the decision, minute or clause."""
    correlationid: str
    """The id of the command or event that started the chain."""
    causationid: str | UnsetType = UNSET
    """The id of the event that caused this one, where an event did."""
    traceparent: str | UnsetType = UNSET
    """W3C trace context of the command."""
    datacontenttype: str = "application/json"
    data: msgspec.Raw

    def event(self) -> Event:
        """The typed event inside. Raises ``UnknownEvent`` or ``msgspec.ValidationError``."""
        return decode(self.type, self.data)

    @property
    def service(self) -> str:
        """The service that recorded it: ``meetings``."""
        return self.source.removeprefix("/")


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CloudEvent)


def encode_data(fact: Event) -> msgspec.Raw:
    """The JSON data of an event, ready for an envelope."""
    return msgspec.Raw(_encoder.encode(fact))


def encode(cloud_event: CloudEvent) -> bytes:
    """The bytes that are stored, published and hashed."""
    return _encoder.encode(cloud_event)


def open_envelope(entry: bytes) -> CloudEvent:
    """The envelope of stored or received bytes. Raises ``msgspec.DecodeError`` when they are not one."""
    return _decoder.decode(entry)


def nats_subject(cloud_event: CloudEvent) -> str:
    """Where a copy is published: ``events.<partnership>.<type>``."""
    return f"events.{cloud_event.partnership}.{cloud_event.type}"


def type_name(fact: Event) -> str:
    """The declared name of a fact's type."""
    return name_of(type(fact))
