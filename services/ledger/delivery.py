"""Delivery: the messages of one JetStream pull consumer, in batches, as they arrive.

nats-py's ``fetch`` makes a task for every message and waits idle while a batch is being committed. Here the next
messages arrive meanwhile, which doubles the speed.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

REQUEST_EXPIRES_S = 5.0
"""Seconds a request for messages stays open at the server."""
RECONNECT_CHECK_S = 0.5
"""Seconds between checks whether NATS was unreachable, because it then forgot our requests."""
NO_MESSAGES, REQUEST_EXPIRED = "404", "408"


class DeliveryEnded(Exception):
    """JetStream stopped delivering: the consumer or its stream was deleted, or it refuses. The text says which."""


class Delivery:
    """The messages of one consumer. One task reads them with ``batch``."""

    def __init__(self, bus: Client, stream: str, consumer: str, most: int) -> None:
        """``most``: the largest number of messages in a batch."""
        self._bus = bus
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._most = most
        self._inbox = bus.new_inbox()
        self._subscription: Subscription | None = None
        self._arrived: deque[Msg] = deque()
        self._requested = 0
        """Messages the server may still send for our requests."""
        self._end: DeliveryEnded | None = None
        self._expired_at = 0.0
        """When all our requests have certainly expired at the server."""
        self._reconnects = bus.stats["reconnects"]
        self._changed = asyncio.Event()

    async def open(self) -> None:
        """Subscribe."""
        self._subscription = await self._bus.subscribe(self._inbox, cb=self._receive)

    async def close(self) -> None:
        """Unsubscribe. Messages that arrived and were not read are delivered again later."""
        if self._subscription is not None and not self._bus.is_closed:
            await self._subscription.unsubscribe()

    async def batch(self) -> list[Msg]:
        """The next messages, as soon as there is at least one. Raises ``DeliveryEnded``."""
        while True:
            if self._end is not None:
                raise self._end
            if self._requested < self._most:
                await self._request()
            if self._arrived:
                return [self._arrived.popleft() for _ in range(min(len(self._arrived), self._most))]
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), RECONNECT_CHECK_S)
            except TimeoutError:
                if self._reconnects != self._bus.stats["reconnects"] or time.monotonic() > self._expired_at:
                    self._reconnects = self._bus.stats["reconnects"]
                    self._requested = 0

    async def _request(self) -> None:
        self._requested += self._most
        self._expired_at = time.monotonic() + REQUEST_EXPIRES_S + 1
        request = msgspec.json.encode({"batch": self._most, "expires": int(REQUEST_EXPIRES_S * 1e9)})
        await self._bus.publish(self._next, request, reply=self._inbox)

    async def _receive(self, message: Msg) -> None:
        if message.reply:
            self._requested -= 1
            self._arrived.append(message)
        else:
            # A message without a reply subject is not an event: it ends a request.
            self._requested = 0
            headers = message.headers or {}
            status = headers.get("Status", "")
            if status not in (NO_MESSAGES, REQUEST_EXPIRED):
                self._end = DeliveryEnded(f"{status} {headers.get('Description', 'no consumer')}")
        self._changed.set()
