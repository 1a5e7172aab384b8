"""The first thing that is done with an HTTP request: it is counted for its caller, and refused if it is one too many.

Health is not counted: an operator's probe must get its answer while others are refused.
"""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.endpoints.limits import Callers, RateLimited
from shared.runtime.endpoints.problems import refusal_response
from shared.runtime.endpoints.requests import token_of


class LimitedHttp:
    """ASGI middleware before all services."""

    def __init__(self, app: ASGIApp, callers: Callers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            request = Request(scope)
            try:
                self._callers.count(token_of(request), "http", request.client.host if request.client else "")
            except RateLimited as refusal:
                await refusal_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
