"""One HTTP server for the services of a process: the first part of a path names the service."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class ByService:
    """ASGI application: passes a request on to its service as a mount does, without an application's work twice."""

    def __init__(self, front: ASGIApp, services: Mapping[str, ASGIApp]) -> None:
        """``front`` answers what belongs to no service."""
        self._front = front
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        parts = scope["path"].split("/", 2)
        name = parts[1] if len(parts) == 3 and not parts[0] else ""
        service = self._services.get(name)
        if service is None:
            await self._front(scope, receive, send)
        else:
            root = scope.get("root_path", "")
            await service({**scope, "app_root_path": root, "root_path": f"{root}/{name}"}, receive, send)
