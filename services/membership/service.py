"""Membership, put together."""

from __future__ import annotations

from services.membership.commands import commands

# The nouns' views add theirs to membership's views and queries as they are imported.
from services.membership.groups import view as _groups  # noqa: F401
from services.membership.organisations import view as _organisations  # noqa: F401
from services.membership.people.keys import add_people, create_keys
from services.membership.views import queries, views
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
