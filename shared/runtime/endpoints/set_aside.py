"""What readers see while an entry of their partnership is set aside: a header on answers, and a list of entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.queries import SET_ASIDE, Queries
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry
from shared.runtime.following.follower import Follower


class EntrySetAside(msgspec.Struct, frozen=True):
    """An entry of the ledger that a view or a reaction could not take. It is tried again at each start."""

    position: int
    event_id: str
    type: str
    error: str
    at: dt.datetime
    """When it was set aside."""


def set_aside_routes(access: HttpAccess) -> APIRouter:
    """The route that lists what is set aside."""
    queries = Queries()
    table = access.follower.set_aside_table

    @queries.gets("/set-aside")
    def set_aside(reading: ReadContext, page: Page) -> list[EntrySetAside]:
        """Entries of the ledger that this service could not take, the oldest first. Its answers lack them."""
        return [as_entry(EntrySetAside, row) for row in page.rows(reading, reading.select(table), table.c.position)]

    return queries.routes(access)


class TellsSetAside:
    """ASGI middleware: adds ``Folkmoot-Set-Aside`` to the answers of queries while it applies to their partnership."""

    def __init__(self, app: ASGIApp, follower: Follower) -> None:
        self._app = app
        self._follower = follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self._follower.set_aside:
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                given: Mapping[str, str] = scope.get("path_params", {})
                count = self._follower.set_aside.get(given.get("partnership", ""), 0)
                if count:
                    MutableHeaders(scope=message)[SET_ASIDE] = str(count)
            await send(message)

        await self._app(scope, receive, tell)
