"""Membership, put together."""

from __future__ import annotations

from services.membership.commands import commands
from services.membership.people import add_people, create_keys
from services.membership.queries import queries
from services.membership.views import views
from shared.runtime.hosting.service_definition import CommandService

service = CommandService(
    name="membership",
    summary="Who takes part: organisations, groups, seats, representatives and deputies, officers, terms of reference.",
    commands=commands,
    views=views,
    routes=queries.routes,
    add_rpc=add_people,
    create_tables_of_its_own=create_keys,
)
