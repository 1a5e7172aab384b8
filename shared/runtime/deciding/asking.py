"""Asking another service before a command is decided: over gRPC, as the platform, and not for long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import grpc
import structlog

TIMEOUT_S = 1.0
"""How long a command waits for an answer. Other commands on its subject wait with it."""

log = structlog.get_logger()


class Asking:
    """The services that may be asked, by name. Used by the thread that decides."""

    def __init__(self, channels: Mapping[str, Callable[[], grpc.Channel]], token: Callable[[], str]) -> None:
        """``token``: the platform's own, under which it asks."""
        self._channels = channels
        self._token = token

    def ask(self, service: str, method: Callable[[grpc.Channel], Any], request: object) -> Any:
        """The answer of a service, or None where it gives none in time.

        ``method``: of a channel, the method of a stub, such as ``FundingStub(channel).CheckAwards``.
        """
        if service not in self._channels:
            return None
        bearer = [("authorization", f"Bearer {self._token()}")]
        try:
            call = method(self._channels[service]())
            # A channel whose last attempt failed would refuse at once; a service that has just come back is waited for.
            return call(request, metadata=bearer, timeout=TIMEOUT_S, wait_for_ready=True)
        except grpc.RpcError as error:
            log.warning("asked a service and had no answer", service=service, error=repr(error))
            return None


NOBODY = Asking({}, str)
"""No other service can be asked."""
