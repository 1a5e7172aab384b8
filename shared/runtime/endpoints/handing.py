"""Hands commands to the services that decide them: over NATS, sealed for the service concerned."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import nats.errors
from nats.aio.client import Client

from shared.contracts.bus_users import commands_subject
from shared.runtime.endpoints.partner_endpoint import HandedCommand, Reply
from shared.runtime.ground.clock import Clock
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.handover import HandoverKey, NotHandedOver

SERVICE_TIMEOUT_S = 15.0
"""Seconds a service may take to decide what it is handed."""
NO_REPLY = (nats.errors.Error, NotHandedOver, msgspec.DecodeError, OSError)
"""What is raised when a service does not answer. It may have recorded the command all the same."""


class Handing:
    """The connection and the secrets that a service hands commands over with."""

    def __init__(self, bus: Client, keys: Mapping[str, HandoverKey], clock: Clock, telemetry: Telemetry) -> None:
        """``keys``: the secret shared with each recipient."""
        self._bus = bus
        self._keys = keys
        self._clock = clock
        self._telemetry = telemetry

    async def over(self, service: str, command: HandedCommand) -> Reply:
        """The service's reply. Raises one of ``NO_REPLY``."""
        if not self._bus.is_connected:
            raise nats.errors.ConnectionClosedError
        key = self._keys[service]
        sealed, number = key.seal_request(msgspec.json.encode(command), self._clock)
        traceparent = self._telemetry.inject()
        headers = {"traceparent": traceparent} if traceparent else None
        message = await self._bus.request(commands_subject(service), sealed, timeout=SERVICE_TIMEOUT_S, headers=headers)
        return msgspec.json.decode(key.open_answer(number, message.data), type=Reply)
