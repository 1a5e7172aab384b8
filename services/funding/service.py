"""Funding, put together."""

from __future__ import annotations

from services.funding.awards import view as _awards  # noqa: F401
from services.funding.commands import commands
from services.funding.reactions import reactions

# The nouns' views add theirs to funding's views and queries as they are imported.
from services.funding.requests import view as _requests  # noqa: F401
from services.funding.reserves import view as _reserves  # noqa: F401
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
