"""The bus: NATS with JetStream, which carries copies of all events from the services to the ledger.

JetStream is never the record (design 8): the ledger asks the source for anything that JetStream loses. This module
holds what both sides share: the connection, and the two messages for sending again. ``streams.py`` has the stream.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from nats.aio.client import Client

from shared.contracts.bus_users import inbox_prefix, resend_subject

RECONNECT_WAIT_S = 0.25
"""Seconds between two attempts to reach NATS again."""

log = structlog.get_logger()


async def connect(nats_url: str, user: str, password: str, client: Client | None = None) -> Client:
    """A user's connection. It reconnects by itself, however long NATS is unreachable, and waits for NATS at first, too.

    ``client``: one that is not connected yet; otherwise a new one. The caller closes it: ``flush`` and ``close``, never
    ``drain``, which hangs after a pull fetch.
    """
    connecting = client or Client()

    async def came_back() -> None:
        log.info("NATS is back", user=user)

    async def went_away() -> None:
        if not connecting.is_closed:
            log.warning("NATS is unreachable", user=user)

    attempts = 0

    async def failed(error: Exception) -> None:
        nonlocal attempts
        if "permissions violation" in str(error).lower():
            log.error("NATS refused what this user has no right to", user=user, error=str(error))
            return
        # Every failed attempt to connect ends here. Warn only once.
        attempts += 1
        say = log.warning if attempts == 1 else log.debug
        if "authorization violation" in str(error).lower():
            say("NATS does not know this user, or not with this password: run `folkmoot nats-config`", user=user)
            return
        say("NATS does not answer; trying again", user=user, error=repr(error))

    await connecting.connect(
        nats_url,
        name=user,
        user=user,
        password=password,
        inbox_prefix=inbox_prefix(user),
        connect_timeout=5,
        max_reconnect_attempts=-1,
        # nats-py takes seconds as a float although it says int.
        reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]
        error_cb=failed,
        reconnected_cb=came_back,
        disconnected_cb=went_away,
    )
    return connecting


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
