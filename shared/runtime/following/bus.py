"""The bus: NATS with JetStream, which carries copies of all events from the services to the ledger.

JetStream is never the record (design 8): the ledger asks the source for anything that JetStream loses. This module
holds what both sides share: the connection, the stream's configuration, and the two messages for sending again.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from shared.contracts.envelope import MAX_BYTES, STREAM

MAX_HEADER_BYTES = 4096
"""Space for a message's headers, which JetStream counts in a message's size."""
DUPLICATE_WINDOW_S = 120.0
"""Seconds within which JetStream itself refuses a second message with the same ``Nats-Msg-Id``."""
RECONNECT_WAIT_S = 0.25
"""Seconds between two attempts to reach NATS again."""
STREAM_NAME_IN_USE = 10058

log = structlog.get_logger()


async def connect(nats_url: str, name: str) -> Client:
    """A connection that reconnects by itself, however long NATS is unreachable. It waits for NATS at first, too.

    ``name`` is shown in NATS's monitoring. The caller closes it: ``flush`` and ``close``, never ``drain``, which hangs
    after a pull fetch.
    """

    async def came_back() -> None:
        log.info("NATS is back", connection=name)

    async def went_away() -> None:
        if not client.is_closed:
            log.warning("NATS is unreachable", connection=name)

    attempts = 0

    async def failed(error: Exception) -> None:
        # Every failed attempt to connect ends here. Warn only once.
        nonlocal attempts
        attempts += 1
        say = log.warning if attempts == 1 else log.debug
        say("NATS does not answer; trying again", connection=name, error=repr(error))

    client = Client()
    await client.connect(
        nats_url,
        name=name,
        connect_timeout=5,
        max_reconnect_attempts=-1,
        # nats-py takes seconds as a float although it says int.
        reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]
        error_cb=failed,
        reconnected_cb=came_back,
        disconnected_cb=went_away,
    )
    return client


async def ensure_stream(js: JetStreamContext) -> None:
    """Create the stream EVENTS if it does not exist. Safe when several processes do it at once."""
    wanted = StreamConfig(
        name=STREAM,
        description="Copies of all events, from the services to the ledger. Not the record.",
        subjects=["events.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        duplicate_window=DUPLICATE_WINDOW_S,
        max_msg_size=MAX_BYTES + MAX_HEADER_BYTES,
        allow_atomic=True,
    )
    try:
        await js.add_stream(wanted)
    except BadRequestError as error:
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        # It exists with other settings (replicas, placement), which are the operator's choice.


class ResendRequest(msgspec.Struct, frozen=True):
    """Asks a source for its events after a sequence number; JSON."""

    after: Annotated[int, msgspec.Meta(ge=0)]
    """The last sequence number the asker has; 0 asks from the beginning."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    """The most events to send, but for a single batch that is larger. The source may send fewer."""


class Resent(msgspec.Struct, frozen=True, array_like=True):
    """Events sent again, in whole signed batches; msgpack."""

    events: list[tuple[int, bytes]] = []
    """Sequence numbers, ascending and dense from ``after + 1``, each with the event's stored bytes."""
    signatures: list[str] = []
    """The lines of the batches' signatures, in order (``shared/proofs/sources.py``)."""


_request_decoder = msgspec.json.Decoder(ResendRequest)
_reply_decoder = msgspec.msgpack.Decoder(Resent)


def resend_subject(service: str) -> str:
    """Where a source answers requests to send again."""
    return f"sources.{service}.resend"


def encode_resend_request(after: int, limit: int) -> bytes:
    """The request's bytes."""
    return msgspec.json.encode(ResendRequest(after, limit))


def decode_resend_request(data: bytes) -> ResendRequest:
    """Raises ``msgspec.DecodeError`` when it is not one."""
    return _request_decoder.decode(data)


def encode_resend_reply(resent: Resent) -> bytes:
    """The reply's bytes (msgpack). The source keeps it well below NATS's ``max_payload`` of 1 MiB."""
    return msgspec.msgpack.encode(resent)


def decode_resend_reply(data: bytes) -> Resent:
    """Raises ``msgspec.DecodeError`` when it is not one."""
    return _reply_decoder.decode(data)


async def ask_to_resend(bus: Client, service: str, after: int, limit: int, timeout: float) -> Resent:
    """A source's events after a sequence number; empty when it has no more.

    Raises ``nats.errors.NoRespondersError`` if the source is not running, ``nats.errors.TimeoutError`` if it does not
    answer within ``timeout`` seconds, and ``msgspec.DecodeError`` if the answer is not a reply.
    """
    reply = await bus.request(resend_subject(service), encode_resend_request(after, limit), timeout=timeout)
    return decode_resend_reply(reply.data)
