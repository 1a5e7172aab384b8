"""Funding, put together."""

from __future__ import annotations

from services.funding.commands import commands
from services.funding.reactions import reactions
from services.funding.rpc import add_funding
from services.funding.views import queries, views
from shared.runtime.hosting.service_definition import CommandService

service = CommandService(
    name="funding",
    summary="The partnership's reserve: its streams, requests, awards, payments, returns and match funding.",
    commands=commands,
    views=views,
    routes=queries.routes,
    reactions=reactions,
    add_rpc=add_funding,
)
