"""The intake: brings every source's events into the log, from JetStream or from the source itself.

A message from JetStream is acknowledged after its transaction is committed. The intake asks the source, whose store is
the record, for whatever is missing. It asks at the start, after a gap, after NATS was unreachable, and when nothing new
has arrived for a while. So it does not matter what JetStream loses or when: a running source has all its events here
within seconds. Nothing has to be remembered across a crash, because the ledger's own entries say how far each source
has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from services.ledger.delivery import Delivery, DeliveryEnded
from services.ledger.entry import Candidate, NotAnEntry, examine
from services.ledger.log import Log, ParkedMessage
from shared.contracts.envelope import SEQUENCE_HEADER, SOURCE_HEADER, STREAM
from shared.runtime.following.bus import Resent, ask_to_resend, ensure_stream

CONSUMER = "ledger"
BATCH = 500
"""Messages in one append, and the most events asked from a source in one request."""
QUIET_S = 2.0
"""Seconds without a new event from a source after which the intake asks it."""
ACK_TIMEOUT_S = 30.0
"""Seconds after which JetStream delivers an unacknowledged message again."""
RETRY_PAUSE_S = 0.1
"""Seconds before a deleted stream or consumer is created again."""
ANSWER_TIMEOUT_S = 5.0
"""Seconds a source may take to answer."""

log = structlog.get_logger()


class Intake:
    """Fills the log. Call ``run`` under supervision: it raises when NATS or PostgreSQL fail, and can be run again."""

    def __init__(self, ledger: Log, bus: Client, sources: Collection[str], *, quiet: float = QUIET_S) -> None:
        """``sources``: the services whose events belong here. Messages from others are parked."""
        self._ledger = ledger
        self._bus = bus
        self._quiet = quiet
        self._ask_now = {source: asyncio.Event() for source in sources}
        """Set when a source is to be asked now."""
        self._heard = dict.fromkeys(sources, 0.0)
        """When JetStream last delivered an event of a source (by the loop's clock)."""
        self._stuck: dict[str, int] = {}
        """The number after which a source is stuck, so that it is logged once."""

    async def run(self) -> None:
        """Take in until cancelled."""
        self._ask_all_sources()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="ledger listens")
            for source in self._ask_now:
                tasks.create_task(self._keep_up_with(source), name=f"ledger keeps up with {source}")

    def _ask_all_sources(self) -> None:
        for ask_now in self._ask_now.values():
            ask_now.set()

    # From JetStream

    async def _listen(self) -> None:
        while True:
            await _ensure_consumer(self._bus.jetstream())
            delivery = Delivery(self._bus, STREAM, CONSUMER, BATCH)
            await delivery.open()
            try:
                while True:
                    messages = await delivery.batch()
                    await self._take(messages)
                    # The policy is ALL: this acknowledges everything up to here. Losing it does no harm.
                    await messages[-1].ack()
            except DeliveryEnded as end:
                log.warning("JetStream stopped delivering; creating stream and consumer again", reason=str(end))
                self._ask_all_sources()
                await asyncio.sleep(RETRY_PAUSE_S)
            finally:
                await delivery.close()

    async def _take(self, messages: Sequence[Msg]) -> None:
        candidates, parked = [], []
        for message in messages:
            try:
                candidates.append(self._candidate(message))
            except NotAnEntry as error:
                parked.append(ParkedMessage(_origin(message), str(error), message.data))
        await self._ledger.park(parked)
        if not candidates:
            return
        arranged = await self._ledger.append(candidates)
        now = asyncio.get_running_loop().time()
        for source in arranged.last:
            self._heard[source] = now
        for source, beyond in arranged.ahead.items():
            after = arranged.last[source]
            log.warning("gap: asking the source to send again", source=source, after=after, beyond=beyond)
            self._ask_now[source].set()

    def _candidate(self, message: Msg) -> Candidate:
        headers = message.headers or {}
        source = headers.get(SOURCE_HEADER, "")
        if source not in self._ask_now:
            raise NotAnEntry(f"{SOURCE_HEADER} is {source[:100]!r}, none of {', '.join(self._ask_now)}")
        number = headers.get(SEQUENCE_HEADER, "")
        if not (number.isascii() and number.isdecimal() and len(number) <= 19):
            raise NotAnEntry(f"{SEQUENCE_HEADER} is {number[:100]!r}, not a number")
        return examine(source, int(number), message.data, headers.get("traceparent"))

    # From the sources themselves

    async def _keep_up_with(self, source: str) -> None:
        answering = True
        while True:
            await self._until_due(source)
            try:
                await self._ask(source)
                answering = True
            except (nats.errors.NoRespondersError, nats.errors.TimeoutError, msgspec.DecodeError) as error:
                if answering:
                    log.warning("a source does not answer; asking again", source=source, error=repr(error))
                answering = False
                self._ask_now[source].set()
                await asyncio.sleep(self._quiet)

    async def _until_due(self, source: str) -> None:
        ask_now = self._ask_now[source]
        while not ask_now.is_set():
            try:
                await asyncio.wait_for(ask_now.wait(), self._quiet)
            except TimeoutError:
                if asyncio.get_running_loop().time() - self._heard[source] >= self._quiet:
                    break
        ask_now.clear()

    async def _ask(self, source: str) -> None:
        """Append all events that the source has after the ledger's last."""
        last = began = await self._ledger.last(source)
        while (resent := await ask_to_resend(self._bus, source, last, BATCH, ANSWER_TIMEOUT_S)).events:
            reached = await self._take_resent(source, resent, last)
            if reached == last:
                if self._stuck.get(source) != last:
                    self._stuck[source] = last
                    log.error("stuck: a source's events do not continue the ledger", source=source, after=last)
                await asyncio.sleep(self._quiet)  # do not ask more often, even if the gap is noticed again
                break
            last = reached
        if last > began:
            log.info("a source sent again", source=source, after=began, up_to=last)

    async def _take_resent(self, source: str, resent: Resent, last: int) -> int:
        """Append events that were sent again, and return the source's last number."""
        candidates, parked = [], []
        for number, entry in resent.events:
            try:
                candidates.append(examine(source, number, entry))
            except NotAnEntry as error:
                parked.append(ParkedMessage(f"sent again by {source} as {number}", str(error), entry))
        await self._ledger.park(parked)
        arranged = await self._ledger.append(candidates)
        return arranged.last.get(source, last)


async def _ensure_consumer(js: JetStreamContext) -> None:
    await ensure_stream(js)
    await js.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name=CONSUMER,
            description="The ledger receives all events.",
            ack_policy=AckPolicy.ALL,
            ack_wait=ACK_TIMEOUT_S,
            max_ack_pending=4 * BATCH,
        ),
    )
    # Redeliver unacknowledged messages now, not after ACK_TIMEOUT_S.
    await js.reset_consumer(STREAM, CONSUMER)


def _origin(message: Msg) -> str:
    headers = message.headers or {}
    named = {name: headers[name] for name in (SOURCE_HEADER, SEQUENCE_HEADER, "Nats-Msg-Id") if name in headers}
    return f"{message.subject} {named}"
