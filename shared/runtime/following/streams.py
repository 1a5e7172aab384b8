"""The stream ``EVENTS`` and the ledger's consumer of it: how they are made, by ``folkmoot migrate``.

The stream holds copies of all events on their way from the services to the ledger. It is bounded in bytes and in age,
and drops the oldest copies first. It may lose any of them: the ledger asks the source, whose store is the record.
"""

from __future__ import annotations

from typing import NamedTuple

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from shared.contracts.bus_users import CONSUMER
from shared.contracts.envelope import MAX_BYTES, STREAM
from shared.runtime.ground.settings import Settings

MAX_HEADER_BYTES = 4096
"""Space for a message's headers, which JetStream counts in a message's size."""
DUPLICATE_WINDOW_S = 120.0
"""Seconds within which JetStream itself refuses a second message with the same ``Nats-Msg-Id``."""
ACK_TIMEOUT_S = 30.0
"""Seconds after which JetStream delivers an unacknowledged message again."""
MAX_UNACKNOWLEDGED = 2000
"""Messages that the ledger may hold unacknowledged."""
STREAM_NAME_IN_USE = 10058


class StreamBounds(NamedTuple):
    """How much the stream holds."""

    max_bytes: int
    max_age_s: float

    @classmethod
    def of(cls, settings: Settings) -> StreamBounds:
        """As set."""
        return cls(settings.stream_bytes, settings.stream_hours * 3600)


async def ensure_events(js: JetStreamContext, bounds: StreamBounds) -> None:
    """Create the stream and the ledger's consumer, or bring the stream to these bounds. Needs the user ``ADMIN``."""
    await ensure_stream(
        js,
        StreamConfig(
            name=STREAM,
            description="Copies of all events, from the services to the ledger. Not the record.",
            subjects=["events.>"],
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            max_bytes=bounds.max_bytes,
            max_age=bounds.max_age_s,
            # The server refuses a window longer than the age.
            duplicate_window=min(DUPLICATE_WINDOW_S, bounds.max_age_s),
            max_msg_size=MAX_BYTES + MAX_HEADER_BYTES,
            allow_atomic=True,
        ),
    )
    await js.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name=CONSUMER,
            description="The ledger receives all events.",
            ack_policy=AckPolicy.ALL,
            ack_wait=ACK_TIMEOUT_S,
            max_ack_pending=MAX_UNACKNOWLEDGED,
        ),
    )


async def ensure_stream(js: JetStreamContext, wanted: StreamConfig) -> None:
    """Create a stream, or bring one of an earlier release to the present shape. Safe for several processes at once.

    An operator's other choices stay: replicas, placement, description.
    """
    name = str(wanted.name)
    try:
        found = (await js.stream_info(name)).config
    except NotFoundError:
        try:
            await js.add_stream(wanted)
        except BadRequestError as error:
            if error.err_code != STREAM_NAME_IN_USE:
                raise
        return
    mended = found.evolve(
        subjects=wanted.subjects,
        discard=wanted.discard,
        max_bytes=wanted.max_bytes,
        max_age=wanted.max_age,
        max_msg_size=wanted.max_msg_size,
        duplicate_window=wanted.duplicate_window,
    )
    if mended != found:
        await js.update_stream(mended)
